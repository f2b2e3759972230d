//! Who calls the REST API, and the door that each of its routes has.
//!
//! A token lets in without a session. One of the account acts as an administrator, also when the person who made it has
//! left: what it writes is then the owner's. A personal one acts as its member and follows their rights from request to
//! request. A page of our own acts as the person whose session it has, and names the account in a header, which no
//! other site's page can send. What somebody may do is asked of the one function that sync and screens ask
//! ([`permission`]), with where a resource belongs as the tables have it.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{FromRequestParts, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tombolo_model::{Action, Home, Id, Kind, Permission, Rights, Role, Standing, Subject, permission};
use tombolo_wire::rest::{AuditAction, AuditSource};
use tombolo_wire::store::UserInfo;
use tracing::Instrument;

use super::error::RestError;
use crate::app::App;
use crate::audit;
use crate::auth::caller::{Caller, Entered, Right, caller, lacking};
use crate::auth::cookie::SESSION_MS;
use crate::clock;
use crate::error::ApiError;
use crate::fresh::token_hash;
use crate::store::{ListRow, Proofs, Road, StoreError, TokenRow};

/// The header in which a page of our own names the account.
pub(crate) const ACCOUNT_HEADER: &str = "x-tombolo-account";

/// The lists of a token with a scope of its own, and what is in them.
pub(crate) const SCOPES: [(&str, Kind); 4] = [
    ("_connectionIds", Kind::Connection),
    ("_exportIds", Kind::Export),
    ("_importIds", Kind::Import),
    ("_apiIds", Kind::Api),
];

/// Somebody who acts in one account.
#[derive(Debug, Clone)]
pub(crate) struct Acting {
    /// Where.
    pub(crate) account: Id,
    /// In whose name.
    pub(crate) user: Id,
    /// With which rights.
    pub(crate) rights: Rights,
    /// To what.
    pub(crate) scope: Scope,
    /// What let the caller in.
    pub(crate) by: By,
    /// Only what a provider says of them, at the sign-in or when the token was made: no password.
    pub(crate) sso: bool,
    /// When that ends, in milliseconds since 1970: what a token makes lives no longer.
    pub(crate) ends_ms: Option<i64>,
    /// The name of the token; empty for a session.
    pub(crate) token: String,
}

/// What let a caller in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The session of a page of our own.
    Session,
    /// A person's own token.
    Personal,
    /// A token of the account.
    Account,
}

/// What a token reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The whole account.
    Whole,
    /// These resources and nothing else.
    Only(BTreeMap<Kind, BTreeSet<Id>>),
}

impl Scope {
    /// Reads the scope of a token.
    pub(crate) fn of(body: &Value) -> Self {
        if body.get("fullAccess") == Some(&Value::Bool(true)) {
            return Self::Whole;
        }
        let ids = |name: &str| {
            let list = body.get(name).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|id| id.as_str()?.parse().ok()).collect()
        };
        Self::Only(SCOPES.iter().map(|(name, kind)| (*kind, ids(name))).collect())
    }
}

impl Acting {
    /// Whether the caller may do this to a resource. Everything that hides one asks here.
    pub(crate) fn may(&self, action: Action, row: &ListRow) -> bool {
        self.listed(row.kind, row.id) && self.rights.may(action, row.kind, row.home())
    }

    /// Whether the caller may name a resource in another.
    pub(crate) fn may_use(&self, row: &ListRow) -> bool {
        self.listed(row.kind, row.id) && self.rights.may_use(row.kind, row.home())
    }

    /// Checks that the caller may do this to a resource.
    pub(crate) fn must(&self, action: Action, row: &ListRow) -> Result<(), RestError> {
        if !self.listed(row.kind, row.id) {
            return Err(RestError::not_found());
        }
        self.must_at(action, row.kind, row.home())
    }

    /// Checks the same of what is or will be there.
    pub(crate) fn must_at(&self, action: Action, kind: Kind, home: Home<'_>) -> Result<(), RestError> {
        said(permission(Standing::Accepted, &self.rights, action, Subject::Resource(kind, home)))
    }

    /// Checks that the caller may make a resource of this content: where it will belong says the content.
    pub(crate) fn must_make(&self, action: Action, kind: Kind, value: &Value) -> Result<(), RestError> {
        let owner = value.get("_integrationId").and_then(Value::as_str).and_then(|id| id.parse().ok());
        match owner.filter(|_| kind != Kind::Integration) {
            Some(owner) if self.rights.may(action, kind, Home::of(owner)) => Ok(()),
            None if self.rights.role.may(action, kind) => Ok(()),
            _ => Err(RestError::forbidden()),
        }
    }

