//! Removals, each in a short transaction.

use async_trait::async_trait;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite as Db, query::Query};
use tombolo_model::Id;
use tombolo_wire::rest::RetentionPreview;

use super::Sqlite;
use super::row::{array, db, id, number};
use crate::store::{Retention, StoreError};

/// Whether a run goes when it is old enough, at the time `?1`: it has ended, or will not say any more how. A device may be
/// away for weeks, and tells the end of its runs when it comes back.
const GOES: &str = "(status NOT IN ('queued', 'running') OR started_ms <
     ?1 - CASE WHEN place IN ('server', 'schedule') THEN 7 ELSE 30 END * 86400000)";

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
             AND EXISTS (SELECT 1 FROM ticks n WHERE n.account = t.account AND n.flow = t.flow AND n.source = t.source
             AND n.nominal_ms > t.nominal_ms)
             LIMIT ?)";
        self.remove(sqlx::query(statement).bind(before_ms).bind(most), "removing old claims").await
    }

    async fn old_runs(&self, now_ms: i64, most: u32) -> Result<Vec<(Id, Id)>, StoreError> {
        let statement = format!(
            "SELECT r.account, r.id FROM accounts a JOIN runs r ON r.account = a.id
             AND r.started_ms < ?1 - a.retention_days * 86400000 WHERE {GOES} LIMIT ?2"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(now_ms)
            .bind(most)
            .fetch_all(&self.read)
            .await
            .map_err(db("looking for old runs"))?;
        rows.iter().map(|row| Ok((id(row, "runs", "account")?, id(row, "runs", "id")?))).collect()
    }

    async fn before(&self, account: Id, started_before_ms: i64, now_ms: i64) -> Result<RetentionPreview, StoreError> {
        let statement = format!(
            "WITH old AS MATERIALIZED (SELECT id FROM runs WHERE account = ?2 AND started_ms < ?3 AND {GOES}),
             made AS MATERIALIZED (SELECT DISTINCT f.sha256 FROM old JOIN run_files f ON f.account = ?2 AND f.run = old.id)
             SELECT (SELECT COUNT(*) FROM old) AS runs,
             (SELECT COUNT(*) FROM old JOIN run_errors e ON e.account = ?2 AND e.run = old.id) AS errors,
             COUNT(*) AS files, COALESCE(SUM(b.size_bytes), 0) AS file_bytes
             FROM made JOIN blobs b ON b.account = ?2 AND b.sha256 = made.sha256 AND b.uploaded = 0
             WHERE NOT EXISTS (SELECT 1 FROM run_files f WHERE f.account = ?2 AND f.sha256 = made.sha256
             AND f.run NOT IN (SELECT id FROM old))"
        );
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(now_ms)
            .bind(account.to_string())
            .bind(started_before_ms)
            .fetch_one(&self.read)
            .await
            .map_err(db("counting old runs"))?;
        let count = |column| number(&row, "runs", column);
        Ok(RetentionPreview {
            runs: count("runs")?,
            errors: count("errors")?,
            files: count("files")?,
            file_bytes: count("file_bytes")?,
        })
    }

    async fn remove_refused(&self, decided_before_ms: i64, most: u32) -> Result<u64, StoreError> {
        let statement = "DELETE FROM refused WHERE rowid IN (SELECT rowid FROM refused WHERE decided_ms < ? LIMIT ?)";
        self.remove(sqlx::query(statement).bind(decided_before_ms).bind(most), "removing decided changes").await
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
            "DELETE FROM run_marks WHERE account = ? AND run = ?",
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
