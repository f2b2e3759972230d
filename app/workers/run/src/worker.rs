//! Takes the job, runs it, says how it goes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic;
use std::rc::Rc;

use tombolo_engine::{
    About, Asked, Bundle, Cancel, Outages, Report, Retry, Secret, SignIn, Stage, Standing, ping, run_job,
    sign_in_address, signed_in,
};
use tombolo_model::run::{RunError, RunRow, RunStatus};
use tombolo_model::{Id, Kind};
use tombolo_wire::run_worker::{FromRun, PingJob, RunJob, RunResource, Secrets, SignInAsk, StageRow, ToRun};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsError};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, MessageEvent};

use crate::fetch::Fetch;
use crate::host::BrowserHost;
use crate::log::Log;
use crate::port;

thread_local! {
    /// The run as it was last reported; what a panic has to end.
    static LAST: RefCell<Option<RunRow>> = const { RefCell::new(None) };
}

/// Listens for the job and says that it does.
pub(crate) fn start() {
    panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        end_after_panic(&info.to_string());
    }));
    let cancel = Cancel::default();
    let asked = Rc::new(Asked::new(|n, ask| port::post(&FromRun::Ask { n, ask }, None)));
    let listen = Closure::<dyn FnMut(MessageEvent) -> Result<(), JsError>>::new(move |event: MessageEvent| {
        match port::read(&event.data()) {
            Ok((ToRun::Start { job }, files)) => spawn_local(work(*job, files, (cancel.clone(), asked.clone()))),
            Ok((ToRun::Ping { job }, _)) => spawn_local(test(*job)),
            Ok((ToRun::SignIn { job, sign_in: ask }, _)) => spawn_local(sign_in(*job, ask)),
            Ok((ToRun::Told { n, reply }, _)) => asked.answered(n, reply),
            Ok((ToRun::Cancel, _)) => cancel.cancel(),
            Err(reason) => return unreadable(&reason),
        }
        Ok(())
    });
    port::scope().set_onmessage(Some(listen.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    listen.forget();
    port::post(&FromRun::Ready, None);
}

async fn work(job: RunJob, blobs: Vec<Blob>, (cancel, asked): (Cancel, Rc<Asked>)) {
    remember(&job.row);
    let files = job.files.into_iter().zip(blobs).collect();
    let whole = needs_whole_heads(&job.resources);
    let outages = Outages::new(job.offline, |connection, why| port::post(&FromRun::Offline { connection, why }, None))
        .with_errors(job.open, |step, trace_key| port::post(&FromRun::Over { step, trace_key }, None));
    let mut host = BrowserHost::new(files, Fetch::new(job.hosts, job.relay, whole)).with_outages(outages);
    if job.answers {
        host = host.with_owner(asked);
    }
    let bundle = Bundle {
        flow: job.flow,
        resources: job.resources.into_iter().map(|(id, found)| (id, (found.kind, found.value))).collect(),
        secrets: job.secrets.0,
        about: About {
            run: Some(job.row.id),
            flow: Some(job.row.flow),
            test_mode: job.test,
            retry: job.options.retry.map(|retry| Retry { step: retry.step, records: retry.records }),
            sources: job.options.sources,
            start_ms: job.options.start_ms,
            checkpoints: job.checkpoints,
            begin: job.begin,
            received: job.received,
        },
    };
    let log = Log::default();
    let mut report = |report| match report {
        Report::Row(row) => {
            remember(&row);
            port::post(&FromRun::Row { row: *row }, None);
        }
        Report::Error { n, error } => port::post(&FromRun::Error { n, error }, None),
        Report::Renewed { owner, path, secret } => {
            let renewed = BTreeMap::from([(path, secret.value().to_owned())]);
            port::post(&FromRun::Renewed { secrets: Secrets(BTreeMap::from([(owner, renewed)])) }, None);
        }
        Report::Stage { step, stage } => {
            let Stage { name, index, input, output, errors } = stage;
            let errors = errors.into_iter().map(|error| error.message).collect();
            port::post(&FromRun::Stage { stage: StageRow { step, name, index, input, output, errors } }, None);
        }
        Report::Exchange { step, exchange } => log.went(step, &exchange),
        Report::Console { step, function, lines, .. } => log.wrote(&step, &function, lines),
    };
    run_job(&bundle, job.row, &host, &cancel, &mut report).await;
}

/// Begins or ends a person's sign-in to an application.
async fn sign_in(job: PingJob, ask: SignInAsk) {
    let whole = needs_whole_heads(&job.resources);
    let host = BrowserHost::new(BTreeMap::new(), Fetch::new(job.hosts, job.relay, whole));
    let bundle = Bundle {
        resources: job.resources.into_iter().map(|(id, found)| (id, (found.kind, found.value))).collect(),
        secrets: job.secrets.0,
        ..Bundle::default()
    };
    let sign_in = SignIn { redirect_uri: &ask.redirect_uri, state: &ask.state, verifier: &ask.verifier };
    let Some(code) = &ask.code else {
        let frame = match sign_in_address(&bundle, job.connection, &sign_in) {
            Ok(address) => FromRun::SignInAt { address },
            Err(error) => FromRun::Pinged { status: None, problem: Some(error.to_string()), offline: None },
        };
        return port::post(&frame, None);
    };
    let mut renewed = |owner, path: String, secret: Secret| {
        let renewed = BTreeMap::from([(path, secret.value().to_owned())]);
        port::post(&FromRun::Renewed { secrets: Secrets(BTreeMap::from([(owner, renewed)])) }, None);
    };
    let ended = signed_in(&bundle, job.connection, code, &sign_in, &host, &mut renewed).await;
    let problem = ended.err().map(|error| error.to_string());
    port::post(&FromRun::Pinged { status: None, problem, offline: None }, None);
}

/// Whether something of a run reads headers of answers, which a browser hides: a link to the next page, a challenge, a cookie.
///
/// Read off the texts: one that is taken for it and is none goes by way of the server, which is slower and no fault.
fn needs_whole_heads(resources: &BTreeMap<Id, RunResource>) -> bool {
    const SIGNS: [&str; 5] = ["linkheader", "headers.", "\"digest\"", "\"cookie\"", "\"header\",\"path\""];
    let http = resources.values().filter(|found| matches!(found.kind, Kind::Connection | Kind::Export));
    http.map(|found| found.value.to_string()).any(|text| SIGNS.iter().any(|sign| text.contains(sign)))
}

/// Sends the test of a connection and says what came of it.
async fn test(job: PingJob) {
    let whole = needs_whole_heads(&job.resources);
    let host = BrowserHost::new(BTreeMap::new(), Fetch::new(job.hosts, job.relay, whole));
    let bundle = Bundle {
        resources: job.resources.into_iter().map(|(id, found)| (id, (found.kind, found.value))).collect(),
        secrets: job.secrets.0,
        ..Bundle::default()
    };
    let mut renewed = |owner, path: String, secret: Secret| {
        let renewed = BTreeMap::from([(path, secret.value().to_owned())]);
        port::post(&FromRun::Renewed { secrets: Secrets(BTreeMap::from([(owner, renewed)])) }, None);
    };
    let pinged = ping(&bundle, job.connection, &host, &mut renewed).await;
    let offline = Standing::of(&pinged).offline();
    let (status, problem) = match pinged {
        Ok(status) => (Some(status), None),
        Err(error) => (None, Some(error.to_string())),
    };
    port::post(&FromRun::Pinged { status, problem, offline }, None);
}

fn remember(row: &RunRow) {
    LAST.with(|last| last.replace(Some(row.clone())));
}

/// Ends the run that goes on, or, when it was the job itself, fails as a script does: without a row there is nothing
/// to end here, and the owner would show the run as running for ever.
fn unreadable(reason: &str) -> Result<(), JsError> {
    if end_after_panic(reason) {
        return Ok(());
    }
    Err(JsError::new(&format!("the run worker cannot read its job: {reason}")))
}

/// Nothing runs here after a panic, but the owner has to hear that the run is over. Says whether there was one.
fn end_after_panic(reason: &str) -> bool {
    let row = LAST.with(|last| last.try_borrow_mut().ok().and_then(|mut last| last.take()));
    let Some(mut row) = row.filter(|row| row.ended_ms.is_none()) else {
        return false;
    };
    let now_ms = crate::host::now_ms();
    row.status = RunStatus::Failed;
    row.ended_ms = Some(now_ms);
    row.n += 1;
    row.error = Some(RunError {
        step: String::new(),
        code: "internal".to_owned(),
        message: format!("The run stopped by a fault of the program: {reason}. Run it again, or on the server."),
        record: None,
        index: None,
        time_ms: now_ms,
        ..RunError::default()
    });
    port::post(&FromRun::Row { row }, None);
    true
}
