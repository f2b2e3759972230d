//! What belongs to an account as a whole.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use tombolo_model::Id;
use tombolo_wire::rest::{AccountOwner, Amounts, Metered, Policy};

use super::Sqlite;
use super::row::{db, get, id, json, number, to_json};
use crate::store::{Settings, StoreError};

#[async_trait]
impl Settings for Sqlite {
    async fn policy(&self, account: Id) -> Result<Policy, StoreError> {
        let mut connection = self.read.acquire().await.map_err(db("reading a policy"))?;
        policy_of(&mut connection, account).await
    }

    async fn keep_policy(&self, account: Id, policy: &Policy) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO policies (account, body) VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET body = excluded.body",
        )
        .bind(account.to_string())
        .bind(to_json("policies", policy)?)
        .execute(&self.write)
        .await
        .map_err(db("keeping a policy"))?;
        Ok(())
    }

    async fn owner_of(&self, account: Id) -> Result<Option<AccountOwner>, StoreError> {
        let query = sqlx::query(
            "SELECT u.id, u.name, u.email FROM members m JOIN users u ON u.id = m.user
             WHERE m.account = ? AND m.role = 'owner' AND m.status = 'accepted'",
        )
        .bind(account.to_string());
        self.find(query, "looking up an owner", |row| {
            Ok(AccountOwner {
                id: id(row, "users", "id")?,
                name: get(row, "users", "name")?,
                email: get(row, "users", "email")?,
            })
        })
        .await
    }

    async fn closing(&self, account: Id) -> Result<Option<i64>, StoreError> {
        let found: Option<Option<i64>> = sqlx::query_scalar("SELECT closing_ms FROM accounts WHERE id = ?")
            .bind(account.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(db("looking whether an account goes"))?;
        Ok(found.flatten())
    }

    async fn set_closing(&self, account: Id, at_ms: Option<i64>) -> Result<bool, StoreError> {
        // One that is shut already is half gone.
        let done =
            sqlx::query("UPDATE accounts SET closing_ms = ? WHERE id = ? AND (closing_ms IS NULL OR closing_ms > 0)")
                .bind(at_ms)
                .bind(account.to_string())
                .execute(&self.write)
                .await
                .map_err(db("saying that an account goes"))?;
        Ok(done.rows_affected() > 0)
    }

    async fn retention_days(&self, account: Id) -> Result<u32, StoreError> {
        let query = sqlx::query("SELECT retention_days FROM accounts WHERE id = ?").bind(account.to_string());
        let found = self.find(query, "reading how long runs are kept", |row| number(row, "accounts", "retention_days"));
        Ok(found.await?.map_or(0, |days| u32::try_from(days).unwrap_or(u32::MAX)))
    }

    async fn keep_retention(&self, account: Id, days: u32) -> Result<(), StoreError> {
        sqlx::query("UPDATE accounts SET retention_days = ? WHERE id = ?")
            .bind(days)
            .bind(account.to_string())
            .execute(&self.write)
            .await
            .map_err(db("saying how long runs are kept"))?;
        Ok(())
    }

    async fn limits(&self, account: Id) -> Result<Amounts, StoreError> {
        let query = sqlx::query("SELECT limits FROM accounts WHERE id = ?").bind(account.to_string());
        let found = self.find(query, "reading limits", |row| json(row, "accounts", "limits")).await?;
        Ok(found.unwrap_or_default())
    }

    async fn keep_limits(&self, account: Id, limits: &Amounts) -> Result<(), StoreError> {
        sqlx::query("UPDATE accounts SET limits = ? WHERE id = ?")
            .bind(to_json("accounts", limits)?)
            .bind(account.to_string())
            .execute(&self.write)
            .await
            .map_err(db("keeping limits"))?;
        Ok(())
    }

    async fn counted(&self, account: Id, now_ms: i64) -> Result<Amounts, StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM members WHERE account = ?1 AND status = 'accepted')
                  + (SELECT COUNT(*) FROM invitations WHERE account = ?1 AND dismissed_ms IS NULL AND expires_ms > ?2) AS members,
             (SELECT COUNT(*) FROM tokens WHERE account = ?1 AND revoked = 0 AND (purge_ms IS NULL OR purge_ms > ?2)) AS tokens,
             (SELECT COALESCE(SUM(size_bytes), 0) FROM blobs WHERE account = ?1) AS files,
             (SELECT COALESCE(SUM(size_bytes), 0) FROM caches WHERE account = ?1) AS caches",
        )
        .bind(account.to_string())
        .bind(now_ms)
        .fetch_one(&self.read)
        .await
        .map_err(db("counting what an account has"))?;
        let count = |column| number(&row, "accounts", column);
        Ok(Amounts::from([
            (Metered::Members, count("members")?),
            (Metered::ApiTokens, count("tokens")?),
            (Metered::FileBytes, count("files")?),
            (Metered::CacheBytes, count("caches")?),
        ]))
    }
}

/// An account's policy as a transaction sees it.
pub(super) async fn policy_of(connection: &mut SqliteConnection, account: Id) -> Result<Policy, StoreError> {
    let row = sqlx::query("SELECT body FROM policies WHERE account = ?")
        .bind(account.to_string())
        .fetch_optional(connection)
        .await
        .map_err(db("reading a policy"))?;
    Ok(row.map(|row| json(&row, "policies", "body")).transpose()?.unwrap_or_default())
}
