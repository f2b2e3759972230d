//! Runs flows on the server, each in a child process of its own (decision 30).
//!
//! Files, expressions and templates are hostile, so nothing of them is touched in this process: the child gets what
//! the run needs, says what happens, and is killed when it is cancelled or takes too long. Rows and errors
//! go into the account's sequence, by which every device hears of them.
//!
//! Invariant: a flow runs once at a time, nothing runs from the bin, and a run that was queued ends with a row that
//! says how.

mod again;
mod bundle;
mod child;
mod desk;
mod ending;
mod failure;
mod live;
mod made;
pub(crate) mod outages;
pub(crate) mod pings;
mod places;
mod received;
mod report;
pub(crate) mod retests;
mod schedule;
mod wish;

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thiserror::Error;
use tokio::sync::{oneshot, watch};
use tombolo_model::views::Flow;
use tombolo_model::{Action, Home, Id, Kind};
use tombolo_wire::run::{RunError, RunOrigin, RunPlace, RunRow, RunStatus, RunType};
use tombolo_wire::sync::RunRows;

use crate::app::App;
use crate::fresh::NoRandom;
use crate::resources::{self, Resource, ResourceError};
use crate::store::StoreError;
use crate::{clock, run_rows};
pub(crate) use again::Again;
pub(crate) use ending::{close_interrupted, end_all};
use failure::RunFailure;
use live::{Entered, Lives};
use places::Places;
pub(crate) use received::start_received;
pub(crate) use schedule::{NoStart, refuse_schedule, start_ticks};
pub(crate) use wish::{Narrowed, Wish};

/// No run takes longer, the wait for a place not counted.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);
/// After this long what could not be stored is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// How often it is asked whether the runs of an account have ended.
const LOOK: Duration = Duration::from_millis(100);
/// So many flows start each other in a row at most: two that do would never end.
const MOST_STARTED: u32 = 10;

/// Why a run was not started.
#[derive(Debug, Error)]
pub(crate) enum StartError {
    /// There is no such flow.
    #[error("there is no flow {0}")]
    NoFlow(Id),
    /// The flow or its integration is in the bin.
    #[error("the flow {0} is in the recycle bin")]
    Binned(Id),
    /// It is on its way to another account.
    #[error("the flow is being handed over to another account")]
    Leaving(Box<Resource>),
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
    /// Flows have started each other too often in a row.
    #[error("flows have started each other {MOST_STARTED} times in a row")]
    TooDeep,
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

    /// Ends a run and says how it ends; absent when it is not live on this node.
    pub(crate) async fn cancel(&self, account: Id, run: Id) -> Option<RunStatus> {
        self.lives.cancel(account, run).await
    }

    /// Whether one of these flows of an account runs on this node.
    pub(crate) fn runs_any(&self, account: Id, flows: &[Id]) -> bool {
        self.lives.any(account, flows)
    }

    /// Ends everything that runs in an account, and waits until it has.
    pub(crate) async fn end_all_of(&self, account: Id) {
        self.lives.cancel_all_of(account);
        while self.lives.any_of(account) {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends what people have started who may not run it any more.
    pub(crate) async fn end_those_without_rights(&self, app: &App, account: Id) {
        for (run, flow, user) in self.lives.started_by_people(account) {
            match may_run(app, account, flow, user).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::info!(%run, %user, "a run ends with the rights of who started it");
                    self.lives.cancel(account, run).await;
                }
                // Who cannot be asked is not let on: the next change of rights asks again.
                Err(error) => tracing::error!(%error, %run, "the rights to a run cannot be looked up"),
            }
        }
    }
}

/// Queues a run that somebody wants and returns as soon as its first row is stored: the flow's name.
///
/// # Errors
///
/// Returns why there will be no run.
pub(crate) async fn start(app: &App, account: Id, flow: Id, run: Id, wish: Wish) -> Result<String, StartError> {
    start_narrowed(app, account, flow, run, wish, Narrowed::default()).await
}

/// The same for a part of the flow.
///
/// # Errors
///
/// Returns why there will be no run.
pub(crate) async fn start_narrowed(
    app: &App,
    account: Id,
    flow: Id,
    run: Id,
    wish: Wish,
    narrowed: Narrowed,
) -> Result<String, StartError> {
    if wish.started > MOST_STARTED {
        return Err(StartError::TooDeep);
    }
    let found = runnable(app, account, flow).await?;
    let entered = app.runner.lives.enter(account, flow, run, RunPlace::Server, wish.by)?;
    let mut origin = wish.origin(app, account).await?;
    origin.retry = narrowed.again.as_ref().and_then(Again::origin);
    let row = RunRow { origin, ..first_row(Some(&found), flow, run, RunPlace::Server) };
    let name = row.flow_name.clone();
    let (tell, told) = oneshot::channel();
    let app = app.clone();
    // A task of its own: a request that is dropped now leaves no row behind that nobody ends.
    tokio::spawn(async move {
        let kept = keep(&app, account, &row).await;
        let is_kept = kept.is_ok();
        if tell.send(kept).is_err() {
            tracing::debug!(%run, "nobody waits for the start of this run");
        }
        if is_kept {
            run_to_end(app, account, Wanted { flow: found, narrowed, wish }, row, entered).await;
        }
    });
    told.await.map_err(|_| StartError::Ended)??;
    Ok(name)
}

/// Whether somebody may run a flow now.
async fn may_run(app: &App, account: Id, flow: Id, user: Id) -> Result<bool, StoreError> {
    let Some(rights) = app.store.rights(account, user).await? else {
        return Ok(false);
    };
    let home = app.store.home(account, flow).await?;
    Ok(rights.may(Action::Run, Kind::Flow, home.as_ref().map_or_else(Home::default, |home| home.home())))
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
    if app.store.is_leaving(account, flow).await? {
        return Err(StartError::Leaving(Box::new(found)));
    }
    Ok(found)
}

