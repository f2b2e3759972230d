//! Who calls the REST API, and the door that each of its routes has.
//!
//! A token lets in without a session. One of the account acts as an administrator, also when the person who made it has
//! left: what it writes is then the owner's. A personal one acts as its member and follows their role from request to
//! request. A page of our own acts as the person whose session it has, and names the account in a header, which no
//! other site's page can send.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{FromRequestParts, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tombolo_model::{Action, Id, Kind, Role};

use super::error::RestError;
use crate::app::App;
use crate::auth::caller::caller;
use crate::clock;
use crate::error::ApiError;
use crate::fresh::token_hash;
use crate::store::TokenRow;

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
    pub(crate) role: Role,
    /// To what.
    pub(crate) scope: Scope,
    /// What let the caller in.
    pub(crate) by: By,
    /// When that ends, in milliseconds since 1970: what a token makes lives no longer.
    pub(crate) ends_ms: Option<i64>,
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
    /// Whether the caller sees a resource. Everything that hides one asks here.
    pub(crate) fn sees(&self, kind: Kind, id: Id) -> bool {
        let listed = match &self.scope {
            Scope::Whole => true,
            Scope::Only(lists) => lists.get(&kind).is_some_and(|ids| ids.contains(&id)),
        };
        listed && self.role.may(Action::Read, kind)
    }

    /// Checks a right that depends on what the request says.
    pub(crate) fn must(&self, action: Action, kind: Kind) -> Result<(), RestError> {
        if self.role.may(action, kind) { Ok(()) } else { Err(RestError::forbidden()) }
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
                Ok(id) if self.sees(kind, id) => Ok(()),
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
pub(crate) async fn enter(app: App, action: Action, kind: Kind, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&app, action, kind, &parts).await {
        Ok(acting) => {
            parts.extensions.insert(acting);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(no) => no.into_response(),
    }
}

async fn admit(app: &App, action: Action, kind: Kind, request: &Parts) -> Result<Acting, RestError> {
    let acting = who(app, &request.headers).await?;
    app.rest.buckets.take(acting.account, clock::now_ms()).map_err(too_many)?;
    acting.may_enter(&request.method, &request.uri)?;
    acting.must(action, kind)?;
    Ok(acting)
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
    if row.personal && app.store.lacks_factor(row.account, row.user).await? {
        return Err(ApiError::factor_needed().into());
    }
    note_use(app, &row);
    Ok(acting)
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
    let role = app.store.membership(row.account, row.user).await?.map(|membership| membership.rights.role);
    if row.personal {
        let (account, user, scope, by) = (row.account, row.user, Scope::Whole, By::Personal);
        return Ok(role.map(|role| Acting { account, user, role, scope, by, ends_ms: row.purge_ms }));
    }
    let user = match role {
        Some(Role::Administer | Role::Owner) => Some(row.user),
        _ => app.store.owner(row.account).await?,
    };
    let (account, role, scope) = (row.account, Role::Administer, Scope::of(&row.body));
    Ok(user.map(|user| Acting { account, user, role, scope, by: By::Account, ends_ms: row.purge_ms }))
}

async fn by_session(app: &App, headers: &HeaderMap) -> Result<Acting, RestError> {
    let nobody = || RestError::Unauthorized("Unauthorized");
    let account = headers.get(ACCOUNT_HEADER).and_then(|value| value.to_str().ok()).ok_or_else(nobody)?;
    let caller = caller(app, headers).await?.ok_or_else(nobody)?;
    let account = account.parse().map_err(|_| RestError::not_found())?;
    let membership = app.store.membership(account, caller.user.id).await?.ok_or_else(RestError::not_found)?;
    if app.store.lacks_factor(account, caller.user.id).await? {
        return Err(ApiError::factor_needed().into());
    }
    let (user, role) = (caller.user.id, membership.rights.role);
    Ok(Acting { account, user, role, scope: Scope::Whole, by: By::Session, ends_ms: None })
}
