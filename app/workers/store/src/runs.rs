//! Runs as they are stored and shown: rows, errors and files, made here or come from the server.
//!
//! Invariant: of a run the row with the highest number stays, wherever rows come from and in whatever order.

mod bundle;
mod desk;
mod keeper;
mod kept_errors;
mod last_error;
mod marks;
mod of_flow;
mod old;
mod open;
mod orphans;
mod received;
mod retried;
mod sign_in;
mod start;
mod trial;

use std::collections::BTreeMap;
use std::rc::Rc;

use futures::channel::mpsc::UnboundedSender;
use js_sys::Array;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_sync::client::Event as Told;
use tombolo_wire::run::{ErrorMark, RunError, RunRow, RunStatus};
use tombolo_wire::run_worker::ToRun;
use tombolo_wire::store::{BlobInfo, Event, Notice};
use tombolo_wire::sync::{RunErrorRow, RunRows};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, Worker};

use crate::account::Account;
use crate::fault::Fault;
use crate::session::{self, Session};
use crate::storage::read::json;
use crate::storage::{Batch, StorageError, Store, number, pair, range, text, text_of};
use crate::tabs::Say;
use crate::{api, blobs, env, locks, port};
use kept_errors::{drop_late, put_errors};

pub(crate) use last_error::last_error;
pub(crate) use marks::{decide, marks, queue_mark, show_marks};
pub(crate) use of_flow::flow_errors;
pub(crate) use old::forget_old;
pub(crate) use orphans::{end_all, end_forbidden, end_orphans};
pub(crate) use sign_in::{sign_in_to, signed_in_to};
pub(crate) use start::{cancel_here, start};
pub(crate) use trial::{test_connection, test_run};

/// A run that this tab runs.
pub(crate) struct Running {
    worker: Worker,
    /// To the one who keeps it.
    said: UnboundedSender<keeper::Heard>,
}

/// What is kept of a run beside its row, under keys that begin with its id.
const OF_A_RUN: [Store; 3] = [Store::RunErrors, Store::RunMarks, Store::RunFiles];

/// The lock that a tab holds while it runs a flow.
fn flow_lock(flow: Id) -> String {
    format!("tombolo-flow-{flow}")
}

/// The lock that a tab holds while it runs a run.
fn run_lock(run: Id) -> String {
    format!("tombolo-run-{run}")
}

/// The mark of a run that was started on this device and has not ended.
fn mark_key(run: Id) -> JsValue {
    text(format!("run:{run}"))
}

/// Shows a run's row on all screens.
pub(crate) fn show(account: &Rc<Account>, row: RunRow) {
    let row = Box::new(row);
    account.say(&Say::Run { row: row.clone() });
    port::event(Event::Run { row });
}

/// Puts a row into a batch, and into the outbox when there is a server.
/// Nothing is put down any more once the access of the account's person has ended.
fn put_row(account: &Account, batch: &mut Batch, row: &RunRow) {
    if account.info.borrow().ended {
        return;
    }
    batch.put_json(Store::Runs, &text(row.id.to_string()), row);
    if !account.is_local() {
        batch.put(Store::RunOutbox, &outbox_key(row.id, "row", row.n), 0.into());
    }
}

/// The same with errors.
async fn put_own_errors(account: &Account, batch: &mut Batch, errors: &mut [RunErrorRow]) -> Result<(), StorageError> {
    if account.info.borrow().ended {
        return Ok(());
    }
    put_errors(account, batch, errors).await?;
    if !account.is_local() {
        for row in errors {
            batch.put(Store::RunOutbox, &outbox_key(row.run, "error", row.n), 0.into());
        }
    }
    Ok(())
}

fn outbox_key(run: Id, what: &str, n: u64) -> JsValue {
    Array::of3(&text(run.to_string()), &text(what), &number(n)).into()
}

/// What of the runs that came from the server is news.
#[derive(Default)]
pub(crate) struct Fresh {
    pub(crate) rows: Vec<RunRow>,
    pub(crate) marks: Vec<ErrorMark>,
}

/// Puts what came from the server into a batch; gives what is news.
pub(crate) async fn receive(account: &Rc<Account>, batch: &mut Batch, mut rows: RunRows) -> Result<Fresh, Fault> {
    let keys: Vec<JsValue> = rows.runs.iter().map(|row| text(row.id.to_string())).collect();
    let mut newest: BTreeMap<Id, RunRow> = BTreeMap::new();
    for value in account.storage.get_many(Store::Runs, &keys).await?.into_iter().flatten() {
        if let Ok(row) = json::<RunRow>(Store::Runs, &value) {
            newest.insert(row.id, row);
        }
    }
    let mut fresh: BTreeMap<Id, RunRow> = BTreeMap::new();
    for row in rows.runs {
        if newest.get(&row.id).is_none_or(|known| known.n < row.n) {
            newest.insert(row.id, row.clone());
            fresh.insert(row.id, row);
        }
    }
    for row in fresh.values() {
        batch.put_json(Store::Runs, &text(row.id.to_string()), row);
    }
    put_errors(account, batch, &mut rows.errors).await?;
    drop_late(batch, &rows.errors);
    for mark in &rows.marks {
        marks::put(batch, mark);
    }
    Ok(Fresh { rows: fresh.into_values().collect(), marks: rows.marks })
}

