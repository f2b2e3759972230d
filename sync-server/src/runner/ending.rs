//! Ends that no child reports: the server goes down, has gone down, or something in it broke.

use std::time::Duration;

use tombolo_model::Id;
use tombolo_wire::run::{RunError, RunRow, RunStatus, RunType};

use super::{alone, keep, keep_end, run_error};
use crate::app::App;
use crate::clock;
use crate::store::StoreError;

/// How long runs may take to say that they were ended.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says of the runs that a stopped or killed server left behind that they were interrupted.
///
/// # Errors
///
/// Returns why they cannot be read or closed.
pub(crate) async fn close_interrupted(app: &App) -> Result<(), StoreError> {
    for (account, row) in app.store.unfinished_runs().await? {
        tracing::warn!(run = %row.id, "a run was interrupted");
        let why = if row.origin.kind == RunType::Webhook {
            "The server stopped while this ran. Another run reads what came to the listener; what was delivered by then is delivered again unless the destination or a filter knows it.".to_owned()
        } else {
            row.cut_off("The server stopped while this ran; the flow's schedule goes on by itself.")
        };
        let error = run_error("interrupted", why);
        keep(app, account, &failed(row, error)).await?;
    }
    Ok(())
}

/// Ends all runs while the server goes down, and waits until their rows say so.
pub(crate) async fn end_all(app: &App) {
    let lives = &app.runner.lives;
    lives.cancel_all();
    if tokio::time::timeout(PATIENCE, lives.none_left()).await.is_err() {
        tracing::warn!("some runs did not end in time");
    }
}

/// Says of a run whose task panicked that it failed.
pub(super) async fn close_panicked(app: &App, account: Id, run: Id) {
    tracing::error!(%run, "the task of a run panicked");
    let closed = async {
        match app.store.run(account, run).await? {
            Some(row) if row.ended_ms.is_none() => {
                let error = run_error("internal", "The server could not run the flow. Its log says why.");
                keep_end(app.clone(), account, alone(failed(row, error))).await;
            }
            _ => {}
        }
        Ok::<_, StoreError>(())
    };
    if let Err(error) = closed.await {
        tracing::error!(%error, %run, "the end of a run cannot be stored");
    }
}

/// The row of a run that has failed now.
pub(super) fn failed(row: RunRow, error: RunError) -> RunRow {
    RunRow { status: RunStatus::Failed, ended_ms: Some(clock::now_ms()), n: row.n + 1, error: Some(error), ..row }
}
