//! State under keys.

use async_trait::async_trait;
use serde_json::Value;
use tombolo_model::Id;

use super::Sqlite;
use super::removal::still_there;
use super::row::{db, get, json, to_json};
use crate::store::{KeptState, States, StoreError};

#[async_trait]
impl States for Sqlite {
    async fn state_keys(&self, account: Id, owner: Option<Id>) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT key FROM states WHERE account = ? AND owner = ? ORDER BY key")
            .bind(account.to_string())
            .bind(name(owner))
            .fetch_all(&self.read)
            .await
            .map_err(db("listing state"))?;
        rows.iter().map(|row| get(row, "states", "key")).collect()
    }

    async fn state_value(&self, account: Id, owner: Option<Id>, key: &str) -> Result<Option<Value>, StoreError> {
        let query = sqlx::query("SELECT value FROM states WHERE account = ? AND owner = ? AND key = ?")
            .bind(account.to_string())
            .bind(name(owner))
            .bind(key);
        self.find(query, "reading state", |row| json(row, "states", "value")).await
    }

    async fn put_state(
        &self,
        account: Id,
        owner: Option<Id>,
        key: &str,
        value: &Value,
        most: u32,
        now_ms: i64,
    ) -> Result<KeptState, StoreError> {
        const DOING: &str = "keeping state";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        still_there(&mut tx, account, DOING).await?;
        let text = to_json("states", value)?;
        let replaced =
            sqlx::query("UPDATE states SET value = ?, modified_ms = ? WHERE account = ? AND owner = ? AND key = ?")
                .bind(&text)
                .bind(now_ms)
                .bind(account.to_string())
                .bind(name(owner))
                .bind(key)
                .execute(&mut *tx)
                .await
                .map_err(db(DOING))?;
        if replaced.rows_affected() > 0 {
            tx.commit().await.map_err(db(DOING))?;
            return Ok(KeptState::Replaced);
        }
        let have: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM states WHERE account = ?")
            .bind(account.to_string())
            .fetch_one(&mut *tx)
            .await
            .map_err(db(DOING))?;
        if have >= i64::from(most) {
            return Ok(KeptState::Full);
        }
        sqlx::query("INSERT INTO states (account, owner, key, value, modified_ms) VALUES (?, ?, ?, ?, ?)")
            .bind(account.to_string())
            .bind(name(owner))
            .bind(key)
            .bind(&text)
            .bind(now_ms)
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(KeptState::Created)
    }

    async fn delete_state(&self, account: Id, owner: Option<Id>, key: Option<&str>) -> Result<u64, StoreError> {
        let gone = sqlx::query("DELETE FROM states WHERE account = ?1 AND owner = ?2 AND (?3 IS NULL OR key = ?3)")
            .bind(account.to_string())
            .bind(name(owner))
            .bind(key)
            .execute(&self.write)
            .await
            .map_err(db("removing state"))?;
        Ok(gone.rows_affected())
    }
}

fn name(owner: Option<Id>) -> String {
    owner.map_or_else(String::new, |id| id.to_string())
}
