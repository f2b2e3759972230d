//! The members of an account.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_model::{Grants, Id, Kind, Rights, Role};
use tombolo_wire::rest::{
    AuditAction, ChangeMember, FieldChange, GiveAccount, Invite, Invited, Member, MemberStatus, Members,
};

use super::body::{Body, Names};
use super::finish::finish;
use crate::app::App;
use crate::auth::caller::{Caller, Entered};
use crate::auth::details::checked_email;
use crate::error::ApiError;
use crate::store::{self, AuditEvent, MemberChange, MemberRow, NewInvitation, RoleChange};
use crate::{audit, clock, fresh, mail};

/// `GET /api/accounts/{account}/members`
pub(super) async fn list(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
) -> Result<Json<Members>, ApiError> {
    let rows = app.store.members(entered.account).await?;
    let mut letters = mail::states(&app, entered.account, mail::about::INVITATION).await?;
    let policy = app.store.policy(entered.account).await?;
    let shown = |row: MemberRow| Member {
        mail: if row.user.is_none() { letters.remove(&row.email) } else { None },
        status: match row.user {
            Some(_) if row.enabled => MemberStatus::Accepted,
            Some(_) => MemberStatus::Disabled,
            None if row.dismissed => MemberStatus::Dismissed,
            None => MemberStatus::Pending,
        },
        user: row.user,
        name: row.name,
        email: row.email,
        role: row.rights.role,
        grants: row.rights.grants,
        signed_in_ms: row.signed_in_ms,
        expires_ms: row.expires_ms,
        require_factor: row.require_factor,
        second_factor: row.has_factor,
        require_sso: row.require_sso,
        sso_linked: row.sso_linked,
    };
    let held = rows.iter().filter(|row| row.held).map(|row| row.email.clone()).collect();
    let members = rows.into_iter().map(shown).collect();
    let sso = app.store.sso_client(entered.account).await?.is_some();
    Ok(Json(Members { members, mail: app.post.is_some(), managers_invite: policy.managers_invite, sso, held }))
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
    invite_with(&app, &caller, &entered, body, false).await
}

/// Invites somebody, who may be asked for a second factor from the first.
pub(super) async fn invite_with(
    app: &App,
    caller: &Caller,
    entered: &Entered,
    body: Invite,
    require_factor: bool,
) -> Result<Json<Invited>, ApiError> {
    let (token, now_ms) = (fresh::token()?, clock::now_ms());
    let policy = app.store.policy(entered.account).await?;
    let email = checked_email(&body.email)?;
    let rights = checked(app, entered, body.role, body.grants).await?;
    if !entered.rights.may_invite(&rights, policy.managers_invite) {
        return Err(ApiError::forbidden());
    }
    if !policy.takes(&email) {
        let message = format!(
            "This account takes only addresses of {}. An administrator can change that.",
            policy.invite_domains.join(", ")
        );
        return Err(ApiError::invalid("email", message));
    }
    if !body.show_link {
        mail::count(app, caller.user.id, &email)?;
    }
    let invitation = NewInvitation {
        account: entered.account,
        email,
        rights,
        by: caller.user.id,
        token: token.hash,
        now_ms,
        expires_ms: now_ms + i64::from(policy.invite_days) * DAY_MS,
        require_factor,
        mailed: app.post.is_some() && !body.show_link,
    };
    let show_link = body.show_link;
    let (app, caller, account) = (app.clone(), caller.clone(), entered.account);
    finish(async move {
        if let store::Invited::AlreadyMember(_) = app.store.invite(&invitation).await? {
            let message = "This person is a member already. Change their role in the list.";
            return Err(ApiError::conflict("already_member", message));
        }
        let event = audit::told(caller.user.id, MEMBER, None, &invitation.email, AuditAction::Create);
        let mut fields = audit::rights_fields(None, Some(&invitation.rights));
        fields.extend(switched("/requireFactor", false, Some(require_factor)));
        audit::note(&app, account, AuditEvent { fields, ..event }).await;
        let link = format!("/sign-up?invitation={}", token.text);
        hand_over(&app, &caller, &invitation, link, show_link).await
    })
    .await
}

