//! Runs flows on the server, each in a child process of its own (decision 30).
//!
//! Files, expressions and templates are hostile, so nothing of them is touched in this process: the child gets what
//! the run needs, says what happens, and is killed when it is cancelled or takes too long. Rows and errors
//! go into the account's sequence, by which every device hears of them.
//!
//! Invariant: a flow runs once at a time, and a run that was queued ends with a row that says how.

mod bundle;
mod child;
mod report;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{Semaphore, watch};
use tombolo_model::views::Flow;
use tombolo_model::{Id, Kind};
use tombolo_wire::run::{RunError, RunPlace, RunRow, RunStatus};
use tombolo_wire::sync::RunRows;

use crate::app::App;
use crate::clock;
use crate::resources::{self, Resource, ResourceError};
use crate::store::StoreError;

/// At most so many children at a time.
const CHILDREN: usize = 4;
/// At most so many runs, those that wait for a child included.
const RUNS: usize = 256;
/// No run takes longer.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);

/// Why a run was not started.
#[derive(Debug, Error)]
pub(crate) enum StartError {
    /// There is no such flow, or it is in the bin.
    #[error("there is no flow {0}")]
    NoFlow(Id),
    /// It is switched off.
    #[error("the flow {0} is switched off")]
    Disabled(Id),
    /// It runs already.
    #[error("the flow {0} is running")]
    Running(Id),
    /// Too many runs wait.
    #[error("{RUNS} runs are waiting already")]
    Full,
    /// A document cannot be read.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The runs of this node.
#[derive(Debug)]
pub(crate) struct Runner {
    live: Mutex<HashMap<Id, Live>>,
    places: Arc<Semaphore>,
}

#[derive(Debug)]
struct Live {
    account: Id,
    flow: Id,
    cancel: watch::Sender<bool>,
}

impl Runner {
    /// No runs yet.
    pub(crate) fn new() -> Self {
        Self { live: Mutex::default(), places: Arc::new(Semaphore::new(CHILDREN)) }
    }

    /// Whether a flow runs or waits to.
    pub(crate) fn is_running(&self, account: Id, flow: Id) -> bool {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.values().any(|run| run.account == account && run.flow == flow)
    }

    /// Ends a run; `false` when it is not live on this node.
    pub(crate) fn cancel(&self, account: Id, run: Id) -> bool {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        match live.get(&run).filter(|found| found.account == account) {
            Some(found) => {
                found.cancel.send_replace(true);
                true
            }
            None => false,
        }
    }

    fn enter(&self, account: Id, flow: Id, run: Id) -> Result<watch::Receiver<bool>, StartError> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if live.values().any(|other| other.account == account && other.flow == flow) {
            return Err(StartError::Running(flow));
        }
        if live.len() >= RUNS {
            return Err(StartError::Full);
        }
        let (cancel, canceled) = watch::channel(false);
        live.insert(run, Live { account, flow, cancel });
        Ok(canceled)
    }

    fn leave(&self, run: Id) {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
    }
}

/// Queues a run of a flow and returns as soon as its first row is stored.
///
/// # Errors
///
/// Returns why there will be no run.
pub(crate) async fn start(app: &App, account: Id, flow: Id, run: Id, place: RunPlace) -> Result<(), StartError> {
    let found = resources::read(&*app.store, account, flow).await?;
    let found = found.filter(|found| found.kind == Kind::Flow && !found.binned).ok_or(StartError::NoFlow(flow))?;
    if Flow(&found.value).disabled() {
        return Err(StartError::Disabled(flow));
    }
    let canceled = app.runner.enter(account, flow, run)?;
    let row = first_row(&found, flow, run, place);
    if let Err(error) = keep(app, account, &row, Vec::new()).await {
        app.runner.leave(run);
        return Err(error.into());
    }
    let app = app.clone();
    tokio::spawn(async move {
        let run = row.id;
        tracing::info!(%run, %flow, %account, ?place, "run queued");
        let end = execute(&app, account, found, row, canceled).await;
        tracing::info!(%run, %flow, status = ?end.status, "run ended");
        app.runner.leave(run);
    });
    Ok(())
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

async fn execute(app: &App, account: Id, flow: Resource, row: RunRow, mut canceled: watch::Receiver<bool>) -> RunRow {
    let mut report = report::Report::new(app.clone(), account, row);
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(LONGEST, work(app, account, flow, &mut report)) => match outcome {
            Ok(outcome) => outcome,
            Err(_) => Err(child::RunFailure::TooLong),
        },
        // The child is killed as its future is dropped.
        _ = canceled.wait_for(|canceled| *canceled) => Err(child::RunFailure::Canceled),
    };
    report.finish(outcome).await
}

async fn work(app: &App, account: Id, flow: Resource, report: &mut report::Report) -> Result<(), child::RunFailure> {
    let places = Arc::clone(&app.runner.places);
    let _place = places.acquire_owned().await.map_err(|_| child::RunFailure::Canceled)?;
    let folder = tempfile::tempdir().map_err(child::RunFailure::Folder)?;
    let job = bundle::gather(app, account, flow, report.row().clone(), folder.path()).await?;
    report.take_heads(&job.row);
    child::run(&job, folder.path(), report).await
}

/// Stores a row and errors, and tells the account's sockets.
async fn keep(
    app: &App,
    account: Id,
    row: &RunRow,
    errors: Vec<tombolo_wire::sync::RunErrorRow>,
) -> Result<(), StoreError> {
    let rows = RunRows { runs: vec![row.clone()], errors };
    let sequence = app.store.keep_runs(account, &rows, None).await?;
    app.committed(account, sequence);
    Ok(())
}

/// Says of the runs that a stopped or killed server left behind that they were interrupted.
pub(crate) async fn close_interrupted(app: &App) -> Result<(), StoreError> {
    for (account, mut row) in app.store.unfinished_runs().await? {
        row.status = RunStatus::Failed;
        row.ended_ms = Some(clock::now_ms());
        row.n += 1;
        row.error = Some(run_error(
            "interrupted",
            "The server stopped while this ran. Run the flow again; its schedule goes on by itself.",
        ));
        tracing::warn!(run = %row.id, "a run was interrupted");
        keep(app, account, &row, Vec::new()).await?;
    }
    Ok(())
}

/// Ends all runs while the server goes down, and waits until their rows say so.
pub(crate) async fn end_all(app: &App) {
    {
        let live = app.runner.live.lock().unwrap_or_else(PoisonError::into_inner);
        for run in live.values() {
            run.cancel.send_replace(true);
        }
    }
    for _ in 0..100 {
        let left = app.runner.live.lock().unwrap_or_else(PoisonError::into_inner).len();
        if left == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tracing::warn!("some runs did not end in time");
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
