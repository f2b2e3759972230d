//! Starting and ending runs: a worker of its own for each, nested in this one.

use std::collections::BTreeSet;
use std::rc::Rc;

use futures::channel::mpsc;
use js_sys::{Array, Reflect};
use tombolo_model::{Id, Kind, Role};
use tombolo_wire::rest::RunStarted;
use tombolo_wire::run::{OpenErrors, RetryOf, RunBy, RunOrigin, RunType};
use tombolo_wire::run_worker::{FromRun, RunOptions, ToRun};
use tombolo_wire::store::{Access, Event as ToPage};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::bundle::{self, Bundle};
use super::desk::Desk;
use super::keeper::{self, Heard, Resolving};
use super::open;
use super::retried::Retried;
use super::{Running, flow_lock, frame, mark_key, put_row, run_lock};
use crate::account::Account;
use crate::fault::Fault;
use crate::locks::{self, Ask, Held};
use crate::storage::{Batch, Store};
use crate::{api, env, port};

/// How long a worker may take to end a run by itself.
const CANCEL_MS: u32 = 3_000;

/// What the browser calls as long as a run goes on.
pub(super) struct Listeners {
    pub(super) _message: Closure<dyn FnMut(MessageEvent)>,
    pub(super) _error: Closure<dyn FnMut(Event)>,
}

/// Starts a run and gives its id.
pub(crate) async fn start(account: &Rc<Account>, flow: Id, on_server: bool, options: RunOptions) -> Result<Id, Fault> {
    refuse_binned(account, flow)?;
    if account.status().access != Access::Open {
        return Err(Fault::Invalid(
            "You are no longer a member of this account, so its flows do not run here. Ask its administrator."
                .to_owned(),
        ));
    }
    let role = account.info.borrow().role;
    if on_server || !may_run_here(role) {
        if options != RunOptions::default() {
            return Err(Fault::Invalid(
                "On the server a flow runs as a whole: somebody who may change it starts parts of it on their device."
                    .to_owned(),
            ));
        }
        return on_the_server(account, flow).await;
    }
    here(account, flow, options, 0).await
}

/// A device that is not given everything cannot run what refers to the rest, and who monitors has no secrets there.
pub(super) const fn may_run_here(role: Role) -> bool {
    !matches!(role, Role::Monitor | Role::Custom)
}

/// Starts a run in this tab; `started` flows started each other before it.
pub(super) async fn here(account: &Rc<Account>, flow: Id, options: RunOptions, started: u32) -> Result<Id, Fault> {
    let turn = turn(flow).await?;
    let mut bundle = bundle::gather(account, flow).await?;
    bundle.job.row.origin = origin(account, &options, started);
    bundle.job.options = options;
    // What is tried again is resolved as such, and an error that it has anew is the same one.
    let retried = bundle.job.options.retry.as_ref().map(Retried::of);
    let open = if retried.is_none() { open::errors(account, &bundle.job.flow, flow).await? } else { None };
    bundle.job.open = open.as_ref().map(OpenErrors::keys).unwrap_or_default();
    let resolving = Resolving { retried, open };
    let desk = Rc::new(Desk::new(&bundle.job, started));
    let row = bundle.job.row.clone();
    let held = locks::take(&run_lock(row.id), Ask::InTurn, || ()).await;
    let mut batch = Batch::new();
    put_row(account, &mut batch, &row);
    batch.put(Store::Meta, &mark_key(row.id), JsValue::from_str(&account.tab));
    account.storage.write(&batch).await?;
    let id = row.id;
    super::show(account, row.clone());
    match spawn(account, bundle) {
        Ok((listeners, heard)) => {
            let account = account.clone();
            spawn_local(async move {
                keeper::keep(&account, row, heard, (&desk, resolving)).await;
                drop((listeners, held, turn));
            });
        }
        Err(error) => {
            let (_, heard) = mpsc::unbounded();
            keeper::keep(account, row, heard, (&desk, resolving)).await;
            return Err(error);
        }
    }
    Ok(id)
}

/// How a run of this tab came about.
fn origin(account: &Account, options: &RunOptions, started: u32) -> RunOrigin {
    let of = options.retry.as_ref().and_then(|retry| retry.of.clone());
    let kind = match (&options.retry, started) {
        (Some(_), _) => RunType::Retry,
        (None, 0) => RunType::Manual,
        (None, _) => RunType::Flow,
    };
    let by = account.info.borrow().user.as_ref().map(|user| Box::new(RunBy { user: user.id, name: user.name.clone() }));
    let retry = of.map(|(run, errors)| Box::new(RetryOf { run, errors, resolved: Vec::new() }));
    RunOrigin { kind, by, retry, over: Box::default() }
}

