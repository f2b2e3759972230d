//! The addresses of listeners, at which other programs send what happens there.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;

use crate::app::App;
use crate::auth::attempts::Network;
use crate::auth::caller;
use crate::error::ApiError;
use crate::rest::error::RestError;
use crate::routes::body::Names;
use crate::webhooks::{Sent, receive};

/// The largest that a listener takes: as large as a record may be.
pub(super) const MOST_BYTES: usize = 5 * 1024 * 1024;

/// What every such request has.
type Request = (Method, HeaderMap, RawQuery, Result<Bytes, BytesRejection>);

/// `POST`, `PUT` and `GET /v1/exports/{id}/data`
pub(super) async fn open(
    State(app): State<App>,
    peer: ConnectInfo<SocketAddr>,
    Names(id): Names<String>,
    method: Method,
    headers: HeaderMap,
    query: RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, RestError> {
    take(&app, peer, (id, None), (method, headers, query, body)).await
}

/// `POST`, `PUT` and `GET /v1/exports/{id}/{token}/data`
pub(super) async fn secret(
    State(app): State<App>,
    peer: ConnectInfo<SocketAddr>,
    Names((id, token)): Names<(String, String)>,
    method: Method,
    headers: HeaderMap,
    query: RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, RestError> {
    take(&app, peer, (id, Some(token)), (method, headers, query, body)).await
}

async fn take(
    app: &App,
    peer: ConnectInfo<SocketAddr>,
    (id, token): (String, Option<String>),
    (method, headers, RawQuery(query), body): Request,
) -> Result<Response, RestError> {
    let body = body.map_err(|rejection| {
        let most = MOST_BYTES >> 20;
        match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                format!("A listener takes at most {most} MiB at once: send less of it, or the address of the rest."),
            ),
            _ => ApiError::new(StatusCode::BAD_REQUEST, "invalid_body", "The body did not come whole. Send it again."),
        }
    })?;
    let network = Network::of(caller::address(app, peer, &headers));
    let (app, sent) = (app.clone(), Sent { method, id, token, headers, query, body, network });
    // A sender that hangs up drops its request. What was kept by then must still be handed on.
    tokio::spawn(async move { receive(&app, &sent).await }).await.map_err(|error| ApiError::internal(&error))?
}
