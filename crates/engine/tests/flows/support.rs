//! A host made of memory, and bundles in a few words.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture, pending, ready};
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use tombolo_engine::{
    ApiQuestion, Body, Bundle, Cancel, DataStore, FileError, FileStore, FileWriter, FlowStarter, Host, HttpClient,
    HttpError, MemoryData, Outcome, Pieces, Request, Response, RunEvent, ScriptAnswer, ScriptApi, ScriptCall,
    ScriptFailure, ScriptHost, compile, run,
};
use tombolo_model::run::RunError;
use tombolo_model::{Id, Kind};

use crate::clock::Clock;

/// When runs begin.
const BEGINNING_MS: i64 = 1_795_492_800_000;

/// What an endpoint answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) hidden: bool,
    pub(crate) pieces: Pieces<HttpError>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        // Where pieces end must not matter: each length of a body is cut otherwise.
        let size = [7, 1, 64, 5_000, 70_000][body.len() % 5];
        let pieces: Vec<_> = body.chunks(size).map(|piece| Ok(piece.to_vec())).collect();
        Self { status, headers: Vec::new(), hidden: false, pieces: stream::iter(pieces).boxed_local() }
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self::new(200, value.to_string())
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

type Endpoint = Box<dyn Fn(&Request) -> Option<Answer>>;
type Function = Box<dyn Fn(&str, &Value) -> Result<Value, ScriptFailure>>;
type Files = Rc<RefCell<BTreeMap<String, (String, Vec<u8>)>>>;

/// The host; an endpoint that gives no answer is silent for ever.
pub(crate) struct Memory {
    endpoint: Endpoint,
    pub(crate) requests: RefCell<Vec<Request>>,
    stored: BTreeMap<String, Vec<Vec<u8>>>,
    /// Pieces of stored files that were asked for.
    pub(crate) pieces_read: Rc<Cell<usize>>,
    /// Completed files by step: name and bytes.
    pub(crate) made: Files,
    /// Why no file can be completed; nothing where all can.
    pub(crate) disk: Option<&'static str>,
    /// Its time, which passes when all of a run waits.
    pub(crate) clock: Clock,
    /// When each request came, in milliseconds since the beginning.
    pub(crate) times: RefCell<Vec<i64>>,
    /// How long an answer takes.
    pub(crate) answer_ms: u32,
    /// Called when an answer has taken its time.
    pub(crate) on_answer: Option<Box<dyn Fn()>>,
    /// What functions of scripts return, by name and argument; nothing where there is no interpreter.
    scripts: Option<Function>,
    /// Which functions were called, and with how many records together.
    pub(crate) together: RefCell<Vec<(String, usize)>>,
    /// What each call of a script asks first.
    pub(crate) questions: Vec<ApiQuestion>,
    /// What was answered, in their order.
    pub(crate) asked: RefCell<Vec<Result<Value, String>>>,
    /// State and lookup caches; nothing where none are kept.
    pub(crate) data: Option<MemoryData>,
    /// The flows that it was asked to start; nothing where none can be.
    pub(crate) flows: Option<Started>,
}

/// Starts every flow but one that has a reason.
#[derive(Default)]
pub(crate) struct Started {
    pub(crate) flows: RefCell<Vec<Id>>,
    /// The exports that were named, in the order of the flows.
    pub(crate) sources: RefCell<Vec<Vec<Id>>>,
    pub(crate) refuses: Option<Id>,
}

impl FlowStarter for Started {
    fn start(&self, flow: Id, sources: Vec<Id>) -> LocalBoxFuture<'_, Result<Id, String>> {
        let refused = self.refuses == Some(flow);
        if !refused {
            self.flows.borrow_mut().push(flow);
            self.sources.borrow_mut().push(sources);
        }
        ready(if refused { Err("It is switched off.".to_owned()) } else { Ok(flow) }).boxed_local()
    }
}

/// A call of `integrator-api`.
pub(crate) fn question(object: &str, function: &str, arguments: &[Value]) -> ApiQuestion {
    ApiQuestion { object: object.to_owned(), function: function.to_owned(), arguments: arguments.to_vec() }
}

impl Memory {
    pub(crate) fn new(endpoint: impl Fn(&Request) -> Option<Answer> + 'static) -> Self {
        Self {
            endpoint: Box::new(endpoint),
            requests: RefCell::default(),
            stored: BTreeMap::new(),
            pieces_read: Rc::default(),
            made: Rc::default(),
            disk: None,
            clock: Clock::at(BEGINNING_MS),
            times: RefCell::default(),
            answer_ms: 0,
            on_answer: None,
            scripts: None,
            together: RefCell::default(),
            questions: Vec::new(),
            asked: RefCell::default(),
            data: None,
            flows: None,
        }
    }

