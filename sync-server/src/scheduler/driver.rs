//! Drives the schedules: reads flows, waits, claims, starts.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tombolo_model::Kind;
use tombolo_model::views::Flow;
use tombolo_wire::run::RunPlace;

use super::{Due, FlowKey, Schedule, Scheduler};
use crate::app::App;
use crate::resources::{self, Resource, ResourceError};
use crate::store::{StoreError, TickKey};
use crate::{clock, fresh, runner};

/// The longest sleep: the machine's clock may be set meanwhile.
const LOOK: Duration = Duration::from_secs(30);
/// Edits of a flow are waited for, so that typing a schedule does not read the flow at each key.
const SETTLE: Duration = Duration::from_millis(200);

/// Runs until it is aborted.
pub(crate) async fn drive(app: App) {
    let mut changes = app.hub.flows();
    let mut scheduler = Scheduler::new(app.config.min_schedule_interval_ms);
    load_all(&app, &mut scheduler).await;
    loop {
        let wait = scheduler.wake_ms().map_or(LOOK, |wake| {
            let ms = u64::try_from(wake - clock::now_ms()).unwrap_or(0);
            LOOK.min(Duration::from_millis(ms))
        });
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            changed = changes.recv() => take_changes(&app, &mut scheduler, &mut changes, changed).await,
        }
        for due in scheduler.due(clock::now_ms()) {
            if let Err(error) = start(&app, due).await {
                tracing::error!(%error, flow = %due.key.1, "a scheduled run cannot be started");
            }
        }
    }
}

async fn take_changes(
    app: &App,
    scheduler: &mut Scheduler,
    changes: &mut Receiver<FlowKey>,
    first: Result<FlowKey, RecvError>,
) {
    let mut keys = BTreeSet::new();
    let mut all = false;
    match first {
        Ok(key) => {
            keys.insert(key);
        }
        Err(RecvError::Lagged(_)) => all = true,
        Err(RecvError::Closed) => return,
    }
    tokio::time::sleep(SETTLE).await;
    while let Ok(key) = changes.try_recv() {
        keys.insert(key);
    }
    if all {
        return load_all(app, scheduler).await;
    }
    for key in keys {
        load(app, scheduler, key).await;
    }
}

async fn load_all(app: &App, scheduler: &mut Scheduler) {
    match app.store.documents_of(None, Kind::Flow).await {
        Ok(keys) => {
            for key in keys {
                load(app, scheduler, key).await;
            }
        }
        Err(error) => tracing::error!(%error, "the flows cannot be listed; schedules do not run"),
    }
}

async fn load(app: &App, scheduler: &mut Scheduler, key: FlowKey) {
    match read(app, key).await {
        Ok(Some((schedule, base_ms))) => scheduler.set(key, schedule, base_ms),
        Ok(None) => scheduler.remove(key),
        Err(error) => {
            tracing::error!(%error, flow = %key.1, "a flow cannot be read; its schedule does not run");
            scheduler.remove(key);
        }
    }
}

async fn read(app: &App, (account, id): FlowKey) -> Result<Option<(Schedule, i64)>, ResourceError> {
    let Some(flow) = resources::read(&*app.store, account, id).await? else {
        return Ok(None);
    };
    let Some(schedule) = schedule_of(&flow) else {
        return Ok(None);
    };
    let last = app.store.last_tick(account, id).await?;
    let base_ms = last.map_or(flow.modified_ms, |last| last.max(flow.modified_ms));
    Ok(Some((schedule, base_ms)))
}

/// The schedule of a flow that is switched on and not in the bin.
fn schedule_of(flow: &Resource) -> Option<Schedule> {
    let view = Flow(&flow.value);
    if flow.binned || view.disabled() {
        return None;
    }
    let text = view.schedule()?;
    match Schedule::parse(text, view.timezone()) {
        Ok(schedule) => Some(schedule),
        Err(error) => {
            tracing::warn!(%error, "a flow's schedule is not understood");
            None
        }
    }
}

/// Starts a run, if nobody else has: the claim comes first, so a crash in between leaves the tick out
/// rather than running it twice.
async fn start(app: &App, due: Due) -> Result<(), StartTickError> {
    let (account, flow) = due.key;
    if due.missed > 0 {
        tracing::warn!(%flow, missed = due.missed, "scheduled starts were missed; the last one is caught up");
    }
    let run = fresh::id()?;
    let tick = TickKey { account, flow, nominal_ms: due.nominal_ms };
    if !app.store.claim_tick(tick, run, clock::now_ms()).await? {
        tracing::info!(%flow, nominal_ms = due.nominal_ms, "another node has started this");
        return Ok(());
    }
    if app.runner.is_running(account, flow) {
        tracing::info!(%flow, nominal_ms = due.nominal_ms, "left out: the flow is still running");
        return Ok(());
    }
    runner::start(app, account, flow, run, RunPlace::Schedule).await?;
    Ok(())
}

/// Why a scheduled run was not started.
#[derive(Debug, thiserror::Error)]
enum StartTickError {
    #[error(transparent)]
    Random(#[from] fresh::NoRandom),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Start(#[from] runner::StartError),
}
