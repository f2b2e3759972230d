//! Runs, their errors and files.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, SqlitePool, Transaction};
use tombolo_model::{Action, Id, Kind, Rights};
use tombolo_wire::run::{ErrorMark, KeyedError, MOST_ERRORS, RunPlace, RunRow};
use tombolo_wire::sync::{RunErrorRow, RunRows};

use super::changes::{in_words, seen};
use super::push::take_numbers;
use super::rights;
use super::row::{array, db, from_u64, get, id, json, maybe_id, number, to_json};
use super::{Sqlite, checkpoints, inbox, marks};
use crate::store::{NewRunFile, RunFileRow, Runs, Sight, StoreError};

#[async_trait]
impl Runs for Sqlite {
    async fn keep_runs(&self, account: Id, rows: &RunRows, by: Option<Id>) -> Result<Option<u64>, StoreError> {
        const DOING: &str = "keeping a run";
        // IMMEDIATE: who reads first and writes then is refused at once while another process writes; this waits.
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        let mut rights = None;
        if let Some(user) = by {
            rights = rights::of(&mut tx, account, user).await?;
            if rights.is_none() {
                return Ok(None);
            }
        }
        for row in &rows.runs {
            if let Some(rights) = &rights
                && !may_run(&mut tx, account, rights, row.flow).await?
            {
                tracing::warn!(run = %row.id, "somebody sent a run of a flow that they may not run");
                continue;
            }
            keep_run(&mut tx, account, row, by).await?;
        }
        for row in &rows.errors {
            keep_error(&mut tx, account, row, by).await?;
        }
        for mark in &rows.marks {
            marks::keep(&mut tx, account, mark, (by, rights.as_ref())).await?;
        }
        let last = take_numbers(&mut tx, account, 0).await?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(Some(last))
    }

    async fn run(&self, account: Id, run: Id) -> Result<Option<RunRow>, StoreError> {
        let query = sqlx::query("SELECT body FROM runs WHERE account = ? AND id = ?")
            .bind(account.to_string())
            .bind(run.to_string());
        self.find(query, "reading a run", |row| json(row, "runs", "body")).await
    }

    async fn newest_runs(
        &self,
        account: Id,
        sight: &Sight,
        limit: u32,
        most_bytes: usize,
    ) -> Result<RunRows, StoreError> {
        let sight = in_words(sight.within.as_deref());
        let (runs, size) = newest_rows(&self.read, account, sight.as_deref(), limit, most_bytes / 2).await?;
        let count = u32::try_from(runs.len()).unwrap_or(limit);
        let left = most_bytes.saturating_sub(size);
        let ids: Vec<Id> = runs.iter().map(|run| run.id).collect();
        // Small, and without them what is settled would look open: they come before errors.
        let marks = marks::of_runs(&self.read, account, &ids, left / 2).await?;
        let left = left.saturating_sub(marks.iter().map(|mark| 256 + mark.errors.len() * 9).sum());
        let errors = newest_errors(&self.read, account, sight.as_deref(), count, left).await?;
        Ok(RunRows { runs, errors, marks })
    }

    async fn run_errors(&self, account: Id, run: Id) -> Result<Vec<RunErrorRow>, StoreError> {
        let rows = sqlx::query("SELECT body FROM run_errors WHERE account = ? AND run = ? ORDER BY n")
            .bind(account.to_string())
            .bind(run.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(db("reading a run's errors"))?;
        rows.iter().map(|row| json(row, "run_errors", "body")).collect()
    }

    async fn marks(&self, account: Id, flow: Option<Id>) -> Result<Vec<ErrorMark>, StoreError> {
        marks::of(&self.read, account, flow).await
    }

    async fn marks_of_runs(&self, account: Id, runs: &[Id]) -> Result<Vec<ErrorMark>, StoreError> {
        marks::of_runs(&self.read, account, runs, marks::MOST_BYTES).await
    }

    async fn keyed_errors(&self, account: Id, flow: Id, most: usize) -> Result<Vec<KeyedError>, StoreError> {
        let rows = sqlx::query(
            "SELECT e.run, e.n, json_extract(e.body, '$.error.step') AS step, json_extract(e.body, '$.error.traceKey') AS trace_key
             FROM runs r JOIN run_errors e ON e.account = r.account AND e.run = r.id
             WHERE r.account = ?1 AND r.flow = ?2 AND json_extract(e.body, '$.error.traceKey') IS NOT NULL
             ORDER BY r.started_ms DESC, r.id DESC, e.n LIMIT ?3",
        )
        .bind(account.to_string())
        .bind(flow.to_string())
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.read)
        .await
        .map_err(db("reading the open errors of a flow"))?;
        let keyed = |row: &SqliteRow| {
            Ok(KeyedError {
                run: id(row, "run_errors", "run")?,
                n: number(row, "run_errors", "n")?,
                step: get(row, "run_errors", "step")?,
                trace_key: get(row, "run_errors", "trace_key")?,
            })
        };
        rows.iter().map(keyed).collect()
    }

