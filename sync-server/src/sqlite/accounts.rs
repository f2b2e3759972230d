//! Accounts, members and invitations.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, SqliteConnection, Transaction};
use tombolo_model::{Id, Role};

use super::Sqlite;
use super::row::{db, get, id, maybe_id, number, parse_id, role, role_name};
use crate::store::{Accounts, Invited, MemberRow, Membership, NewInvitation, RoleChange, StoreError};

#[async_trait]
impl Accounts for Sqlite {
    async fn accounts_of(&self, user: Id) -> Result<Vec<Membership>, StoreError> {
        let rows = sqlx::query(
            "SELECT m.account, a.name, m.role, m.visibility_epoch FROM members m JOIN accounts a ON a.id = m.account
             WHERE m.user = ? AND m.status = 'accepted' ORDER BY m.role <> 'owner', a.name, a.id",
        )
        .bind(user.to_string())
        .fetch_all(&self.read)
        .await
        .map_err(db("listing accounts"))?;
        rows.iter().map(membership).collect()
    }

    async fn membership(&self, account: Id, user: Id) -> Result<Option<Membership>, StoreError> {
        let row = sqlx::query(
            "SELECT m.account, a.name, m.role, m.visibility_epoch FROM members m JOIN accounts a ON a.id = m.account
             WHERE m.account = ? AND m.user = ? AND m.status = 'accepted'",
        )
        .bind(account.to_string())
        .bind(user.to_string())
        .fetch_optional(&self.read)
        .await
        .map_err(db("looking up a role"))?;
        row.as_ref().map(membership).transpose()
    }

    async fn owner(&self, account: Id) -> Result<Option<Id>, StoreError> {
        let row = sqlx::query("SELECT user FROM members WHERE account = ? AND role = 'owner'")
            .bind(account.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(db("looking up an owner"))?;
        row.map(|row| id(&row, "members", "user")).transpose()
    }

    async fn accounts(&self) -> Result<Vec<Id>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM accounts ORDER BY id")
            .fetch_all(&self.read)
            .await
            .map_err(db("listing accounts"))?;
        ids.iter().map(|text| parse_id("accounts", text)).collect()
    }

    async fn members(&self, account: Id) -> Result<Vec<MemberRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT u.id AS user, u.name AS name, u.email AS email, m.role AS role, 0 AS pending
             FROM members m JOIN users u ON u.id = m.user WHERE m.account = ?1 AND m.status = 'accepted'
             UNION ALL
             SELECT NULL, '', i.email, i.role, 1 FROM invitations i WHERE i.account = ?1
             ORDER BY pending, name, email",
        )
        .bind(account.to_string())
        .fetch_all(&self.read)
        .await
        .map_err(db("listing members"))?;
        rows.iter()
            .map(|row| {
                Ok(MemberRow {
                    user: maybe_id(row, "members", "user")?,
                    name: get(row, "members", "name")?,
                    email: get(row, "members", "email")?,
                    role: role(row, "members", "role")?,
                })
            })
            .collect()
    }

    async fn invite(&self, invitation: &NewInvitation) -> Result<Invited, StoreError> {
        const DOING: &str = "inviting somebody";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let known = sqlx::query(
            "SELECT u.id, m.status FROM users u LEFT JOIN members m ON m.user = u.id AND m.account = ? WHERE u.email = ?",
        )
        .bind(invitation.account.to_string())
        .bind(&invitation.email)
        .fetch_optional(&mut *tx)
        .await
        .map_err(db(DOING))?;
        let Some(known) = known else {
            keep_invitation(&mut tx, invitation).await?;
            tx.commit().await.map_err(db(DOING))?;
            return Ok(Invited::Pending);
        };
        let user = id(&known, "users", "id")?;
        let status: Option<String> = get(&known, "members", "status")?;
        if status.as_deref() == Some("accepted") {
            return Ok(Invited::AlreadyMember(user));
        }
        join(&mut tx, invitation.account, user, invitation.role, invitation.now_ms).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(Invited::Joined(user))
    }

    async fn accept(&self, token: &[u8; 32], user: Id, now_ms: i64) -> Result<Option<Id>, StoreError> {
        const DOING: &str = "accepting an invitation";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let account = accept_in(&mut tx, token, user, None, now_ms).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(account)
    }

    async fn withdraw(&self, account: Id, email: &str) -> Result<bool, StoreError> {
        let gone = sqlx::query("DELETE FROM invitations WHERE account = ? AND email = ?")
            .bind(account.to_string())
            .bind(email)
            .execute(&self.write)
            .await
            .map_err(db("withdrawing an invitation"))?;
        Ok(gone.rows_affected() > 0)
    }

    async fn set_role(&self, account: Id, user: Id, role: Role) -> Result<RoleChange, StoreError> {
        const DOING: &str = "changing a role";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let change = may_change(&mut tx, account, user).await?;
        if change == RoleChange::Done {
            sqlx::query(
                "UPDATE members SET role = ?, visibility_epoch = visibility_epoch + 1 WHERE account = ? AND user = ?",
            )
            .bind(role_name(role))
            .bind(account.to_string())
            .bind(user.to_string())
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
            tx.commit().await.map_err(db(DOING))?;
        }
        Ok(change)
    }

    async fn remove_member(&self, account: Id, user: Id) -> Result<RoleChange, StoreError> {
        const DOING: &str = "removing a member";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let change = may_change(&mut tx, account, user).await?;
        if change == RoleChange::Done {
            sqlx::query(
                "UPDATE members SET status = 'removed', visibility_epoch = visibility_epoch + 1 WHERE account = ? AND user = ?",
            )
            .bind(account.to_string())
            .bind(user.to_string())
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
            tx.commit().await.map_err(db(DOING))?;
        }
        Ok(change)
    }
}

