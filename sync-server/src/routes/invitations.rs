//! Invitations that travel as a secret link.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use tombolo_model::Id;
use tombolo_wire::rest::{Accept, AuditAction, Invitation, Me, Withdraw};

use super::body::Body;
use super::finish::finish;
use super::members::MEMBER;
use super::session::describe;
use crate::app::App;
use crate::auth::caller::{self, Caller, Entered};
use crate::auth::details::checked_email;
use crate::error::ApiError;
use crate::fresh::token_hash;
use crate::store::{Accepted, AuditEvent};
use crate::{audit, clock, mail};

/// `POST /api/invitations/look`
///
/// Whoever holds the secret link may know who invites them where. Which address it is for stays unsaid, and so does
/// whether anybody has it (decision 27). The token is in the body: addresses are written into logs.
/// Whoever is signed in with that address has it in their bell from then on.
pub(super) async fn look(
    State(app): State<App>,
    headers: HeaderMap,
    Body(body): Body<Accept>,
) -> Result<Json<Invitation>, ApiError> {
    let token = token_hash(&body.invitation);
    let found = app.store.invitation(&token).await?.ok_or_else(unknown)?;
    if found.expires_ms <= clock::now_ms() {
        return Err(expired());
    }
    if let Some(caller) = caller::caller(&app, &headers).await? {
        app.store.claim_invitation(&token, caller.user.id).await?;
    }
    Ok(Json(Invitation {
        account_name: found.account,
        invited_by: found.by,
        role: found.role,
        expires_ms: found.expires_ms,
    }))
}

/// `POST /api/invitations/accept`
pub(super) async fn accept(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Accept>,
) -> Result<Json<Me>, ApiError> {
    finish(async move {
        let joined = join(&app, &body.invitation, caller.user.id).await?;
        note_joined(&app, joined, caller.user.id, &caller.user.name).await;
        Ok(Json(describe(&app, caller.user, caller.proofs, Some(joined)).await?))
    })
    .await
}

/// `POST /api/invitations/dismiss`
///
/// Whoever holds the link may say that nobody comes: who invited sees that, and can invite again.
pub(super) async fn dismiss(State(app): State<App>, Body(body): Body<Accept>) -> Result<StatusCode, ApiError> {
    match app.store.dismiss(&token_hash(&body.invitation), clock::now_ms()).await? {
        Some(_) => Ok(StatusCode::NO_CONTENT),
        None => Err(unknown()),
    }
}

/// Lets somebody into the account that invites them, and says which it is.
pub(super) async fn join(app: &App, invitation: &str, user: Id) -> Result<Id, ApiError> {
    join_by(app, &token_hash(invitation), user).await
}

/// The same by the hash of the token.
pub(super) async fn join_by(app: &App, token: &[u8; 32], user: Id) -> Result<Id, ApiError> {
    match app.store.accept(token, user, clock::now_ms()).await? {
        Accepted::Joined(account) => {
            app.rights_changed(account);
            Ok(account)
        }
        Accepted::Unknown => Err(unknown()),
        Accepted::Expired => Err(expired()),
        Accepted::OtherAddress => Err(other_address()),
        Accepted::Held => Err(held()),
    }
}

/// Tells the account that somebody has come.
pub(super) async fn note_joined(app: &App, account: Id, user: Id, name: &str) {
    let event = audit::told(user, MEMBER, Some(user), name, AuditAction::Update);
    let fields = vec![audit::field("/status", Some("pending".into()), Some("accepted".into()))];
    audit::note(app, account, AuditEvent { fields, ..event }).await;
}

/// There is no such invitation.
pub(super) fn unknown() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "invitation_unknown",
        "This invitation is used up or was withdrawn. Go on without it, or ask for a new one.",
    )
    .about("invitation")
}

/// It was not followed in time.
pub(super) fn expired() -> ApiError {
    ApiError::new(
        StatusCode::GONE,
        "invitation_expired",
        "This invitation is too old and lets nobody in any more. Ask for a new one.",
    )
    .about("invitation")
}

/// An invitation is for its address alone; which one that is, is between those who know it.
pub(super) fn other_address() -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invitation_for_another_address",
        "This invitation is for another address. Use the address it was sent to, or ask for one for yours.",
    )
    .about("invitation")
}

/// The rules of the account have been changed since it was made, and may be changed back.
pub(super) fn held() -> ApiError {
    ApiError::conflict(
        "invitation_held",
        "The account's rules for members do not let this invitation in at present. Ask whoever administers the account.",
    )
    .about("invitation")
}

/// `POST /api/accounts/{account}/invitations/withdraw`
pub(super) async fn withdraw(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<Withdraw>,
) -> Result<StatusCode, ApiError> {
    let email = checked_email(&body.email)?;
    app.store.forget_mail(entered.account, mail::about::INVITATION, &email).await?;
    if app.store.withdraw(entered.account, &email).await? {
        let event = audit::told(caller.user.id, MEMBER, None, &email, AuditAction::Delete);
        let fields = vec![audit::field("/status", Some("pending".into()), None)];
        audit::note(&app, entered.account, AuditEvent { fields, ..event }).await;
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}
