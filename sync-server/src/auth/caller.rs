//! The person behind a request, and the door that every route has.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::SEC_WEBSOCKET_KEY;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tombolo_model::{Action, Home, Id, Kind, Permission, Rights, Standing, Subject, permission};
use tombolo_wire::store::UserInfo;

use crate::app::App;
use crate::clock;
use crate::config::Exposure;
use crate::error::ApiError;
use crate::fresh::token_hash;
use crate::goodbye::turn_away;
use crate::rest::acting;
use crate::store::{Proofs, StoreError};

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Nothing.
    Anybody,
    /// No session: the handler looks at what the sender shows to the listener of the path.
    Proof,
    /// A session.
    SignedIn,
    /// A session, and a role in the account of the path that may do this.
    Member(Action, Kind),
    /// The same, or a level in any integration that may do this. What it is done to is the handler's to look at.
    Somewhere(Action, Kind),
    /// A session, and rights to do this to the resource whose id follows its collection in the path.
    Resource(Action, Kind),
    /// The same for the flow of the run in the path.
    OfRun(Action),
    /// An API token, or a session with an account in a header, whose role in the account may do this
    /// ([`crate::rest::acting`]).
    Token(Action, Kind),
    /// The same, with rights that may do this somewhere. What the caller does not see is not there.
    TokenSomewhere(Action, Kind),
    /// The same, with rights to do this to the resource whose id follows its collection in the path.
    TokenResource(Action, Kind),
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The person.
    pub(crate) user: UserInfo,
    /// The hash of the session's token.
    pub(crate) session: [u8; 32],
    /// What the session was opened with.
    pub(crate) proofs: Proofs,
}

/// The account of the path, once the caller's rights there have been checked.
#[derive(Debug, Clone)]
pub(crate) struct Entered {
    /// Which.
    pub(crate) account: Id,
    /// What the caller may do there.
    pub(crate) rights: Rights,
}

/// Finds the session of a request.
pub(crate) async fn caller(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, ApiError> {
    let Some(token) = app.cookies.session(headers) else {
        return Ok(None);
    };
    let session = token_hash(token);
    let row = app.store.session(&session, clock::now_ms()).await?;
    Ok(row.map(|row| Caller {
        user: UserInfo { id: row.user, name: row.name, email: row.email },
        session,
        proofs: row.proofs,
    }))
}

/// What a member's session lacks for an account beside rights: asked at each door, so also when somebody goes from one
/// account to another.
pub(crate) async fn lacking(app: &App, account: Id, user: Id, proofs: Proofs) -> Result<Option<ApiError>, StoreError> {
    if !proofs.open(account) {
        return Ok(Some(ApiError::password_needed()));
    }
    let demands = app.store.demands(account, user).await?;
    if demands.sso && proofs.sso != Some(account) {
        let client = app.store.sso_client(account).await?;
        let organization = client.map(|client| client.organization).unwrap_or_default();
        return Ok(Some(ApiError::sso_needed(&organization)));
    }
    Ok(demands.lacks_factor.then(ApiError::factor_needed))
}

/// The door: lets a request in when its caller has the route's right.
///
/// An account that does not exist and one that is not the caller's answer alike.
pub(crate) async fn enter(State((app, right)): State<(App, Right)>, request: Request, next: Next) -> Response {
    if matches!(right, Right::Token(..) | Right::TokenSomewhere(..) | Right::TokenResource(..)) {
        return acting::enter(app, right, request, next).await;
    }
    let (mut parts, body) = request.into_parts();
    match admit(&app, right, &mut parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(no) if parts.headers.contains_key(SEC_WEBSOCKET_KEY) => match has_ended(&app, &parts).await {
            Ok(ended) => turn_away(parts, no, ended).await,
            Err(error) => error.into_response(),
        },
        Err(no) => no.into_response(),
    }
}

/// Whether the caller was let into the account once and is not any more. Who knows nothing of them, as a server that was
/// restored from an old backup, takes nothing off their device.
async fn has_ended(app: &App, request: &Parts) -> Result<bool, ApiError> {
    let (Some(caller), Some(account)) = (caller(app, &request.headers).await?, account_of(&request.uri)) else {
        return Ok(false);
    };
    Ok(app.store.ended_for(caller.user.id).await?.contains(&account))
}

async fn admit(app: &App, right: Right, request: &mut Parts) -> Result<(), ApiError> {
    if matches!(right, Right::Anybody | Right::Proof) {
        return Ok(());
    }
    let caller = caller(app, &request.headers).await?.ok_or_else(ApiError::signed_out)?;
    if believes_to_be_another(&request.uri, caller.user.id) {
        return Err(ApiError::signed_out());
    }
    // Who somebody is everywhere, no single account says.
    if right == Right::SignedIn && !caller.proofs.password && request.uri.path() != "/api/me" {
        return Err(ApiError::password_needed());
    }
    if right != Right::SignedIn {
        let account = account_of(&request.uri).ok_or_else(ApiError::not_found)?;
        let rights = app.store.rights(account, caller.user.id).await?.ok_or_else(ApiError::not_found)?;
        if let Some(no) = lacking(app, account, caller.user.id, caller.proofs).await? {
            return Err(no);
        }
        match allowed(app, right, account, &rights, &request.uri).await? {
            Permission::Granted => {}
            Permission::Forbidden => return Err(ApiError::forbidden()),
            Permission::Absent => return Err(ApiError::not_found()),
        }
        request.extensions.insert(Entered { account, rights });
    }
    request.extensions.insert(caller);
    Ok(())
}

/// What the one permission function says to a member.
async fn allowed(app: &App, right: Right, account: Id, rights: &Rights, uri: &Uri) -> Result<Permission, ApiError> {
    let ask = |action, subject| permission(Standing::Accepted, rights, action, subject);
    Ok(match right {
        Right::Anybody | Right::Proof | Right::SignedIn => Permission::Granted,
        // It has a door of its own; without that it lets nobody in.
        Right::Token(..) | Right::TokenSomewhere(..) | Right::TokenResource(..) => Permission::Absent,
        Right::Member(action, kind) => ask(action, Subject::Account(kind)),
        Right::Somewhere(action, kind) if rights.may_somewhere(action, kind) => Permission::Granted,
        Right::Somewhere(..) => Permission::Forbidden,
        Right::Resource(action, kind) => {
            let id = id_of(uri).ok_or_else(ApiError::not_found)?;
            let home = app.store.home(account, id).await?;
            // Of what is not there (yet) the role in the account decides, and the handler says that it is not there.
            let home = home.as_ref().map_or_else(Home::default, |home| home.home());
            ask(action, Subject::Resource(kind, home))
        }
        Right::OfRun(action) => {
            let id = id_of(uri).ok_or_else(ApiError::not_found)?;
            let run = app.store.run(account, id).await?;
            let home = match run {
                Some(run) => app.store.home(account, run.flow).await?,
                None => None,
            };
            let home = home.as_ref().map_or_else(Home::default, |home| home.home());
            ask(action, Subject::Resource(Kind::Flow, home))
        }
    })
}

/// The id behind the collection: `/api/accounts/{account}/{collection}/{id}/…`.
fn id_of(uri: &Uri) -> Option<Id> {
    uri.path().strip_prefix("/api/accounts/")?.split('/').nth(2)?.parse().ok()
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
