//! The members of an account.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_model::{Id, Role};
use tombolo_wire::rest::{ChangeMember, Invite, Invited, Member, MemberStatus, Members};

use super::body::{Body, Names};
use super::finish::finish;
use crate::app::App;
use crate::auth::caller::{Caller, Entered};
use crate::auth::details::checked_email;
use crate::error::ApiError;
use crate::store::{self, NewInvitation, RoleChange};
use crate::{clock, fresh};

/// `GET /api/accounts/{account}/members`
pub(super) async fn list(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
) -> Result<Json<Members>, ApiError> {
    let rows = app.store.members(entered.account).await?;
    let members = rows
        .into_iter()
        .map(|row| Member {
            status: match row.user {
                Some(_) => MemberStatus::Accepted,
                None => MemberStatus::Pending,
            },
            user: row.user,
            name: row.name,
            email: row.email,
            role: row.role,
        })
        .collect();
    Ok(Json(Members { members }))
}

/// `POST /api/accounts/{account}/members`
///
/// The answer is the same whether or not the address belongs to anybody (decision 27).
pub(super) async fn invite(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<Invite>,
) -> Result<Json<Invited>, ApiError> {
    let token = fresh::token()?;
    let invitation = NewInvitation {
        account: entered.account,
        email: checked_email(&body.email)?,
        role: checked_role(body.role)?,
        by: caller.user.id,
        token: token.hash,
        now_ms: clock::now_ms(),
    };
    match app.store.invite(&invitation).await? {
        store::Invited::Pending => Ok(Json(Invited { link: format!("/sign-up?invitation={}", token.text) })),
        store::Invited::AlreadyMember(_) => {
            Err(ApiError::conflict("already_member", "This person is a member already. Change their role in the list."))
        }
    }
}

/// `PATCH /api/accounts/{account}/members/{user}`
pub(super) async fn change(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, user)): Names<(Id, Id)>,
    Body(body): Body<ChangeMember>,
) -> Result<StatusCode, ApiError> {
    let role = checked_role(body.role)?;
    finish(async move {
        let change = app.store.set_role(entered.account, user, role).await?;
        changed(&app, entered.account, change)
    })
    .await
}

/// `DELETE /api/accounts/{account}/members/{user}`
pub(super) async fn remove(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, user)): Names<(Id, Id)>,
) -> Result<StatusCode, ApiError> {
    finish(async move {
        let change = app.store.remove_member(entered.account, user).await?;
        changed(&app, entered.account, change)
    })
    .await
}

/// Tells the account's open sockets, which look their rights up anew.
fn changed(app: &App, account: Id, change: RoleChange) -> Result<StatusCode, ApiError> {
    match change {
        RoleChange::Done => {
            app.hub.account(account).rights_changed();
            Ok(StatusCode::NO_CONTENT)
        }
        RoleChange::Absent => Err(ApiError::not_found()),
        RoleChange::Owner => {
            Err(ApiError::conflict("owner", "The owner keeps their role. Give the account to somebody else first."))
        }
    }
}

fn checked_role(role: Role) -> Result<Role, ApiError> {
    if role == Role::Owner {
        return Err(ApiError::invalid("role", "An account has one owner. Choose administer, manage or monitor."));
    }
    Ok(role)
}
