//! Stores what a run reports, in order: what came while one transaction was written goes together into the next.
//!
//! Invariant: an end is shown only when it is strictly stored, with all errors and files before it.

use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::{Either, select};
use tombolo_model::Id;
use tombolo_wire::run::{KeptAsk, OpenErrors, RunError, RunRow, RunStatus};
use tombolo_wire::run_worker::{Secrets, ToRun};
use tombolo_wire::store::{Event, Notice};
use tombolo_wire::sync::RunErrorRow;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::desk::Desk;
use super::retried::Retried;
use super::{failed, frame, is_end, mark_key, offer_soon, put_own_errors, put_row, show};
use crate::account::Account;
use crate::storage::{Batch, StorageError, Store, pair, text};
use crate::tabs::Say;
use crate::{api, env, outages, port, secrets};

/// How long after a failure storing is tried again.
const AGAIN_MS: u32 = 1_000;

/// A row between start and end is written at most this often, and no later than this after it was heard: of a tab that is
/// closed nothing else tells what its run had done.
const ROWS_MS: i64 = 200;

/// What a run's worker said.
pub(super) enum Heard {
    Row(RunRow),
    Error(u64, RunError),
    File(String, Blob),
    /// Tokens that take the place of those that the run began with.
    Renewed(Secrets),
    /// The credentials of a connection were refused; why nothing more is sent through it.
    Offline(Id, String),
    /// What has a trace key came to a step again.
    Over(String, String),
    /// A question, with its number.
    Ask(u64, Box<KeptAsk>),
    /// The worker is of no use any more.
    Broke(String),
    /// It was to end the run and did not in time.
    Stopped,
}

/// What was heard and is not written yet.
#[derive(Default)]
struct Gathered {
    batch: Batch,
    errors: Vec<RunErrorRow>,
    row: Option<RunRow>,
    renewed: Vec<Secrets>,
    /// A connection went offline.
    outage: bool,
}

/// Which errors a run makes up for.
pub(super) struct Resolving {
    /// Those that it tries again.
    pub(super) retried: Option<Retried>,
    /// Those that are open, where the flow resolves errors by their trace keys.
    pub(super) open: Option<OpenErrors>,
}

/// Keeps a run until it has ended.
pub(super) async fn keep(
    account: &Rc<Account>,
    first: RunRow,
    mut heard: UnboundedReceiver<Heard>,
    (desk, mut resolving): (&Rc<Desk>, Resolving),
) {
    let run = first.id;
    let mut last = first;
    let mut written_ms = env::now_ms();
    let mut gathered = Gathered::default();
    loop {
        let waits = gathered.row.is_some().then(|| ROWS_MS - (env::now_ms() - written_ms));
        match next(&mut heard, waits).await {
            Err(Due) => {}
            Ok(Some(said)) => take(account, (desk, &mut resolving), &mut gathered, &mut last, said),
            Ok(None) => take(
                account,
                (desk, &mut resolving),
                &mut gathered,
                &mut last,
                Heard::Broke("the worker has gone".to_owned()),
            ),
        }
        while let Ok(said) = heard.try_recv() {
            take(account, (desk, &mut resolving), &mut gathered, &mut last, said);
        }
        let ended = is_end(last.status);
        if ended && let (Some(retried), Some(retry)) = (resolving.retried.take(), &mut last.origin.retry) {
            retry.resolved = retried.resolved(last.status);
            gathered.row = Some(last.clone());
        }
        let due = env::now_ms() - written_ms >= ROWS_MS;
        if let Some(row) = gathered.row.take_if(|_| ended || due) {
            put_row(account, &mut gathered.batch, &row);
            written_ms = env::now_ms();
        }
        let errors = std::mem::take(&mut gathered.errors);
        put_all(account, &mut gathered.batch, errors).await;
        if ended {
            gathered.batch.delete(Store::Meta, &mark_key(run));
        }
        let renewed = std::mem::take(&mut gathered.renewed);
        let outage = std::mem::take(&mut gathered.outage);
        let tell = outage || !renewed.is_empty();
        for secrets in renewed {
            renew(account, &mut gathered.batch, secrets).await;
        }
        write(account, std::mem::take(&mut gathered.batch)).await;
        if tell {
            account.say(&Say::Errand);
            api::errands(account);
        }
        if outage {
            outages::tell(account);
        }
        if ended {
            break;
        }
    }
    if let Some(entry) = account.running.borrow_mut().remove(&run) {
        entry.worker.terminate();
    }
    show(account, last);
    offer_soon(account);
    account.say(&Say::Errand);
}

/// The row that waits is to be written.
struct Due;