/// Deletes from the outbox what is on the server: of rows everything up to the number.
pub(crate) fn sent(batch: &mut Batch, rows: &[(Id, u64)], errors: &[(Id, u64)], marks: &[(Id, Id)]) {
    for (run, n) in rows {
        let (lower, upper) = (outbox_key(*run, "row", 0), outbox_key(*run, "row", *n));
        if let Ok(range) = web_sys::IdbKeyRange::bound(&lower, &upper) {
            batch.delete(Store::RunOutbox, &range);
        }
    }
    for (run, n) in errors {
        batch.delete(Store::RunOutbox, &outbox_key(*run, "error", *n));
    }
    for (run, mark) in marks {
        batch.delete(Store::RunOutbox, &marks::outbox_key(*run, *mark));
    }
}

/// Gives the client what the server does not have.
pub(crate) async fn offer(account: &Rc<Account>, session: &Rc<Session>) {
    // What cannot be read now is offered with the next run or by the next leader.
    if let Ok(rows) = waiting(account).await
        && !rows.is_empty()
    {
        session::drive(account, session, Told::Runs(rows));
    }
}

/// The same, when this tab leads.
pub(crate) fn offer_soon(account: &Rc<Account>) {
    if let Some(session) = account.session() {
        let account = account.clone();
        spawn_local(async move { offer(&account, &session).await });
    }
}

/// Gives the client every run and error of this device: the server was restored and may lack some.
pub(crate) async fn offer_all(account: &Rc<Account>, session: &Rc<Session>) {
    let mut rows = RunRows::default();
    for value in account.storage.values(Store::Runs, None).await.unwrap_or_default() {
        rows.runs.extend(json::<RunRow>(Store::Runs, &value));
    }
    let wanted = [(Store::RunErrors, None)];
    let errors = account.storage.entries(&wanted).await.ok().and_then(|mut found| found.pop());
    for (key, value) in errors.unwrap_or_default() {
        rows.errors.extend(error_row(&key, &value));
    }
    rows.marks = marks::marks(account).await.unwrap_or_default();
    session::drive(account, session, Told::Runs(rows));
}

async fn waiting(account: &Rc<Account>) -> Result<RunRows, Fault> {
    let entries = account.storage.entries(&[(Store::RunOutbox, None)]).await?.pop().unwrap_or_default();
    let (mut runs, mut errors, mut marks) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (key, _) in entries {
        let Some(run) = text_of(&key, 0) else { continue };
        let last = || key.unchecked_ref::<Array>().get(2);
        match text_of(&key, 1).as_deref() {
            Some("row") => drop(runs.insert(run.clone(), text(run))),
            Some("mark") => marks.push(pair(run, &last())),
            _ => errors.push(pair(run, &last())),
        }
    }
    let keys: Vec<JsValue> = runs.into_values().collect();
    let mut rows = RunRows::default();
    for value in account.storage.get_many(Store::Runs, &keys).await?.into_iter().flatten() {
        rows.runs.extend(readable(account, Store::Runs, &value));
    }
    let found = account.storage.get_many(Store::RunErrors, &errors).await?;
    for (key, value) in errors.iter().zip(found) {
        rows.errors.extend(value.and_then(|value| error_row(key, &value)));
    }
    for value in account.storage.get_many(Store::RunMarks, &marks).await?.into_iter().flatten() {
        rows.marks.extend(readable(account, Store::RunMarks, &value));
    }
    Ok(rows)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the key was made from a whole number")]
fn error_number(key: &JsValue) -> Option<u64> {
    Some(key.dyn_ref::<Array>()?.get(1).as_f64()? as u64)
}

fn error_row(key: &JsValue, value: &JsValue) -> Option<RunErrorRow> {
    let n = error_number(key)?;
    Some(RunErrorRow { run: text_of(key, 0)?.parse().ok()?, n, error: json(Store::RunErrors, value).ok()? })
}

/// A record of a run; one that is damaged is said and left out.
fn readable<T: DeserializeOwned>(account: &Account, store: Store, value: &JsValue) -> Option<T> {
    let record = json(store, value);
    if record.is_err() {
        account.notice(Notice {
            code: "damaged".to_owned(),
            message: "A record of a run is damaged and is not shown. Run the flow again if you need its result."
                .to_owned(),
            document: None,
        });
    }
    record.ok()
}

/// Takes the runs of flows that are no longer there for the person off the device.
pub(crate) async fn forget(account: &Rc<Account>, batch: &mut Batch, documents: &[Id]) -> Result<(), Fault> {
    if documents.is_empty() {
        return Ok(());
    }
    for row in list(account, None, usize::MAX).await? {
        if documents.contains(&row.flow) {
            batch.delete(Store::Runs, &text(row.id.to_string()));
            for store in OF_A_RUN {
                if let Some(range) = range(&row.id.to_string()) {
                    batch.delete(store, &range);
                }
            }
        }
    }
    Ok(())
}

/// Runs, newest first.
pub(crate) async fn list(account: &Rc<Account>, flow: Option<Id>, limit: usize) -> Result<Vec<RunRow>, Fault> {
    let mut rows = Vec::new();
    for value in account.storage.values(Store::Runs, None).await? {
        // One that cannot be read must not keep the others from being seen.
        let Some(row) = readable::<RunRow>(account, Store::Runs, &value) else { continue };
        if flow.is_none_or(|flow| row.flow == flow) {
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.started_ms, row.id)));
    rows.truncate(limit);
    Ok(rows)
}

