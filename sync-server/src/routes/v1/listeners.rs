//! The addresses of listeners, at which other programs send what happens there.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{ConnectInfo, FromRequest, Request, State};
use axum::http::StatusCode;
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

/// `POST`, `PUT` and `GET /v1/exports/{id}/data`
pub(super) async fn open(
    State(app): State<App>,
    peer: ConnectInfo<SocketAddr>,
    Names(id): Names<String>,
    request: Request,
) -> Result<Response, RestError> {
    take(&app, peer, (id, None), request).await
}

/// `POST`, `PUT` and `GET /v1/exports/{id}/{token}/data`
pub(super) async fn secret(
    State(app): State<App>,
    peer: ConnectInfo<SocketAddr>,
    Names((id, token)): Names<(String, String)>,
    request: Request,
) -> Result<Response, RestError> {
    take(&app, peer, (id, Some(token)), request).await
}

async fn take(
    app: &App,
    peer: ConnectInfo<SocketAddr>,
    (id, token): (String, Option<String>),
    request: Request,
) -> Result<Response, RestError> {
    let headers = request.headers().clone();
    let network = Network::of(caller::address(app, peer, &headers));
    let (method, query) = (request.method().clone(), request.uri().query().map(str::to_owned));
    let (app, sent) = (app.clone(), Sent { method, id, token, headers, query, network });
    // A sender that hangs up drops its request. What was kept by then must still be handed on.
    tokio::spawn(async move { receive(&app, &sent, body_of(request)).await })
        .await
        .map_err(|error| ApiError::internal(&error))?
}

/// Reads the body of a request.
async fn body_of(request: Request) -> Result<Bytes, RestError> {
    Bytes::from_request(request, &()).await.map_err(|rejection| {
        let most = MOST_BYTES >> 20;
        let error = match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                format!("A listener takes at most {most} MiB at once: send less of it, or the address of the rest."),
            ),
            _ => ApiError::new(StatusCode::BAD_REQUEST, "invalid_body", "The body did not come whole. Send it again."),
        };
        error.into()
    })
}
