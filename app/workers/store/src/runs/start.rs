//! Starting and ending runs: a worker of its own for each, nested in this one.

use std::rc::Rc;

use futures::channel::mpsc;
use js_sys::Array;
use tombolo_model::{Id, Role};
use tombolo_wire::rest::RunStarted;
use tombolo_wire::run::{RunRow, RunStatus};
use tombolo_wire::run_worker::{FromRun, ToRun};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::bundle::{self, Bundle};
use super::keeper::{self, Heard};
use super::{Running, frame, mark_key, put_row, run_lock};
use crate::account::Account;
use crate::fault::Fault;
use crate::locks::{self, Ask};
use crate::storage::{Batch, Store};
use crate::{api, env};

/// How long a worker may take to end a run by itself.
const CANCEL_MS: u32 = 3_000;

/// What the browser calls as long as a run goes on.
pub(super) struct Listeners {
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(ErrorEvent)>,
}

/// Starts a run and gives its id.
pub(crate) async fn start(account: &Rc<Account>, flow: Id, on_server: bool) -> Result<Id, Fault> {
    let monitor = account.info.borrow().role == Role::Monitor;
    if on_server || monitor {
        return on_the_server(account, flow).await;
    }
    let bundle = bundle::gather(account, flow).await?;
    let row = bundle.job.row.clone();
    let held = locks::take(&run_lock(row.id), Ask::InTurn, || ()).await;
    let mut batch = Batch::new();
    put_row(account, &mut batch, &row);
    batch.put(Store::Meta, &mark_key(row.id), JsValue::from_str(&account.tab));
    if let Err(error) = account.storage.write(&batch).await {
        if let Some(held) = held {
            held.release();
        }
        return Err(error.into());
    }
    let id = row.id;
    super::show(account, row.clone());
    match spawn(account, bundle) {
        Ok((listeners, heard)) => {
            let account = account.clone();
            spawn_local(async move {
                keeper::keep(&account, row, heard).await;
                drop(listeners);
                if let Some(held) = held {
                    held.release();
                }
            });
        }
        Err(error) => {
            let (_, heard) = mpsc::unbounded();
            keeper::keep(account, row, heard).await;
            return Err(error);
        }
    }
    Ok(id)
}

/// What was changed here must be there before it runs there.
async fn on_the_server(account: &Rc<Account>, flow: Id) -> Result<Id, Fault> {
    const A_MOMENT_MS: u32 = 50;
    const MOST_MOMENTS: u32 = 60;
    if account.is_local() {
        return Err(Fault::Invalid("Sign in first: without a server, flows run on this device.".to_owned()));
    }
    for _ in 0..MOST_MOMENTS {
        if account.pending.borrow().is_empty() {
            break;
        }
        env::pause(A_MOMENT_MS).await;
    }
    let path = format!("/api/accounts/{}/flows/{flow}/run", account.id);
    let started: RunStarted = api::call("POST", &path, None::<&()>).await?;
    Ok(started.run)
}

type Started = (Listeners, mpsc::UnboundedReceiver<Heard>);

fn spawn(account: &Rc<Account>, bundle: Bundle) -> Result<Started, Fault> {
    let failed = |error| Fault::Browser(format!("The browser starts no worker for the run: {error:?}."));
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options("/workers/run.js", &options).map_err(failed)?;
    let (sender, heard) = mpsc::unbounded();
    let run = bundle.job.row.id;
    let mut waiting = Some(bundle);
    let message = Closure::<dyn FnMut(MessageEvent)>::new({
        let (worker, sender) = (worker.clone(), sender.clone());
        move |message: MessageEvent| {
            let said = match read(&message.data()) {
                Ok((FromRun::Ready, _)) => match waiting.take().map(|bundle| send(&worker, bundle)) {
                    Some(Err(error)) => Heard::Broke(error.to_string()),
                    _ => return,
                },
                Ok((FromRun::Row { row }, _)) => Heard::Row(row),
                Ok((FromRun::Error { n, error }, _)) => Heard::Error(n, error),
                Ok((FromRun::File { step, .. }, file)) => match file {
                    Some(file) => Heard::File(step, file),
                    None => Heard::Broke("a file was announced and did not come".to_owned()),
                },
                Err(error) => Heard::Broke(error),
            };
            // After the last row nobody listens any more.
            drop(sender.unbounded_send(said));
        }
    });
    let error = Closure::<dyn FnMut(ErrorEvent)>::new(move |error: ErrorEvent| {
        drop(sender.unbounded_send(Heard::Broke(error.message())));
    });
    worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(error.as_ref().unchecked_ref()));
    account.running.borrow_mut().insert(run, Running { worker });
    let listeners = Listeners { _message: message, _error: error };
    Ok((listeners, heard))
}

fn read(data: &JsValue) -> Result<(FromRun, Option<Blob>), String> {
    let (text, file) = match data.dyn_ref::<Array>() {
        Some(parts) => (parts.get(0), parts.get(1).dyn_into().ok()),
        None => (data.clone(), None),
    };
    let text = text.as_string().ok_or("a frame is a string")?;
    let said = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok((said, file))
}

fn send(worker: &Worker, bundle: Bundle) -> Result<(), Fault> {
    let message = Array::of1(&frame(&ToRun::Start { job: Box::new(bundle.job) })?);
    for file in bundle.files {
        message.push(&file);
    }
    worker.post_message(&message).map_err(|error| Fault::Browser(format!("The run could not be started: {error:?}.")))
}

/// Ends a run of this tab; a worker that does not end it soon is ended with it.
pub(crate) fn cancel_here(account: &Rc<Account>, run: Id) {
    {
        let running = account.running.borrow();
        let Some(entry) = running.get(&run) else { return };
        if let Ok(cancel) = frame(&ToRun::Cancel) {
            // A worker that takes no message is ended below.
            drop(entry.worker.post_message(&cancel));
        }
    }
    let account = account.clone();
    spawn_local(async move {
        env::pause(CANCEL_MS).await;
        if let Some(entry) = account.running.borrow_mut().remove(&run) {
            entry.worker.terminate();
        }
        let key = crate::storage::text(run.to_string());
        let row: Option<RunRow> = account.storage.get_json(Store::Runs, &key).await.unwrap_or_default();
        if let Some(mut row) = row.filter(|row| !super::is_end(row.status)) {
            row.status = RunStatus::Canceled;
            row.ended_ms = Some(env::now_ms());
            row.n += 1_000;
            let mut batch = Batch::new();
            put_row(&account, &mut batch, &row);
            batch.delete(Store::Meta, &mark_key(run));
            if account.storage.write(&batch).await.is_ok() {
                super::show(&account, row);
                super::offer_soon(&account);
            }
        }
    });
}