fn membership(row: &SqliteRow) -> Result<Membership, StoreError> {
    Ok(Membership {
        account: id(row, "members", "account")?,
        name: get(row, "accounts", "name")?,
        role: role(row, "members", "role")?,
        visibility_epoch: number(row, "members", "visibility_epoch")?,
    })
}

async fn may_change(conn: &mut SqliteConnection, account: Id, user: Id) -> Result<RoleChange, StoreError> {
    let row = sqlx::query("SELECT role FROM members WHERE account = ? AND user = ? AND status = 'accepted'")
        .bind(account.to_string())
        .bind(user.to_string())
        .fetch_optional(conn)
        .await
        .map_err(db("looking up a role"))?;
    Ok(match row.map(|row| role(&row, "members", "role")).transpose()? {
        None => RoleChange::Absent,
        Some(Role::Owner) => RoleChange::Owner,
        Some(_) => RoleChange::Done,
    })
}

async fn keep_invitation(tx: &mut Transaction<'_, Db>, invitation: &NewInvitation) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO invitations (token, account, email, role, invited_by, created_ms) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (account, email) DO UPDATE SET token = excluded.token, role = excluded.role,
         invited_by = excluded.invited_by, created_ms = excluded.created_ms",
    )
    .bind(invitation.token.as_slice())
    .bind(invitation.account.to_string())
    .bind(&invitation.email)
    .bind(role_name(invitation.role))
    .bind(invitation.by.to_string())
    .bind(invitation.now_ms)
    .execute(&mut **tx)
    .await
    .map_err(db("keeping an invitation"))?;
    Ok(())
}

async fn join(tx: &mut Transaction<'_, Db>, account: Id, user: Id, role: Role, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO members (account, user, role, status, created_ms) VALUES (?, ?, ?, 'accepted', ?)
         ON CONFLICT (account, user) DO UPDATE SET role = excluded.role, status = 'accepted',
         visibility_epoch = visibility_epoch + 1 WHERE members.status = 'removed'",
    )
    .bind(account.to_string())
    .bind(user.to_string())
    .bind(role_name(role))
    .bind(now_ms)
    .execute(&mut **tx)
    .await
    .map_err(db("letting a member in"))?;
    Ok(())
}

/// Uses an invitation up. Whoever signs up with it must have the address it was sent to; whoever is
/// signed in already has shown the secret link and may have another address.
pub(super) async fn accept_in(
    tx: &mut Transaction<'_, Db>,
    token: &[u8; 32],
    user: Id,
    email: Option<&str>,
    now_ms: i64,
) -> Result<Option<Id>, StoreError> {
    const DOING: &str = "accepting an invitation";
    let row = sqlx::query("SELECT account, email, role FROM invitations WHERE token = ?")
        .bind(token.as_slice())
        .fetch_optional(&mut **tx)
        .await
        .map_err(db(DOING))?;
    let Some(row) = row else { return Ok(None) };
    let invited: &str = get(&row, "invitations", "email")?;
    if email.is_some_and(|email| email != invited) {
        return Ok(None);
    }
    let account = id(&row, "invitations", "account")?;
    join(tx, account, user, role(&row, "invitations", "role")?, now_ms).await?;
    sqlx::query("DELETE FROM invitations WHERE token = ?")
        .bind(token.as_slice())
        .execute(&mut **tx)
        .await
        .map_err(db(DOING))?;
    Ok(Some(account))
}
