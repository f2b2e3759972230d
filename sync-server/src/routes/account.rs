//! The account as a whole: its settings, leaving it, and its end.
//!
//! An account that is to go stays whole and usable for two weeks, in which its owner may change their mind; its members
//! are told at once. What removes it is `retention.rs`.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode};
use tombolo_model::Id;
use tombolo_wire::rest::{
    AccountSettings, AuditAction, CloseAccount, FieldChange, LeaveAccount, Policy, PolicyKept, TransferStatus,
};

use super::body::Body;
use super::finish::finish;
use super::{members, security};
use crate::app::App;
use crate::auth::caller::{Caller, Entered};
use crate::error::ApiError;
use crate::store::{AuditEvent, MemberRow};
use crate::{audit, clock, mail};

/// How long an account stays after its owner wants it gone.
const GRACE_MS: i64 = 14 * 24 * 3_600 * 1_000;
/// The most domains of a policy.
const MOST_DOMAINS: usize = 50;
/// What the account is called in its audit log.
const ACCOUNT: &str = "account";

/// `GET /api/accounts/{account}/settings`
pub(super) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
) -> Result<Json<AccountSettings>, ApiError> {
    let account = entered.account;
    Ok(Json(AccountSettings {
        name: name_of(&app, account, &caller).await?,
        owner: app.store.owner_of(account).await?.ok_or_else(ApiError::not_found)?,
        policy: app.store.policy(account).await?,
        retention_days: app.store.retention_days(account).await?,
        now_ms: clock::now_ms(),
        closing_ms: app.store.closing(account).await?,
    }))
}

/// `PUT /api/accounts/{account}/policy`
pub(super) async fn policy(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<Policy>,
) -> Result<Json<PolicyKept>, ApiError> {
    let policy = checked(body)?;
    finish(async move {
        let before = app.store.policy(entered.account).await?;
        app.store.keep_policy(entered.account, &policy).await?;
        let fields = policy_fields(&before, &policy);
        note(&app, entered.account, &caller, fields, AuditAction::Update).await?;
        let (members, now_ms) = (app.store.members(entered.account).await?, clock::now_ms());
        let waits = |row: &&MemberRow| row.held && row.expires_ms.is_some_and(|ends_ms| ends_ms > now_ms);
        Ok(Json(PolicyKept { held_invitations: members.iter().filter(waits).count() }))
    })
    .await
}

fn checked(mut policy: Policy) -> Result<Policy, ApiError> {
    if !(1..=90).contains(&policy.invite_days) {
        return Err(ApiError::invalid("inviteDays", "An invitation lets somebody in for 1 to 90 days."));
    }
    if policy.trust_days > 90 {
        return Err(ApiError::invalid("trustDays", "A browser is trusted for at most 90 days."));
    }
    if policy.invite_domains.len() > MOST_DOMAINS {
        return Err(ApiError::invalid("inviteDomains", format!("Name at most {MOST_DOMAINS} domains.")));
    }
    for domain in &mut policy.invite_domains {
        *domain = domain.trim().trim_start_matches('@').to_lowercase();
        let fine = domain.contains('.')
            && domain.len() <= 253
            && domain.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-');
        if !fine {
            return Err(ApiError::invalid("inviteDomains", "A domain looks like example.com."));
        }
    }
    policy.invite_domains.dedup();
    Ok(policy)
}

fn policy_fields(before: &Policy, after: &Policy) -> Vec<FieldChange> {
    let (before, after) = (serde_json::json!(before), serde_json::json!(after));
    let names = after.as_object().into_iter().flatten().map(|(name, _)| name.clone());
    names
        .filter(|name| before.get(name) != after.get(name))
        .map(|name| FieldChange {
            old_value: before.get(&name).cloned(),
            new_value: after.get(&name).cloned(),
            field_path: format!("/policy/{name}"),
        })
        .collect()
}

/// `POST /api/accounts/{account}/leave`
pub(super) async fn leave(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<LeaveAccount>,
) -> Result<StatusCode, ApiError> {
    if body.account != entered.account {
        return Err(ApiError::invalid("account", "This is not the account that you leave."));
    }
    finish(async move { members::take_out(&app, &caller, entered.account, caller.user.id).await }).await
}

