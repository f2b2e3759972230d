//! What people decided about errors of runs.
//!
//! Invariant: a decision is kept once and never rewritten, and none is kept of a run that is not there: nothing would ever
//! take it away.

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, SqlitePool, Transaction};
use tombolo_model::{Action, Id, Kind, Rights};
use tombolo_wire::run::ErrorMark;

use super::push::take_numbers;
use super::rights;
use super::row::{db, from_u64, get, id, json, to_json};
use crate::store::StoreError;

/// The most decisions that are read at once, as JSON. What falls behind looks open again, so it is more than years bring.
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Keeps a decision within a transaction. Left out is one about a run that is not there, or whose flow its author may not
/// run.
pub(super) async fn keep(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    mark: &ErrorMark,
    (by, rights): (Option<Id>, Option<&Rights>),
) -> Result<(), StoreError> {
    const DOING: &str = "keeping a decision about errors";
    let flow = sqlx::query("SELECT flow FROM runs WHERE account = ? AND id = ?")
        .bind(account.to_string())
        .bind(mark.run.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(db(DOING))?;
    let Some(flow) = flow else {
        tracing::warn!(run = %mark.run, "a decision about errors of a run that is not here");
        return Ok(());
    };
    if let Some(rights) = rights
        && !may_decide(tx, account, rights, id(&flow, "runs", "flow")?).await?
    {
        tracing::warn!(run = %mark.run, "somebody decided about errors of a flow that they may not run");
        return Ok(());
    }
    let before: Option<i64> =
        sqlx::query_scalar("SELECT sequence FROM run_marks WHERE account = ? AND run = ? AND id = ?")
            .bind(account.to_string())
            .bind(mark.run.to_string())
            .bind(mark.id.to_string())
            .fetch_optional(&mut **tx)
            .await
            .map_err(db(DOING))?;
    if before.is_some() {
        return Ok(());
    }
    let sequence = take_numbers(tx, account, 1).await?;
    sqlx::query("INSERT INTO run_marks (account, run, id, sequence, body) VALUES (?, ?, ?, ?, ?)")
        .bind(account.to_string())
        .bind(mark.run.to_string())
        .bind(mark.id.to_string())
        .bind(from_u64(sequence))
        .bind(to_json("run_marks", &as_theirs(mark, by))?)
        .execute(&mut **tx)
        .await
        .map_err(db(DOING))?;
    Ok(())
}

/// The decision, in nobody else's name.
fn as_theirs(mark: &ErrorMark, by: Option<Id>) -> ErrorMark {
    let mut mark = mark.clone();
    if by.is_some() {
        mark.by = mark.by.filter(|claimed| Some(claimed.user) == by);
    }
    mark
}

/// Whether somebody may decide about the errors of a flow: who may run it may.
async fn may_decide(tx: &mut Transaction<'_, Db>, account: Id, rights: &Rights, flow: Id) -> Result<bool, StoreError> {
    if rights.role.may(Action::Run, Kind::Flow) {
        return Ok(true);
    }
    let home = rights::home(tx, account, flow).await?;
    Ok(home.is_some_and(|home| rights.may(Action::Run, home.kind, home.home())))
}

/// The decisions about errors of the runs of a flow, or of all; the newest within [`MOST_BYTES`].
pub(super) async fn of(pool: &SqlitePool, account: Id, flow: Option<Id>) -> Result<Vec<ErrorMark>, StoreError> {
    let rows = sqlx::query(
        "SELECT m.body FROM run_marks m JOIN runs r ON r.account = m.account AND r.id = m.run
         WHERE m.account = ?1 AND (?2 IS NULL OR r.flow = ?2) ORDER BY m.sequence DESC",
    )
    .bind(account.to_string())
    .bind(flow.map(|flow| flow.to_string()))
    .fetch(pool);
    within(rows, MOST_BYTES).await
}

/// The decisions about errors of these runs, together at most so many bytes; the newest first.
pub(super) async fn of_runs(
    pool: &SqlitePool,
    account: Id,
    runs: &[Id],
    most_bytes: usize,
) -> Result<Vec<ErrorMark>, StoreError> {
    let wanted = format!("[{}]", runs.iter().map(|run| format!("\"{run}\"")).collect::<Vec<_>>().join(","));
    let rows = sqlx::query(
        "SELECT body FROM run_marks WHERE account = ?1 AND run IN (SELECT value FROM json_each(?2))
         ORDER BY sequence DESC",
    )
    .bind(account.to_string())
    .bind(wanted)
    .fetch(pool);
    within(rows, most_bytes).await
}

/// Those that come first, until they are too large together.
async fn within(
    mut rows: BoxStream<'_, Result<SqliteRow, sqlx::Error>>,
    most_bytes: usize,
) -> Result<Vec<ErrorMark>, StoreError> {
    let (mut found, mut size) = (Vec::new(), 0_usize);
    while let Some(row) = rows.try_next().await.map_err(db("reading decisions about errors"))? {
        size = size.saturating_add(get::<&str>(&row, "run_marks", "body")?.len());
        if size > most_bytes {
            break;
        }
        found.push(json(&row, "run_marks", "body")?);
    }
    Ok(found)
}
