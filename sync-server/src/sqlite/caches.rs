//! Entries of lookup caches, and how much each cache holds.

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, Transaction};
use tombolo_model::Id;

use super::Sqlite;
use super::removal::still_there;
use super::row::{db, from_u64, get, id, json, number, to_json, to_u64};
use crate::store::{CacheSize, Caches, StoreError, Upserted};

#[async_trait]
impl Caches for Sqlite {
    async fn upsert_cache(
        &self,
        account: Id,
        cache: Id,
        entries: &[(String, Value)],
        most: (u64, u64),
        now_ms: i64,
    ) -> Result<Upserted, StoreError> {
        const DOING: &str = "adding to a lookup cache";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        for (key, value) in entries {
            sqlx::query(
                "INSERT INTO cache_entries (account, cache, key, value) VALUES (?, ?, ?, ?)
                 ON CONFLICT (account, cache, key) DO UPDATE SET value = excluded.value",
            )
            .bind(account.to_string())
            .bind(cache.to_string())
            .bind(key)
            .bind(to_json("cache_entries", value)?)
            .execute(&mut *tx)
            .await
            .map_err(db(DOING))?;
        }
        let size = measure(&mut tx, account, cache, now_ms).await?;
        if size.size_bytes > most.0 {
            return Ok(Upserted::CacheFull(size.size_bytes));
        }
        let all: i64 = sqlx::query_scalar("SELECT COALESCE(SUM(size_bytes), 0) FROM caches WHERE account = ?")
            .bind(account.to_string())
            .fetch_one(&mut *tx)
            .await
            .map_err(db(DOING))?;
        if to_u64(all) > most.1 {
            return Ok(Upserted::AccountFull(to_u64(all)));
        }
        tx.commit().await.map_err(db(DOING))?;
        Ok(Upserted::Kept(size))
    }

    async fn cache_entries(
        &self,
        account: Id,
        cache: Id,
        prefix: &str,
        after: Option<&str>,
        most: (u32, usize),
    ) -> Result<(Vec<(String, Value)>, bool), StoreError> {
        const DOING: &str = "reading a lookup cache";
        // Keys are compared byte by byte, so those with a prefix lie together from the prefix on.
        let mut rows = sqlx::query(
            "SELECT key, value FROM cache_entries WHERE account = ?1 AND cache = ?2 AND key >= ?3
             AND (?4 IS NULL OR key > ?4) ORDER BY key LIMIT ?5",
        )
        .bind(account.to_string())
        .bind(cache.to_string())
        .bind(prefix)
        .bind(after)
        .bind(i64::from(most.0) + 1)
        .fetch(&self.read);
        let (mut found, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.try_next().await.map_err(db(DOING))? {
            let (key, text): (String, &str) =
                (get(&row, "cache_entries", "key")?, get(&row, "cache_entries", "value")?);
            if !key.starts_with(prefix) {
                return Ok((found, false));
            }
            bytes += key.len() + text.len();
            if found.len() >= most.0 as usize || (!found.is_empty() && bytes > most.1) {
                return Ok((found, true));
            }
            found.push((key, json(&row, "cache_entries", "value")?));
        }
        Ok((found, false))
    }

    async fn cache_values(
        &self,
        account: Id,
        cache: Id,
        keys: &[String],
        most_bytes: usize,
    ) -> Result<Option<Vec<(String, Value)>>, StoreError> {
        let (mut found, mut bytes) = (Vec::new(), 0);
        let keys: BTreeSet<&String> = keys.iter().collect();
        for key in keys {
            let query = sqlx::query("SELECT value FROM cache_entries WHERE account = ? AND cache = ? AND key = ?")
                .bind(account.to_string())
                .bind(cache.to_string())
                .bind(key);
            let read = |row: &SqliteRow| {
                let text: &str = get(row, "cache_entries", "value")?;
                Ok((text.len(), json(row, "cache_entries", "value")?))
            };
            let Some((length, value)) = self.find(query, "reading a lookup cache", read).await? else { continue };
            bytes += key.len() + length;
            if bytes > most_bytes {
                return Ok(None);
            }
            found.push((key.clone(), value));
        }
        Ok(Some(found))
    }

    async fn delete_cache(
        &self,
        account: Id,
        cache: Id,
        keys: Option<&[String]>,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        const DOING: &str = "removing from a lookup cache";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let mut gone = 0;
        let which: Vec<Option<&str>> = match keys {
            Some(keys) => keys.iter().map(|key| Some(key.as_str())).collect(),
            None => vec![None],
        };
        for key in which {
            let removed =
                sqlx::query("DELETE FROM cache_entries WHERE account = ?1 AND cache = ?2 AND (?3 IS NULL OR key = ?3)")
                    .bind(account.to_string())
                    .bind(cache.to_string())
                    .bind(key)
                    .execute(&mut *tx)
                    .await
                    .map_err(db(DOING))?;
            gone += removed.rows_affected();
        }
        measure(&mut tx, account, cache, now_ms).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(gone)
    }

    async fn cache_sizes(&self, account: Id) -> Result<Vec<(Id, CacheSize)>, StoreError> {
        let rows = sqlx::query("SELECT cache, size_bytes, entries FROM caches WHERE account = ?")
            .bind(account.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(db("measuring lookup caches"))?;
        let size = |row| {
            Ok(CacheSize {
                size_bytes: number(row, "caches", "size_bytes")?,
                entries: number(row, "caches", "entries")?,
            })
        };
        rows.iter().map(|row| Ok((id(row, "caches", "cache")?, size(row)?))).collect()
    }
}

/// Counts what a cache holds, and keeps the count.
async fn measure(tx: &mut Transaction<'_, Db>, account: Id, cache: Id, now_ms: i64) -> Result<CacheSize, StoreError> {
    const DOING: &str = "measuring a lookup cache";
    still_there(tx, account, DOING).await?;
    let row = sqlx::query(
        "SELECT COALESCE(SUM(length(CAST(key AS BLOB)) + length(CAST(value AS BLOB))), 0) AS size, COUNT(*) AS entries
         FROM cache_entries WHERE account = ? AND cache = ?",
    )
    .bind(account.to_string())
    .bind(cache.to_string())
    .fetch_one(&mut **tx)
    .await
    .map_err(db(DOING))?;
    let size = CacheSize { size_bytes: number(&row, "caches", "size")?, entries: number(&row, "caches", "entries")? };
    sqlx::query(
        "INSERT INTO caches (account, cache, size_bytes, entries, modified_ms) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (account, cache) DO UPDATE SET size_bytes = excluded.size_bytes, entries = excluded.entries,
         modified_ms = excluded.modified_ms",
    )
    .bind(account.to_string())
    .bind(cache.to_string())
    .bind(from_u64(size.size_bytes))
    .bind(from_u64(size.entries))
    .bind(now_ms)
    .execute(&mut **tx)
    .await
    .map_err(db(DOING))?;
    Ok(size)
}
