//! Runs flows on the server, each in a child process of its own (decision 30).
//!
//! Files, expressions and templates are hostile, so nothing of them is touched in this process: the child gets what
//! the run needs, says what happens, and is killed when it is cancelled or takes too long. Rows and errors
//! go into the account's sequence, by which every device hears of them.
//!
//! Invariant: a flow runs once at a time, nothing runs from the bin, and a run that was queued ends with a row that
//! says how.

mod bundle;
mod child;
mod ending;
mod live;
mod made;
mod places;
mod report;
mod schedule;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use thiserror::Error;
use tokio::sync::{oneshot, watch};
use tombolo_model::views::Flow;
use tombolo_model::{Id, Kind};
use tombolo_wire::run::{RunError, RunPlace, RunRow, RunStatus};
use tombolo_wire::sync::{RunErrorRow, RunRows};

use crate::app::App;
use crate::fresh::NoRandom;
use crate::resources::{self, Resource, ResourceError};
use crate::store::StoreError;
use crate::{clock, run_rows};
pub(crate) use ending::{close_interrupted, end_all};
use live::{Entered, Lives};
use places::Places;
pub(crate) use schedule::{refuse_schedule, start_tick};

/// No run takes longer, the wait for a place not counted.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);

/// Why a run was not started.
#[derive(Debug, Error)]
pub(crate) enum StartError {
    /// There is no such flow.
    #[error("there is no flow {0}")]
    NoFlow(Id),
    /// The flow or its integration is in the bin.
    #[error("the flow {0} is in the recycle bin")]
    Binned(Id),
    /// It is switched off.
    #[error("the flow {0} is switched off")]
    Disabled(Id),
    /// It runs already.
    #[error("the flow {0} is running")]
    Running(Id),
    /// Too many runs wait, on this server or in this account.
    #[error("too many runs are waiting already")]
    Full,
    /// A document cannot be read.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no number for the run.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The task that starts runs has ended.
    #[error("the task that starts runs has ended")]
    Ended,
}

/// The runs of this node.
#[derive(Debug)]
pub(crate) struct Runner {
    lives: Arc<Lives>,
    places: Places,
}

impl Runner {
    /// No runs yet.
    pub(crate) fn new() -> Self {
        Self { lives: Arc::default(), places: Places::new() }
    }

    /// Ends a run; `false` when it is not live on this node.
    pub(crate) fn cancel(&self, account: Id, run: Id) -> bool {
        self.lives.cancel(account, run)
    }
}

/// Queues a run that somebody wants and returns as soon as its first row is stored.
///
/// # Errors
///
/// Returns why there will be no run.
pub(crate) async fn start(app: &App, account: Id, flow: Id, run: Id) -> Result<(), StartError> {
    let found = runnable(app, account, flow).await?;
    let entered = app.runner.lives.enter(account, flow, run, RunPlace::Server)?;
    let row = first_row(&found, flow, run, RunPlace::Server);
    let (tell, told) = oneshot::channel();
    let app = app.clone();
    // A task of its own: a request that is dropped now leaves no row behind that nobody ends.
    tokio::spawn(async move {
        let kept = keep(&app, account, &row, Vec::new()).await;
        let is_kept = kept.is_ok();
        if tell.send(kept).is_err() {
            tracing::debug!(%run, "nobody waits for the start of this run");
        }
        if is_kept {
            run_to_end(app, account, found, row, entered).await;
        }
    });
    Ok(told.await.map_err(|_| StartError::Ended)??)
}

/// The flow, when it may run.
async fn runnable(app: &App, account: Id, flow: Id) -> Result<Resource, StartError> {
    let found = resources::read(&*app.store, account, flow).await?;
    let found = found.filter(|found| found.kind == Kind::Flow).ok_or(StartError::NoFlow(flow))?;
    let view = Flow(&found.value);
    let home = match view.integration() {
        Some(integration) => resources::read(&*app.store, account, integration).await?,
        None => None,
    };
    if found.binned || home.is_some_and(|home| home.binned) {
        return Err(StartError::Binned(flow));
    }
    if view.disabled() {
        return Err(StartError::Disabled(flow));
    }
    Ok(found)
}

fn first_row(flow: &Resource, id: Id, run: Id, place: RunPlace) -> RunRow {
    RunRow {
        id: run,
        flow: id,
        flow_name: Flow(&flow.value).name().to_owned(),
        status: RunStatus::Queued,
        place,
        offline: false,
        started_ms: clock::now_ms(),
        ended_ms: None,
        steps: Vec::new(),
        error: None,
        heads: [(id, flow.heads.clone())].into(),
        n: 1,
    }
}

async fn run_to_end(app: App, account: Id, flow: Resource, row: RunRow, entered: Entered) {
    let (run, id) = (row.id, row.flow);
    tracing::info!(%run, flow = %id, %account, place = ?row.place, "run queued");
    let execution = execute(&app, account, flow, row, entered.canceled());
    match AssertUnwindSafe(execution).catch_unwind().await {
        Ok(end) => tracing::info!(%run, flow = %id, status = ?end.status, "run ended"),
        Err(_) => ending::close_panicked(&app, account, run).await,
    }
    drop(entered);
}

async fn execute(app: &App, account: Id, flow: Resource, row: RunRow, mut canceled: watch::Receiver<bool>) -> RunRow {
    let mut report = report::Report::new(app.clone(), account, row);
    let outcome = tokio::select! {
        outcome = work(app, account, flow, &mut report) => outcome,
        // The child is killed as its future is dropped.
        _ = canceled.wait_for(|canceled| *canceled) => Err(child::RunFailure::Canceled),
    };
    report.finish(outcome).await
}

async fn work(app: &App, account: Id, flow: Resource, report: &mut report::Report) -> Result<(), child::RunFailure> {
    let _place = app.runner.places.take(account).await.map_err(|_| child::RunFailure::Canceled)?;
    let worked = tokio::time::timeout(LONGEST, work_in_place(app, account, flow, report)).await;
    worked.unwrap_or(Err(child::RunFailure::TooLong))
}

async fn work_in_place(
    app: &App,
    account: Id,
    flow: Resource,
    report: &mut report::Report,
) -> Result<(), child::RunFailure> {
    let parent = std::path::absolute(app.config.tmp()).map_err(child::RunFailure::Folder)?;
    let folder = tempfile::tempdir_in(parent).map_err(child::RunFailure::Folder)?;
    let job = bundle::gather(app, account, flow, report.row().clone(), folder.path()).await?;
    report.take_heads(&job.row);
    child::run(&job, folder.path(), app.config.run_memory_mib, report).await
}

/// Stores a row and errors, and tells the account's sockets.
async fn keep(app: &App, account: Id, row: &RunRow, errors: Vec<RunErrorRow>) -> Result<(), StoreError> {
    let mut rows = RunRows { runs: vec![row.clone()], errors };
    run_rows::fit(&mut rows);
    if let Some(sequence) = app.store.keep_runs(account, &rows, None).await? {
        app.committed(account, sequence);
    }
    Ok(())
}

fn run_error(code: &str, message: impl Into<String>) -> RunError {
    RunError {
        step: String::new(),
        code: code.to_owned(),
        message: message.into(),
        record: None,
        index: None,
        time_ms: clock::now_ms(),
    }
}