    /// Checks a right in the account as a whole.
    pub(crate) fn must_in_account(&self, action: Action, kind: Kind) -> Result<(), RestError> {
        said(permission(Standing::Accepted, &self.rights, action, Subject::Account(kind)))
    }

    /// By what road the caller's doings come, for the audit log.
    pub(crate) fn road(&self) -> Road {
        let source = if self.by == By::Session { AuditSource::Ui } else { AuditSource::Api };
        Road { source, token: self.token.clone() }
    }

    /// The caller as routes of our own pages know them; there is no session behind it.
    pub(crate) async fn caller(&self, app: &App) -> Result<Caller, RestError> {
        let rows = app.store.members(self.account).await?;
        let row = rows.into_iter().find(|row| row.user == Some(self.user)).ok_or_else(RestError::not_found)?;
        let user = UserInfo { id: self.user, name: row.name, email: row.email };
        Ok(Caller { user, session: [0; 32], proofs: Proofs::PASSWORD })
    }

    /// The account with the caller's rights there.
    pub(crate) fn entered(&self) -> Entered {
        Entered { account: self.account, rights: self.rights.clone() }
    }

    /// Whether the token's scope has it.
    pub(crate) fn listed(&self, kind: Kind, id: Id) -> bool {
        match &self.scope {
            Scope::Whole => true,
            Scope::Only(lists) => lists.get(&kind).is_some_and(|ids| ids.contains(&id)),
        }
    }

