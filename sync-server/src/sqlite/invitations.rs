//! Invitations: kept until somebody with the address follows the link, and used up by that.

use sqlx::{Sqlite as Db, Transaction};
use tombolo_model::{Id, Rights};
use tombolo_wire::rest::Policy;

use super::row::{db, get, id, json, role, role_name, to_json};
use super::{rights, settings, tokens};
use crate::store::{Accepted, Invited, NewInvitation, StoreError};

/// Keeps an invitation, in place of an older one for the same address.
pub(super) async fn keep(tx: &mut Transaction<'_, Db>, invitation: &NewInvitation) -> Result<Invited, StoreError> {
    const DOING: &str = "keeping an invitation";
    let member = sqlx::query(
        "SELECT u.id FROM users u JOIN members m ON m.user = u.id
         WHERE m.account = ? AND m.status = 'accepted' AND u.email = ?",
    )
    .bind(invitation.account.to_string())
    .bind(&invitation.email)
    .fetch_optional(&mut **tx)
    .await
    .map_err(db(DOING))?;
    if let Some(member) = member {
        return Ok(Invited::AlreadyMember(id(&member, "users", "id")?));
    }
    sqlx::query(
        "INSERT INTO invitations (token, account, email, role, grants, invited_by, created_ms, expires_ms, mailed,
         require_factor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (account, email) DO UPDATE SET token = excluded.token, role = excluded.role, grants = excluded.grants,
         invited_by = excluded.invited_by, created_ms = excluded.created_ms, expires_ms = excluded.expires_ms,
         mailed = excluded.mailed, require_factor = excluded.require_factor, to_user = NULL, dismissed_ms = NULL",
    )
    .bind(invitation.token.as_slice())
    .bind(invitation.account.to_string())
    .bind(&invitation.email)
    .bind(role_name(invitation.rights.role))
    .bind(to_json("invitations", &invitation.rights.grants)?)
    .bind(invitation.by.to_string())
    .bind(invitation.now_ms)
    .bind(invitation.expires_ms)
    .bind(invitation.mailed)
    .bind(invitation.require_factor)
    .execute(&mut **tx)
    .await
    .map_err(db(DOING))?;
    Ok(Invited::Pending)
}

/// Whether an account's rules let an invitation in: the address is one that it takes, and who invites still may. Asked when it
/// is followed, and whenever it is shown: what a change of the rules holds back is there again when they are changed back.
pub(super) fn lets_in(policy: &Policy, email: &str, by_administrator: bool) -> bool {
    (policy.managers_invite || by_administrator) && policy.takes(email)
}

/// Uses an invitation up for somebody who has its address.
pub(super) async fn accept(
    tx: &mut Transaction<'_, Db>,
    token: &[u8; 32],
    user: Id,
    now_ms: i64,
) -> Result<Accepted, StoreError> {
    const DOING: &str = "accepting an invitation";
    let row = sqlx::query(
        "SELECT i.account, i.email, i.role, i.grants, i.email = u.email AS same, i.expires_ms <= ? AS expired, i.mailed,
         i.require_factor,
         EXISTS (SELECT 1 FROM members m WHERE m.account = i.account AND m.user = i.invited_by
                 AND m.status = 'accepted' AND m.role IN ('owner', 'administer')) AS by_administrator
         FROM invitations i JOIN users u ON u.id = ? WHERE i.token = ? AND i.dismissed_ms IS NULL",
    )
    .bind(now_ms)
    .bind(user.to_string())
    .bind(token.as_slice())
    .fetch_optional(&mut **tx)
    .await
    .map_err(db(DOING))?;
    let Some(row) = row else {
        return Ok(Accepted::Unknown);
    };
    if get(&row, "invitations", "expired")? {
        return Ok(Accepted::Expired);
    }
    if !get::<bool>(&row, "invitations", "same")? {
        return Ok(Accepted::OtherAddress);
    }
    let account = id(&row, "invitations", "account")?;
    let policy = settings::policy_of(tx, account).await?;
    if !lets_in(&policy, get(&row, "invitations", "email")?, get(&row, "members", "by_administrator")?) {
        return Ok(Accepted::Held);
    }
    let given = Rights { role: role(&row, "invitations", "role")?, grants: json(&row, "invitations", "grants")? };
    let joined = join(tx, account, user, &given, now_ms).await?;
    if joined && get(&row, "invitations", "require_factor")? {
        sqlx::query("UPDATE members SET require_factor = 1 WHERE account = ? AND user = ?")
            .bind(account.to_string())
            .bind(user.to_string())
            .execute(&mut **tx)
            .await
            .map_err(db(DOING))?;
    }
    if get(&row, "invitations", "mailed")? {
        // Only who reads letters to the address has this link.
        sqlx::query("UPDATE users SET verified = 1 WHERE id = ?")
            .bind(user.to_string())
            .execute(&mut **tx)
            .await
            .map_err(db(DOING))?;
    }
    sqlx::query("DELETE FROM invitations WHERE token = ?")
        .bind(token.as_slice())
        .execute(&mut **tx)
        .await
        .map_err(db(DOING))?;
    Ok(Accepted::Joined(account))
}

/// Takes back what somebody has invited who may not invite any more: such a link may be for another address of theirs.
pub(super) async fn withdraw_all_of(tx: &mut Transaction<'_, Db>, account: Id, by: Id) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM mails WHERE account = ?1 AND about = 'invitation'
         AND recipient IN (SELECT email FROM invitations WHERE account = ?1 AND invited_by = ?2)",
    )
    .bind(account.to_string())
    .bind(by.to_string())
    .execute(&mut **tx)
    .await
    .map_err(db("taking letters back"))?;
    sqlx::query("DELETE FROM invitations WHERE account = ? AND invited_by = ?")
        .bind(account.to_string())
        .bind(by.to_string())
        .execute(&mut **tx)
        .await
        .map_err(db("withdrawing invitations"))?;
    Ok(())
}

/// Makes somebody a member, also once more; one who is a member stays what they are. Says whether they have become one.
pub(super) async fn join(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    user: Id,
    given: &Rights,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let joined = sqlx::query(
        "INSERT INTO members (account, user, role, status, created_ms, modified_ms)
         VALUES (?1, ?2, ?3, 'accepted', ?4, ?4)
         ON CONFLICT (account, user) DO UPDATE SET role = excluded.role, status = 'accepted', enabled = 1,
         modified_ms = excluded.modified_ms, visibility_epoch = visibility_epoch + 1 WHERE members.status = 'removed'",
    )
    .bind(account.to_string())
    .bind(user.to_string())
    .bind(role_name(given.role))
    .bind(now_ms)
    .execute(&mut **tx)
    .await
    .map_err(db("letting a member in"))?;
    let joined = joined.rows_affected() > 0;
    if joined {
        // An earlier version left those of who was removed.
        tokens::end_personal(tx, account, user).await?;
        rights::set_grants(tx, account, user, &given.grants).await?;
    }
    Ok(joined)
}