/// Sends the link where the server sends mail, and shows it where it does not.
async fn hand_over(
    app: &App,
    caller: &Caller,
    invitation: &NewInvitation,
    link: String,
    show_link: bool,
) -> Result<Json<Invited>, ApiError> {
    let (account, email) = (invitation.account, &invitation.email);
    let Some(post) = app.post.as_ref().filter(|_| !show_link) else {
        // What a letter on its way says is not true any more.
        app.store.forget_mail(account, mail::about::INVITATION, email).await?;
        return Ok(Json(Invited { link: Some(link) }));
    };
    let membership = app.store.membership(account, caller.user.id).await?.ok_or_else(ApiError::not_found)?;
    let (by, role, ends_ms) = (&caller.user.name, invitation.rights.role, invitation.expires_ms);
    let letter = mail::invitation((account, &membership.name), by, email, role, &post.link(&link), ends_ms);
    mail::post(app, letter).await?;
    Ok(Json(Invited { link: None }))
}

/// `PATCH /api/accounts/{account}/members/{user}`
pub(super) async fn change(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, user)): Names<(Id, Id)>,
    Body(body): Body<ChangeMember>,
) -> Result<StatusCode, ApiError> {
    let rights = match body.role {
        Some(role) => Some(checked(&app, &entered, role, body.grants).await?)
            .filter(|rights| entered.rights.may_give(rights))
            .map_or_else(|| Err(ApiError::forbidden()), |rights| Ok(Some(rights)))?,
        None if !body.grants.is_empty() => {
            return Err(ApiError::invalid("role", "Name the role beside the integrations."));
        }
        None => None,
    };
    finish(async move {
        let rows = app.store.members(entered.account).await?;
        let before = rows.iter().find(|row| row.user == Some(user)).cloned();
        let wanted = MemberChange {
            rights: rights.as_ref(),
            enabled: body.enabled,
            require_factor: body.require_factor,
            require_sso: body.require_sso,
        };
        let change = app.store.change_member(entered.account, user, wanted).await?;
        if let Some(before) = before.filter(|_| change == RoleChange::Done) {
            let mut fields =
                rights.map_or_else(Vec::new, |rights| audit::rights_fields(Some(&before.rights), Some(&rights)));
            fields.extend(switched("/enabled", before.enabled, body.enabled));
            fields.extend(switched("/requireFactor", before.require_factor, body.require_factor));
            fields.extend(switched("/requireSso", before.require_sso, body.require_sso));
            let event = audit::told(caller.user.id, MEMBER, Some(user), &before.name, AuditAction::Update);
            audit::note(&app, entered.account, AuditEvent { fields, ..event }).await;
            note_withdrawn(&app, entered.account, &rows, |email| by(&caller, email)).await?;
        }
        changed(&app, entered.account, change)
    })
    .await
}

/// `POST /api/accounts/{account}/owner`
pub(super) async fn give(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<GiveAccount>,
) -> Result<StatusCode, ApiError> {
    finish(async move {
        let heir = member(&app, entered.account, body.user).await?;
        let tokens = audit::tokens_of(&app, entered.account, body.user, true).await;
        let change = app.store.give_account(entered.account, caller.user.id, body.user).await?;
        if let Some(heir) = heir.filter(|_| change == RoleChange::Done) {
            let (owner, after) = (Rights::from(Role::Owner), Rights::from(Role::Administer));
            let mut fields = audit::rights_fields(Some(&heir.rights), Some(&owner));
            fields.extend(switched("/singleSignOn", heir.sso_linked, Some(false)));
            fields.extend(tokens.map(|names| audit::field("/personalTokens", Some(names), None)));
            let event = audit::told(caller.user.id, MEMBER, Some(body.user), &heir.name, AuditAction::Update);
            audit::note(&app, entered.account, AuditEvent { fields, ..event }).await;
            let fields = audit::rights_fields(Some(&owner), Some(&after));
            let (user, name) = (caller.user.id, &caller.user.name);
            let event = audit::told(user, MEMBER, Some(user), name, AuditAction::Update);
            audit::note(&app, entered.account, AuditEvent { fields, ..event }).await;
        }
        changed(&app, entered.account, change)
    })
    .await
}

/// `DELETE /api/accounts/{account}/members/{user}`
pub(super) async fn remove(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, user)): Names<(Id, Id)>,
) -> Result<StatusCode, ApiError> {
    finish(async move { take_out(&app, &caller, entered.account, user).await }).await
}