/// `POST /api/accounts/{account}/close`
pub(super) async fn close(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<CloseAccount>,
) -> Result<StatusCode, ApiError> {
    let account = entered.account;
    if body.name.trim() != name_of(&app, account, &caller).await?.trim() {
        return Err(ApiError::invalid("name", "This is not the name of the account."));
    }
    let transfers = app.store.transfers(account, caller.user.id, clock::now_ms()).await?;
    let open = [TransferStatus::Offered, TransferStatus::Accepted];
    if transfers.iter().any(|row| row.account == account && open.contains(&row.shown.status)) {
        let message = "Integrations are on their way to another account. Take the offers back, or wait for their end.";
        return Err(ApiError::conflict("transfer_open", message));
    }
    let members = app.store.members(account).await?;
    let others = members.iter().filter(|member| member.user.is_some_and(|user| user != caller.user.id)).count();
    if others > 0 && !body.with_members {
        let who = if others == 1 { "1 other member is".to_owned() } else { format!("{others} other members are") };
        let message = format!("{who} in this account. Remove them first, or confirm that they lose it too.");
        return Err(ApiError::conflict("members_left", message));
    }
    // Last of all: a code that was taken is used up.
    security::prove_with_factor(&app, &caller, peer, &headers, body.password, body.code.as_deref()).await?;
    finish(async move {
        let at_ms = clock::now_ms() + GRACE_MS;
        if !app.store.set_closing(account, Some(at_ms)).await? {
            return Err(ApiError::not_found());
        }
        tell(&app, &caller, account, Some(at_ms)).await?;
        let field = FieldChange {
            field_path: "/closing".to_owned(),
            old_value: None,
            new_value: Some(crate::rest::shown::time(at_ms).into()),
        };
        note(&app, account, &caller, vec![field], AuditAction::Delete).await?;
        tracing::info!(%account, "is to be removed in two weeks");
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// `POST /api/accounts/{account}/keep`
pub(super) async fn keep(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
) -> Result<StatusCode, ApiError> {
    finish(async move {
        let account = entered.account;
        if app.store.closing(account).await?.is_some() {
            if !app.store.set_closing(account, None).await? {
                return Err(ApiError::not_found());
            }
            tell(&app, &caller, account, None).await?;
            note(&app, account, &caller, Vec::new(), AuditAction::Restore).await?;
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Tells the other members by mail; those who get none see it on the account's page.
async fn tell(app: &App, caller: &Caller, account: Id, at_ms: Option<i64>) -> Result<(), ApiError> {
    let name = name_of(app, account, caller).await?;
    for member in app.store.members(account).await? {
        if member.user.is_some_and(|user| user != caller.user.id) {
            let letter = mail::leaving((account, &name), &caller.user.name, &member.email, at_ms);
            mail::post(app, letter).await?;
        }
    }
    Ok(())
}

async fn name_of(app: &App, account: Id, caller: &Caller) -> Result<String, ApiError> {
    let membership = app.store.membership(account, caller.user.id).await?;
    Ok(membership.ok_or_else(ApiError::not_found)?.name)
}

pub(super) async fn note(
    app: &App,
    account: Id,
    caller: &Caller,
    fields: Vec<FieldChange>,
    action: AuditAction,
) -> Result<(), ApiError> {
    let name = name_of(app, account, caller).await?;
    let event = audit::told(caller.user.id, ACCOUNT, Some(account), &name, action);
    audit::note(app, account, AuditEvent { fields, ..event }).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_domains_as_people_write_them_and_refuses_what_is_none() {
        let policy = |domain: &str, days| Policy {
            invite_domains: vec![domain.to_owned()],
            invite_days: days,
            managers_invite: true,
            trust_days: 30,
        };
        assert_eq!(checked(policy(" @Example.com", 14)).unwrap().invite_domains, ["example.com"]);
        for wrong in ["", "example", "a@b.example", "exa mple.com", "*.example.com"] {
            assert!(checked(policy(wrong, 14)).is_err(), "{wrong}");
        }
        for days in [0, 91] {
            assert!(checked(policy("example.com", days)).is_err(), "{days}");
        }
        let fields = policy_fields(&Policy::default(), &policy("example.com", 14));
        let paths: Vec<_> = fields.iter().map(|field| field.field_path.as_str()).collect();
        assert_eq!(paths, ["/policy/managersInvite", "/policy/inviteDomains"]);
    }
}
