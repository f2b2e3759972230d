//! Runs a plan: sources, then one task a step, joined by bounded queues on one thread.
//!
//! A step that cannot go on ends the run; a source that cannot go on lets what it has read arrive first.
//! Canceling drops every task at whatever it waits for, which stops requests and discards unfinished files.

mod answer;
mod api;
mod auth;
mod exchange;
mod hooks;
mod pages;
mod queue;
mod request;
mod retry;
mod scripted;
mod shared;
mod source;
mod source_file;
mod source_http;
mod step;
mod write;
mod write_file;
mod write_http;

use futures::channel::mpsc;
use futures::future::{Either, FutureExt, LocalBoxFuture, select};
use futures::stream::{FuturesUnordered, StreamExt};
use tombolo_model::Val;
use tombolo_model::run::{RunError, RunStatus};

use crate::cancel::Cancel;
use crate::event::{Outcome, RunEvent};
use crate::host::Host;
use crate::plan::Plan;
use crate::units::QUEUED_PAGES;
use shared::Shared;

/// A record on its way.
#[derive(Debug, Clone)]
struct Item {
    /// Its place in its source, from 0.
    index: u64,
    value: Val,
}

type Page = Vec<Item>;

/// Runs a flow to its end.
///
/// `sink` hears of counters and errors while the run goes on; the outcome repeats the final counters.
pub async fn run(plan: &Plan, host: &dyn Host, cancel: &Cancel, sink: &mut dyn FnMut(RunEvent)) -> Outcome {
    let shared = Shared::new(plan, host, sink);
    let ended = {
        let work = tasks(&shared).boxed_local();
        match select(work, cancel.canceled()).await {
            Either::Left((ended, _)) => ended.map(|()| RunStatus::Completed),
            Either::Right(((), _)) => Ok(RunStatus::Canceled),
        }
    };
    let (status, error) = match (ended, shared.source_error()) {
        (Ok(RunStatus::Completed), Some(error)) | (Err(error), _) => (RunStatus::Failed, Some(error)),
        (Ok(status), _) => (status, None),
    };
    Outcome { status, error, steps: shared.into_counts() }
}

/// All tasks together; the first that fails ends them all.
async fn tasks(shared: &Shared<'_>) -> Result<(), RunError> {
    let tasks: FuturesUnordered<LocalBoxFuture<'_, Result<(), RunError>>> = FuturesUnordered::new();
    let (first, mut incoming) = mpsc::channel::<Page>(QUEUED_PAGES);
    tasks.push(source::all(shared, first).map(Ok).boxed_local());
    for at in 0..shared.plan.steps.len() {
        let (outgoing, next) = mpsc::channel(QUEUED_PAGES);
        let outgoing = (at + 1 < shared.plan.steps.len()).then_some(outgoing);
        tasks.push(step::run(shared, at, incoming, outgoing).boxed_local());
        incoming = next;
    }
    if shared.plan.steps.is_empty() {
        tasks.push(incoming.for_each(|_| async {}).map(Ok).boxed_local());
    }
    let mut tasks = tasks;
    while let Some(ended) = tasks.next().await {
        ended?;
    }
    Ok(())
}
