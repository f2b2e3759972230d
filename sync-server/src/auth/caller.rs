//! The person behind a request, and the door that every route has.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::SEC_WEBSOCKET_KEY;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tombolo_model::{Action, Id, Kind, Role};
use tombolo_wire::store::UserInfo;

use crate::app::App;
use crate::clock;
use crate::config::Exposure;
use crate::error::ApiError;
use crate::fresh::token_hash;
use crate::goodbye::turn_away;
use crate::rest::acting;

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Nothing.
    Anybody,
    /// A session.
    SignedIn,
    /// A session, and a role in the account of the path that may do this.
    Member(Action, Kind),
    /// An API token, or a session with an account in a header, that may do this ([`crate::rest::acting`]).
    Token(Action, Kind),
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The person.
    pub(crate) user: UserInfo,
    /// The hash of the session's token.
    pub(crate) session: [u8; 32],
}

/// The account of the path, once the caller's role there has been checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entered {
    /// Which.
    pub(crate) account: Id,
    /// What the caller is there.
    pub(crate) role: Role,
}

/// Finds the session of a request.
pub(crate) async fn caller(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, ApiError> {
    let Some(token) = app.cookies.session(headers) else {
        return Ok(None);
    };
    let session = token_hash(token);
    let row = app.store.session(&session, clock::now_ms()).await?;
    Ok(row.map(|row| Caller { user: UserInfo { id: row.user, name: row.name, email: row.email }, session }))
}

/// The door: lets a request in when its caller has the route's right.
///
/// An account that does not exist and one that is not the caller's answer alike.
pub(crate) async fn enter(State((app, right)): State<(App, Right)>, request: Request, next: Next) -> Response {
    if let Right::Token(action, kind) = right {
        return acting::enter(app, action, kind, request, next).await;
    }
    let (mut parts, body) = request.into_parts();
    match admit(&app, right, &mut parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(no) if parts.headers.contains_key(SEC_WEBSOCKET_KEY) => turn_away(parts, no).await,
        Err(no) => no.into_response(),
    }
}

async fn admit(app: &App, right: Right, request: &mut Parts) -> Result<(), ApiError> {
    if right == Right::Anybody {
        return Ok(());
    }
    let caller = caller(app, &request.headers).await?.ok_or_else(ApiError::signed_out)?;
    if believes_to_be_another(&request.uri, caller.user.id) {
        return Err(ApiError::signed_out());
    }
    if let Right::Member(action, kind) = right {
        let account = account_of(&request.uri).ok_or_else(ApiError::not_found)?;
        let membership = app.store.membership(account, caller.user.id).await?;
        let role = membership.ok_or_else(ApiError::not_found)?.role;
        if !role.may(action, kind) {
            return Err(ApiError::forbidden());
        }
        request.extensions.insert(Entered { account, role });
    }
    request.extensions.insert(caller);
    Ok(())
}

/// `/api/accounts/{account}/…`, or the query of the socket.
fn account_of(uri: &Uri) -> Option<Id> {
    let text = match uri.path().strip_prefix("/api/accounts/") {
        Some(rest) => rest.split('/').next(),
        None => asked(uri, "account"),
    };
    text?.parse().ok()
}

/// Whether a device that opens its socket believes to be somebody else than the cookie says.
///
/// In another tab somebody has signed in as another person, who may be no member here: that is no reason to tell the
/// device that it was removed.
fn believes_to_be_another(uri: &Uri, user: Id) -> bool {
    uri.path() == "/sync" && asked(uri, "user").is_some_and(|text| text.parse() != Ok(user))
}

fn asked<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let mut pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Refuses requests that another site's page has made, and those for another host.
pub(crate) async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !app.origins.knows_host(headers) {
        return ApiError::new(StatusCode::MISDIRECTED_REQUEST, "wrong_host", "This server does not go by that name.")
            .into_response();
    }
    let socket = headers.contains_key(SEC_WEBSOCKET_KEY);
    if !app.origins.lets_through(request.method(), socket, headers) {
        return ApiError::new(StatusCode::FORBIDDEN, "foreign_origin", "Another site's page has sent this.")
            .into_response();
    }
    next.run(request).await
}

/// The network address that a request came from; behind a proxy, the one that the proxy saw.
pub(crate) fn address(app: &App, peer: ConnectInfo<SocketAddr>, headers: &HeaderMap) -> IpAddr {
    let direct = peer.0.ip();
    if !matches!(app.config.exposure, Exposure::Proxy { .. }) {
        return direct;
    }
    // The last entry is the proxy's own; those before it are whatever the client wrote.
    headers
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next())
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(direct)
}
