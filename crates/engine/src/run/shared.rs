//! What all tasks of a run share: the plan, the outside, the counters.
//!
//! Nothing is borrowed across an await: every method returns before its caller waits.

use std::cell::{Cell, RefCell};

use serde_json::Value;
use tombolo_model::run::{Checkpoint, RunError, StepCount};
use tombolo_model::{Id, Val};
use tombolo_template::{Env, Named, Template};

use super::auth::Credentials;
use super::data::Overlay;
use super::hooks;
use super::open_errors::OpenErrors;
use super::queue::Queues;
use crate::classify;
use crate::event::RunEvent;
use crate::host::Host;
use crate::plan::{Function, Plan};
use crate::script::ConsoleLine;
use crate::secret::Secret;
use crate::units::MAX_TRACE_KEY_CHARS;

pub(super) struct Shared<'a> {
    pub(super) plan: &'a Plan,
    pub(super) host: &'a dyn Host,
    /// When the run began; the same for all that it writes.
    pub(super) started: Val,
    /// The same in milliseconds since 1970, as scripts have it.
    pub(super) started_ms: i64,
    /// Where the random values of the run begin.
    pub(super) seed: u64,
    /// The clock, which stands at the run's beginning, and the randomness of its templates.
    pub(super) env: Env<'static>,
    /// The same for each place, whose random values do not depend on what other places do meanwhile.
    envs: Vec<Env<'static>>,
    /// What the requests of each connection share.
    pub(super) credentials: Credentials,
    /// The queues of its connections.
    pub(super) queues: Queues,
    hook_options: Vec<&'a str>,
    trace_keys: Vec<Option<&'a Template>>,
    requests: Cell<u64>,
    sources_end: Cell<bool>,
    /// What a test run would have kept beside the flow.
    pub(super) overlay: Overlay,
    /// The errors that are open.
    open: OpenErrors,
    state: RefCell<State<'a>>,
}

struct State<'a> {
    counts: Vec<StepCount>,
    sink: &'a mut dyn FnMut(RunEvent),
    source_error: Option<RunError>,
    /// The sources that were read to their end.
    read_through: Vec<Place>,
}

/// A step's place among all that counts records, sources first.
pub(super) type Place = usize;

impl<'a> Shared<'a> {
    pub(super) fn new(plan: &'a Plan, host: &'a dyn Host, sink: &'a mut dyn FnMut(RunEvent)) -> Self {
        let started_ms = plan.begin.now_ms.unwrap_or_else(|| host.now_ms());
        let seed = plan.begin.seed.unwrap_or_else(|| host.seed());
        Self {
            plan,
            host,
            started: Val::text(&crate::mapper::date::iso(started_ms)),
            started_ms,
            seed,
            env: Env::new(started_ms, seed),
            envs: (0..plan.places().len())
                .map(|place| Env::new(started_ms, hooks::seed(seed, place, "template", 0)))
                .collect(),
            trace_keys: trace_keys(plan),
            credentials: Credentials::default(),
            hook_options: plan.places().into_iter().map(|(named, _)| &*named.options).collect(),
            queues: Queues::default(),
            requests: Cell::new(0),
            sources_end: Cell::new(false),
            overlay: Overlay::default(),
            open: OpenErrors::new(plan, host),
            state: RefCell::new(State { counts: plan.steps(), sink, source_error: None, read_through: Vec::new() }),
        }
    }

    /// The number of a request among those of the run.
    pub(super) fn next_request(&self) -> u64 {
        self.requests.set(self.requests.get() + 1);
        self.requests.get()
    }

