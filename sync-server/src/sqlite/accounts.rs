//! Accounts and members.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, SqliteConnection, Transaction};
use tombolo_model::{Action, Grants, Id, Kind, Rights, Role};

use super::row::{db, get, id, json, maybe_id, number, parse_id, role, role_name};
use super::{Sqlite, invitations, rights, settings, sso, tokens};
use crate::clock;
use crate::store::{
    Accepted, Accounts, BRINGS_BACK_MS, Invitation, Invited, MemberChange, MemberRow, Membership, NewInvitation,
    RoleChange, StoreError,
};

#[async_trait]
impl Accounts for Sqlite {
    async fn accounts_of(&self, user: Id) -> Result<Vec<Membership>, StoreError> {
        const DOING: &str = "listing accounts";
        let mut tx = self.read.begin().await.map_err(db(DOING))?;
        let rows = sqlx::query(
            "SELECT m.account, a.name, m.role, m.visibility_epoch FROM members m JOIN accounts a ON a.id = m.account
             WHERE m.user = ? AND m.status = 'accepted' AND m.enabled = 1 ORDER BY m.role <> 'owner', a.name, a.id",
        )
        .bind(user.to_string())
        .fetch_all(&mut *tx)
        .await
        .map_err(db(DOING))?;
        let mut found = Vec::new();
        for row in &rows {
            let grants = rights::grants(&mut tx, id(row, "members", "account")?, user).await?;
            found.push(membership(row, grants)?);
        }
        Ok(found)
    }

    async fn ended_for(&self, user: Id) -> Result<Vec<Id>, StoreError> {
        let rows = sqlx::query(
            "SELECT m.account FROM members m, server s
             WHERE s.one = 1 AND m.user = ?1 AND NOT (m.status = 'accepted' AND m.enabled = 1)
             AND (m.ended_ms > s.restored OR s.restored <= ?2) ORDER BY m.account",
        )
        .bind(user.to_string())
        .bind(clock::now_ms().saturating_sub(BRINGS_BACK_MS))
        .fetch_all(&self.read)
        .await
        .map_err(db("listing accounts"))?;
        rows.iter().map(|row| id(row, "members", "account")).collect()
    }

    async fn left_ms(&self, account: Id, user: Id) -> Result<Option<i64>, StoreError> {
        let left: Option<Option<i64>> =
            sqlx::query_scalar("SELECT ended_ms FROM members WHERE account = ? AND user = ? AND status = 'removed'")
                .bind(account.to_string())
                .bind(user.to_string())
                .fetch_optional(&self.read)
                .await
                .map_err(db("looking up a former member"))?;
        Ok(left.flatten())
    }

    async fn membership(&self, account: Id, user: Id) -> Result<Option<Membership>, StoreError> {
        const DOING: &str = "looking up a role";
        let mut tx = self.read.begin().await.map_err(db(DOING))?;
        let row = sqlx::query(
            "SELECT m.account, a.name, m.role, m.visibility_epoch FROM members m JOIN accounts a ON a.id = m.account
             WHERE m.account = ? AND m.user = ? AND m.status = 'accepted' AND m.enabled = 1",
        )
        .bind(account.to_string())
        .bind(user.to_string())
        .fetch_optional(&mut *tx)
        .await
        .map_err(db(DOING))?;
        let Some(row) = row else {
            return Ok(None);
        };
        let grants = rights::grants(&mut tx, account, user).await?;
        membership(&row, grants).map(Some)
    }

    async fn rights(&self, account: Id, user: Id) -> Result<Option<Rights>, StoreError> {
        let mut tx = self.read.begin().await.map_err(db("looking up a role"))?;
        rights::of(&mut tx, account, user).await
    }

    async fn owner(&self, account: Id) -> Result<Option<Id>, StoreError> {
        let query =
            sqlx::query("SELECT user FROM members WHERE account = ? AND role = 'owner'").bind(account.to_string());
        self.find(query, "looking up an owner", |row| id(row, "members", "user")).await
    }