    /// A host whose only endpoint answers 404.
    pub(crate) fn offline() -> Self {
        Self::new(|_| Some(Answer::new(404, "")))
    }

    pub(crate) fn with_file(self, bytes: &[u8]) -> Self {
        self.with_pieces(bytes.chunks(1000).map(<[u8]>::to_vec).collect())
    }

    pub(crate) fn with_pieces(mut self, pieces: Vec<Vec<u8>>) -> Self {
        self.stored.insert("hash".to_owned(), pieces);
        self
    }

    pub(crate) fn with_scripts(
        mut self,
        function: impl Fn(&str, &Value) -> Result<Value, ScriptFailure> + 'static,
    ) -> Self {
        self.scripts = Some(Box::new(function));
        self
    }

    /// The text of the file that the first destination made.
    pub(crate) fn made_text(&self) -> Option<String> {
        let made = self.made.borrow();
        let (_, bytes) = made.get(&id(3).to_string())?;
        Some(String::from_utf8(bytes.clone()).unwrap())
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        let body = |request: &Request| String::from_utf8(request.body.as_ref().map(Body::reveal).unwrap_or_default());
        self.requests.borrow().iter().map(|request| body(request).unwrap()).collect()
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.requests.borrow().iter().map(|request| request.url.to_string()).collect()
    }
}

impl Host for Memory {
    fn http(&self) -> &dyn HttpClient {
        self
    }

    fn files(&self) -> &dyn FileStore {
        self
    }

    fn scripts(&self) -> Option<&dyn ScriptHost> {
        self.scripts.as_ref().map(|_| self as &dyn ScriptHost)
    }

    fn data(&self) -> Option<&dyn DataStore> {
        self.data.as_ref().map(|data| data as &dyn DataStore)
    }

    fn flows(&self) -> Option<&dyn FlowStarter> {
        self.flows.as_ref().map(|flows| flows as &dyn FlowStarter)
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn sleep(&self, ms: u32) -> LocalBoxFuture<'static, ()> {
        self.clock.sleep(ms).boxed_local()
    }
}

impl HttpClient for Memory {
    fn send(&self, request: Request) -> LocalBoxFuture<'_, Result<Response, HttpError>> {
        let answer = (self.endpoint)(&request);
        self.requests.borrow_mut().push(request);
        self.times.borrow_mut().push(self.clock.now_ms() - BEGINNING_MS);
        match answer {
            None => pending().boxed_local(),
            Some(answer) => async move {
                if self.answer_ms > 0 {
                    self.clock.sleep(self.answer_ms).await;
                }
                if let Some(on_answer) = &self.on_answer {
                    on_answer();
                }
                Ok(Response {
                    status: answer.status,
                    headers: answer.headers,
                    headers_may_be_hidden: answer.hidden,
                    body: answer.pieces,
                })
            }
            .boxed_local(),
        }
    }
}

impl ScriptHost for Memory {
    fn call<'a>(&'a self, call: ScriptCall, api: &'a dyn ScriptApi) -> LocalBoxFuture<'a, ScriptAnswer> {
        async move {
            for question in &self.questions {
                let answer = api.answer(question.clone()).await;
                self.asked.borrow_mut().push(answer);
            }
            let argument = serde_json::from_str(&call.argument).unwrap();
            let returned = self.scripts.as_ref().unwrap()(&call.function, &argument);
            let result = returned.map(|value| Some(value.to_string()));
            ScriptAnswer { result, console: Vec::new() }
        }
        .boxed_local()
    }

    fn call_all<'a>(&'a self, calls: Vec<(ScriptCall, &'a dyn ScriptApi)>) -> LocalBoxFuture<'a, Vec<ScriptAnswer>> {
        if let Some((first, _)) = calls.first() {
            self.together.borrow_mut().push((first.function.to_string(), calls.len()));
        }
        futures::future::join_all(calls.into_iter().map(|(call, api)| self.call(call, api))).boxed_local()
    }
}

impl FileStore for Memory {
    fn open(&self, hash: &str) -> LocalBoxFuture<'_, Result<Pieces<FileError>, FileError>> {
        let read = Rc::clone(&self.pieces_read);
        let found = self.stored.get(hash).cloned().ok_or(FileError::Missing);
        let pieces = found.map(|pieces| {
            let counted = stream::iter(pieces).map(move |piece| {
                read.set(read.get() + 1);
                Ok(piece)
            });
            counted.boxed_local()
        });
        ready(pieces).boxed_local()
    }

