//! Runs that a schedule starts.
//!
//! The claim on a tick and the first row of its run are one commit: a server that is killed at any moment has either
//! not taken the tick, and takes it after the restart, or has a run that says how it ended.

use sha2::{Digest, Sha256};
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::AuditAction;
use tombolo_wire::run::{RunError, RunPlace};

use super::ending::failed;
use super::{Narrowed, StartError, Wanted, Wish, alone, first_row, keep, keep_end, run_error, run_to_end, runnable};
use crate::app::App;
use crate::resources::Resource;
use crate::store::{StoreError, TickKey};
use crate::{audit, clock, fresh};

/// Why a schedule starts nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoStart {
    /// It is not understood.
    Unclear {
        /// What it says.
        schedule: String,
        /// What is wrong with that.
        why: String,
    },
    /// A stored piece of the flow cannot be read.
    FlowDamaged,
    /// A stored piece of this integration, which the flow is in, cannot be read.
    IntegrationDamaged(Id),
}

impl NoStart {
    /// For the person who looks at the runs of the flow.
    fn error(&self) -> RunError {
        match self {
            Self::Unclear { schedule, why } => run_error(
                "schedule",
                format!(
                    "The schedule “{schedule}” is not understood: {why}. Set it again; until then the flow runs by hand only."
                ),
            ),
            Self::FlowDamaged => run_error(
                "damaged",
                "A stored piece of this flow cannot be read on the server, which starts it no more, neither by a schedule nor by hand. Its operator can restore a backup.",
            ),
            Self::IntegrationDamaged(id) => run_error(
                "damaged",
                format!(
                    "A stored piece of the flow's integration, {id}, cannot be read on the server, which starts the flow no more, neither by its schedule nor by hand. Its operator can restore a backup."
                ),
            ),
        }
    }
}

/// Starts the run of a tick, if nobody else has.
///
/// # Errors
///
/// Returns why the tick was not taken. It may be offered again, unless the flow may not run.
pub(crate) async fn start_tick(app: &App, account: Id, flow: Id, nominal_ms: i64) -> Result<(), StartError> {
    let found = runnable(app, account, flow).await?;
    let run = fresh::id()?;
    let row = first_row(Some(&found), flow, run, RunPlace::Schedule);
    let tick = TickKey { account, flow, nominal_ms };
    let Some(sequence) = app.store.claim_tick(tick, &row, clock::now_ms()).await? else {
        tracing::info!(%flow, nominal_ms, "another node has started this");
        return Ok(());
    };
    app.committed(account, sequence);
    let event = audit::system(Kind::Flow.name(), Some(flow), &row.flow_name, AuditAction::Run);
    audit::note(app, account, event).await;
    match app.runner.lives.enter(account, flow, run, RunPlace::Schedule, None) {
        Ok(entered) => {
            let wanted = Wanted { flow: found, narrowed: Narrowed::default(), wish: Wish::SCHEDULE };
            tokio::spawn(run_to_end(app.clone(), account, wanted, row, entered));
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

/// Shows as a failed run that a schedule starts nothing; once for each reason. `found` is what can be read of the flow.
///
/// # Errors
///
/// Returns why it cannot be stored.
pub(crate) async fn refuse_schedule(
    app: &App,
    (account, flow): (Id, Id),
    found: Option<&Resource>,
    why: &NoStart,
) -> Result<(), StoreError> {
    let error = why.error();
    // A number made of what it is about: the store keeps a row of it once, also after a restart.
    let digest = Sha256::new().chain_update(flow.to_string()).chain_update(&error.message).finalize();
    let mut rest = [0; 8];
    rest.copy_from_slice(&digest[..8]);
    let run = Id::from_parts(flow.unix_seconds(), rest);
    let row = failed(first_row(found, flow, run, RunPlace::Schedule), error);
    keep(app, account, &row).await
}
