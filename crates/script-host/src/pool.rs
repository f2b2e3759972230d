//! The workers of one run, and whose turn it is.
//!
//! Each step that calls scripts has a worker: what a script remembers, and whether it is ended, must not depend on what
//! another step did. Steps beyond [`LANES`] share. While a script waits for `integrator-api` its worker is blocked; a
//! script that is called for the answer therefore gets a worker of the next level.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture};
use futures::lock::Mutex;
use tombolo_engine::{ScriptAnswer, ScriptApi, ScriptCall, ScriptHost};

use crate::call::{self, Within};
use crate::workers::{Worker, Workers};

/// How long a call may take, waiting for `integrator-api` not counted.
pub const CALL_MS: u32 = 30_000;
/// Workers of a level at most.
const LANES: usize = 8;
/// Scripts that are called for the answer of `integrator-api` to another script, and so on.
const LEVELS: usize = 3;

/// After so many calls in a row that ended their worker, a function of a step is called no more: each would cost the run
/// seconds, and there may be a million records.
const STOPS: u32 = 5;
/// Calls that are made together, at most.
const TOGETHER: usize = 1_000;
/// The bytes of their arguments after which no more are taken along.
const TOGETHER_BYTES: usize = 4 * 1024 * 1024;

/// How many of these calls are made together; one at least.
fn together(calls: &[(ScriptCall, &dyn ScriptApi)]) -> usize {
    let mut bytes = 0;
    let fits = |(call, _): &&(ScriptCall, &dyn ScriptApi)| {
        bytes += call.argument.len();
        bytes <= TOGETHER_BYTES
    };
    calls.iter().take(TOGETHER).take_while(fits).count().max(1)
}

fn too_often(function: &str) -> String {
    format!(
        "The script was stopped: “{function}” was ended {STOPS} times in a row and is not called again in this run. Mend it, then try the records again."
    )
}

/// Calls scripts in workers that are started when they are needed.
pub struct Pool<W> {
    workers: W,
    lanes: RefCell<Lanes>,
    /// Who asks now: 0 for the run itself, 1 for an answer to a script, and so on.
    pub(crate) level: Cell<usize>,
    warned: Cell<bool>,
}

/// The lanes by level and number.
type Lanes = BTreeMap<(usize, usize), Rc<Mutex<Lane>>>;

/// A worker and what it has loaded; there is none before the first call and after one that ended it.
#[derive(Default)]
struct Lane {
    worker: Option<Held>,
    /// Of each step and function how many calls in a row ended their worker.
    stops: BTreeMap<(usize, String), u32>,
}

/// A worker that listens.
pub(crate) struct Held {
    pub(crate) worker: Box<dyn Worker>,
    /// Steps and their scripts: their texts need not be sent again.
    pub(crate) loaded: Vec<(u64, String)>,
}

impl<W: Workers> Pool<W> {
    /// A pool without workers.
    pub fn new(workers: W) -> Self {
        Self { workers, lanes: RefCell::default(), level: Cell::new(0), warned: Cell::new(false) }
    }

    /// Calls a function whose script remembers nothing afterwards, within a time of the caller's choice.
    pub async fn call_once(&self, call: &ScriptCall, api: &dyn ScriptApi, deadline_ms: u32) -> ScriptAnswer {
        let within = Within { deadline_ms: deadline_ms.min(CALL_MS), keep: false };
        let mut answers = self.call_at(self.level.get(), &[(call.clone(), api)], within).await;
        answers.pop().unwrap_or_else(|| call::unable("nobody answers"))
    }