/// What is said next, nothing when nobody says anything any more; unless a row is due first.
async fn next(heard: &mut UnboundedReceiver<Heard>, waits_ms: Option<i64>) -> Result<Option<Heard>, Due> {
    let Some(waits_ms) = waits_ms else { return Ok(heard.next().await) };
    // A clock that was set back makes nothing wait longer.
    let waits_ms = u32::try_from(waits_ms.clamp(0, ROWS_MS)).unwrap_or(0);
    match select(heard.next(), Box::pin(env::pause(waits_ms))).await {
        Either::Left((said, _)) => Ok(said),
        Either::Right(_) => Err(Due),
    }
}

fn take(
    account: &Rc<Account>,
    (desk, resolving): (&Rc<Desk>, &mut Resolving),
    gathered: &mut Gathered,
    last: &mut RunRow,
    said: Heard,
) {
    if is_end(last.status) {
        return;
    }
    match said {
        Heard::Row(mut row) => {
            if row.n < last.n {
                return;
            }
            if let Some(open) = &resolving.open {
                row.origin.over = open.told();
            }
            if !is_end(row.status) {
                account.say(&Say::Run { row: Box::new(row.clone()) });
                port::event(Event::Run { row: Box::new(row.clone()) });
            }
            *last = row.clone();
            gathered.row = Some(row);
        }
        Heard::Error(n, error) => {
            if let Some(retried) = &mut resolving.retried {
                retried.failed(&error);
            }
            if let Some(open) = &mut resolving.open {
                open.failed(last.id, n, &error);
            }
            gathered.errors.push(RunErrorRow { run: last.id, n, error });
        }
        Heard::File(step, file) => {
            let key = pair(last.id.to_string(), &text(step));
            gathered.batch.put(Store::RunFiles, &key, file.into());
        }
        Heard::Renewed(secrets) => gathered.renewed.push(secrets),
        Heard::Offline(connection, why) => {
            outages::put(account, &mut gathered.batch, connection, why);
            gathered.outage = true;
        }
        Heard::Over(step, trace_key) => {
            if let Some(open) = &mut resolving.open {
                open.over(&step, &trace_key);
            }
        }
        Heard::Ask(n, ask) => answer(account, desk, last.id, n, *ask),
        Heard::Broke(reason) => {
            let message = format!("The run broke off: {reason}. Run the flow again.");
            let row = failed(last.clone(), "worker_broke", &message);
            *last = row.clone();
            gathered.row = Some(row);
        }
        Heard::Stopped => {
            last.status = RunStatus::Canceled;
            last.ended_ms = Some(env::now_ms());
            last.n += 1;
            gathered.row = Some(last.clone());
        }
    }
}

/// Answers while the run is kept: what it asks must not hold up its rows, nor they the answer.
fn answer(account: &Rc<Account>, desk: &Rc<Desk>, run: Id, n: u64, ask: KeptAsk) {
    let (account, desk) = (account.clone(), desk.clone());
    spawn_local(async move {
        let reply = desk.answer(&account, ask).await;
        let Ok(told) = frame(&ToRun::Told { n, reply }) else { return };
        if let Some(entry) = account.running.borrow().get(&run) {
            // A worker that takes no message has broken, which its keeper hears too.
            drop(entry.worker.post_message(&told));
        }
    });
}

/// Keeps renewed tokens for the next run; one that cannot be kept may be lost for good, so the person is told.
async fn renew(account: &Rc<Account>, batch: &mut Batch, secrets: Secrets) {
    for (connection, paths) in secrets.0 {
        for (path, value) in paths {
            if let Err(error) = secrets::renew(account, batch, connection, &path, value).await {
                account.notice(Notice {
                    code: "not_renewed".to_owned(),
                    message: format!("The new token of a connection could not be kept: {error} Authorize the connection again if its next run is refused."),
                    document: Some(connection),
                });
            }
        }
    }
}

/// Puts errors into the batch, however often that takes: a run's report must not be lost to a disk that answers late.
async fn put_all(account: &Rc<Account>, batch: &mut Batch, mut errors: Vec<RunErrorRow>) {
    loop {
        match put_own_errors(account, batch, &mut errors).await {
            Ok(()) | Err(StorageError::Closed) => return,
            Err(error) => {
                account.storing_failed(&error);
                env::pause(AGAIN_MS).await;
            }
        }
    }
}

/// Writes until it is written: a run's report must not be lost to a full disk.
async fn write(account: &Rc<Account>, batch: Batch) {
    loop {
        match account.storage.write(&batch).await {
            Ok(()) | Err(StorageError::Closed) => return,
            Err(error) => {
                account.storing_failed(&error);
                env::pause(AGAIN_MS).await;
            }
        }
    }
}
