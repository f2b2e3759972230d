//! Every route in one table, each with the right that it asks for.
//!
//! The router is built from the table and from nothing else, so a route without a right cannot exist, and the
//! test of rights is generated from the same rows.

mod account;
mod audit;
mod bell;
mod blobs;
mod body;
mod email;
mod finish;
mod health;
mod help;
mod invitations;
mod kept;
mod members;
mod outages;
mod profile;
mod received;
mod refused;
mod relay;
mod retention;
pub(crate) mod runs;
mod secrets;
mod security;
mod session;
mod sso;
mod stubs;
mod subscription;
mod sync;
mod transfers;
mod v1;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, MethodRouter, on};
use tombolo_model::{Action, Kind};
use tower_http::trace::TraceLayer;

use crate::app::App;
use crate::auth::caller::{Right, enter, same_origin};
use crate::error::ApiError;
use crate::statics;

pub(crate) use v1::respelled;

/// The largest JSON body.
const BODY_BYTES: usize = 256 * 1024;
/// The largest body that writes state or entries of a lookup cache.
const KEPT_BYTES: usize = 6 * 1024 * 1024;

/// The largest request that is sent on.
const RELAY_BYTES: usize = tombolo_wire::relay::REQUEST_BYTES + tombolo_wire::relay::HEAD_BYTES;

/// One route.
struct Route {
    method: Method,
    path: String,
    right: Right,
    handler: MethodRouter<App>,
    /// What it does, for those who read the description of the API; empty for what is ours alone.
    about: &'static str,
}

impl Route {
    /// The same, described.
    fn says(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// The same for bodies of up to so many bytes.
    fn takes(self, bytes: usize) -> Self {
        Self { handler: self.handler.layer(DefaultBodyLimit::max(bytes)), ..self }
    }
}

const ENTER: Right = Right::Member(Action::Enter, Kind::Integration);
const SEE_FILES: Right = Right::Somewhere(Action::Read, Kind::Export);
/// Who sees what a flow fails on sees what came to it.
const SEE_RECEIVED: Right = Right::Resource(Action::Read, Kind::Export);
const BRING_FILES: Right = Right::Somewhere(Action::Write, Kind::Export);
const RUN: Right = Right::Resource(Action::Run, Kind::Flow);
/// Whoever may not change a flow has it run on the server, and needs nothing sent.
const CHANGE_FLOW: Right = Right::Resource(Action::Write, Kind::Flow);
const SECRETS: Right = Right::Resource(Action::WriteSecret, Kind::Connection);
const SEE_MEMBERS: Right = Right::Member(Action::ReadMembers, Kind::Integration);
const MANAGE_MEMBERS: Right = Right::Member(Action::ManageMembers, Kind::Integration);
const READ_AUDIT: Right = Right::Member(Action::ReadAudit, Kind::Integration);
const TRANSFER: Right = Right::Member(Action::Transfer, Kind::Integration);
const GIVE_ACCOUNT: Right = Right::Member(Action::ManageAccount, Kind::Integration);

/// One row of the table, without its handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteInfo {
    /// Its method.
    pub method: Method,
    /// Its path, with `{names}`.
    pub path: String,
    /// What it asks of the caller.
    pub right: Right,
    /// What it does; empty for what is not described to others.
    pub about: &'static str,
}

/// The table without handlers: what tests of rights are generated from.
#[must_use]
pub fn route_table() -> Vec<RouteInfo> {
    let info =
        |route: Route| RouteInfo { method: route.method, path: route.path, right: route.right, about: route.about };
    table().into_iter().map(info).collect()
}