    /// Makes calls of one function by one step, in their order; there are as many answers.
    async fn call_at(&self, level: usize, calls: &[(ScriptCall, &dyn ScriptApi)], within: Within) -> Vec<ScriptAnswer> {
        let Some((first, _)) = calls.first() else { return Vec::new() };
        if level > LEVELS {
            let message = format!("Scripts call each other through integrator-api more than {LEVELS} deep.");
            return vec![call::stopped(&message); calls.len()];
        }
        let lane = self.lanes.borrow_mut().entry((level, first.step % LANES)).or_default().clone();
        let mut lane = lane.lock().await;
        let mut answers = Vec::with_capacity(calls.len());
        let key = (first.step, first.function.to_string());
        while answers.len() < calls.len() {
            if within.keep && lane.stops.get(&key).is_some_and(|stops| *stops >= STOPS) {
                answers.resize(calls.len(), call::stopped(&too_often(&key.1)));
                break;
            }
            // Put back only when the call has ended: a worker in the middle of one is of no use to anybody.
            let held = match lane.worker.take() {
                Some(held) => held,
                None => match self.started().await {
                    Ok(held) => held,
                    Err(answer) => {
                        answers.resize(calls.len(), answer);
                        break;
                    }
                },
            };
            // One that ends its worker costs itself: those behind it get another.
            let rest = &calls[answers.len()..];
            let (made, held) = call::make(self, level, held, &rest[..together(rest)], within).await;
            if within.keep {
                // The last of several is the one that ended it.
                let stops = match (&held, made.len()) {
                    (Some(_), _) => 0,
                    (None, 1) => lane.stops.get(&key).copied().unwrap_or_default() + 1,
                    (None, _) => 1,
                };
                lane.stops.insert(key.clone(), stops);
            }
            answers.extend(made);
            lane.worker = held;
        }
        answers
    }

    async fn started(&self) -> Result<Held, ScriptAnswer> {
        let started = call::start(&self.workers).await;
        let (worker, caged) = started.map_err(|reason| call::unable(&reason))?;
        if !caged && !self.warned.replace(true) {
            self.workers.loose();
        }
        Ok(Held { worker, loaded: Vec::new() })
    }

    /// What the calls of a run are bound to.
    fn kept(&self) -> Within {
        Within { deadline_ms: self.workers.call_ms().min(CALL_MS), keep: true }
    }

    pub(crate) fn workers(&self) -> &W {
        &self.workers
    }
}

impl<W: Workers> ScriptHost for Pool<W> {
    fn call<'a>(&'a self, call: ScriptCall, api: &'a dyn ScriptApi) -> LocalBoxFuture<'a, ScriptAnswer> {
        // Who asks is known now, and not when the future is looked at next.
        let level = self.level.get();
        async move {
            let mut answers = self.call_at(level, &[(call, api)], self.kept()).await;
            answers.pop().unwrap_or_else(|| call::unable("nobody answers"))
        }
        .boxed_local()
    }

    fn call_all<'a>(&'a self, calls: Vec<(ScriptCall, &'a dyn ScriptApi)>) -> LocalBoxFuture<'a, Vec<ScriptAnswer>> {
        let level = self.level.get();
        async move { self.call_at(level, &calls, self.kept()).await }.boxed_local()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Arc;

    use futures::executor::block_on;
    use futures::future::{pending, poll_immediate, ready};
    use serde_json::Value;
    use tombolo_engine::{ApiQuestion, Script};
    use tombolo_wire::script_worker::{Done, FromScript, Question, ToScript};

    use super::*;

    /// Workers that do what the name of the function says, and what was said to which of them.
    #[derive(Default)]
    struct Fakes {
        said: Rc<RefCell<Vec<(usize, ToScript)>>>,
        ended: Rc<RefCell<Vec<usize>>>,
        started: Cell<usize>,
        /// Whether all waiting is over at once.
        late: Cell<bool>,
    }

    struct Fake {
        number: usize,
        said: Rc<RefCell<Vec<(usize, ToScript)>>>,
        ended: Rc<RefCell<Vec<usize>>>,
        frames: VecDeque<Option<String>>,
    }

    impl Drop for Fake {
        fn drop(&mut self) {
            self.ended.borrow_mut().push(self.number);
        }
    }

    fn frame(frame: &FromScript) -> Option<String> {
        Some(serde_json::to_string(frame).unwrap())
    }

    fn done(text: &str) -> Option<String> {
        frame(&FromScript::Done { done: Done { result: Ok(Some(text.to_owned())), console: Vec::new(), loaded: true } })
    }

    impl Workers for Fakes {
        fn start(&self) -> LocalBoxFuture<'_, Result<Box<dyn Worker>, String>> {
            self.started.set(self.started.get() + 1);
            let frames = [frame(&FromScript::Ready { caged: true })].into();
            let fake = Fake { number: self.started.get(), said: self.said.clone(), ended: self.ended.clone(), frames };
            let fake: Box<dyn Worker> = Box::new(fake);
            ready(Ok(fake)).boxed_local()
        }

        fn clock_ms(&self) -> u64 {
            0
        }

        fn sleep(&self, _: u32) -> LocalBoxFuture<'static, ()> {
            if self.late.get() { ready(()).boxed_local() } else { pending().boxed_local() }
        }
    }

