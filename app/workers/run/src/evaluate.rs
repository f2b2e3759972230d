//! The other use of this module: it answers evaluations, for a screen that lets somebody try rules.
//!
//! Texts are read and outputs written here, where that does not hold up the screen. How long an answer may take is its
//! owner's business, who ends the worker; a script has a deadline of its own, because it runs in a worker below this one.

mod problem;

use std::rc::Rc;

use serde_json::Value;
use tombolo_engine::{EvalOutcome, EvalRequest, eval, parse_input};
use tombolo_model::Val;
use tombolo_script_host::Pool;
use tombolo_wire::eval_worker::{Ask, Done, EvalProblem, FromEval, Given, Helper, Output, Printed, Side, ToEval};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use crate::host;
use crate::port::scope;
use crate::scripts::ScriptWorkers;

/// The evaluation that a worker below this one answers.
const SCRIPT: &str = "javascript";

/// Listens for questions and says that it does.
pub(crate) fn start() {
    console_error_panic_hook::set_once();
    let scripts = Rc::new(Pool::new(ScriptWorkers::default()));
    let listen = Closure::<dyn FnMut(MessageEvent) -> Result<(), JsError>>::new(move |event: MessageEvent| {
        let frame = event.data().as_string().unwrap_or_default();
        match serde_json::from_str(&frame) {
            Ok(ToEval::Ask { ask }) => spawn_local(answer(*ask, Rc::clone(&scripts))),
            Ok(ToEval::Helpers) => post(&FromEval::Helpers { helpers: helpers() }),
            Err(error) => return Err(JsError::new(&format!("the worker cannot read its question: {error}"))),
        }
        Ok(())
    });
    scope().set_onmessage(Some(listen.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    listen.forget();
    post(&FromEval::Ready);
}

async fn answer(ask: Ask, scripts: Rc<Pool<ScriptWorkers>>) {
    let began = clock_ms();
    let rules = read(ask.rules, Side::Rules, parse_rules);
    let input = read(ask.input, Side::Input, parse_input);
    let (rules, input) = match (rules, input) {
        (Ok(rules), Ok(input)) => (rules, input),
        (rules, input) => {
            let problems = [rules.err(), input.err()].into_iter().flatten().collect();
            let done = Done { n: ask.n, ms: clock_ms() - began, output: None, problems, console: Vec::new() };
            return post(&FromEval::Done { done: Box::new(done) });
        }
    };
    let seed = host::seed().unwrap_or_else(|| host::now_ms().cast_unsigned());
    let (now_ms, seed) = ask.moment.map_or((host::now_ms(), seed), |moment| (moment.at_ms, moment.seed));
    let request = EvalRequest { rules, input, options: ask.options, now_ms, seed };
    let outcome = if ask.name == SCRIPT {
        tombolo_script_host::eval(&scripts, &request).await
    } else {
        eval(&ask.name, &request).unwrap_or_else(|unknown| EvalOutcome {
            errors: vec![problem::named("unknown_evaluation", unknown.to_string())],
            ..EvalOutcome::default()
        })
    };
    let rules = Val::from(&request.rules);
    let done = Done {
        n: ask.n,
        output: shown(&outcome),
        problems: outcome.errors.into_iter().map(|error| problem::placed(error, &rules, &request.input)).collect(),
        console: outcome.console.iter().map(printed).collect(),
        ms: clock_ms() - began,
    };
    post(&FromEval::Done { done: Box::new(done) });
}

fn parse_rules(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text)
}

fn read<T: From<Value>>(
    given: Given,
    side: Side,
    parse: impl Fn(&str) -> serde_json::Result<T>,
) -> Result<T, EvalProblem> {
    match given {
        Given::Value(value) => Ok(value.into()),
        Given::Json(text) if text.trim().is_empty() => Ok(Value::Null.into()),
        Given::Json(text) => parse(&text).map_err(|error| problem::unreadable(&error, &text, side)),
    }
}

/// Nothing came out when there is nothing but problems.
fn shown(outcome: &EvalOutcome) -> Option<Output> {
    match &outcome.output {
        Val::Absent | Val::Null if !outcome.errors.is_empty() => None,
        Val::Str(text) => Some(Output { text: text.to_string(), json: false }),
        value => Some(Output { text: value.to_pretty_json(), json: true }),
    }
}

fn printed(line: &Value) -> Printed {
    let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Printed { level: text("level"), text: text("text") }
}

fn helpers() -> Vec<Helper> {
    let helper = |info: tombolo_template::HelperInfo| Helper {
        name: info.name.to_owned(),
        group: info.group.to_owned(),
        arguments: info.arguments.to_owned(),
        help: info.help.to_owned(),
        example: info.example.to_owned(),
        prints: info.prints.to_owned(),
    };
    tombolo_template::helpers().map(helper).collect()
}

/// Sends a frame. An owner that is gone takes nothing, and that is no fault.
fn post(frame: &FromEval) {
    let Ok(text) = serde_json::to_string(frame) else {
        return;
    };
    if let Err(gone) = scope().post_message(&JsValue::from_str(&text)) {
        drop(gone);
    }
}

fn clock_ms() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}
