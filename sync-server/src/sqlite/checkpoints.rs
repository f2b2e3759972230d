//! Up to when exports of changes were read.
//!
//! A checkpoint says that everything before it was read by runs that completed. In doubt records are read again, never
//! left out (decision 37).

use std::collections::BTreeMap;

use sqlx::{Sqlite as Db, SqlitePool, Transaction};
use tombolo_model::Id;
use tombolo_model::run::Checkpoint;
use tombolo_wire::run::{RunRow, RunStatus};

use super::row::{db, get, id};
use crate::clock;
use crate::store::StoreError;

/// Those of a flow.
pub(super) async fn of(pool: &SqlitePool, account: Id, flow: Id) -> Result<BTreeMap<Id, i64>, StoreError> {
    let rows = sqlx::query("SELECT export, to_ms FROM checkpoints WHERE account = ? AND flow = ?")
        .bind(account.to_string())
        .bind(flow.to_string())
        .fetch_all(pool)
        .await
        .map_err(db("reading checkpoints"))?;
    rows.iter().map(|row| Ok((id(row, "checkpoints", "export")?, get(row, "checkpoints", "to_ms")?))).collect()
}

/// Moves those that a run read on, when it completed.
pub(super) async fn keep(tx: &mut Transaction<'_, Db>, account: Id, run: &RunRow) -> Result<(), StoreError> {
    if run.status != RunStatus::Completed {
        return Ok(());
    }
    for checkpoint in run.steps.iter().filter_map(|step| step.checkpoint) {
        keep_one(tx, account, run, checkpoint).await?;
    }
    Ok(())
}

async fn keep_one(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    run: &RunRow,
    checkpoint: Checkpoint,
) -> Result<(), StoreError> {
    // A device whose clock is fast ends its runs in the future: they began that much earlier than it says.
    let ahead_ms = run.ended_ms.map_or(0, |ended_ms| ended_ms.saturating_sub(clock::now_ms()).max(0));
    sqlx::query(
        "INSERT INTO checkpoints (account, flow, export, to_ms)
         SELECT ?1, ?2, ?3, ?4
         WHERE ?5 IS NULL OR EXISTS (SELECT 1 FROM checkpoints WHERE account = ?1 AND flow = ?2 AND export = ?3)
         ON CONFLICT (account, flow, export) DO UPDATE SET to_ms = excluded.to_ms
         WHERE (?5 IS NULL OR ?5 <= to_ms) AND to_ms < excluded.to_ms",
    )
    .bind(account.to_string())
    .bind(run.flow.to_string())
    .bind(checkpoint.export.to_string())
    .bind(checkpoint.to_ms.saturating_sub(ahead_ms))
    .bind(checkpoint.from_ms)
    .execute(&mut **tx)
    .await
    .map_err(db("keeping a checkpoint"))?;
    Ok(())
}
