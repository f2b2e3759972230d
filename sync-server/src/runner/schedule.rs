//! Runs that a schedule starts.
//!
//! The claim on a tick and the first row of its run are one commit: a server that is killed at any moment has either
//! not taken the tick, and takes it after the restart, or has a run that says how it ended.

use sha2::{Digest, Sha256};
use tombolo_model::Id;
use tombolo_wire::run::RunPlace;

use super::ending::failed;
use super::{StartError, alone, first_row, keep, keep_end, run_error, run_to_end, runnable};
use crate::app::App;
use crate::resources::Resource;
use crate::store::{StoreError, TickKey};
use crate::{clock, fresh};

/// Starts the run of a tick, if nobody else has.
///
/// # Errors
///
/// Returns why the tick was not taken. It may be offered again, unless the flow may not run.
pub(crate) async fn start_tick(app: &App, account: Id, flow: Id, nominal_ms: i64) -> Result<(), StartError> {
    let found = runnable(app, account, flow).await?;
    let run = fresh::id()?;
    let row = first_row(&found, flow, run, RunPlace::Schedule);
    let tick = TickKey { account, flow, nominal_ms };
    let Some(sequence) = app.store.claim_tick(tick, &row, clock::now_ms()).await? else {
        tracing::info!(%flow, nominal_ms, "another node has started this");
        return Ok(());
    };
    app.committed(account, sequence);
    match app.runner.lives.enter(account, flow, run, RunPlace::Schedule) {
        Ok(entered) => {
            tokio::spawn(run_to_end(app.clone(), account, found, row, entered));
        }
        Err(reason) => {
            tracing::info!(%flow, nominal_ms, %reason, "a scheduled run is left out");
            let error = run_error(
                "still_running",
                "The flow was still running when its schedule started it again. Schedule it less often, or split it.",
            );
            // Without its end the row would wait for a run that never comes.
            tokio::spawn(keep_end(app.clone(), account, alone(failed(row, error))));
        }
    }
    Ok(())
}

/// Shows as a failed run that a schedule is not understood; once for each text that is not understood.
///
/// # Errors
///
/// Returns why it cannot be stored.
pub(crate) async fn refuse_schedule(
    app: &App,
    (account, flow): (Id, Id),
    found: &Resource,
    schedule: &str,
    why: &str,
) -> Result<(), StoreError> {
    // A number made of what it is about: the store keeps a row of it once, also after a restart.
    let digest = Sha256::new().chain_update(flow.to_string()).chain_update(schedule).chain_update(why).finalize();
    let mut rest = [0; 8];
    rest.copy_from_slice(&digest[..8]);
    let run = Id::from_parts(flow.unix_seconds(), rest);
    let error = run_error(
        "schedule",
        format!(
            "The schedule “{schedule}” is not understood: {why}. Set it again; until then the flow runs by hand only."
        ),
    );
    let row = failed(first_row(found, flow, run, RunPlace::Schedule), error);
    keep(app, account, &row).await
}