    /// The surroundings of the templates of a place.
    pub(super) fn env(&self, place: Place) -> &Env<'static> {
        self.envs.get(place).unwrap_or(&self.env)
    }

    /// What every hook of a step is told, as the members of a JSON object.
    pub(super) fn hook_options(&self, place: Place) -> &str {
        self.hook_options[place]
    }

    /// A script wrote lines.
    pub(super) fn console(&self, place: Place, function: &Function, lines: Vec<ConsoleLine>) {
        if lines.is_empty() {
            return;
        }
        let (script, function) = (function.script.id.clone(), function.name.to_string());
        self.say_event(RunEvent::Console { step: place, script, function, lines });
    }

    /// Says something that changes no counter.
    pub(super) fn say_event(&self, event: RunEvent) {
        (self.state.borrow_mut().sink)(event);
    }

    /// A secret came into being that is to be kept for the next run.
    pub(super) fn renewed(&self, owner: Id, path: &str, value: &str) {
        let secret = Secret::new(owner, value);
        (self.state.borrow_mut().sink)(RunEvent::Renewed { owner, path: path.to_owned(), secret });
    }

    /// Changes counters without saying so.
    pub(super) fn count(&self, place: Place, change: impl FnOnce(&mut StepCount)) {
        let count = &mut self.state.borrow_mut().counts[place];
        let before = count.received;
        change(count);
        if count.received > before {
            count.began_ms.get_or_insert_with(|| self.host.now_ms());
        }
    }

    /// A source is read from now on: its first records may take long.
    pub(super) fn begins(&self, place: Place) {
        self.state.borrow_mut().counts[place].began_ms.get_or_insert_with(|| self.host.now_ms());
    }

    /// Says how the counters stand.
    pub(super) fn say(&self, place: Place) {
        let mut state = self.state.borrow_mut();
        state.counts[place].moved_ms = Some(self.host.now_ms());
        let count = state.counts[place].clone();
        (state.sink)(RunEvent::Count { step: place, count });
    }

    /// Says once what may go wrong unnoticed and is no error.
    pub(super) fn warn(&self, place: Place, message: String) {
        let mut is_new = false;
        self.count(place, |count| {
            is_new = !count.warnings.contains(&message);
            if is_new {
                count.warnings.push(message);
            }
        });
        if is_new {
            self.say(place);
        }
    }

    /// A page is done.
    pub(super) fn page_done(&self, place: Place) {
        self.count(place, |count| count.pages += 1);
        self.say(place);
    }

    /// A record failed.
    pub(super) fn record_failed(&self, place: Place, code: &str, message: String, index: u64, record: Option<&Val>) {
        self.failed(place, (code, message, None), index, record);
    }

    /// A hook said that a record failed: with a code of its own, so that only the caller knows which hook it was.
    pub(super) fn hook_failed(
        &self,
        place: Place,
        (source, code, message): (&str, &str, String),
        index: u64,
        record: Option<&Val>,
    ) {
        self.failed(place, (code, message, Some(source)), index, record);
    }

    fn failed(
        &self,
        place: Place,
        (code, message, source): (&str, String, Option<&str>),
        index: u64,
        record: Option<&Val>,
    ) {
        let trace_key = record.and_then(|record| self.trace_key(place, record));
        if let Some(key) = &trace_key {
            self.open.failed(self.host, place, key, index);
        }
        let mut state = self.state.borrow_mut();
        state.counts[place].errors += 1;
        let keep = !self.plan.skips_retries.at(place);
        let mut error = RunError {
            record: record.filter(|_| keep).map(Value::from),
            index: Some(index),
            trace_key,
            ..self.error(&state.counts[place], code, message)
        };
        if let Some(source) = source {
            source.clone_into(&mut error.source);
        }
        (state.sink)(RunEvent::Error(error));
    }

    /// The trace key of a record, where errors with that key are open.
    pub(super) fn open_key(&self, place: Place, record: &Val) -> Option<String> {
        if self.open.is_empty(place) {
            return None;
        }
        self.trace_key(place, record).filter(|key| self.open.has(place, key))
    }

    /// What has a trace key went through a step: what failed of it before is over.
    pub(super) fn went_through(&self, place: Place, key: &str, index: u64) {
        if self.open.resolve(self.host, place, key, index) {
            self.count(place, |count| count.auto_resolved += 1);
        }
    }

    /// The error of a step that cannot go on; also counted and said.
    pub(super) fn step_failed(&self, place: Place, code: &str, message: String) -> RunError {
        let mut state = self.state.borrow_mut();
        state.counts[place].errors += 1;
        state.counts[place].moved_ms = Some(self.host.now_ms());
        let error = self.error(&state.counts[place], code, message);
        (state.sink)(RunEvent::Error(error.clone()));
        let count = state.counts[place].clone();
        (state.sink)(RunEvent::Count { step: place, count });
        error
    }

    fn error(&self, step: &StepCount, code: &str, message: String) -> RunError {
        RunError {
            step: step.step.clone(),
            code: code.to_owned(),
            class: classify::class(code, &message),
            source: classify::source(code, &step.kind, &message).to_owned(),
            message,
            time_ms: self.host.now_ms(),
            ..RunError::default()
        }
    }

    /// What tells a record apart from others.
    pub(super) fn trace_key(&self, place: Place, record: &Val) -> Option<String> {
        const USUAL: [&str; 8] = ["id", "_id", "Id", "ID", "internalId", "internalid", "externalId", "uuid"];
        let own = self.trace_keys[place].and_then(|template| {
            let scope = |name: &str| match (name, record) {
                ("rows", Val::List(_)) | ("record", _) => Some(record),
                _ => None,
            };
            template.render_in(&Named(&scope), self.env(place)).ok().filter(|key| !key.trim().is_empty())
        });
        let usual = || {
            let one = match record {
                Val::List(rows) => rows.first(),
                one => Some(one),
            };
            let Some(Val::Map(fields)) = one else { return None };
            let usual = USUAL.iter().filter_map(|name| fields.get(name));
            let scalar = |value: &&Val| !matches!(value, Val::List(_) | Val::Map(_)) && !value.is_empty();
            usual.filter(|value| scalar(value)).map(|value| value.display().into_owned()).next()
        };
        let key = own.or_else(usual).filter(|key| !key.trim().is_empty());
        key.map(|key| key.chars().take(MAX_TRACE_KEY_CHARS).collect())
    }

    /// The sources that are still read end with the page that they are at.
    pub(super) fn end_sources(&self) {
        self.sources_end.set(true);
    }

    pub(super) fn sources_end(&self) -> bool {
        self.sources_end.get()
    }

    /// A source could not go on: what it has read still arrives, and the run has failed.
    pub(super) fn fail_source(&self, error: RunError) {
        self.state.borrow_mut().source_error = Some(error);
    }

    pub(super) fn source_error(&self) -> Option<RunError> {
        self.state.borrow().source_error.clone()
    }

    /// A source was read to its end.
    pub(super) fn read_through(&self, place: Place) {
        self.state.borrow_mut().read_through.push(place);
    }

    /// Up to when exports of changes are read now; only a run that completed may say so, and no test run.
    pub(super) fn keep_checkpoints(&self) {
        let mut state = self.state.borrow_mut();
        for place in std::mem::take(&mut state.read_through) {
            let delta = self.plan.sources[place].delta.as_ref().filter(|_| !self.plan.test_mode);
            state.counts[place].checkpoint =
                delta.map(|delta| Checkpoint { export: delta.export, from_ms: delta.last_ms, to_ms: self.started_ms });
        }
    }

    pub(super) fn into_counts(self) -> Vec<StepCount> {
        self.state.into_inner().counts
    }
}

/// What tells the records of each place apart. Where a flow has one source, what that says holds for its steps too.
fn trace_keys(plan: &Plan) -> Vec<Option<&Template>> {
    let of_source = match &*plan.sources {
        [only] => only.named.trace_key.as_ref(),
        _ => None,
    };
    plan.places().into_iter().map(|(named, _)| named.trace_key.as_ref().or(of_source)).collect()
}