/// The table.
fn table() -> Vec<Route> {
    let mut rows = vec![
        get("/healthz", Right::Anybody, health::check),
        post("/api/signup", Right::Anybody, session::sign_up),
        post("/api/signin", Right::Anybody, session::sign_in),
        post("/api/signout", Right::Anybody, session::sign_out),
        post("/api/sso/begin", Right::Anybody, sso::begin),
        post("/api/sso/finish", Right::Anybody, sso::finish),
        get("/api/me", Right::SignedIn, session::me),
        get("/api/accounts/{account}/members", SEE_MEMBERS, members::list),
        // An account may let its managers invite: the handler looks.
        post("/api/accounts/{account}/members", SEE_MEMBERS, members::invite),
        patch("/api/accounts/{account}/members/{user}", MANAGE_MEMBERS, members::change),
        delete("/api/accounts/{account}/members/{user}", MANAGE_MEMBERS, members::remove),
        delete("/api/accounts/{account}/members/{user}/sso", MANAGE_MEMBERS, sso::client::unlink),
        delete("/api/accounts/{account}/members/{user}/factor", MANAGE_MEMBERS, security::reset),
        get("/api/accounts/{account}/sso", MANAGE_MEMBERS, sso::client::show),
        put("/api/accounts/{account}/sso", MANAGE_MEMBERS, sso::client::put),
        delete("/api/accounts/{account}/sso", MANAGE_MEMBERS, sso::client::remove),
        get("/api/accounts/{account}/audit", READ_AUDIT, audit::list),
        get("/api/accounts/{account}/audit.csv", READ_AUDIT, audit::csv),
        post("/api/transfers/look", Right::SignedIn, transfers::look),
        post("/api/transfers/decline", Right::SignedIn, transfers::decline),
        get("/api/accounts/{account}/transfers", TRANSFER, transfers::list),
        post("/api/accounts/{account}/transfers", TRANSFER, transfers::offer),
        post("/api/accounts/{account}/transfers/preview", TRANSFER, transfers::preview),
        post("/api/accounts/{account}/transfers/accept", TRANSFER, transfers::accept),
        post("/api/accounts/{account}/transfers/{transfer}/cancel", TRANSFER, transfers::cancel),
        get("/api/accounts/{account}/settings", ENTER, account::show),
        put("/api/accounts/{account}/policy", MANAGE_MEMBERS, account::policy),
        post("/api/accounts/{account}/retention/preview", MANAGE_MEMBERS, retention::preview),
        put("/api/accounts/{account}/retention", MANAGE_MEMBERS, retention::keep),
        get("/api/accounts/{account}/subscription", MANAGE_MEMBERS, subscription::show),
        put("/api/accounts/{account}/limits", GIVE_ACCOUNT, subscription::keep),
        // Administrators are shown what waits for them, everybody else their own: the handlers look.
        get("/api/accounts/{account}/refused", ENTER, refused::list),
        post("/api/accounts/{account}/refused", ENTER, refused::offer),
        get("/api/accounts/{account}/refused/{change}", MANAGE_MEMBERS, refused::review),
        post("/api/accounts/{account}/refused/{change}/adopt", MANAGE_MEMBERS, refused::adopt),
        post("/api/accounts/{account}/refused/{change}/dismiss", ENTER, refused::dismiss),
        post("/api/accounts/{account}/leave", ENTER, account::leave),
        post("/api/accounts/{account}/close", GIVE_ACCOUNT, account::close),
        post("/api/accounts/{account}/keep", GIVE_ACCOUNT, account::keep),
        post("/api/accounts/{account}/owner", GIVE_ACCOUNT, members::give),
        post("/api/accounts/{account}/invitations/withdraw", MANAGE_MEMBERS, invitations::withdraw),
        put("/api/accounts/{account}/blobs/{sha256}", BRING_FILES, blobs::put),
        get("/api/accounts/{account}/blobs/{sha256}", SEE_FILES, blobs::get),
        get("/api/accounts/{account}/connections/{connection}/secrets", SECRETS, secrets::list),
        put("/api/accounts/{account}/connections/{connection}/secrets", SECRETS, secrets::put),
        delete("/api/accounts/{account}/connections/{connection}/secrets", SECRETS, secrets::delete),
        get("/api/accounts/{account}/exports/{export}/received", SEE_RECEIVED, received::last),
        get("/api/accounts/{account}/outages", ENTER, outages::list),
        get("/api/accounts/{account}/stubs", ENTER, stubs::list),
        put("/api/accounts/{account}/connections/{connection}/outage", SECRETS, outages::put),
        // What it is done to is in the body, and its rights are the handler's to look at.
        post("/api/accounts/{account}/kept", ENTER, kept::ask).takes(KEPT_BYTES),
        post("/api/accounts/{account}/flows/{flow}/run", RUN, runs::start),
        post("/api/accounts/{account}/flows/{flow}/relay", CHANGE_FLOW, relay::send).takes(RELAY_BYTES),
        post("/api/accounts/{account}/connections/{connection}/relay", SECRETS, relay::send).takes(RELAY_BYTES),
        post("/api/accounts/{account}/runs/{run}/cancel", Right::OfRun(Action::Run), runs::cancel),
        get("/api/accounts/{account}/runs/{run}/files/{step}", Right::OfRun(Action::Read), runs::file),
        get("/sync", ENTER, sync::open),
    ];
    rows.extend(personal());
    rows.extend(v1::table());
    rows
}