/// What is in the recycle bin does not run.
pub(super) fn refuse_binned(account: &Account, flow: Id) -> Result<(), Fault> {
    let catalogue = account.catalogue.borrow();
    let binned = |id: Id| catalogue.get(&id).is_some_and(|stored| stored.row.binned);
    if binned(flow) {
        return Err(Fault::Invalid("This flow is in the recycle bin. Restore it, then run it.".to_owned()));
    }
    if catalogue.get(&flow).and_then(|stored| stored.row.integration).is_some_and(binned) {
        let message = "The integration of this flow is in the recycle bin. Restore it, then run the flow.";
        return Err(Fault::Invalid(message.to_owned()));
    }
    Ok(())
}

/// A flow runs once at a time in a browser, in whichever tab. A browser without locks cannot tell.
async fn turn(flow: Id) -> Result<Option<Held>, Fault> {
    let name = flow_lock(flow);
    let held = locks::take(&name, Ask::IfFree, || ()).await;
    if held.is_none() && locks::is_held(&name).await {
        return Err(Fault::Invalid(
            "This flow is running in this browser already. Wait until it has ended or cancel it, then run it again."
                .to_owned(),
        ));
    }
    Ok(held)
}

/// What was changed here must be there before it runs there.
async fn on_the_server(account: &Rc<Account>, flow: Id) -> Result<Id, Fault> {
    const A_MOMENT_MS: u32 = 50;
    const MOST_MOMENTS: u32 = 60;
    if account.is_local() {
        return Err(Fault::Invalid("Sign in first: without a server, flows run on this device.".to_owned()));
    }
    let mut moments = 0;
    while lags(account, flow) {
        moments += 1;
        if moments > MOST_MOMENTS {
            return Err(Fault::Invalid(
                "The last changes of this flow are not on the server yet, so it would run without them. Wait until they are, then run it again."
                    .to_owned(),
            ));
        }
        env::pause(A_MOMENT_MS).await;
    }
    let path = format!("/api/accounts/{}/flows/{flow}/run", account.id);
    let started: RunStarted = api::call("POST", &path, None::<&()>).await?;
    Ok(started.run)
}

/// Whether the server lacks something of the flow or of what it refers to.
fn lags(account: &Account, flow: Id) -> bool {
    if account.writer.unsaved() > 0 {
        return true;
    }
    let (catalogue, pending) = (account.catalogue.borrow(), account.pending.borrow());
    let (mut open, mut seen) = (vec![flow], BTreeSet::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        if pending.contains(id) {
            return true;
        }
        // Its next flow and its integration are not part of its run.
        let row = catalogue.get(&id).map(|stored| &stored.row);
        let part = row.filter(|row| id == flow || !matches!(row.kind, Kind::Flow | Kind::Integration));
        open.extend(part.iter().flat_map(|row| &row.references));
    }
    false
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
                Ok((FromRun::Renewed { secrets }, _)) => Heard::Renewed(secrets),
                Ok((FromRun::Ask { n, ask }, _)) => Heard::Ask(n, Box::new(ask)),
                Ok((FromRun::Offline { connection, why }, _)) => Heard::Offline(connection, why),
                Ok((FromRun::Over { step, trace_key }, _)) => Heard::Over(step, trace_key),
                // What nobody keeps goes to the page at once.
                Ok((FromRun::Log { line }, _)) => return port::event(ToPage::Log { run, line }),
                // Of trials only, which are not kept.
                Ok((FromRun::Stage { .. } | FromRun::Pinged { .. } | FromRun::SignInAt { .. }, _)) => return,
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
    let error = Closure::<dyn FnMut(Event)>::new({
        let sender = sender.clone();
        move |error: Event| drop(sender.unbounded_send(Heard::Broke(why(&error))))
    });
    worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(error.as_ref().unchecked_ref()));
    account.running.borrow_mut().insert(run, Running { worker, said: sender });
    let listeners = Listeners { _message: message, _error: error };
    Ok((listeners, heard))
}

/// What a worker's error says; one that could not be loaded says nothing.
pub(super) fn why(error: &Event) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.filter(|message| !message.is_empty()).unwrap_or_else(|| "its worker could not be loaded".to_owned())
}

pub(super) fn read(data: &JsValue) -> Result<(FromRun, Option<Blob>), String> {
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
        if let Some(entry) = account.running.borrow().get(&run) {
            // Its keeper ends it, with everything that came before.
            drop(entry.said.unbounded_send(Heard::Stopped));
        }
    });
}
