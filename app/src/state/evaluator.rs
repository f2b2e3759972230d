//! Questions to the worker that evaluates.
//!
//! One question is out at a time, and of those that come meanwhile only the last one waits: an editor asks with every
//! key. A worker that does not answer in time is ended, and the next question starts another.

use std::cell::RefCell;
use std::rc::Rc;

use futures::channel::oneshot;
use gloo::timers::callback::Timeout;
use leptos::prelude::{RwSignal, Set};
use tombolo_wire::eval_worker::{Ask, Done, FromEval, Helper, ToEval};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

const WORKER: &str = "/workers/eval.js";

/// How a question ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// It was answered.
    Done(Box<Done>),
    /// It took too long and was stopped.
    Stopped,
    /// The worker broke, or never came: a sentence.
    Failed(String),
    /// A newer question took its place, or the screen is gone.
    Dropped,
}

/// Asks the worker; it is ended with the last of these.
#[derive(Clone)]
pub(crate) struct Evaluator(Rc<RefCell<Inner>>);

struct Inner {
    worker: Option<Running>,
    out: Option<Question>,
    waiting: Option<Question>,
    next: u64,
    deadline: Option<Timeout>,
    helpers: RwSignal<Vec<Helper>>,
}

struct Question {
    ask: Ask,
    deadline_ms: u32,
    answered: oneshot::Sender<Answer>,
}

struct Running {
    worker: Worker,
    ready: bool,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(JsValue)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

impl Evaluator {
    /// Starts a worker; `helpers` are set once it is there.
    pub(crate) fn start(helpers: RwSignal<Vec<Helper>>) -> Self {
        let inner = Inner { worker: None, out: None, waiting: None, next: 1, deadline: None, helpers };
        let evaluator = Self(Rc::new(RefCell::new(inner)));
        // What does not start is said to the first question.
        drop(evaluator.run());
        evaluator
    }

    /// Asks, and waits for the answer. The time that the worker takes to load is not counted.
    pub(crate) async fn ask(&self, ask: Ask, deadline_ms: u32) -> Answer {
        let (answered, answer) = oneshot::channel();
        self.0.borrow_mut().waiting = Some(Question { ask, deadline_ms, answered });
        self.go_on();
        answer.await.unwrap_or(Answer::Dropped)
    }

    /// Ends the worker and everything that was asked.
    pub(crate) fn end(&self) {
        let mut inner = self.0.borrow_mut();
        (inner.worker, inner.out, inner.waiting, inner.deadline) = (None, None, None, None);
    }

    /// Sends the question that waits, when none is out and the worker listens.
    fn go_on(&self) {
        if self.0.borrow().out.is_some() || self.0.borrow().waiting.is_none() {
            return;
        }
        if self.0.borrow().worker.is_none()
            && let Err(error) = self.run()
        {
            let message = format!("The browser does not start the part that evaluates ({error:?}). Reload the page.");
            let question = self.0.borrow_mut().waiting.take();
            return answer(question, Answer::Failed(message));
        }
        let mut inner = self.0.borrow_mut();
        let Some(worker) = inner.worker.as_ref().filter(|running| running.ready).map(|running| running.worker.clone())
        else {
            return;
        };
        let n = inner.next;
        inner.next += 1;
        let Some(mut question) = inner.waiting.take() else { return };
        question.ask.n = n;
        let here = self.clone();
        inner.deadline = Some(Timeout::new(question.deadline_ms, move || here.stop(Answer::Stopped)));
        post(&worker, &ToEval::Ask { ask: Box::new(question.ask.clone()) });
        inner.out = Some(question);
    }

    fn run(&self) -> Result<(), JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(WORKER, &options)?;
        let here = Rc::downgrade(&self.0);
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(inner) = here.upgrade() {
                Self(inner).take(&event.data());
            }
        });
        let here = Rc::downgrade(&self.0);
        let error = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
            let said = js_sys::Reflect::get(&event, &"message".into()).ok().and_then(|said| said.as_string());
            if let Some(inner) = here.upgrade() {
                Self(inner).stop(Answer::Failed(broken(said.as_deref())));
            }
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        self.0.borrow_mut().worker = Some(Running { worker, ready: false, _message: message, _error: error });
        Ok(())
    }

    fn take(&self, data: &JsValue) {
        let frame = data.as_string().unwrap_or_default();
        match serde_json::from_str(&frame) {
            Ok(FromEval::Ready) => {
                if let Some(running) = self.0.borrow_mut().worker.as_mut() {
                    running.ready = true;
                    post(&running.worker, &ToEval::Helpers);
                }
            }
            Ok(FromEval::Helpers { helpers }) => {
                let signal = self.0.borrow().helpers;
                signal.set(helpers);
            }
            Ok(FromEval::Done { done }) => {
                let mut inner = self.0.borrow_mut();
                if inner.out.as_ref().is_some_and(|question| question.ask.n == done.n) {
                    let question = inner.out.take();
                    inner.deadline = None;
                    drop(inner);
                    answer(question, Answer::Done(done));
                }
            }
            Err(error) => leptos::logging::error!("The evaluating worker sent what this page does not know: {error}"),
        }
        self.go_on();
    }

    /// Ends the worker, and with it the question that is out; the one that waits gets another worker.
    fn stop(&self, why: Answer) {
        let mut inner = self.0.borrow_mut();
        let never_came = inner.worker.as_ref().is_some_and(|running| !running.ready);
        let worker = inner.worker.take();
        inner.deadline = None;
        // Of a worker that cannot be loaded, also who waits hears it: another would not come either.
        let question = if never_came { inner.out.take().or_else(|| inner.waiting.take()) } else { inner.out.take() };
        drop(inner);
        drop(worker);
        answer(question, why);
        self.go_on();
    }
}

/// Who asked may be gone.
fn answer(question: Option<Question>, answer: Answer) {
    if let Some(question) = question {
        drop(question.answered.send(answer));
    }
}

fn post(worker: &Worker, frame: &ToEval) {
    let sent = serde_json::to_string(frame)
        .map_err(|error| JsValue::from_str(&error.to_string()))
        .and_then(|text| worker.post_message(&JsValue::from_str(&text)));
    if let Err(error) = sent {
        // It is never answered, and so ended at the deadline.
        leptos::logging::error!("The evaluating worker does not listen: {error:?}");
    }
}

fn broken(said: Option<&str>) -> String {
    let deep = said.is_some_and(|said| said.contains("call stack"));
    if deep {
        return "The evaluation was stopped: the rules or the input are nested too deeply. Make them flatter."
            .to_owned();
    }
    let said = said.map(|said| format!(" ({said})")).unwrap_or_default();
    format!("The evaluation was stopped by a fault of the program{said}. Try it with less input.")
}
