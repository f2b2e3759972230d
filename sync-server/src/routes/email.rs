//! Another address for a person.
//!
//! Where the server sends mail, the new address counts once the link in a letter to it was followed by the same person,
//! signed in; the address before is told. Without mail nothing can be proved, as nothing is when somebody signs up, and
//! the password alone decides. Sessions go on.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode};
use tombolo_wire::rest::{AuditAction, ChangeEmail, ConfirmEmail, EmailChanged, EmailChanging, FieldChange};

use super::body::Body;
use super::finish::finish;
use super::security::prove;
use crate::app::App;
use crate::auth::caller::Caller;
use crate::auth::details::checked_email;
use crate::error::ApiError;
use crate::fresh::token_hash;
use crate::store::{AuditEvent, Moved};
use crate::{audit, clock, fresh, mail};

/// How long a link in a letter is good.
pub(super) const GOOD_MS: i64 = 24 * 3_600 * 1_000;

/// `POST /api/security/email`
pub(super) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<ChangeEmail>,
) -> Result<Json<EmailChanging>, ApiError> {
    let email = checked_email(&body.email)?;
    if email == caller.user.email {
        return Err(ApiError::invalid("email", "This is your address already."));
    }
    prove(&app, &caller, peer, &headers, body.password).await?;
    mail::count(&app, caller.user.id, &email)?;
    finish(async move {
        let (token, now_ms) = (fresh::token()?, clock::now_ms());
        if !app.store.wish_address(caller.user.id, &email, &token.hash, now_ms).await? {
            return Err(taken());
        }
        let Some(post) = &app.post else {
            carry_out(&app, &caller, &token.hash, false).await?;
            return Ok(Json(EmailChanging { confirm: false }));
        };
        let link = post.link(&format!("/security?email={}", token.text));
        mail::post(&app, mail::confirm((caller.user.id, &caller.user.name), &email, &link)).await?;
        Ok(Json(EmailChanging { confirm: true }))
    })
    .await
}

/// `POST /api/security/email/confirm`
pub(super) async fn confirm(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<ConfirmEmail>,
) -> Result<Json<EmailChanged>, ApiError> {
    finish(async move {
        let email = carry_out(&app, &caller, &token_hash(&body.token), true).await?;
        Ok(Json(EmailChanged { email }))
    })
    .await
}

/// `POST /api/security/email/cancel`
pub(super) async fn cancel(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<StatusCode, ApiError> {
    app.store.forget_address(caller.user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `proved`: the token came out of a letter to the new address.
async fn carry_out(app: &App, caller: &Caller, token: &[u8; 32], proved: bool) -> Result<String, ApiError> {
    let (old, new) = match app.store.move_address(caller.user.id, token, proved, clock::now_ms() - GOOD_MS).await? {
        Moved::Done { old, new } => (old, new),
        Moved::Taken => return Err(taken()),
        Moved::Unknown => {
            return Err(ApiError::new(
                StatusCode::NOT_FOUND,
                "email_change_unknown",
                "This link is used up, more than a day old, or was made for somebody else. Ask for the change again.",
            ));
        }
    };
    mail::post(app, mail::changed(&caller.user.name, &old, &new)).await?;
    for membership in app.store.accounts_of(caller.user.id).await? {
        let field = FieldChange {
            field_path: "/email".to_owned(),
            old_value: Some(old.clone().into()),
            new_value: Some(new.clone().into()),
        };
        let event = audit::told(caller.user.id, "user", Some(caller.user.id), &caller.user.name, AuditAction::Update);
        audit::note(app, membership.account, AuditEvent { fields: vec![field], ..event }).await;
    }
    Ok(new)
}

fn taken() -> ApiError {
    ApiError::conflict("email_taken", "Somebody has signed up with this address. Choose another.").about("email")
}