    /// Whether the token may be used at this address at all.
    fn may_enter(&self, method: &Method, uri: &Uri) -> Result<(), RestError> {
        let Scope::Only(_) = &self.scope else { return Ok(()) };
        let mut parts = uri.path().trim_start_matches("/v1/").split('/');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        match (Kind::from_collection(first), second) {
            (None, None) if first.eq_ignore_ascii_case("tokenInfo") => Ok(()),
            // The list shows what is in its scope.
            (Some(_), None) if *method == Method::GET => Ok(()),
            (Some(kind), Some(id)) => match id.parse() {
                Ok(id) if self.listed(kind, id) => Ok(()),
                Ok(_) => Err(RestError::not_found()),
                Err(_) => Err(RestError::forbidden()),
            },
            _ => Err(RestError::forbidden()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Acting {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RestError> {
        // Without it the route stands behind another door, which is a mistake of ours.
        parts.extensions.get::<Self>().cloned().ok_or(RestError::Unauthorized("Unauthorized"))
    }
}

/// Lets a request in when its caller has the route's right.
pub(crate) async fn enter(app: App, right: Right, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&app, right, &parts).await {
        Ok(acting) => {
            parts.extensions.insert(acting);
            let reads = matches!(parts.method, Method::GET | Method::HEAD);
            let work = next.run(Request::from_parts(parts, body));
            if reads {
                return work.await;
            }
            // A program that hangs up drops its request. What was committed by then must still be told.
            match tokio::spawn(work.in_current_span()).await {
                Ok(response) => response,
                Err(error) => RestError::from(ApiError::internal(&error)).into_response(),
            }
        }
        Err(no) => no.into_response(),
    }
}

async fn admit(app: &App, right: Right, request: &Parts) -> Result<Acting, RestError> {
    let acting = who(app, &request.headers).await?;
    app.rest.buckets.take(acting.account, clock::now_ms()).map_err(too_many)?;
    acting.may_enter(&request.method, &request.uri)?;
    match right {
        Right::Token(action, kind) => acting.must_in_account(action, kind)?,
        Right::TokenSomewhere(action, kind) if acting.rights.may_somewhere(action, kind) => {}
        Right::TokenResource(action, kind) => {
            let id = id_of(&request.uri).ok_or_else(RestError::not_found)?;
            let home = app.store.home(acting.account, id).await?.filter(|home| home.kind == kind);
            // Of what is not there the role in the account decides, and the handler says that it is not there.
            acting.must_at(action, kind, home.as_ref().map_or_else(Home::default, |home| home.home()))?;
        }
        // The others have a door of their own.
        _ => return Err(RestError::forbidden()),
    }
    Ok(acting)
}

/// The id behind the collection: `/v1/{collection}/{id}/…`.
fn id_of(uri: &Uri) -> Option<Id> {
    uri.path().strip_prefix("/v1/")?.split('/').nth(1)?.parse().ok()
}

fn said(permission: Permission) -> Result<(), RestError> {
    match permission {
        Permission::Granted => Ok(()),
        Permission::Forbidden => Err(RestError::forbidden()),
        Permission::Absent => Err(RestError::not_found()),
    }
}

fn too_many(seconds: u64) -> RestError {
    let message = format!("Too many requests. Retry after {seconds} seconds.");
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message).again_in(seconds).into()
}

async fn who(app: &App, headers: &HeaderMap) -> Result<Acting, RestError> {
    let failed = || RestError::Unauthorized("Bearer Authentication Failed");
    let Some(given) = headers.get(AUTHORIZATION) else {
        return by_session(app, headers).await;
    };
    let token = given.to_str().ok().and_then(|text| text.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let token = token.ok_or_else(failed)?;
    let row = app.store.token_by_hash(&token_hash(token), clock::now_ms()).await?;
    let row = row.filter(|row| !row.revoked).ok_or_else(failed)?;
    let acting = by_token(app, &row).await?.ok_or_else(failed)?;
    // A token of the account is nobody's own.
    if row.personal
        && let Some(no) = lacked_by(app, &row).await?
    {
        return Err(no.into());
    }
    note_use(app, &row);
    note_first_use(app, &acting, row.id);
    Ok(acting)
}

/// What the person of a personal token lacks for the account. A program signs in nowhere, so of single sign-on it is asked
/// that the person came through it lately, as one who is at a page has to; the provider alone knows who is still there.
async fn lacked_by(app: &App, row: &TokenRow) -> Result<Option<ApiError>, StoreError> {
    let demands = app.store.demands(row.account, row.user).await?;
    if demands.sso || row.sso {
        let vouched_ms = app.store.vouched_ms(row.account, row.user).await?;
        if vouched_ms.is_none_or(|ms| ms + SESSION_MS <= clock::now_ms()) {
            let client = app.store.sso_client(row.account).await?;
            return Ok(Some(ApiError::sso_of_token(client.as_ref().map(|client| client.organization.as_str()))));
        }
    }
    Ok(demands.lacks_factor.then(ApiError::factor_needed))
}

/// Writes the first use of a token on a day into the audit log. The request does not wait for it.
fn note_first_use(app: &App, acting: &Acting, token: Id) {
    if !app.rest.uses.is_first(token, clock::now_ms()) {
        return;
    }
    let event = audit::acted(acting, "accesstoken", Some(token), &acting.token, AuditAction::Use);
    let (app, account) = (app.clone(), acting.account);
    tokio::spawn(async move { audit::note(&app, account, event).await });
}

/// How exact the time of a token's last use is: not each request is worth a write.
const USE_MS: i64 = 60_000;

/// Remembers when a token was used. The request does not wait for it, and goes on without it.
fn note_use(app: &App, row: &TokenRow) {
    let now_ms = clock::now_ms();
    if row.used_ms.is_some_and(|used| used + USE_MS > now_ms) {
        return;
    }
    let (app, account, id) = (app.clone(), row.account, row.id);
    tokio::spawn(async move {
        if let Err(error) = app.store.use_token(account, id, now_ms).await {
            tracing::warn!(%error, token = %id, "the use of a token was not noted");
        }
    });
}

async fn by_token(app: &App, row: &TokenRow) -> Result<Option<Acting>, RestError> {
    let rights = app.store.rights(row.account, row.user).await?;
    let (account, ends_ms) = (row.account, row.purge_ms);
    let token = row.body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if row.personal {
        let (user, scope, by) = (row.user, Scope::Whole, By::Personal);
        return Ok(rights.map(|rights| Acting { account, user, rights, scope, by, sso: row.sso, ends_ms, token }));
    }
    let user = match rights.map(|rights| rights.role) {
        Some(Role::Administer | Role::Owner) => Some(row.user),
        _ => app.store.owner(row.account).await?,
    };
    let (rights, scope, by) = (Rights::from(Role::Administer), Scope::of(&row.body), By::Account);
    Ok(user.map(|user| Acting { account, user, rights, scope, by, sso: row.sso, ends_ms, token }))
}

async fn by_session(app: &App, headers: &HeaderMap) -> Result<Acting, RestError> {
    let nobody = || RestError::Unauthorized("Unauthorized");
    let account = headers.get(ACCOUNT_HEADER).and_then(|value| value.to_str().ok()).ok_or_else(nobody)?;
    let caller = caller(app, headers).await?.ok_or_else(nobody)?;
    let account = account.parse().map_err(|_| RestError::not_found())?;
    let rights = app.store.rights(account, caller.user.id).await?.ok_or_else(RestError::not_found)?;
    if let Some(no) = lacking(app, account, caller.user.id, caller.proofs).await? {
        return Err(no.into());
    }
    let (user, scope, by) = (caller.user.id, Scope::Whole, By::Session);
    let sso = !caller.proofs.password;
    Ok(Acting { account, user, rights, scope, by, sso, ends_ms: None, token: String::new() })
}
