//! Files in parts.

use async_trait::async_trait;
use tombolo_model::Id;

use super::Sqlite;
use super::row::{array, db, from_u64, number};
use crate::store::{BlobRow, BlobSource, Blobs, StoreError};

#[async_trait]
impl Blobs for Sqlite {
    async fn blob(&self, account: Id, sha256: &[u8; 32]) -> Result<Option<BlobRow>, StoreError> {
        let query = sqlx::query("SELECT sha256, size_bytes FROM blobs WHERE account = ? AND sha256 = ?")
            .bind(account.to_string())
            .bind(sha256.as_slice());
        self.find(query, "finding a file", |row| {
            Ok(BlobRow { sha256: array(row, "blobs", "sha256")?, size_bytes: number(row, "blobs", "size_bytes")? })
        })
        .await
    }

    async fn put_blob_part(&self, account: Id, sha256: &[u8; 32], n: u32, bytes: &[u8]) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO blob_parts (account, sha256, n, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(account.to_string())
            .bind(sha256.as_slice())
            .bind(n)
            .bind(bytes)
            .execute(&self.write)
            .await
            .map_err(db("writing a file"))?;
        Ok(())
    }

    async fn finish_blob(&self, account: Id, blob: BlobRow, from: BlobSource, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO blobs (account, sha256, size_bytes, created_ms, uploaded) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET uploaded = 1 WHERE excluded.uploaded = 1 AND blobs.uploaded = 0",
        )
        .bind(account.to_string())
        .bind(blob.sha256.as_slice())
        .bind(from_u64(blob.size_bytes))
        .bind(now_ms)
        .bind(from == BlobSource::Upload)
        .execute(&self.write)
        .await
        .map_err(db("finishing a file"))?;
        Ok(())
    }

    async fn forget_blob(&self, account: Id, sha256: &[u8; 32]) -> Result<bool, StoreError> {
        let gone = sqlx::query(
            "DELETE FROM blobs WHERE account = ?1 AND sha256 = ?2 AND uploaded = 0
             AND NOT EXISTS (SELECT 1 FROM run_files f WHERE f.account = ?1 AND f.sha256 = ?2)",
        )
        .bind(account.to_string())
        .bind(sha256.as_slice())
        .execute(&self.write)
        .await
        .map_err(db("removing a file"))?;
        Ok(gone.rows_affected() > 0)
    }

    async fn remove_parts(&self, account: Id, sha256: &[u8; 32], most: u32) -> Result<bool, StoreError> {
        let gone = sqlx::query(
            "DELETE FROM blob_parts WHERE rowid IN
             (SELECT rowid FROM blob_parts WHERE account = ?1 AND sha256 = ?2 LIMIT ?3)
             AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.account = ?1 AND b.sha256 = ?2)",
        )
        .bind(account.to_string())
        .bind(sha256.as_slice())
        .bind(most)
        .execute(&self.write)
        .await
        .map_err(db("removing the parts of a file"))?;
        Ok(gone.rows_affected() >= u64::from(most))
    }

    async fn sweep_parts(&self) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM blob_parts WHERE NOT EXISTS
             (SELECT 1 FROM blobs b WHERE b.account = blob_parts.account AND b.sha256 = blob_parts.sha256)",
        )
        .execute(&self.write)
        .await
        .map_err(db("removing unfinished files"))?;
        Ok(())
    }

    async fn blob_part(&self, account: Id, sha256: &[u8; 32], n: u32) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("SELECT bytes FROM blob_parts WHERE account = ? AND sha256 = ? AND n = ?")
            .bind(account.to_string())
            .bind(sha256.as_slice())
            .bind(n)
            .fetch_optional(&self.read)
            .await
            .map_err(db("reading a file"))
    }
}
