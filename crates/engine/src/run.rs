//! Runs a plan: sources, then one task a step and branching, joined by bounded queues on one thread.
//!
//! A step that cannot go on ends the run; a source that cannot go on lets what it has read arrive first.
//! Canceling drops every task at whatever it waits for, which stops requests and discards unfinished files.

mod again;
mod answer;
mod api;
mod ask;
mod auth;
mod capture;
mod data;
mod exchange;
mod hooks;
mod import;
mod lookup;
mod next;
mod once;
mod open_errors;
mod pages;
mod paging;
mod peek;
mod ping;
mod pre_save_page;
mod queue;
mod receipt;
mod refine;
mod reply;
mod request;
mod respond;
mod response;
mod retry;
mod router;
mod scripted;
mod shaped;
mod shared;
mod sign_in;
mod signed;
mod source;
mod source_body;
mod source_file;
mod source_http;
mod source_listener;
mod source_lookup;
mod source_names;
mod stages;
mod step;
mod submit;
mod times;
mod units;
mod verdict;
mod write;
mod write_body;
mod write_file;
mod write_http;
mod write_mock;

use futures::channel::mpsc;
use futures::future::{Either, FutureExt, LocalBoxFuture, select};
use futures::stream::{FuturesUnordered, StreamExt};
use tombolo_model::Val;
use tombolo_model::run::{RunError, RunStatus};

use crate::cancel::Cancel;
use crate::event::{Outcome, RunEvent};
use crate::host::Host;
use crate::plan::{Again, Branch, Chain, Entry, Plan, Router};
use crate::units::QUEUED_PAGES;
pub(crate) use signed::signs;

pub use ping::{PingError, ping};
pub use sign_in::{SignIn, sign_in_address, signed_in};

use receipt::{Receipt, Receipts};
use shared::Shared;

/// A record on its way.
#[derive(Debug, Clone)]
struct Item {
    /// Its place in its source, from 0.
    index: u64,
    /// Its place among those that a hook made in this place.
    nth: usize,
    value: Val,
    /// Where its source marks what was read.
    receipt: Option<Receipt>,
}

impl Item {
    fn new(index: u64, value: Val) -> Self {
        Self { index, nth: 0, value, receipt: None }
    }

    /// It goes no further, for something was wrong with it.
    fn fail(self) {
        if let Some(receipt) = &self.receipt {
            receipt.fail();
        }
    }
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
    if status == RunStatus::Completed {
        shared.keep_checkpoints();
        next::start(&shared).await;
    }
    Outcome { status, error, steps: shared.into_counts() }
}

/// All tasks together; the first that fails ends them all.
async fn tasks(shared: &Shared<'_>) -> Result<(), RunError> {
    let (first, incoming) = mpsc::channel::<Page>(QUEUED_PAGES);
    let mut laid = Laid {
        shared,
        tasks: FuturesUnordered::new(),
        to_routers: shared.plan.routers.iter().map(|_| Vec::new()).collect(),
    };
    let (receipts, through) = receipt::receipts();
    match &shared.plan.entry {
        Entry::Sources(start) => {
            laid.tasks.push(source::all(shared, first, receipts).map(Ok).boxed_local());
            laid.chain(start, incoming);
        }
        Entry::Retry(records, again) => laid.retry(records, again, (first, receipts), incoming),
    }
    laid.tasks.push(once::mark(shared, through).map(Ok).boxed_local());
    let reached: Vec<usize> = shared.plan.reached_routers().into_iter().collect();
    let outgoing: Vec<Vec<_>> = reached.iter().map(|at| laid.branches(&shared.plan.routers[*at])).collect();
    for (at, outgoing) in reached.into_iter().zip(outgoing) {
        let incoming = std::mem::take(&mut laid.to_routers[at]);
        laid.tasks.push(router::run(shared, &shared.plan.routers[at], incoming, outgoing).boxed_local());
    }
    while let Some(ended) = laid.tasks.next().await {
        ended?;
    }
    Ok(())
}

/// The tasks of a flow and the ways between them, as they are laid.
struct Laid<'a, 's> {
    shared: &'a Shared<'s>,
    tasks: FuturesUnordered<LocalBoxFuture<'a, Result<(), RunError>>>,
    /// The ways that lead to each branching.
    to_routers: Vec<Vec<mpsc::Receiver<Page>>>,
}

impl<'a> Laid<'a, '_> {
    /// Records that come in where they failed.
    fn retry(
        &mut self,
        records: &'a [(u64, Val)],
        again: &'a Again,
        (first, receipts): (mpsc::Sender<Page>, Receipts),
        incoming: mpsc::Receiver<Page>,
    ) {
        let place = match again {
            Again::Source(place, _) => Some(*place),
            Again::Steps(_) | Again::Router(_) => None,
        };
        self.tasks.push(again::all(self.shared, records, place, (first, receipts)).map(Ok).boxed_local());
        match again {
            Again::Source(_, chain) | Again::Steps(chain) => self.chain(chain, incoming),
            Again::Router(at) => self.to_routers[*at].push(incoming),
        }
    }

    /// Steps in a row, up to the branching that they lead to.
    fn chain(&mut self, chain: &'a Chain, mut incoming: mpsc::Receiver<Page>) {
        for (number, at) in chain.steps.iter().enumerate() {
            let (outgoing, next) = mpsc::channel(QUEUED_PAGES);
            let leads_on = number + 1 < chain.steps.len() || chain.then.is_some();
            let step = &self.shared.plan.steps[*at];
            self.tasks.push(step::run(self.shared, step, incoming, leads_on.then_some(outgoing)).boxed_local());
            incoming = next;
        }
        match chain.then {
            Some(router) => self.to_routers[router].push(incoming),
            // Without a step nobody else would take the pages.
            None if chain.steps.is_empty() => {
                self.tasks.push(incoming.for_each(|_| async {}).map(Ok).boxed_local());
            }
            None => {}
        }
    }

    /// The branches of a branching; nothing for one whose records end there.
    fn branches(&mut self, router: &'a Router) -> Vec<Option<mpsc::Sender<Page>>> {
        let lay = |branch: &'a Branch| {
            if branch.chain.steps.is_empty() && branch.chain.then.is_none() {
                return None;
            }
            let (outgoing, incoming) = mpsc::channel(QUEUED_PAGES);
            self.chain(&branch.chain, incoming);
            Some(outgoing)
        };
        router.branches.iter().map(lay).collect()
    }
}
