//! Errors of a flow over all its runs.

use async_trait::async_trait;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use tombolo_model::Id;
use tombolo_wire::run::RunError;
use tombolo_wire::sync::RunErrorRow;

use super::Sqlite;
use super::row::{db, from_u64, get, id, json, number, to_json};
use crate::store::{FailureFilter, FailureRow, Failures, StoreError};

#[async_trait]
impl Failures for Sqlite {
    async fn failures(&self, account: Id, filter: &FailureFilter, limit: u32) -> Result<Vec<FailureRow>, StoreError> {
        // A record may have a megabyte, and a list shows none. What failed again when it was tried is open as what had failed
        // before, and no second time.
        let rows = sqlx::query(
            "SELECT r.flow, e.run, e.n, CASE WHEN ?11 THEN
             json_set(json_remove(e.body, '$.error.record', '$.error.traceKey'), '$.error.message', '')
             ELSE json_remove(e.body, '$.error.record') END AS body,
             json_type(e.body, '$.error.record') AS record FROM runs r
             JOIN run_errors e ON e.account = r.account AND e.run = r.id
             WHERE r.account = ?1 AND (?2 IS NULL OR r.flow = ?2) AND json_extract(r.body, '$.origin.retry') IS NULL
             AND (?3 IS NULL OR json_extract(e.body, '$.error.step') = ?3 OR substr(json_extract(e.body, '$.error.step'), 1, length(?3) + 1) = ?3 || '~')
             AND (?4 IS NULL OR json_extract(e.body, '$.error.source') = ?4)
             AND (?5 IS NULL OR json_extract(e.body, '$.error.timeMs') >= ?5)
             AND (?6 IS NULL OR json_extract(e.body, '$.error.timeMs') <= ?6)
             AND (?7 IS NULL OR (r.started_ms, r.id, -e.n) <
             ((SELECT a.started_ms FROM runs a WHERE a.account = ?1 AND a.id = ?7), ?7, -?8))
             AND (?9 IS NULL OR r.id = ?9)
             ORDER BY r.started_ms DESC, r.id DESC, -e.n DESC LIMIT ?10",
        )
        .bind(account.to_string())
        .bind(filter.flow.map(|flow| flow.to_string()))
        .bind(filter.step.as_deref())
        .bind(filter.source.as_deref())
        .bind(filter.from_ms)
        .bind(filter.to_ms)
        .bind(filter.after.map(|(run, _)| run.to_string()))
        .bind(filter.after.map_or(0, |(_, n)| from_u64(n)))
        .bind(filter.run.map(|run| run.to_string()))
        .bind(limit)
        .bind(filter.brief)
        .fetch_all(&self.read)
        .await
        .map_err(db("listing errors"))?;
        rows.iter().map(row).collect()
    }

    async fn failure(&self, account: Id, run: Id, n: u64) -> Result<Option<RunError>, StoreError> {
        let query = sqlx::query(
            "SELECT e.body, d.record FROM run_errors e
             LEFT JOIN retry_data d ON d.account = e.account AND d.run = e.run AND d.n = e.n
             WHERE e.account = ? AND e.run = ? AND e.n = ?",
        )
        .bind(account.to_string())
        .bind(run.to_string())
        .bind(from_u64(n));
        self.find(query, "reading an error", |row| {
            let mut error = json::<RunErrorRow>(row, "run_errors", "body")?.error;
            if get::<Option<&str>>(row, "retry_data", "record")?.is_some() {
                error.record = Some(json(row, "retry_data", "record")?);
            }
            Ok(error)
        })
        .await
    }

    async fn retry_data_bytes(&self, account: Id, (run, n): (Id, u64)) -> Result<u64, StoreError> {
        let row = sqlx::query(
            "SELECT COALESCE(SUM(octet_length(record)), 0) AS size FROM retry_data
             WHERE account = ? AND NOT (run = ? AND n = ?)",
        )
        .bind(account.to_string())
        .bind(run.to_string())
        .bind(from_u64(n))
        .fetch_one(&self.read)
        .await
        .map_err(db("measuring the data of errors"))?;
        number(&row, "retry_data", "size")
    }

    async fn put_retry_data(
        &self,
        account: Id,
        (run, n): (Id, u64),
        record: &Value,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let kept = sqlx::query(
            "INSERT INTO retry_data (account, run, n, record, modified_ms)
             SELECT e.account, e.run, e.n, ?4, ?5 FROM run_errors e WHERE e.account = ?1 AND e.run = ?2 AND e.n = ?3
             ON CONFLICT (account, run, n) DO UPDATE SET record = excluded.record, modified_ms = excluded.modified_ms",
        )
        .bind(account.to_string())
        .bind(run.to_string())
        .bind(from_u64(n))
        .bind(to_json("retry_data", record)?)
        .bind(now_ms)
        .execute(&self.write)
        .await
        .map_err(db("keeping the data of an error"))?;
        Ok(kept.rows_affected() > 0)
    }
}

fn row(row: &SqliteRow) -> Result<FailureRow, StoreError> {
    let record: Option<&str> = get(row, "run_errors", "record")?;
    Ok(FailureRow {
        flow: id(row, "runs", "flow")?,
        run: id(row, "run_errors", "run")?,
        n: number(row, "run_errors", "n")?,
        error: json::<RunErrorRow>(row, "run_errors", "body")?.error,
        has_record: record.is_some_and(|kind| kind != "null"),
    })
}