/// What is a person's own, whichever account they have open, and what is open to everybody.
fn personal() -> Vec<Route> {
    vec![
        get("/api/security", Right::SignedIn, security::show),
        post("/api/security/password", Right::SignedIn, security::password),
        post("/api/security/factor/begin", Right::SignedIn, security::begin),
        post("/api/security/factor/confirm", Right::SignedIn, security::confirm),
        post("/api/security/factor/remove", Right::SignedIn, security::remove),
        post("/api/security/sessions/end", Right::SignedIn, security::end),
        post("/api/invitations/look", Right::Anybody, invitations::look),
        post("/api/security/distrust", Right::SignedIn, security::distrust),
        post("/api/security/email", Right::SignedIn, email::change),
        post("/api/security/email/confirm", Right::SignedIn, email::confirm),
        post("/api/security/email/cancel", Right::SignedIn, email::cancel),
        post("/api/invitations/dismiss", Right::Anybody, invitations::dismiss),
        post("/api/invitations/accept", Right::SignedIn, invitations::accept),
        get("/api/bell", Right::SignedIn, bell::show),
        post("/api/bell/read", Right::SignedIn, bell::read),
        post("/api/bell/invitations/accept", Right::SignedIn, bell::accept),
        post("/api/bell/invitations/dismiss", Right::SignedIn, bell::dismiss),
        // Of an account that they were taken out of: the handlers look.
        get("/api/left/{account}/refused", Right::SignedIn, refused::list_late),
        post("/api/left/{account}/refused", Right::SignedIn, refused::offer_late),
        get("/api/profile", Right::SignedIn, profile::show),
        put("/api/profile", Right::SignedIn, profile::keep),
        get("/api/links", Right::Anybody, help::links),
        post("/api/feedback", Right::Anybody, help::feedback),
    ]
}

/// The router: the table, and the app's files for everything else.
pub(crate) fn router(app: &App) -> Router {
    let mut router = Router::new();
    for route in table() {
        let door = from_fn_with_state((app.clone(), route.right), enter);
        router = router.route(&route.path, route.handler.route_layer(door));
    }
    router
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .fallback(statics::serve)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), same_origin))
        .layer(from_fn(statics::secure))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .with_state(app.clone())
}

/// What the log says of a request: its route. In its path and behind the question mark may stand what is secret.
fn span(request: &Request) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    tracing::debug_span!("request", method = %request.method(), route)
}

fn row<H, T>(method: Method, filter: MethodFilter, path: impl Into<String>, right: Right, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    Route { method, path: path.into(), right, handler: on(filter, handler), about: "" }
}

fn get<H: Handler<T, App>, T: 'static>(path: impl Into<String>, right: Right, handler: H) -> Route {
    row(Method::GET, MethodFilter::GET, path, right, handler)
}

fn post<H: Handler<T, App>, T: 'static>(path: impl Into<String>, right: Right, handler: H) -> Route {
    row(Method::POST, MethodFilter::POST, path, right, handler)
}

fn put<H: Handler<T, App>, T: 'static>(path: impl Into<String>, right: Right, handler: H) -> Route {
    row(Method::PUT, MethodFilter::PUT, path, right, handler)
}

fn patch<H: Handler<T, App>, T: 'static>(path: impl Into<String>, right: Right, handler: H) -> Route {
    row(Method::PATCH, MethodFilter::PATCH, path, right, handler)
}

fn delete<H: Handler<T, App>, T: 'static>(path: impl Into<String>, right: Right, handler: H) -> Route {
    row(Method::DELETE, MethodFilter::DELETE, path, right, handler)
}
