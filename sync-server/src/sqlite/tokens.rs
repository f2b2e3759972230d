//! API tokens.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, Transaction};
use tombolo_model::Id;

use super::Sqlite;
use super::row::{db, get, id, json, to_json};
use crate::store::{BinnedToken, NewToken, StoreError, TokenRow, Tokens};

#[async_trait]
impl Tokens for Sqlite {
    async fn add_token(&self, token: &NewToken) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO tokens (account, id, hash, user, personal, sso, body, purge_ms, created_ms, modified_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(token.account.to_string())
        .bind(token.id.to_string())
        .bind(token.hash.as_slice())
        .bind(token.user.to_string())
        .bind(token.personal)
        .bind(token.sso)
        .bind(to_json("tokens", &token.body)?)
        .bind(token.purge_ms)
        .bind(token.now_ms)
        .bind(token.now_ms)
        .execute(&self.write)
        .await
        .map_err(db("keeping a token"))?;
        Ok(())
    }

    async fn token_by_hash(&self, hash: &[u8; 32], now_ms: i64) -> Result<Option<TokenRow>, StoreError> {
        let query = sqlx::query(
            "SELECT * FROM tokens WHERE hash = ? AND deleted_ms IS NULL AND (purge_ms IS NULL OR purge_ms > ?)",
        )
        .bind(hash.as_slice())
        .bind(now_ms);
        self.find(query, "looking up a token", row).await
    }

    async fn token(&self, account: Id, id: Id, now_ms: i64) -> Result<Option<TokenRow>, StoreError> {
        let query = sqlx::query(
            "SELECT * FROM tokens
             WHERE account = ? AND id = ? AND deleted_ms IS NULL AND (purge_ms IS NULL OR purge_ms > ?)",
        )
        .bind(account.to_string())
        .bind(id.to_string())
        .bind(now_ms);
        self.find(query, "finding a token", row).await
    }

    async fn tokens(&self, account: Id, now_ms: i64) -> Result<Vec<TokenRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM tokens
             WHERE account = ? AND deleted_ms IS NULL AND (purge_ms IS NULL OR purge_ms > ?) ORDER BY id",
        )
        .bind(account.to_string())
        .bind(now_ms)
        .fetch_all(&self.read)
        .await
        .map_err(db("listing tokens"))?;
        rows.iter().map(row).collect()
    }

    async fn keep_token(&self, token: &TokenRow) -> Result<bool, StoreError> {
        let kept = sqlx::query(
            "UPDATE tokens SET body = ?, revoked = ?, purge_ms = ?, modified_ms = ?
             WHERE account = ? AND id = ? AND deleted_ms IS NULL",
        )
        .bind(to_json("tokens", &token.body)?)
        .bind(token.revoked)
        .bind(token.purge_ms)
        .bind(token.modified_ms)
        .bind(token.account.to_string())
        .bind(token.id.to_string())
        .execute(&self.write)
        .await
        .map_err(db("changing a token"))?;
        Ok(kept.rows_affected() > 0)
    }

    async fn use_token(&self, account: Id, id: Id, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE tokens SET used_ms = ? WHERE account = ? AND id = ?")
            .bind(now_ms)
            .bind(account.to_string())
            .bind(id.to_string())
            .execute(&self.write)
            .await
            .map_err(db("noting the use of a token"))?;
        Ok(())
    }

    async fn delete_token(&self, account: Id, id: Id, by: Id, now_ms: i64) -> Result<bool, StoreError> {
        let gone = sqlx::query(
            "UPDATE tokens SET deleted_ms = ?, deleted_by = ?
             WHERE account = ? AND id = ? AND revoked = 1 AND deleted_ms IS NULL",
        )
        .bind(now_ms)
        .bind(by.to_string())
        .bind(account.to_string())
        .bind(id.to_string())
        .execute(&self.write)
        .await
        .map_err(db("deleting a token"))?;
        Ok(gone.rows_affected() > 0)
    }

    async fn binned_tokens(&self, account: Id, now_ms: i64) -> Result<Vec<BinnedToken>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM tokens WHERE account = ? AND deleted_ms IS NOT NULL AND (purge_ms IS NULL OR purge_ms > ?)
             ORDER BY deleted_ms DESC, id",
        )
        .bind(account.to_string())
        .bind(now_ms)
        .fetch_all(&self.read)
        .await
        .map_err(db("listing deleted tokens"))?;
        let binned = rows.iter().map(|found| {
            Ok(BinnedToken {
                token: row(found)?,
                deleted_ms: get(found, "tokens", "deleted_ms")?,
                deleted_by: id(found, "tokens", "deleted_by")?,
            })
        });
        binned.collect()
    }

    async fn restore_token(&self, account: Id, id: Id, now_ms: i64) -> Result<bool, StoreError> {
        let back = sqlx::query(
            "UPDATE tokens SET deleted_ms = NULL, deleted_by = NULL, modified_ms = ?
             WHERE account = ? AND id = ? AND deleted_ms IS NOT NULL",
        )
        .bind(now_ms)
        .bind(account.to_string())
        .bind(id.to_string())
        .execute(&self.write)
        .await
        .map_err(db("restoring a token"))?;
        Ok(back.rows_affected() > 0)
    }

    async fn purge_token(&self, account: Id, id: Id) -> Result<bool, StoreError> {
        let gone = sqlx::query("DELETE FROM tokens WHERE account = ? AND id = ? AND deleted_ms IS NOT NULL")
            .bind(account.to_string())
            .bind(id.to_string())
            .execute(&self.write)
            .await
            .map_err(db("removing a token"))?;
        Ok(gone.rows_affected() > 0)
    }

    async fn remove_tokens(&self, before_ms: i64, most: u32) -> Result<u64, StoreError> {
        let gone = sqlx::query(
            "DELETE FROM tokens WHERE rowid IN
             (SELECT rowid FROM tokens WHERE purge_ms <= ?1 OR deleted_ms <= ?1 LIMIT ?2)",
        )
        .bind(before_ms)
        .bind(most)
        .execute(&self.write)
        .await
        .map_err(db("removing old tokens"))?;
        Ok(gone.rows_affected())
    }
}

/// Ends a person's own tokens in an account for good: also when they come back later.
pub(super) async fn end_personal(tx: &mut Transaction<'_, Db>, account: Id, user: Id) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM tokens WHERE account = ? AND user = ? AND personal = 1")
        .bind(account.to_string())
        .bind(user.to_string())
        .execute(&mut **tx)
        .await
        .map_err(db("ending personal tokens"))?;
    Ok(())
}

fn row(row: &SqliteRow) -> Result<TokenRow, StoreError> {
    Ok(TokenRow {
        account: id(row, "tokens", "account")?,
        id: id(row, "tokens", "id")?,
        user: id(row, "tokens", "user")?,
        personal: get(row, "tokens", "personal")?,
        sso: get(row, "tokens", "sso")?,
        body: json(row, "tokens", "body")?,
        revoked: get(row, "tokens", "revoked")?,
        purge_ms: get(row, "tokens", "purge_ms")?,
        created_ms: get(row, "tokens", "created_ms")?,
        modified_ms: get(row, "tokens", "modified_ms")?,
        used_ms: get(row, "tokens", "used_ms")?,
    })
}