/// The first row of a run, a scheduled one; without a name and heads when the flow cannot be read.
fn first_row(flow: Option<&Resource>, id: Id, run: Id, place: RunPlace) -> RunRow {
    RunRow {
        id: run,
        flow: id,
        flow_name: flow.map_or("", |flow| Flow(&flow.value).name()).to_owned(),
        status: RunStatus::Queued,
        place,
        offline: false,
        started_ms: clock::now_ms(),
        ended_ms: None,
        steps: Vec::new(),
        error: None,
        heads: flow.map(|flow| (id, flow.heads.clone())).into_iter().collect(),
        origin: RunOrigin { kind: RunType::Schedule, ..RunOrigin::default() },
        n: 1,
    }
}

/// A flow, what of it is run, and who wants that.
struct Wanted {
    flow: Resource,
    narrowed: Narrowed,
    wish: Wish,
}

/// Boxed, for a run may start another one, whose future would else be part of its own.
fn run_to_end(app: App, account: Id, wanted: Wanted, row: RunRow, entered: Entered) -> BoxFuture<'static, ()> {
    async move {
        let (run, id) = (row.id, row.flow);
        tracing::info!(%run, flow = %id, %account, place = ?row.place, "run queued");
        let execution = execute(&app, account, wanted, row, &entered);
        match AssertUnwindSafe(execution).catch_unwind().await {
            Ok(end) => tracing::info!(%run, flow = %id, status = ?end.status, "run ended"),
            Err(_) => ending::close_panicked(&app, account, run).await,
        }
        drop(entered);
        // What came meanwhile has waited for this.
        app.webhooks.wake();
    }
    .boxed()
}

async fn execute(app: &App, account: Id, wanted: Wanted, row: RunRow, entered: &Entered) -> RunRow {
    let mut report = report::Report::new(app.clone(), account, row, wanted.narrowed.again.as_ref());
    let reads_received = wanted.wish.kind == RunType::Webhook;
    let outcome = work(app, account, wanted, &mut report, entered.canceled()).await;
    let stopped = match &outcome {
        Ok(()) => false,
        Err(RunFailure::Stopped(_)) => true,
        Err(_) => *app.hub.stopping().borrow(),
    };
    report.end(outcome);
    entered.ends_as(report.row().status);
    if reads_received && !received::take_back(app, account, &mut report, stopped).await {
        // After its next start this server takes back what the run had, and says that it was interrupted.
        return report.row().clone();
    }
    report.finish().await
}

async fn work(
    app: &App,
    account: Id,
    wanted: Wanted,
    report: &mut report::Report,
    mut canceled: watch::Receiver<bool>,
) -> Result<(), RunFailure> {
    let _place = tokio::select! {
        place = app.runner.places.take(account) => place.map_err(|_| RunFailure::Canceled)?,
        _ = canceled.wait_for(|canceled| *canceled) => return Err(RunFailure::Canceled),
    };
    let stop = async {
        tokio::select! {
            _ = canceled.wait_for(|canceled| *canceled) => RunFailure::Canceled,
            () = tokio::time::sleep(LONGEST) => RunFailure::TooLong,
        }
    };
    work_in_place(app, account, wanted, report, stop).await
}

async fn work_in_place(
    app: &App,
    account: Id,
    wanted: Wanted,
    report: &mut report::Report,
    stop: impl Future<Output = RunFailure>,
) -> Result<(), RunFailure> {
    let mut stop = pin!(stop);
    let parent = std::path::absolute(app.config.tmp()).map_err(RunFailure::Folder)?;
    let folder = tempfile::tempdir_in(parent).map_err(RunFailure::Folder)?;
    let Wanted { flow, narrowed, wish } = wanted;
    let job = tokio::select! {
        job = bundle::gather(app, account, (flow, narrowed), report, folder.path()) => job?,
        why = stop.as_mut() => return Err(why),
    };
    report.take_heads(&job.row);
    let desk = desk::Desk::new(app, account, &job, wish);
    child::run(&job, folder.path(), app.config.run_memory_mib, (report, desk), stop).await
}

/// Stores a row and tells the account's sockets.
async fn keep(app: &App, account: Id, row: &RunRow) -> Result<(), StoreError> {
    keep_rows(app, account, &alone(row.clone())).await
}

fn alone(mut row: RunRow) -> RunRows {
    run_rows::fit_run(&mut row);
    RunRows { runs: vec![row], ..RunRows::default() }
}

/// The same for rows and errors that were fitted already.
async fn keep_rows(app: &App, account: Id, rows: &RunRows) -> Result<(), StoreError> {
    if let Some(sequence) = app.store.keep_runs(account, rows, None).await? {
        app.committed(account, sequence);
    }
    Ok(())
}

/// Stores the end of a run, however often that fails: without it every device shows a run that goes on.
///
/// A server that stops meanwhile says after its next start that the run was interrupted.
async fn keep_end(app: App, account: Id, rows: RunRows) {
    let mut stopping = app.hub.stopping();
    while let Err(error) = keep_rows(&app, account, &rows).await {
        tracing::error!(%error, %account, "the end of a run cannot be stored");
        if !matches!(error, StoreError::Database { .. } | StoreError::Full { .. }) {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

fn run_error(code: &str, message: impl Into<String>) -> RunError {
    RunError {
        step: String::new(),
        code: code.to_owned(),
        message: message.into(),
        record: None,
        index: None,
        time_ms: clock::now_ms(),
        ..RunError::default()
    }
}
