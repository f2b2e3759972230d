//! A host that is made of memory.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture, ready};
use futures::stream::{self, StreamExt};
use tombolo_engine::{
    Body, ConsoleLine, FileError, FileStore, FileWriter, Host, HttpClient, HttpError, Pieces, Request, Response,
    ScriptAnswer, ScriptApi, ScriptCall, ScriptFailure, ScriptHost,
};
use tombolo_script::{Desk, NoApi};
use tombolo_wire::script_worker::{self, Call, Done, Failure};

use crate::clock::Clock;
use crate::golden::{Endpoints, Golden, text};

/// Files: step, name and content.
type Made = Rc<RefCell<Vec<(String, String, Vec<u8>)>>>;

/// What a golden flow runs on.
pub(crate) struct Memory {
    pub(crate) endpoints: RefCell<Endpoints>,
    pub(crate) made: Made,
    pub(crate) clock: Clock,
    stored: BTreeMap<String, Vec<u8>>,
    desk: RefCell<Desk>,
    loaded: RefCell<BTreeSet<(usize, String)>>,
}

impl Memory {
    pub(crate) fn new(golden: &Golden) -> Self {
        Self {
            endpoints: RefCell::new(Endpoints::new(golden)),
            made: Rc::default(),
            // Not the time that the flow is given: that one must not show in what it makes.
            clock: Clock::at(1_000_000_000_000),
            loaded: RefCell::default(),
            desk: RefCell::new(Desk::new(Rc::new(NoApi))),
            stored: golden.files.iter().map(|(export, file)| (export.clone(), text(file).into_bytes())).collect(),
        }
    }
}

impl Host for Memory {
    fn http(&self) -> &dyn HttpClient {
        self
    }

    fn files(&self) -> &dyn FileStore {
        self
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn scripts(&self) -> Option<&dyn ScriptHost> {
        Some(self)
    }

    fn sleep(&self, ms: u32) -> LocalBoxFuture<'static, ()> {
        self.clock.sleep(ms).boxed_local()
    }
}

impl ScriptHost for Memory {
    fn call<'a>(&'a self, call: ScriptCall, _: &'a dyn ScriptApi) -> LocalBoxFuture<'a, ScriptAnswer> {
        let Done { result, console, .. } = self.desk.borrow_mut().call(&Call {
            step: Some(call.step as u64),
            content: self.is_new(&call).then(|| call.script.content.clone()),
            script: call.script.id.clone(),
            function: call.function.to_string(),
            argument: call.argument,
            now_ms: call.now_ms,
            seed: call.seed,
            more: Vec::new(),
        });
        let failure = |Failure { code, message, place }| ScriptFailure { code, message, place };
        let line = |line: script_worker::ConsoleLine| ConsoleLine { level: line.level, text: line.text };
        let console = console.into_iter().map(line).collect();
        ready(ScriptAnswer { result: result.map_err(failure), console }).boxed_local()
    }
}

impl Memory {
    fn is_new(&self, call: &ScriptCall) -> bool {
        self.loaded.borrow_mut().insert((call.step, call.script.id.clone()))
    }
}

impl HttpClient for Memory {
    fn send(&self, request: Request) -> LocalBoxFuture<'_, Result<Response, HttpError>> {
        let url = request.url.reveal();
        let Some(path) = url.strip_prefix("https://app.example") else {
            return ready(Err(HttpError::NotConnected("nobody is there".to_owned()))).boxed_local();
        };
        let body = request.body.as_ref().map(Body::reveal).unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        let answer = self.endpoints.borrow_mut().answer(&request.method, path, &body);
        let body = text(&answer.body).into_bytes();
        let size = [7, 1, 64, 5_000, 70_000][body.len() % 5];
        let pieces: Vec<_> = body.chunks(size).map(|piece| Ok(piece.to_vec())).collect();
        let headers = answer.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        let body = stream::iter(pieces).boxed_local();
        ready(Ok(Response { status: answer.status, headers, headers_may_be_hidden: false, body })).boxed_local()
    }
}

impl FileStore for Memory {
    fn open(&self, hash: &str) -> LocalBoxFuture<'_, Result<Pieces<FileError>, FileError>> {
        let found = self.stored.get(hash).ok_or(FileError::Missing);
        let pieces = found.map(|bytes| {
            let pieces: Vec<_> = bytes.chunks(13).map(|piece| Ok(piece.to_vec())).collect();
            stream::iter(pieces).boxed_local()
        });
        ready(pieces).boxed_local()
    }

    fn create(&self, step: &str, name: &str) -> LocalBoxFuture<'_, Result<Box<dyn FileWriter>, FileError>> {
        let made = Rc::clone(&self.made);
        let writer: Box<dyn FileWriter> =
            Box::new(Writer { made, step: step.to_owned(), name: name.to_owned(), bytes: Vec::new() });
        ready(Ok(writer)).boxed_local()
    }
}

struct Writer {
    made: Made,
    step: String,
    name: String,
    bytes: Vec<u8>,
}

impl FileWriter for Writer {
    fn write(&mut self, bytes: Vec<u8>) -> LocalBoxFuture<'_, Result<(), FileError>> {
        self.bytes.extend(bytes);
        ready(Ok(())).boxed_local()
    }

    fn finish(self: Box<Self>) -> LocalBoxFuture<'static, Result<(), FileError>> {
        self.made.borrow_mut().push((self.step, self.name, self.bytes));
        ready(Ok(())).boxed_local()
    }
}
