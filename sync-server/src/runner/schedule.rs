//! Runs that a schedule starts.
//!
//! The claim on a tick and the first row of its run are one commit: a server that is killed at any moment has either
//! not taken the tick, and takes it after the restart, or has a run that says how it ended.

use sha2::{Digest, Sha256};
use tombolo_model::views::Flow;
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

/// Starts the one run of what is due of a flow at a time, as far as nobody else has.
///
/// # Errors
///
/// Returns why the ticks were not taken. They may be offered again, unless the flow may not run.
pub(crate) async fn start_ticks(app: &App, account: Id, flow: Id, ticks: &[TickKey]) -> Result<(), StartError> {
    let found = runnable(app, account, flow).await?;
    // A source may have lost its schedule, or have gone, since it was read.
    let ticks: Vec<TickKey> =
        ticks.iter().filter(|tick| sources(Flow(&found.value), &[**tick]).is_some()).copied().collect();
    if ticks.is_empty() {
        return Ok(());
    }
    let run = fresh::id()?;
    let row = first_row(Some(&found), flow, run, RunPlace::Schedule);
    let Some(claimed) = app.store.claim_ticks(&ticks, &row, clock::now_ms()).await? else {
        tracing::info!(%flow, ?ticks, "another node has started this");
        return Ok(());
    };
    app.committed(account, claimed.sequence);
    let event = audit::system(Kind::Flow.name(), Some(flow), &row.flow_name, AuditAction::Run);
    audit::note(app, account, event).await;
    match app.runner.lives.enter(account, flow, run, RunPlace::Schedule, None) {
        Ok(entered) => {
            let sources = sources(Flow(&found.value), &claimed.ticks).unwrap_or_default();
            let narrowed = Narrowed { sources, ..Narrowed::default() };
            let wanted = Wanted { flow: found, narrowed, wish: Wish::SCHEDULE };
            tokio::spawn(run_to_end(app.clone(), account, wanted, row, entered));
        }
        Err(reason) => {
            tracing::info!(%flow, ?ticks, %reason, "a scheduled run is left out");
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

/// The exports that these ticks read, none being named where that is all of them: the flow's own schedule reads the sources that
/// have none of their own. Nothing where there is nothing to read.
fn sources(flow: Flow<'_>, ticks: &[TickKey]) -> Option<Vec<Id>> {
    let generators = flow.generators();
    if generators.is_empty() {
        // Its run says what it lacks.
        return ticks.iter().any(|tick| tick.source.is_none()).then(Vec::new);
    }
    let is_due = |source: Id, own: bool| ticks.iter().any(|tick| tick.source == own.then_some(source));
    let wanted: Vec<Id> = generators
        .iter()
        .filter_map(|one| one.export().filter(|export| is_due(*export, one.schedule().is_some())))
        .collect();
    match wanted.len() {
        0 => None,
        many if many == generators.len() => Some(Vec::new()),
        _ => Some(wanted),
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tick_reads_the_sources_whose_schedule_it_is() {
        let id = |n: u32| Id::from_parts(n, [0; 8]);
        let flow = json!({ "pageGenerators": [
            { "_exportId": id(1) }, { "_exportId": id(2), "schedule": "? 0 * ? * *" }, { "_exportId": id(3) },
        ] });
        let tick = |source| TickKey { account: id(8), flow: id(9), source, nominal_ms: 0 };
        assert_eq!(sources(Flow(&flow), &[tick(None)]), Some(vec![id(1), id(3)]));
        assert_eq!(sources(Flow(&flow), &[tick(Some(id(2)))]), Some(vec![id(2)]));
        assert_eq!(sources(Flow(&flow), &[tick(None), tick(Some(id(2)))]), Some(Vec::new()), "all of them");
        assert_eq!(sources(Flow(&flow), &[tick(Some(id(3)))]), None, "it has none of its own any more");
        assert_eq!(sources(Flow(&json!({})), &[tick(None)]), Some(Vec::new()), "its run says that it has no source");
    }
}
