//! Removals, each in a short transaction.

use async_trait::async_trait;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite as Db, query::Query};
use tombolo_model::Id;

use super::Sqlite;
use super::row::{array, db, id};
use crate::store::{Retention, StoreError};

#[async_trait]
impl Retention for Sqlite {
    async fn remove_sessions(&self, expired_before_ms: i64, most: u32) -> Result<u64, StoreError> {
        let statement = "DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE expires_ms < ? LIMIT ?)";
        self.remove(sqlx::query(statement).bind(expired_before_ms).bind(most), "removing old sessions").await
    }

    async fn remove_invitations(&self, made_before_ms: i64, most: u32) -> Result<u64, StoreError> {
        let statement =
            "DELETE FROM invitations WHERE rowid IN (SELECT rowid FROM invitations WHERE created_ms < ? LIMIT ?)";
        self.remove(sqlx::query(statement).bind(made_before_ms).bind(most), "removing old invitations").await
    }

    async fn remove_ticks(&self, before_ms: i64, most: u32) -> Result<u64, StoreError> {
        let statement = "DELETE FROM ticks WHERE rowid IN (SELECT t.rowid FROM ticks t WHERE t.nominal_ms < ?
             AND EXISTS (SELECT 1 FROM ticks n WHERE n.account = t.account AND n.flow = t.flow AND n.nominal_ms > t.nominal_ms)
             LIMIT ?)";
        self.remove(sqlx::query(statement).bind(before_ms).bind(most), "removing old claims").await
    }

    async fn old_runs(&self, started_before_ms: i64, newest: u32, most: u32) -> Result<Vec<(Id, Id)>, StoreError> {
        let rows = sqlx::query(
            "SELECT account, id FROM (SELECT account, id, status, started_ms, ROW_NUMBER() OVER
             (PARTITION BY account, flow ORDER BY started_ms DESC, id DESC) AS place FROM runs)
             WHERE place > ? AND started_ms < ? AND status NOT IN ('queued', 'running') LIMIT ?",
        )
        .bind(newest)
        .bind(started_before_ms)
        .bind(most)
        .fetch_all(&self.read)
        .await
        .map_err(db("looking for old runs"))?;
        rows.iter().map(|row| Ok((id(row, "runs", "account")?, id(row, "runs", "id")?))).collect()
    }

    async fn remove_run_errors(&self, account: Id, run: Id, most: u32) -> Result<u64, StoreError> {
        let statement = "DELETE FROM run_errors WHERE rowid IN
             (SELECT rowid FROM run_errors WHERE account = ? AND run = ? LIMIT ?)";
        let query = sqlx::query(statement).bind(account.to_string()).bind(run.to_string()).bind(most);
        self.remove(query, "removing the errors of an old run").await
    }

    async fn remove_run(&self, account: Id, run: Id) -> Result<(), StoreError> {
        const DOING: &str = "removing an old run";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        for statement in [
            "DELETE FROM run_errors WHERE account = ? AND run = ?",
            "DELETE FROM run_files WHERE account = ? AND run = ?",
            "DELETE FROM runs WHERE account = ? AND id = ?",
        ] {
            let query = sqlx::query(statement).bind(account.to_string()).bind(run.to_string());
            query.execute(&mut *tx).await.map_err(db(DOING))?;
        }
        tx.commit().await.map_err(db(DOING))
    }

    async fn unused_blobs(&self, most: u32) -> Result<Vec<(Id, [u8; 32])>, StoreError> {
        let rows = sqlx::query(
            "SELECT account, sha256 FROM blobs b WHERE uploaded = 0 AND NOT EXISTS
             (SELECT 1 FROM run_files f WHERE f.account = b.account AND f.sha256 = b.sha256) LIMIT ?",
        )
        .bind(most)
        .fetch_all(&self.read)
        .await
        .map_err(db("looking for files that nothing has"))?;
        rows.iter().map(|row| Ok((id(row, "blobs", "account")?, array(row, "blobs", "sha256")?))).collect()
    }
}

impl Sqlite {
    async fn remove(&self, query: Query<'_, Db, SqliteArguments>, doing: &'static str) -> Result<u64, StoreError> {
        Ok(query.execute(&self.write).await.map_err(db(doing))?.rows_affected())
    }
}
