//! Tags that an account has for its errors.

use async_trait::async_trait;
use tombolo_model::Id;

use super::Sqlite;
use super::removal::still_there;
use super::row::{db, get, id};
use crate::store::{KeptTag, StoreError, TagRow, Tags};

#[async_trait]
impl Tags for Sqlite {
    async fn tags(&self, account: Id) -> Result<Vec<TagRow>, StoreError> {
        let rows = sqlx::query("SELECT id, tag, created_ms, modified_ms FROM tags WHERE account = ? ORDER BY folded")
            .bind(account.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(db("listing tags"))?;
        rows.iter()
            .map(|row| {
                Ok(TagRow {
                    id: id(row, "tags", "id")?,
                    tag: get(row, "tags", "tag")?,
                    created_ms: get(row, "tags", "created_ms")?,
                    modified_ms: get(row, "tags", "modified_ms")?,
                })
            })
            .collect()
    }

    async fn keep_tag(&self, account: Id, tag: &TagRow, most: u32) -> Result<KeptTag, StoreError> {
        const DOING: &str = "keeping a tag";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        still_there(&mut tx, account, DOING).await?;
        let others: Vec<String> = sqlx::query_scalar("SELECT folded FROM tags WHERE account = ? AND id <> ?")
            .bind(account.to_string())
            .bind(tag.id.to_string())
            .fetch_all(&mut *tx)
            .await
            .map_err(db(DOING))?;
        // SQLite folds letters of ASCII only.
        let folded = tag.tag.to_lowercase();
        if others.contains(&folded) {
            return Ok(KeptTag::Taken);
        }
        if others.len() >= most as usize {
            return Ok(KeptTag::Full);
        }
        sqlx::query(
            "INSERT INTO tags (account, id, tag, folded, created_ms, modified_ms) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (account, id) DO UPDATE SET tag = excluded.tag, folded = excluded.folded,
             modified_ms = excluded.modified_ms",
        )
        .bind(account.to_string())
        .bind(tag.id.to_string())
        .bind(&tag.tag)
        .bind(&folded)
        .bind(tag.created_ms)
        .bind(tag.modified_ms)
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(KeptTag::Kept)
    }

    async fn remove_tag(&self, account: Id, tag: Id) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM tags WHERE account = ? AND id = ?")
            .bind(account.to_string())
            .bind(tag.to_string())
            .execute(&self.write)
            .await
            .map_err(db("removing a tag"))?;
        Ok(())
    }
}