    async fn accounts(&self) -> Result<Vec<Id>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM accounts ORDER BY id")
            .fetch_all(&self.read)
            .await
            .map_err(db("listing accounts"))?;
        ids.iter().map(|text| parse_id("accounts", text)).collect()
    }

    async fn members(&self, account: Id) -> Result<Vec<MemberRow>, StoreError> {
        const DOING: &str = "listing members";
        let mut tx = self.read.begin().await.map_err(db(DOING))?;
        let rows = sqlx::query(
            "SELECT u.id AS user, u.name AS name, u.email AS email, m.role AS role, '{}' AS grants, m.enabled AS enabled,
             u.signed_in_ms AS signed_in_ms, 0 AS pending, 0 AS dismissed, NULL AS expires_ms,
             m.require_factor AS require_factor,
             EXISTS (SELECT 1 FROM second_factors f WHERE f.user = m.user AND f.confirmed = 1) AS has_factor,
             m.require_sso AS require_sso,
             EXISTS (SELECT 1 FROM sso_links l WHERE l.account = m.account AND l.user = m.user) AS sso_linked,
             0 AS by_administrator, m.created_ms AS created_ms, COALESCE(m.modified_ms, m.created_ms) AS modified_ms
             FROM members m JOIN users u ON u.id = m.user WHERE m.account = ?1 AND m.status = 'accepted'
             UNION ALL
             SELECT NULL, '', i.email, i.role, i.grants, 1, NULL, 1, i.dismissed_ms IS NOT NULL, i.expires_ms,
             i.require_factor, 0, 0, 0,
             EXISTS (SELECT 1 FROM members m WHERE m.account = i.account AND m.user = i.invited_by
                     AND m.status = 'accepted' AND m.role IN ('owner', 'administer')),
             i.created_ms, COALESCE(i.dismissed_ms, i.created_ms)
             FROM invitations i WHERE i.account = ?1
             ORDER BY pending, name, email",
        )
        .bind(account.to_string())
        .fetch_all(&mut *tx)
        .await
        .map_err(db(DOING))?;
        let mut grants = rights::grants_of_all(&mut tx, account).await?;
        let policy = settings::policy_of(&mut tx, account).await?;
        let read = |row: &SqliteRow| {
            let user = maybe_id(row, "members", "user")?;
            let given = match user {
                Some(user) => grants.remove(&user).unwrap_or_default(),
                None => json(row, "invitations", "grants")?,
            };
            let email: String = get(row, "members", "email")?;
            let dismissed: bool = get(row, "invitations", "dismissed")?;
            let lets_in = invitations::lets_in(&policy, &email, get(row, "members", "by_administrator")?);
            Ok(MemberRow {
                user,
                name: get(row, "members", "name")?,
                email,
                rights: Rights { role: role(row, "members", "role")?, grants: given },
                enabled: get(row, "members", "enabled")?,
                signed_in_ms: get(row, "users", "signed_in_ms")?,
                require_factor: get(row, "members", "require_factor")?,
                has_factor: get(row, "second_factors", "has_factor")?,
                require_sso: get(row, "members", "require_sso")?,
                sso_linked: get(row, "sso_links", "sso_linked")?,
                dismissed,
                held: user.is_none() && !dismissed && !lets_in,
                expires_ms: get(row, "invitations", "expires_ms")?,
                created_ms: get(row, "members", "created_ms")?,
                modified_ms: get(row, "members", "modified_ms")?,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn invite(&self, invitation: &NewInvitation) -> Result<Invited, StoreError> {
        const DOING: &str = "inviting somebody";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let invited = invitations::keep(&mut tx, invitation).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(invited)
    }

    async fn accept(&self, token: &[u8; 32], user: Id, now_ms: i64) -> Result<Accepted, StoreError> {
        const DOING: &str = "accepting an invitation";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let accepted = invitations::accept(&mut tx, token, user, now_ms).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(accepted)
    }

    async fn invitation(&self, token: &[u8; 32]) -> Result<Option<Invitation>, StoreError> {
        let query = sqlx::query(
            "SELECT a.name AS account, u.name AS by, i.role, i.expires_ms FROM invitations i
             JOIN accounts a ON a.id = i.account JOIN users u ON u.id = i.invited_by
             WHERE i.token = ? AND i.dismissed_ms IS NULL",
        )
        .bind(token.as_slice());
        self.find(query, "looking up an invitation", |row| {
            Ok(Invitation {
                account: get(row, "accounts", "account")?,
                by: get(row, "users", "by")?,
                role: role(row, "invitations", "role")?,
                expires_ms: get(row, "invitations", "expires_ms")?,
            })
        })
        .await
    }

    async fn dismiss(&self, token: &[u8; 32], now_ms: i64) -> Result<Option<Id>, StoreError> {
        let account: Option<String> = sqlx::query_scalar(
            "UPDATE invitations SET dismissed_ms = ? WHERE token = ? AND dismissed_ms IS NULL RETURNING account",
        )
        .bind(now_ms)
        .bind(token.as_slice())
        .fetch_optional(&self.write)
        .await
        .map_err(db("dismissing an invitation"))?;
        account.map(|account| parse_id("invitations", &account)).transpose()
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

    async fn change_member(&self, account: Id, user: Id, wanted: MemberChange<'_>) -> Result<RoleChange, StoreError> {
        const DOING: &str = "changing a member";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let change = may_change(&mut tx, account, user).await?;
        if change != RoleChange::Done {
            return Ok(change);
        }
        if wanted.require_sso == Some(true) && !sso::is_there(&mut tx, account).await? {
            return Ok(RoleChange::NoSso);
        }
        if let Some(rights) = wanted.rights {
            write_role(&mut tx, account, user, rights.role).await?;
            rights::set_grants(&mut tx, account, user, &rights.grants).await?;
        }
        sqlx::query(
            "UPDATE members SET enabled = COALESCE(?, enabled), require_factor = COALESCE(?, require_factor),
             require_sso = COALESCE(?, require_sso), visibility_epoch = visibility_epoch + ?,
             ended_ms = COALESCE(?, ended_ms), modified_ms = ? WHERE account = ? AND user = ?",
        )
        .bind(wanted.enabled)
        .bind(wanted.require_factor)
        .bind(wanted.require_sso)
        .bind(i64::from(wanted.enabled.is_some()))
        .bind((wanted.enabled == Some(false)).then(clock::now_ms))
        .bind(clock::now_ms())
        .bind(account.to_string())
        .bind(user.to_string())
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        let invites = wanted.rights.is_none_or(|rights| rights.role.may(Action::ManageMembers, Kind::Integration));
        if !invites || wanted.enabled == Some(false) {
            invitations::withdraw_all_of(&mut tx, account, user).await?;
        }
        tx.commit().await.map_err(db(DOING))?;
        Ok(RoleChange::Done)
    }

    async fn give_account(&self, account: Id, from: Id, to: Id) -> Result<RoleChange, StoreError> {
        const DOING: &str = "giving an account away";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        if rights::of(&mut tx, account, from).await?.is_none_or(|rights| rights.role != Role::Owner) {
            return Ok(RoleChange::Owner);
        }
        let Some(heir) = rights::of(&mut tx, account, to).await? else {
            return Ok(RoleChange::Absent);
        };
        if heir.role == Role::Owner {
            return Ok(RoleChange::Owner);
        }
        write_role(&mut tx, account, from, Role::Administer).await?;
        write_role(&mut tx, account, to, Role::Owner).await?;
        rights::set_grants(&mut tx, account, to, &Grants::new()).await?;
        // The one before has chosen the provider, and may be who the heir is there: nothing that came of it becomes the owner's.
        sso::unlink(&mut tx, account, to).await?;
        tokens::end_personal(&mut tx, account, to).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(RoleChange::Done)
    }

    async fn remove_member(&self, account: Id, user: Id) -> Result<RoleChange, StoreError> {
        const DOING: &str = "removing a member";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        let change = may_change(&mut tx, account, user).await?;
        if change == RoleChange::Done {
            sqlx::query(
                "UPDATE members SET status = 'removed', require_sso = 0, visibility_epoch = visibility_epoch + 1, ended_ms = ?
                 WHERE account = ? AND user = ?",
            )
            .bind(clock::now_ms())
            .bind(account.to_string())
            .bind(user.to_string())
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
            rights::set_grants(&mut tx, account, user, &Grants::new()).await?;
            invitations::withdraw_all_of(&mut tx, account, user).await?;
            sso::unlink(&mut tx, account, user).await?;
            tokens::end_personal(&mut tx, account, user).await?;
            tx.commit().await.map_err(db(DOING))?;
        }
        Ok(change)
    }
}

async fn write_role(tx: &mut Transaction<'_, Db>, account: Id, user: Id, role: Role) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE members SET role = ?, visibility_epoch = visibility_epoch + 1, modified_ms = ? WHERE account = ? AND user = ?",
    )
        .bind(role_name(role))
        .bind(clock::now_ms())
        .bind(account.to_string())
        .bind(user.to_string())
        .execute(&mut **tx)
        .await
        .map_err(db("changing a role"))?;
    Ok(())
}

fn membership(row: &SqliteRow, grants: Grants) -> Result<Membership, StoreError> {
    Ok(Membership {
        account: id(row, "members", "account")?,
        name: get(row, "accounts", "name")?,
        rights: Rights { role: role(row, "members", "role")?, grants },
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
