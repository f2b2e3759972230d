//! The evaluation `javascript`: one call of a function, outside of every flow.
//!
//! The command line, the server and the browser's playground ask the same, so that their answers are.

use std::sync::Arc;

use futures::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};
use tombolo_engine::{ApiQuestion, EvalError, EvalOutcome, EvalRequest, OuterHook, Script, ScriptApi, ScriptCall};

use crate::pool::{CALL_MS, Pool};
use crate::workers::Workers;

/// How long a call may take when nobody says otherwise: somebody waits for the answer, which nobody does in a run.
const EVAL_MS: u32 = 4_000;

/// Calls the function `rules.function` of the text `rules.code` (or `rules.script`) with the input; `options.timeoutMs` is how long it
/// may take at most. With `options.hook` it is called as that [`OuterHook`], and what it returns is checked.
pub async fn eval<W: Workers>(pool: &Pool<W>, request: &EvalRequest) -> EvalOutcome {
    if let Some(error) = request.misshapen() {
        return failed(error);
    }
    let code = text(&request.rules, "code").or_else(|| text(&request.rules, "script"));
    let (Some(script), Some(function)) = (code, text(&request.rules, "function")) else {
        let message = "Write the rules as {\"code\": \"function f(options) { … }\", \"function\": \"f\"}.";
        return failed(EvalError {
            code: "invalid_rules".to_owned(),
            message: message.to_owned(),
            path: None,
            at: None,
        });
    };
    let hook = match hook(request) {
        Ok(hook) => hook,
        Err(error) => return failed(error),
    };
    let input = hook.map_or_else(|| request.input.clone(), |hook| hook.options(&request.input));
    let call = ScriptCall {
        script: Arc::new(Script { id: String::new(), name: String::new(), content: script.to_owned() }),
        step: 0,
        function: function.into(),
        argument: input.to_string(),
        now_ms: request.now_ms,
        seed: request.seed,
    };
    let deadline = request.options.get("timeoutMs").and_then(Value::as_u64);
    let deadline_ms = deadline.map_or(EVAL_MS, |ms| u32::try_from(ms).unwrap_or(CALL_MS));
    let answer = pool.call_once(&call, &NoFlow, deadline_ms).await;
    let console = answer.console.into_iter().map(|line| json!({"level": line.level, "text": line.text})).collect();
    let outcome = match answer.result {
        Ok(output) => keeps_to(hook, &input, output),
        Err(failure) => {
            let path = failure.place.map(|(line, column)| format!("{line}:{column}"));
            failed(EvalError { code: failure.code, message: failure.message, path, at: None })
        }
    };
    EvalOutcome { console, ..outcome }
}

/// The hook as which the function is called.
fn hook(request: &EvalRequest) -> Result<Option<OuterHook>, EvalError> {
    let Some(name) = request.options.get("hook").filter(|name| !name.is_null()) else { return Ok(None) };
    let named = name.as_str().and_then(OuterHook::named);
    named.map(Some).ok_or_else(|| {
        let known: Vec<_> = OuterHook::names().collect();
        EvalError {
            code: "invalid_options".to_owned(),
            message: format!("There is no hook {name}. There are: {}.", known.join(", ")),
            path: Some("/options/hook".to_owned()),
            at: None,
        }
    })
}

/// What a function returned, where it is what its hook has to return.
fn keeps_to(hook: Option<OuterHook>, input: &Value, output: Option<String>) -> EvalOutcome {
    let is_nothing = output.is_none();
    let outcome = read(output);
    let (Some(hook), true) = (hook, outcome.errors.is_empty()) else { return outcome };
    match hook.check(input, Some(outcome.output).filter(|_| !is_nothing)) {
        Ok(output) => EvalOutcome { output, ..EvalOutcome::default() },
        Err(message) => failed(EvalError { code: "script_result".to_owned(), message, path: None, at: None }),
    }
}

/// What a function returned; nothing is null.
fn read(output: Option<String>) -> EvalOutcome {
    match output.map(|text| serde_json::from_str(&text)).transpose() {
        Ok(output) => EvalOutcome { output: output.unwrap_or_default(), ..EvalOutcome::default() },
        Err(error) => failed(EvalError {
            code: "script_error".to_owned(),
            message: format!(
                "What the script returned cannot be read as JSON: {error}. Return less deeply nested data."
            ),
            path: None,
            at: None,
        }),
    }
}

fn failed(error: EvalError) -> EvalOutcome {
    EvalOutcome { errors: vec![error], ..EvalOutcome::default() }
}

/// The outside of a script that does not run in a flow.
struct NoFlow;

impl ScriptApi for NoFlow {
    fn answer(&self, question: ApiQuestion) -> LocalBoxFuture<'_, Result<Value, String>> {
        let object = if question.object.is_empty() { "integrator-api" } else { &question.object };
        let message =
            format!("{object}.{} cannot be called here: this script does not run in a flow.", question.function);
        async { Err(message) }.boxed_local()
    }
}

fn text<'v>(rules: &'v Value, key: &str) -> Option<&'v str> {
    rules.get(key)?.as_str().filter(|text| !text.is_empty())
}
