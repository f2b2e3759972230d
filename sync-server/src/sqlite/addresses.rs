//! Changes of addresses.

use async_trait::async_trait;
use tombolo_model::Id;

use super::Sqlite;
use super::row::{db, get};
use crate::store::{Addresses, Moved, StoreError};

#[async_trait]
impl Addresses for Sqlite {
    async fn wish_address(&self, user: Id, email: &str, token: &[u8; 32], now_ms: i64) -> Result<bool, StoreError> {
        let kept = sqlx::query(
            "INSERT INTO email_changes (user, email, token, created_ms) SELECT ?1, ?2, ?3, ?4
             WHERE NOT EXISTS (SELECT 1 FROM users WHERE email = ?2)
             ON CONFLICT (user) DO UPDATE SET email = excluded.email, token = excluded.token, created_ms = excluded.created_ms",
        )
        .bind(user.to_string())
        .bind(email)
        .bind(token.as_slice())
        .bind(now_ms)
        .execute(&self.write)
        .await
        .map_err(db("keeping another address"))?;
        Ok(kept.rows_affected() > 0)
    }

    async fn wished_address(&self, user: Id, since_ms: i64) -> Result<Option<String>, StoreError> {
        let query = sqlx::query("SELECT email FROM email_changes WHERE user = ? AND created_ms > ?")
            .bind(user.to_string())
            .bind(since_ms);
        self.find(query, "looking for another address", |row| get(row, "email_changes", "email")).await
    }

    async fn forget_address(&self, user: Id) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM email_changes WHERE user = ?")
            .bind(user.to_string())
            .execute(&self.write)
            .await
            .map_err(db("forgetting another address"))?;
        Ok(())
    }

    async fn move_address(&self, user: Id, token: &[u8; 32], proved: bool, since_ms: i64) -> Result<Moved, StoreError> {
        const DOING: &str = "changing an address";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let row = sqlx::query(
            "SELECT c.email AS new, u.email AS old, EXISTS (SELECT 1 FROM users o WHERE o.email = c.email) AS taken
             FROM email_changes c JOIN users u ON u.id = c.user WHERE c.user = ? AND c.token = ? AND c.created_ms > ?",
        )
        .bind(user.to_string())
        .bind(token.as_slice())
        .bind(since_ms)
        .fetch_optional(&mut *tx)
        .await
        .map_err(db(DOING))?;
        let Some(row) = row else { return Ok(Moved::Unknown) };
        if get(&row, "email_changes", "taken")? {
            return Ok(Moved::Taken);
        }
        let (old, new): (String, String) = (get(&row, "users", "old")?, get(&row, "email_changes", "new")?);
        sqlx::query("UPDATE users SET email = ?, verified = ? WHERE id = ?")
            .bind(&new)
            .bind(proved)
            .bind(user.to_string())
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        sqlx::query("DELETE FROM email_changes WHERE user = ?")
            .bind(user.to_string())
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(Moved::Done { old, new })
    }
}
