//! Invitations that travel as a secret link.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_wire::rest::{Accept, AccountSummary, Withdraw};

use super::body::Body;
use super::session::checked_email;
use crate::app::App;
use crate::auth::caller::{Caller, Entered};
use crate::clock;
use crate::error::ApiError;
use crate::fresh::token_hash;

/// `POST /api/invitations/accept`
pub(super) async fn accept(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Accept>,
) -> Result<Json<AccountSummary>, ApiError> {
    let token = token_hash(&body.invitation);
    let account = app.store.accept(&token, caller.user.id, clock::now_ms()).await?;
    let account = account.ok_or_else(ApiError::not_found)?;
    app.hub.rights_changed();
    let membership = app.store.membership(account, caller.user.id).await?;
    let membership = membership.ok_or_else(ApiError::not_found)?;
    Ok(Json(AccountSummary { id: membership.account, name: membership.name, role: membership.role }))
}

/// `POST /api/accounts/{account}/invitations/withdraw`
pub(super) async fn withdraw(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<Withdraw>,
) -> Result<StatusCode, ApiError> {
    let email = checked_email(&body.email)?;
    if app.store.withdraw(entered.account, &email).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}