    fn create(&self, step: &str, name: &str) -> LocalBoxFuture<'_, Result<Box<dyn FileWriter>, FileError>> {
        let writer: Box<dyn FileWriter> = Box::new(Writer {
            made: Rc::clone(&self.made),
            disk: self.disk,
            step: step.to_owned(),
            name: name.to_owned(),
            bytes: Vec::new(),
        });
        ready(Ok(writer)).boxed_local()
    }
}

struct Writer {
    made: Files,
    disk: Option<&'static str>,
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
        if let Some(reason) = self.disk {
            let refused = FileError::Refused { action: "written", reason: reason.to_owned() };
            return ready(Err(refused)).boxed_local();
        }
        self.made.borrow_mut().insert(self.step, (self.name, self.bytes));
        ready(Ok(())).boxed_local()
    }
}

/// Ids: 1 connection, 2 export, 3 and up imports.
pub(crate) fn id(number: u8) -> Id {
    Id::from_parts(u32::from(number), [0; 8])
}

pub(crate) fn file_export(file: &Value) -> Value {
    json!({"name": "Source", "adaptorType": "SimpleExport", "type": "simple", "rawData": "hash", "file": file})
}

pub(crate) fn http_export(http: &Value) -> Value {
    json!({"name": "Source", "adaptorType": "HTTPExport", "_connectionId": id(1).to_string(), "http": http})
}

pub(crate) fn file_import(file: &Value) -> Value {
    json!({"name": "Result", "adaptorType": "SimpleImport", "file": file})
}

pub(crate) fn http_import(http: &Value) -> Value {
    json!({"name": "Target", "adaptorType": "HTTPImport", "_connectionId": id(1).to_string(), "http": http})
}

/// A value with more fields.
pub(crate) fn with(mut value: Value, more: &Value) -> Value {
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    value
}

/// A flow of an export and imports over one connection.
pub(crate) fn bundle(export: Value, imports: &[Value]) -> Bundle {
    let mut bundle = Bundle::default();
    let connection = json!({"name": "App", "type": "http", "http": {"baseURI": "https://app.example/v1"}});
    bundle.resources.insert(id(1), (Kind::Connection, connection));
    bundle.resources.insert(id(2), (Kind::Export, export));
    let mut steps = Vec::new();
    for (at, import) in imports.iter().enumerate() {
        let place = id(3 + u8::try_from(at).unwrap());
        bundle.resources.insert(place, (Kind::Import, import.clone()));
        steps.push(json!({"type": "import", "_importId": place.to_string()}));
    }
    bundle.flow =
        json!({"name": "Flow", "pageGenerators": [{"_exportId": id(2).to_string()}], "pageProcessors": steps});
    bundle
}

/// What came of a run.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) errors: Vec<RunError>,
}

impl Ran {
    /// A step's counters: received, success, ignored, errors.
    pub(crate) fn counts(&self, step: usize) -> [u64; 4] {
        let count = &self.outcome.steps[step];
        [count.received, count.success, count.ignored, count.errors]
    }

    /// What ended the run.
    pub(crate) fn error(&self) -> &str {
        self.outcome.error.as_ref().map_or("", |error| &error.message)
    }
}

pub(crate) fn go(bundle: &Bundle, host: &Memory) -> Ran {
    go_until(bundle, host, |_| false)
}

/// Runs until an event that `stop` answers with true, where it is canceled.
pub(crate) fn go_until(bundle: &Bundle, host: &Memory, stop: impl Fn(&RunEvent) -> bool) -> Ran {
    let plan = compile(bundle).unwrap();
    let cancel = Cancel::default();
    let mut errors = Vec::new();
    let mut sink = |event: RunEvent| {
        if stop(&event) {
            cancel.cancel();
        }
        if let RunEvent::Error(error) = event {
            errors.push(error);
        }
    };
    let outcome = host.clock.run(run(&plan, host, &cancel, &mut sink));
    Ran { outcome, errors }
}

/// What keeps a flow from running.
pub(crate) fn refusals(bundle: &Bundle) -> String {
    let problems = compile(bundle).expect_err("the flow must not compile");
    problems.iter().map(|problem| format!("{}: {}\n", problem.path, problem.message)).collect()
}