    async fn unfinished_runs(&self) -> Result<Vec<(Id, RunRow)>, StoreError> {
        let rows = sqlx::query(
            "SELECT account, body FROM runs WHERE status IN ('queued', 'running') AND place IN ('server', 'schedule')",
        )
        .fetch_all(&self.read)
        .await
        .map_err(db("reading unfinished runs"))?;
        rows.iter().map(|row| Ok((id(row, "runs", "account")?, json(row, "runs", "body")?))).collect()
    }

    async fn checkpoints(&self, account: Id, flow: Id) -> Result<BTreeMap<Id, i64>, StoreError> {
        checkpoints::of(&self.read, account, flow).await
    }

    async fn keep_run_file(&self, account: Id, file: &NewRunFile) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO run_files (account, run, step, name, sha256) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (account, run, step) DO UPDATE SET name = excluded.name, sha256 = excluded.sha256",
        )
        .bind(account.to_string())
        .bind(file.run.to_string())
        .bind(&file.step)
        .bind(&file.name)
        .bind(file.sha256.as_slice())
        .execute(&self.write)
        .await
        .map_err(db("keeping a run's file"))?;
        Ok(())
    }

    async fn run_file(&self, account: Id, run: Id, step: &str) -> Result<Option<RunFileRow>, StoreError> {
        let query = sqlx::query(
            "SELECT f.name, f.sha256, b.size_bytes FROM run_files f JOIN blobs b ON b.account = f.account AND b.sha256 = f.sha256
             WHERE f.account = ? AND f.run = ? AND f.step = ?",
        )
        .bind(account.to_string())
        .bind(run.to_string())
        .bind(step);
        self.find(query, "finding a run's file", |row| {
            Ok(RunFileRow {
                name: get(row, "run_files", "name")?,
                sha256: array(row, "run_files", "sha256")?,
                size_bytes: number(row, "blobs", "size_bytes")?,
            })
        })
        .await
    }
}

/// The newest runs within so many bytes, and how many they are.
async fn newest_rows(
    pool: &SqlitePool,
    account: Id,
    sight: Option<&str>,
    limit: u32,
    most_bytes: usize,
) -> Result<(Vec<RunRow>, usize), StoreError> {
    let mut rows = sqlx::query(concat!(
        "SELECT r.body, length(CAST(r.body AS BLOB)) AS size FROM runs r WHERE r.account = ?1 AND (?3 IS NULL OR EXISTS (
         SELECT 1 FROM documents d WHERE d.account = r.account AND d.id = r.flow AND ",
        seen!("?3"),
        ")) ORDER BY r.started_ms DESC, r.id DESC LIMIT ?2",
    ))
    .bind(account.to_string())
    .bind(limit)
    .bind(sight)
    .fetch(pool);
    let (mut found, mut size) = (Vec::new(), 0_usize);
    while let Some(row) = rows.try_next().await.map_err(db("reading runs"))? {
        let with = size.saturating_add(size_of_body(&row, "runs")?);
        if with > most_bytes {
            break;
        }
        size = with;
        found.push(json(&row, "runs", "body")?);
    }
    Ok((found, size))
}

