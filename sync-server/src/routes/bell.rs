//! What waits for a person, whichever account they have open.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::{AnswerInvitation, Bell, Me, ReadBell, RefusedStatus, WaitingReview, WaitingTransfer};

use super::body::Body;
use super::finish::finish;
use super::invitations;
use super::session::describe;
use crate::app::App;
use crate::auth::caller::{Caller, lacking};
use crate::clock;
use crate::error::ApiError;
use crate::store::{Membership, Proofs, StoreError, TransferRow};

/// The most names of what somebody has read that are kept: more than a bell ever shows.
const MOST_READ: u32 = 500;
/// The most changes to review of one account.
const MOST_REVIEWS: u32 = 20;

/// `GET /api/bell`
pub(super) async fn show(State(app): State<App>, Extension(caller): Extension<Caller>) -> Result<Json<Bell>, ApiError> {
    let (user, now_ms) = (caller.user.id, clock::now_ms());
    app.store.claim_by_address(user).await?;
    let transfers = app.store.waiting_transfers(user, now_ms).await?;
    let accounts = app.store.accounts_of(user).await?;
    Ok(Json(Bell {
        invitations: app.store.waiting_invitations(user, now_ms).await?,
        transfers: transfers.into_iter().map(waiting).collect(),
        reviews: reviews(&app, user, caller.proofs, &accounts).await?,
        read: app.store.read_items(user).await?,
        accounts: accounts.into_iter().map(|membership| membership.account).collect(),
        ended: app.store.ended_for(user).await?,
    }))
}

/// What members ask for, of the accounts that the person administers and may enter as they have signed in.
async fn reviews(
    app: &App,
    user: Id,
    proofs: Proofs,
    accounts: &[Membership],
) -> Result<Vec<WaitingReview>, StoreError> {
    let mut found = Vec::new();
    let administers = |member: &&Membership| member.rights.role.may(Action::ManageMembers, Kind::Integration);
    for member in accounts.iter().filter(administers) {
        if lacking(app, member.account, user, proofs).await?.is_some() {
            continue;
        }
        let lines = app.store.refused(member.account, user, true, MOST_REVIEWS).await?;
        found.extend(lines.into_iter().filter(|line| line.status == RefusedStatus::Open).map(|line| WaitingReview {
            id: line.id,
            account: member.account,
            account_name: member.name.clone(),
            by: line.by_name,
            name: line.name,
            created_ms: line.offered_ms,
        }));
    }
    Ok(found)
}

fn waiting(row: TransferRow) -> WaitingTransfer {
    let items = row.shown.contents.items;
    let integrations = items.iter().filter(|item| item.kind == Kind::Integration);
    WaitingTransfer {
        id: row.shown.id,
        account: row.account,
        from: row.shown.from,
        by: row.shown.by,
        integrations: integrations.map(|item| item.name.clone()).collect(),
        resources: items.len(),
        created_ms: row.shown.created_ms,
    }
}

/// `POST /api/bell/read`
pub(super) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<ReadBell>,
) -> Result<StatusCode, ApiError> {
    let fits = |item: &String| !item.is_empty() && item.len() <= ReadBell::LONGEST;
    if body.items.len() > ReadBell::MOST || !body.items.iter().all(fits) {
        let message = format!("Name at most {} items of at most {} bytes at once.", ReadBell::MOST, ReadBell::LONGEST);
        return Err(ApiError::invalid("items", message));
    }
    app.store.mark_read(caller.user.id, &body.items, MOST_READ).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/bell/invitations/accept`
pub(super) async fn accept(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<AnswerInvitation>,
) -> Result<Json<Me>, ApiError> {
    finish(async move {
        let token = token_of(&app, &caller, &body).await?;
        let joined = invitations::join_by(&app, &token, caller.user.id).await?;
        invitations::note_joined(&app, joined, caller.user.id, &caller.user.name).await;
        Ok(Json(describe(&app, caller.user, caller.proofs, Some(joined)).await?))
    })
    .await
}

/// `POST /api/bell/invitations/dismiss`
pub(super) async fn dismiss(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<AnswerInvitation>,
) -> Result<StatusCode, ApiError> {
    let token = token_of(&app, &caller, &body).await?;
    app.store.dismiss(&token, clock::now_ms()).await?.ok_or_else(invitations::unknown)?;
    Ok(StatusCode::NO_CONTENT)
}

/// One that the caller has; any other is as if it did not exist.
async fn token_of(app: &App, caller: &Caller, body: &AnswerInvitation) -> Result<[u8; 32], ApiError> {
    app.store.waiting_token(body.account, caller.user.id).await?.ok_or_else(invitations::unknown)
}