/// Ends somebody's membership, at an administrator's word or their own.
pub(super) async fn take_out(app: &App, caller: &Caller, account: Id, user: Id) -> Result<StatusCode, ApiError> {
    let rows = app.store.members(account).await?;
    let before = rows.iter().find(|row| row.user == Some(user)).cloned();
    let change = app.store.remove_member(account, user).await?;
    if let Some(before) = before.filter(|_| change == RoleChange::Done) {
        let mut fields = audit::rights_fields(Some(&before.rights), None);
        fields.extend(audit::left_tokens(app, account, user).await);
        let event = audit::told(caller.user.id, MEMBER, Some(user), &before.name, AuditAction::Delete);
        audit::note(app, account, AuditEvent { fields, ..event }).await;
        note_withdrawn(app, account, &rows, |email| by(caller, email)).await?;
    }
    changed(app, account, change)
}

/// The entry of an invitation that somebody's deed has withdrawn.
fn by(caller: &Caller, email: &str) -> AuditEvent {
    audit::told(caller.user.id, MEMBER, None, email, AuditAction::Delete)
}

/// Tells of the invitations that went with somebody's right to invite: those of these rows that are not there any more, and
/// have made nobody a member.
pub(super) async fn note_withdrawn(
    app: &App,
    account: Id,
    rows: &[MemberRow],
    event: impl Fn(&str) -> AuditEvent,
) -> Result<(), ApiError> {
    let now = app.store.members(account).await?;
    let gone = rows.iter().filter(|row| row.user.is_none() && now.iter().all(|still| still.email != row.email));
    let status = || vec![audit::field("/status", Some("pending".into()), None)];
    let events: Vec<AuditEvent> = gone.map(|row| AuditEvent { fields: status(), ..event(&row.email) }).collect();
    audit::note_all(app, account, &events).await;
    Ok(())
}

/// What members are called in the audit log.
pub(super) const MEMBER: &str = "member";
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// A member as they are before something is done to them.
pub(super) async fn member(app: &App, account: Id, user: Id) -> Result<Option<MemberRow>, ApiError> {
    Ok(app.store.members(account).await?.into_iter().find(|row| row.user == Some(user)))
}

fn switched(path: &str, before: bool, wanted: Option<bool>) -> Option<FieldChange> {
    let wanted = wanted.filter(|wanted| *wanted != before)?;
    Some(FieldChange { field_path: path.to_owned(), old_value: Some(before.into()), new_value: Some(wanted.into()) })
}

/// Tells the account's open sockets, which look their rights up anew.
fn changed(app: &App, account: Id, change: RoleChange) -> Result<StatusCode, ApiError> {
    match change {
        RoleChange::Done => {
            app.rights_changed(account);
            Ok(StatusCode::NO_CONTENT)
        }
        RoleChange::Absent => Err(ApiError::not_found()),
        RoleChange::Owner => Err(ApiError::conflict(
            "owner",
            "The owner keeps their role. The owner alone gives the account to somebody else.",
        )),
        RoleChange::NoSso => Err(ApiError::conflict(
            "no_sso",
            "This account has no single sign-on. Set it up on the page Account first.",
        )),
    }
}

/// The most integrations that one member has levels in.
const MOST_GRANTS: usize = 500;

/// What can be given to somebody: levels in integrations that are there. Whether the giver may is looked at elsewhere.
async fn checked(app: &App, entered: &Entered, role: Role, grants: Grants) -> Result<Rights, ApiError> {
    if role == Role::Owner {
        let message = "An account has one owner. Choose administer, manage, monitor or custom.";
        return Err(ApiError::invalid("role", message));
    }
    // Who manages everything manages each: levels beside that would come back when the role is lowered.
    let grants = if role >= Role::Manage { Grants::new() } else { grants };
    if grants.len() > MOST_GRANTS {
        return Err(ApiError::invalid("grants", format!("Name at most {MOST_GRANTS} integrations.")));
    }
    for integration in grants.keys() {
        let home = app.store.home(entered.account, *integration).await?;
        if home.is_none_or(|home| home.kind != Kind::Integration) {
            let message = format!("There is no integration {integration}. Choose one of the account.");
            return Err(ApiError::invalid("grants", message));
        }
    }
    Ok(Rights { role, grants })
}