/// The errors of the newest runs within so many bytes.
async fn newest_errors(
    pool: &SqlitePool,
    account: Id,
    sight: Option<&str>,
    runs: u32,
    most_bytes: usize,
) -> Result<Vec<RunErrorRow>, StoreError> {
    let mut rows = sqlx::query(concat!(
        "SELECT e.body, length(CAST(e.body AS BLOB)) AS size FROM
         (SELECT r.id, r.started_ms FROM runs r WHERE r.account = ?1 AND (?3 IS NULL OR EXISTS (
         SELECT 1 FROM documents d WHERE d.account = r.account AND d.id = r.flow AND ",
        seen!("?3"),
        ")) ORDER BY r.started_ms DESC, r.id DESC LIMIT ?2) r
         JOIN run_errors e ON e.account = ?1 AND e.run = r.id ORDER BY r.started_ms DESC, r.id DESC, e.n",
    ))
    .bind(account.to_string())
    .bind(runs)
    .bind(sight)
    .fetch(pool);
    let (mut found, mut size) = (Vec::new(), 0_usize);
    while let Some(row) = rows.try_next().await.map_err(db("reading the errors of runs"))? {
        size = size.saturating_add(size_of_body(&row, "run_errors")?);
        if size > most_bytes {
            break;
        }
        found.push(json(&row, "run_errors", "body")?);
    }
    Ok(found)
}

fn size_of_body(row: &SqliteRow, table: &'static str) -> Result<usize, StoreError> {
    Ok(usize::try_from(number(row, table, "size")?).unwrap_or(usize::MAX))
}

/// Whether somebody with these rights may run a flow. One that is not there yet is their own.
async fn may_run(tx: &mut Transaction<'_, Db>, account: Id, rights: &Rights, flow: Id) -> Result<bool, StoreError> {
    if rights.role.may(Action::Run, Kind::Flow) {
        return Ok(true);
    }
    let home = rights::home(tx, account, flow).await?;
    Ok(home.is_none_or(|home| rights.may(Action::Run, home.kind, home.home())))
}

/// Keeps a run's row within a transaction, unless a newer one is there.
pub(super) async fn keep_run(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    row: &RunRow,
    by: Option<Id>,
) -> Result<(), StoreError> {
    const DOING: &str = "keeping a run";
    if by.is_some() && matches!(row.place, RunPlace::Server | RunPlace::Schedule) {
        tracing::warn!(run = %row.id, "a device sent a row of a run on the server");
        return Ok(());
    }
    let before = sqlx::query("SELECT n, user FROM runs WHERE account = ? AND id = ?")
        .bind(account.to_string())
        .bind(row.id.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(db(DOING))?;
    if let Some(before) = before {
        // Nobody rewrites a run that somebody else, or the server, has made.
        if maybe_id(&before, "runs", "user")? != by {
            tracing::warn!(run = %row.id, "somebody sent a row of another person's run");
            return Ok(());
        }
        if number(&before, "runs", "n")? >= row.n {
            return Ok(());
        }
    }
    let sequence = take_numbers(tx, account, 1).await?;
    let body = to_json("runs", &as_theirs(row, by))?;
    sqlx::query(
        "INSERT INTO runs (account, id, flow, n, sequence, status, place, started_ms, user, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (account, id) DO UPDATE SET n = excluded.n, sequence = excluded.sequence,
         status = excluded.status, body = excluded.body",
    )
    .bind(account.to_string())
    .bind(row.id.to_string())
    .bind(row.flow.to_string())
    .bind(from_u64(row.n))
    .bind(from_u64(sequence))
    .bind(word(&row.status)?)
    .bind(word(&row.place)?)
    .bind(row.started_ms)
    .bind(by.map(|id| id.to_string()))
    .bind(body)
    .execute(&mut **tx)
    .await
    .map_err(db(DOING))?;
    if by.is_none() && row.ended_ms.is_some() {
        inbox::settle(tx, account, row).await?;
    }
    checkpoints::keep(tx, account, row).await
}

/// The row, without the name of somebody else as the one who wanted it.
fn as_theirs(row: &RunRow, by: Option<Id>) -> RunRow {
    let mut row = row.clone();
    if by.is_some() {
        row.origin.by = row.origin.by.filter(|claimed| Some(claimed.user) == by);
    }
    row
}

async fn keep_error(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    row: &RunErrorRow,
    by: Option<Id>,
) -> Result<(), StoreError> {
    const DOING: &str = "keeping a run's error";
    let run = sqlx::query("SELECT user FROM runs WHERE account = ? AND id = ?")
        .bind(account.to_string())
        .bind(row.run.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(db(DOING))?;
    let owner = run.map(|run| maybe_id(&run, "runs", "user")).transpose()?;
    if owner != Some(by) {
        tracing::warn!(run = %row.run, "somebody sent an error of a run that is not theirs");
        return Ok(());
    }
    // Also where it is here already: sent again together, the earlier one has come back before it.
    if let Some(forgets) = row.error.forgets {
        forget(tx, account, row.run, forgets).await?;
    }
    let before: Option<i64> = sqlx::query_scalar("SELECT n FROM run_errors WHERE account = ? AND run = ? AND n = ?")
        .bind(account.to_string())
        .bind(row.run.to_string())
        .bind(from_u64(row.n))
        .fetch_optional(&mut **tx)
        .await
        .map_err(db(DOING))?;
    if before.is_some() {
        return Ok(());
    }
    let sequence = take_numbers(tx, account, 1).await?;
    sqlx::query("INSERT INTO run_errors (account, run, n, sequence, body) VALUES (?, ?, ?, ?, ?)")
        .bind(account.to_string())
        .bind(row.run.to_string())
        .bind(from_u64(row.n))
        .bind(from_u64(sequence))
        .bind(to_json("run_errors", row)?)
        .execute(&mut **tx)
        .await
        .map_err(db(DOING))?;
    Ok(())
}

/// Takes the record of an error; without it, a late one is counted by its step and no more.
async fn forget(tx: &mut Transaction<'_, Db>, account: Id, run: Id, n: u64) -> Result<(), StoreError> {
    let statement = if n > MOST_ERRORS {
        "DELETE FROM run_errors WHERE account = ? AND run = ? AND n = ?"
    } else {
        "UPDATE run_errors SET body = json_remove(body, '$.error.record') WHERE account = ? AND run = ? AND n = ?"
    };
    sqlx::query(statement)
        .bind(account.to_string())
        .bind(run.to_string())
        .bind(from_u64(n))
        .execute(&mut **tx)
        .await
        .map_err(db("forgetting the record of an error"))?;
    Ok(())
}

/// The word that an enum without data is written as.
fn word<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    Ok(to_json("runs", value)?.trim_matches('"').to_owned())
}