/// The errors of a run, in their order.
pub(crate) async fn errors(account: &Rc<Account>, run: Id) -> Result<Vec<RunError>, Fault> {
    let range = range(&run.to_string());
    let mut errors = Vec::new();
    let found = account.storage.entries(&[(Store::RunErrors, range)]).await?;
    for (key, value) in found.into_iter().flatten() {
        let Some(error) = readable::<RunError>(account, Store::RunErrors, &value) else { continue };
        errors.push(RunError { n: error_number(&key).unwrap_or_default(), ..error });
    }
    Ok(errors)
}

/// A file that a run made, from here or from the server.
pub(crate) async fn file(account: &Rc<Account>, run: Id, step: &str) -> Result<(BlobInfo, Blob), Fault> {
    let row: Option<RunRow> = account.storage.get_json(Store::Runs, &text(run.to_string())).await?;
    let made = row.into_iter().flat_map(|row| row.steps).find(|count| count.step == step).and_then(|count| count.file);
    let name = made.map_or_else(|| "file".to_owned(), |file| file.name);
    let here = account.storage.get(Store::RunFiles, &pair(run.to_string(), &text(step))).await?;
    let file = match here.and_then(|value| value.dyn_into::<Blob>().ok()) {
        Some(file) => Some(file),
        None if account.is_local() => None,
        None => api::download(&format!("/api/accounts/{}/runs/{run}/files/{step}", account.id)).await?,
    };
    let file = file.ok_or_else(|| Fault::Invalid("This file is on the device that made it, not here.".to_owned()))?;
    Ok((blobs::info(String::new(), name, &file), file))
}

/// Ends a run, wherever it runs.
pub(crate) async fn cancel(account: &Rc<Account>, run: Id) -> Result<(), Fault> {
    if account.running.borrow().contains_key(&run) {
        cancel_here(account, run);
        return Ok(());
    }
    if locks::is_held(&run_lock(run)).await {
        account.say(&Say::CancelRun { run });
        return Ok(());
    }
    if account.is_local() {
        return Ok(());
    }
    api::tell("POST", &format!("/api/accounts/{}/runs/{run}/cancel", account.id), None::<&()>).await
}

/// A row that says that the run ended by an error.
fn failed(mut row: RunRow, code: &str, message: &str) -> RunRow {
    let now = env::now_ms();
    row.status = RunStatus::Failed;
    row.ended_ms = Some(now);
    row.n += 1;
    row.error = Some(RunError {
        step: String::new(),
        code: code.to_owned(),
        message: message.to_owned(),
        record: None,
        index: None,
        time_ms: now,
        ..RunError::default()
    });
    row
}

/// Whether a run has ended.
pub(crate) const fn is_end(status: RunStatus) -> bool {
    matches!(status, RunStatus::Completed | RunStatus::Failed | RunStatus::Canceled)
}

/// A frame for the run worker.
fn frame(message: &ToRun) -> Result<JsValue, Fault> {
    let text = serde_json::to_string(message).map_err(|error| Fault::Browser(error.to_string()))?;
    Ok(JsValue::from_str(&text))
}

/// The text at a place of a resource.
fn text_at<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// Whether a row is newer than another of the same run; what cannot be read is not.
pub(crate) fn is_newer(row: &JsValue, than: &JsValue) -> bool {
    let n = |value| json::<RunRow>(Store::Runs, value).ok().map(|row| row.n);
    n(row) > n(than)
}

/// Puts a stored row that the server does not have into the outbox.
pub(crate) fn queue_row(batch: &mut Batch, value: &JsValue) {
    if let Ok(row) = json::<RunRow>(Store::Runs, value) {
        batch.put(Store::RunOutbox, &outbox_key(row.id, "row", row.n), 0.into());
    }
}

/// The same for an error.
pub(crate) fn queue_error(batch: &mut Batch, key: &JsValue) {
    if let (Some(run), Some(parts)) = (text_of(key, 0), key.dyn_ref::<Array>()) {
        let key = Array::of3(&text(run), &text("error"), &parts.get(1));
        batch.put(Store::RunOutbox, &key, 0.into());
    }
}
