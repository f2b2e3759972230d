//! What was refused to members: offered by them, looked at and decided by administrators.
//!
//! Who was taken out of an account may have worked offline until then. What the server refuses of that is theirs to offer for
//! a while, by a door of their own: they learn nothing more of the account than what becomes of it.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::{AdoptRefused, OfferRefused, RefusedList, RefusedReview};

use super::body::{Body, Names};
use super::finish::finish;
use super::session::begin as count;
use crate::app::App;
use crate::auth::attempts::Source;
use crate::auth::caller::{Caller, Entered};
use crate::error::ApiError;
use crate::rest::acting::{Acting, By, Scope};
use crate::rest::error::RestError;
use crate::store::{NewRefused, RefusedRow};
use crate::{clock, fresh, refused};

/// So many may wait of one member.
const OF_MEMBER: u32 = 50;
/// So many may wait in an account.
const OF_ACCOUNT: u32 = 500;
/// So many may wait of one who was a member.
const OF_FORMER: u32 = 20;
/// What those may fill is less than all, so that members find room.
const OF_ALL_FORMER: u32 = OF_ACCOUNT / 2;
/// For how long somebody offers who was a member.
const FORMER_MS: i64 = 30 * 24 * 3_600_000;
/// So many are listed.
const LISTED: u32 = 1_000;
/// The longest reason and name, in bytes.
const LONGEST: usize = 4_096;
/// The most intents of one change.
const INTENTS: usize = 5_000;

/// `POST /api/accounts/{account}/refused`
///
/// Whether there is such a resource is not looked at: who offers may not see it any more.
pub(super) async fn offer(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<OfferRefused>,
) -> Result<StatusCode, ApiError> {
    keep(&app, entered.account, caller.user.id, body, (OF_MEMBER, OF_ACCOUNT)).await
}

/// `POST /api/left/{account}/refused`: the same, by somebody who was a member until lately.
pub(super) async fn offer_late(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Names(account): Names<Id>,
    Body(body): Body<OfferRefused>,
) -> Result<StatusCode, ApiError> {
    let user = caller.user.id;
    let left_ms = app.store.left_ms(account, user).await?.ok_or_else(ApiError::not_found)?;
    if left_ms < clock::now_ms() - FORMER_MS {
        let message =
            "You have not been a member for too long to offer this. Export it, and send it to an administrator.";
        return Err(ApiError::conflict("too_late", message));
    }
    keep(&app, account, user, body, (OF_FORMER, OF_ALL_FORMER)).await
}

/// `GET /api/left/{account}/refused`: what became of it.
pub(super) async fn list_late(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Names(account): Names<Id>,
) -> Result<Json<RefusedList>, ApiError> {
    app.store.left_ms(account, caller.user.id).await?.ok_or_else(ApiError::not_found)?;
    let changes = app.store.refused(account, caller.user.id, false, LISTED).await?;
    Ok(Json(RefusedList { changes }))
}

/// Keeps an offer while no more than so many wait, of its person and in all.
async fn keep(
    app: &App,
    account: Id,
    by: Id,
    body: OfferRefused,
    (most_of_member, most): (u32, u32),
) -> Result<StatusCode, ApiError> {
    if body.parked.len() > 64 || body.parked.is_empty() {
        return Err(ApiError::invalid("parked", "This is no name of a change."));
    }
    if body.name.len() > LONGEST || body.reason.len() > LONGEST || body.intents.len() > INTENTS {
        return Err(ApiError::invalid("intents", "This change is too large to be offered. Export it instead."));
    }
    if body.intents.is_empty() && body.create.is_none() {
        return Err(ApiError::invalid("intents", "There is nothing in this change. Export it instead."));
    }
    drop(count(app, vec![Source::Offers(account, by)])?);
    let new = NewRefused { id: fresh::id()?, account, by, offer: body, now_ms: clock::now_ms(), most_of_member, most };
    if app.store.offer_refused(&new).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let message = "Too many changes wait for the administrators already. Ask one to look at them, or export yours.";
    Err(ApiError::conflict("too_many", message))
}

/// `GET /api/accounts/{account}/refused`
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
) -> Result<Json<RefusedList>, ApiError> {
    let changes = app.store.refused(entered.account, caller.user.id, decides(&entered), LISTED).await?;
    Ok(Json(RefusedList { changes }))
}

/// `GET /api/accounts/{account}/refused/{change}`
pub(super) async fn review(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, change)): Names<(Id, Id)>,
) -> Result<Json<RefusedReview>, RestError> {
    let row = one(&app, &entered, change).await?;
    Ok(Json(refused::review(&app, &acting(&caller, &entered), row).await?))
}

/// `POST /api/accounts/{account}/refused/{change}/adopt`
pub(super) async fn adopt(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, change)): Names<(Id, Id)>,
    Body(body): Body<AdoptRefused>,
) -> Result<StatusCode, RestError> {
    let acting = acting(&caller, &entered);
    finish(async move { Ok(refused::adopt(&app, &acting, change, &body.heads).await) }).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/accounts/{account}/refused/{change}/dismiss`, by an administrator or by whose it is.
pub(super) async fn dismiss(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, change)): Names<(Id, Id)>,
) -> Result<StatusCode, RestError> {
    let row = one(&app, &entered, change).await?;
    if row.line.by != caller.user.id && !decides(&entered) {
        return Err(RestError::not_found());
    }
    let acting = acting(&caller, &entered);
    finish(async move { Ok(refused::dismiss(&app, &acting, &row.line).await) }).await??;
    Ok(StatusCode::NO_CONTENT)
}

fn decides(entered: &Entered) -> bool {
    entered.rights.role.may(Action::ManageMembers, Kind::Integration)
}

async fn one(app: &App, entered: &Entered, change: Id) -> Result<RefusedRow, RestError> {
    app.store.one_refused(entered.account, change).await?.ok_or_else(RestError::not_found)
}

fn acting(caller: &Caller, entered: &Entered) -> Acting {
    Acting {
        account: entered.account,
        user: caller.user.id,
        rights: entered.rights.clone(),
        scope: Scope::Whole,
        by: By::Session,
        sso: !caller.proofs.password,
        ends_ms: None,
        token: String::new(),
    }
}
