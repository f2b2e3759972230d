//! What waits for a person, and what of it they have read.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::rest::WaitingInvitation;

use super::Sqlite;
use super::row::{array, db, get, id, role};
use super::transfers;
use crate::store::{Bells, StoreError, TRANSFER_MS, TransferRow};

#[async_trait]
impl Bells for Sqlite {
    async fn claim_by_address(&self, user: Id) -> Result<(), StoreError> {
        const DOING: &str = "looking for what waits for an address";
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM users u WHERE u.id = ?1 AND u.verified = 1 AND (
                EXISTS (SELECT 1 FROM invitations i WHERE i.email = u.email AND i.to_user IS NULL)
                OR EXISTS (SELECT 1 FROM transfers t WHERE t.email = u.email AND t.to_user IS NULL AND t.status = 'offered'))",
        )
        .bind(user.to_string())
        .fetch_optional(&self.read)
        .await
        .map_err(db(DOING))?;
        // Mostly there is nothing, and then nothing is written.
        if found.is_none() {
            return Ok(());
        }
        for statement in [
            "UPDATE invitations SET to_user = ?1 WHERE to_user IS NULL
             AND email = (SELECT email FROM users WHERE id = ?1 AND verified = 1)",
            "UPDATE transfers SET to_user = ?1 WHERE to_user IS NULL AND status = 'offered'
             AND email = (SELECT email FROM users WHERE id = ?1 AND verified = 1)",
        ] {
            sqlx::query(statement).bind(user.to_string()).execute(&self.write).await.map_err(db(DOING))?;
        }
        Ok(())
    }

    async fn claim_invitation(&self, token: &[u8; 32], user: Id) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE invitations SET to_user = ?1 WHERE token = ?2 AND email = (SELECT email FROM users WHERE id = ?1)",
        )
        .bind(user.to_string())
        .bind(token.as_slice())
        .execute(&self.write)
        .await
        .map_err(db("following the link of an invitation"))?;
        Ok(())
    }

    async fn waiting_invitations(&self, user: Id, now_ms: i64) -> Result<Vec<WaitingInvitation>, StoreError> {
        let rows = sqlx::query(
            "SELECT i.account, a.name AS account_name, u.name AS by_name, i.role, i.created_ms, i.expires_ms
             FROM invitations i JOIN accounts a ON a.id = i.account JOIN users u ON u.id = i.invited_by
             JOIN users me ON me.id = ?1 AND me.email = i.email
             WHERE i.to_user = ?1 AND i.dismissed_ms IS NULL AND i.expires_ms > ?2
             ORDER BY i.created_ms DESC, i.account LIMIT 100",
        )
        .bind(user.to_string())
        .bind(now_ms)
        .fetch_all(&self.read)
        .await
        .map_err(db("listing invitations of a person"))?;
        rows.iter()
            .map(|row| {
                Ok(WaitingInvitation {
                    account: id(row, "invitations", "account")?,
                    account_name: get(row, "accounts", "account_name")?,
                    invited_by: get(row, "users", "by_name")?,
                    role: role(row, "invitations", "role")?,
                    created_ms: get(row, "invitations", "created_ms")?,
                    expires_ms: get(row, "invitations", "expires_ms")?,
                })
            })
            .collect()
    }

    async fn waiting_transfers(&self, user: Id, now_ms: i64) -> Result<Vec<TransferRow>, StoreError> {
        let query = format!(
            "{} WHERE t.to_user = ?1 AND t.status = 'offered' AND t.created_ms > ?2 ORDER BY t.created_ms DESC, t.id LIMIT 100",
            transfers::SHOWN
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(user.to_string())
            .bind(now_ms.saturating_sub(TRANSFER_MS))
            .fetch_all(&self.read)
            .await
            .map_err(db("listing offers of a person"))?;
        rows.iter().map(|row| transfers::read(row, now_ms)).collect()
    }

    async fn waiting_token(&self, account: Id, user: Id) -> Result<Option<[u8; 32]>, StoreError> {
        let query =
            sqlx::query("SELECT token FROM invitations WHERE account = ? AND to_user = ? AND dismissed_ms IS NULL")
                .bind(account.to_string())
                .bind(user.to_string());
        self.find(query, "finding an invitation of a person", |row| array(row, "invitations", "token")).await
    }

    async fn read_items(&self, user: Id) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar("SELECT item FROM bell_reads WHERE user = ? ORDER BY n DESC")
            .bind(user.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(db("listing what a person has read"))
    }

    async fn mark_read(&self, user: Id, items: &[String], most: u32) -> Result<(), StoreError> {
        const DOING: &str = "keeping what a person has read";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        for item in items {
            sqlx::query("INSERT INTO bell_reads (user, item) VALUES (?, ?) ON CONFLICT (user, item) DO NOTHING")
                .bind(user.to_string())
                .bind(item)
                .execute(&mut *tx)
                .await
                .map_err(db(DOING))?;
        }
        sqlx::query(
            "DELETE FROM bell_reads WHERE user = ?1
             AND n NOT IN (SELECT n FROM bell_reads WHERE user = ?1 ORDER BY n DESC LIMIT ?2)",
        )
        .bind(user.to_string())
        .bind(most)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))
    }
}
