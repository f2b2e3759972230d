//! Trials: the test of a connection, and a run that writes nothing. Each has a worker of its own, which ends with it.
//!
//! Nothing of a trial is stored but tokens that were renewed for it: the ones before are no good any more.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::{Either, select};
use js_sys::Array;
use tombolo_model::Id;
use tombolo_wire::run_worker::{FromRun, RunOptions, Secrets, ToRun};
use tombolo_wire::store::{TestReport, Tested};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::desk::Desk;
use super::start::{Listeners, read, refuse_binned, why};
use super::{bundle, frame, is_end, received};
use crate::account::Account;
use crate::fault::Fault;
use crate::storage::Batch;
use crate::{api, env, outages, secrets};

/// How long an application may take to answer a test.
pub(super) const PING_MS: u32 = 60_000;
/// How long a flow may be tried out.
const TEST_RUN_MS: u32 = 180_000;
/// Stages that are kept of a trial: a page has few records, and a screen shows no more.
const MOST_STAGES: usize = 2_000;

/// A worker and what it says; ended with this.
pub(super) struct Talk {
    worker: Worker,
    heard: UnboundedReceiver<Result<FromRun, String>>,
    _listeners: Listeners,
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Talk {
    /// Starts a worker and gives it its job once it listens.
    pub(super) fn start(job: &ToRun, files: &[Blob]) -> Result<Self, Fault> {
        let failed = |error| Fault::Browser(format!("The browser starts no worker for the test: {error:?}."));
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("/workers/run.js", &options).map_err(failed)?;
        let first = Array::of1(&frame(job)?);
        for file in files {
            first.push(file);
        }
        let (sender, heard) = unbounded();
        let message = Closure::<dyn FnMut(MessageEvent)>::new({
            let (worker, sender) = (worker.clone(), sender.clone());
            move |message: MessageEvent| {
                let said = match read(&message.data()) {
                    Ok((FromRun::Ready, _)) => match worker.post_message(&first) {
                        Ok(()) => return,
                        Err(error) => Err(format!("it took no job: {error:?}")),
                    },
                    Ok((said, _)) => Ok(said),
                    Err(error) => Err(error),
                };
                // Nobody listens any more after the end.
                drop(sender.unbounded_send(said));
            }
        });
        let error = Closure::<dyn FnMut(Event)>::new(move |error: Event| {
            drop(sender.unbounded_send(Err(why(&error))));
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        Ok(Self { worker, heard, _listeners: Listeners { _message: message, _error: error } })
    }

    /// What it says next; an error in words when it says nothing more.
    pub(super) async fn next(&mut self) -> Result<FromRun, Fault> {
        let broke =
            |why: &str| Fault::Browser(format!("The test stopped by a fault of the program: {why}. Try it again."));
        match self.heard.next().await {
            Some(Ok(said)) => Ok(said),
            Some(Err(error)) => Err(broke(&error)),
            None => Err(broke("the worker has gone")),
        }
    }
}

/// Sends the test of a connection; `typed` are secrets that are not kept.
pub(crate) async fn test_connection(
    account: &Rc<Account>,
    connection: Id,
    typed: &BTreeMap<String, String>,
) -> Result<Tested, Fault> {
    let job = bundle::gather_connection(account, connection, typed).await?;
    let mut talk = Talk::start(&ToRun::Ping { job: Box::new(job) }, &[])?;
    within(PING_MS, "The application has not answered for a minute. Look at its address, then test again.", async {
        loop {
            match talk.next().await? {
                FromRun::Pinged { status, problem, offline } => {
                    // Secrets that are typed say nothing of those that are kept.
                    if typed.is_empty() && (status.is_some() || offline.is_some()) {
                        outages::tested(account, connection, offline).await?;
                    }
                    return Ok(Tested { status, problem });
                }
                FromRun::Renewed { secrets } => renew(account, secrets).await?,
                _ => {}
            }
        }
    })
    .await
}

/// Tries a flow out, or only its sources.
pub(crate) async fn test_run(
    account: &Rc<Account>,
    flow: Id,
    options: RunOptions,
    reads_only: bool,
) -> Result<TestReport, Fault> {
    refuse_binned(account, flow)?;
    let mut gathered = bundle::gather(account, flow).await?;
    if reads_only && let Some(fields) = gathered.job.flow.as_object_mut() {
        fields.retain(|name, _| name != "pageProcessors" && name != "routers");
    }
    received::bring(account, &mut gathered).await?;
    gathered.job.test = true;
    gathered.job.options = options;
    let mut report = TestReport { row: gathered.job.row.clone(), errors: Vec::new(), stages: Vec::new(), left_out: 0 };
    let desk = Desk::new(&gathered.job, 0);
    let mut talk = Talk::start(&ToRun::Start { job: Box::new(gathered.job) }, &gathered.files)?;
    within(
        TEST_RUN_MS,
        "The test run took longer than three minutes and was stopped. Try it with fewer steps.",
        async {
            loop {
                match talk.next().await? {
                    FromRun::Row { row } => {
                        let over = is_end(row.status);
                        report.row = row;
                        if over {
                            return Ok(report);
                        }
                    }
                    FromRun::Error { error, .. } => report.errors.push(error),
                    FromRun::Stage { stage } if report.stages.len() < MOST_STAGES => report.stages.push(stage),
                    FromRun::Stage { .. } => report.left_out += 1,
                    FromRun::Ask { n, ask } => {
                        let reply = desk.answer(account, ask).await;
                        // A worker that takes no message is ended with the time that the test has.
                        drop(talk.worker.post_message(&frame(&ToRun::Told { n, reply })?));
                    }
                    FromRun::Renewed { secrets } => renew(account, secrets).await?,
                    _ => {}
                }
            }
        },
    )
    .await
}

/// Gives up after a time.
pub(super) async fn within<T>(ms: u32, late: &str, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    match select(Box::pin(work), Box::pin(env::pause(ms))).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => Err(Fault::Invalid(late.to_owned())),
    }
}

/// Keeps tokens that were renewed.
async fn renew(account: &Rc<Account>, renewed: Secrets) -> Result<(), Fault> {
    let mut batch = Batch::new();
    for (owner, paths) in renewed.0 {
        for (path, value) in paths {
            secrets::renew(account, &mut batch, owner, &path, value).await?;
        }
    }
    account.storage.write(&batch).await?;
    api::errands(account);
    Ok(())
}