    impl Worker for Fake {
        fn say(&mut self, said: String) {
            let said: ToScript = serde_json::from_str(&said).unwrap();
            match &said {
                ToScript::Call { call } if !call.more.is_empty() => {
                    let more = call.more.iter().map(|more| more.argument.as_str());
                    for argument in std::iter::once(call.argument.as_str()).chain(more) {
                        self.frames.push_back(if argument == "\"die\"" { None } else { done(argument) });
                    }
                }
                ToScript::Call { call } => match call.function.as_str() {
                    "loop" => {}
                    "die" => self.frames.push_back(None),
                    "ask" => {
                        let question = Question {
                            object: "exports".to_owned(),
                            function: "run".to_owned(),
                            arguments: "[1]".to_owned(),
                        };
                        self.frames.push_back(frame(&FromScript::Api { question }));
                    }
                    other => self.frames.push_back(done(&format!("\"{other}\""))),
                },
                ToScript::Answer { answer } => self.frames.push_back(done(answer.as_ref().unwrap())),
            }
            self.said.borrow_mut().push((self.number, said));
        }

        fn hear(&mut self) -> LocalBoxFuture<'_, Option<String>> {
            match self.frames.pop_front() {
                Some(frame) => ready(frame).boxed_local(),
                None => pending().boxed_local(),
            }
        }
    }

    struct Nothing;

    impl ScriptApi for Nothing {
        fn answer(&self, question: ApiQuestion) -> LocalBoxFuture<'_, Result<Value, String>> {
            ready(Ok(Value::from(question.arguments))).boxed_local()
        }
    }

    /// Answers a question by calling another function of the same step.
    struct Calling<'p>(&'p Pool<Fakes>, &'static str);

    impl ScriptApi for Calling<'_> {
        fn answer(&self, _: ApiQuestion) -> LocalBoxFuture<'_, Result<Value, String>> {
            async move {
                let answer = self.0.call(call_of(3, self.1), self).await;
                let text = answer.result.map_err(|failure| failure.message)?.unwrap();
                Ok(serde_json::from_str(&text).unwrap())
            }
            .boxed_local()
        }
    }

    fn call_of(step: usize, function: &str) -> ScriptCall {
        let script = Script { id: "s".to_owned(), name: "S".to_owned(), content: "text".to_owned() };
        ScriptCall {
            script: Arc::new(script),
            step,
            function: function.into(),
            argument: "null".to_owned(),
            now_ms: 0,
            seed: 0,
        }
    }

    fn result(pool: &Pool<Fakes>, step: usize, function: &str) -> Result<String, String> {
        let answer = block_on(pool.call(call_of(step, function), &Nothing));
        answer.result.map(Option::unwrap_or_default).map_err(|failure| failure.message)
    }

    /// Which worker was asked, and whether it was sent the text.
    fn asked(pool: &Pool<Fakes>) -> Vec<(usize, bool)> {
        let said = pool.workers.said.borrow();
        let calls = said.iter().filter_map(|(number, said)| match said {
            ToScript::Call { call } => Some((*number, call.content.is_some())),
            ToScript::Answer { .. } => None,
        });
        calls.collect()
    }

    #[test]
    fn each_step_has_a_worker_that_gets_the_text_of_a_script_once() {
        let pool = Pool::new(Fakes::default());
        for (step, function) in [(0, "a"), (0, "b"), (1, "c"), (0, "d"), (1, "e"), (LANES, "f"), (LANES, "g")] {
            assert_eq!(result(&pool, step, function), Ok(format!("\"{function}\"")));
        }
        let want = [(1, true), (1, false), (2, true), (1, false), (2, false), (1, true), (1, false)];
        assert_eq!(asked(&pool), want);
    }

    #[test]
    fn a_worker_that_ends_or_takes_too_long_is_replaced_and_its_neighbours_stay() {
        let pool = Pool::new(Fakes::default());
        assert!(result(&pool, 0, "a").is_ok() && result(&pool, 1, "a").is_ok());
        assert!(result(&pool, 0, "die").unwrap_err().contains("more memory than it may have"));
        assert!(result(&pool, 0, "a").is_ok());
        pool.workers.late.set(true);
        assert_eq!(result(&pool, 0, "loop").unwrap_err(), "The script was stopped: it took longer than 30 seconds.");
        let short = block_on(pool.call_once(&call_of(0, "loop"), &Nothing, 250)).result.unwrap_err();
        assert_eq!((short.code.as_str(), short.message.contains("250 ms")), ("script_limit", true));
        pool.workers.late.set(false);
        assert!(result(&pool, 0, "a").is_ok() && result(&pool, 1, "a").is_ok());
        assert_eq!(*pool.workers.ended.borrow(), [1, 3, 4]);
        assert_eq!(asked(&pool).last(), Some(&(2, false)));
    }

    #[test]
    fn calls_that_are_made_together_cost_one_frame_and_one_that_ends_its_worker_costs_itself() {
        let pool = Pool::new(Fakes::default());
        let all = |arguments: &[&str]| {
            let call = |argument: &&str| ScriptCall { argument: (*argument).to_owned(), ..call_of(0, "f") };
            let calls = arguments.iter().map(call).map(|call| (call, &Nothing as &dyn ScriptApi)).collect();
            let answers = block_on(pool.call_all(calls));
            answers.into_iter().map(|answer| answer.result.map(Option::unwrap_or_default).is_ok()).collect::<Vec<_>>()
        };
        assert_eq!(all(&["1", "2", "3"]), [true; 3]);
        assert_eq!(asked(&pool), [(1, true)]);
        assert_eq!(all(&["1", "\"die\"", "3", "4"]), [true, false, true, true]);
        assert_eq!(asked(&pool), [(1, true), (1, false), (2, true)], "the rest goes to another worker, with the text");
        assert_eq!(all(&[]), [false; 0]);
        let long = format!("\"{}\"", "x".repeat(TOGETHER_BYTES / 2));
        assert_eq!(all(&[&long, &long, &long, "1"]), [true; 4]);
        assert_eq!(asked(&pool).len(), 6, "what is much goes in parts");
    }

    #[test]
    fn a_function_that_is_ended_again_and_again_is_called_no_more_and_others_are() {
        let pool = Pool::new(Fakes::default());
        let told = |pool: &Pool<Fakes>, function: &str| {
            result(pool, 0, function).err().map(|said| said.contains("not called again in this run"))
        };
        for _ in 0..STOPS - 1 {
            assert_eq!(told(&pool, "die"), Some(false));
        }
        assert_eq!((told(&pool, "a"), told(&pool, "die"), told(&pool, "die")), (None, Some(false), Some(true)));
        assert_eq!((told(&pool, "a"), result(&pool, 1, "die").is_err()), (None, true));
        let started = pool.workers.started.get();
        assert_eq!((told(&pool, "die"), pool.workers.started.get()), (Some(true), started));
    }

    #[test]
    fn a_call_that_nobody_waits_for_any_more_ends_its_worker() {
        let pool = Pool::new(Fakes::default());
        assert!(block_on(poll_immediate(pool.call(call_of(0, "loop"), &Nothing))).is_none());
        assert_eq!(*pool.workers.ended.borrow(), [1]);
        assert!(result(&pool, 0, "a").is_ok());
    }

    #[test]
    fn a_script_that_is_called_for_an_answer_does_not_wait_for_the_one_that_asked() {
        let pool = Pool::new(Fakes::default());
        assert_eq!(result(&pool, 3, "ask"), Ok("[1]".to_owned()));
        let answer = block_on(pool.call(call_of(3, "ask"), &Calling(&pool, "inner")));
        assert_eq!(answer.result, Ok(Some("\"inner\"".to_owned())));
        assert_eq!(asked(&pool), [(1, true), (1, false), (2, true)]);
        assert_eq!(pool.level.get(), 0);
    }
}
