//! The evaluation `javascript`: one call of a function, outside of every flow.
//!
//! The command line, the server and the browser's playground ask the same, so that their answers are.

use std::borrow::Cow;
use std::sync::Arc;

use futures::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};
use tombolo_engine::{
    ApiQuestion, EvalError, EvalOutcome, EvalRequest, OuterHook, Script, ScriptApi, ScriptCall, broken_contract,
};
use tombolo_model::{KeyPool, Val};

use crate::pool::{CALL_MS, Pool};
use crate::workers::Workers;

/// How long a call may take when nobody says otherwise: somebody waits for the answer, which nobody does in a run.
const EVAL_MS: u32 = 4_000;

/// Calls the function `rules.function` of the text `rules.code` (or `rules.script`) with the input; `options.timeoutMs` is how long it
/// may take at most. With `options.hook` it is called as that [`OuterHook`], and what it returns is checked.
///
/// Else a function with the name of a hook, or one that `rules.hook` says is called as one, has to return what is wanted of
/// that hook, which is said beside what it returned; `none` says that it is called as no hook.
pub async fn eval<W: Workers>(pool: &Pool<W>, request: &EvalRequest) -> EvalOutcome {
    if let Some(error) = request.misshapen() {
        return failed(error);
    }
    let code = text(&request.rules, "code").or_else(|| text(&request.rules, "script"));
    let (Some(script), Some(function)) = (code, text(&request.rules, "function")) else {
        let message = "Write the rules as {\"code\": \"function f(options) { … }\", \"function\": \"f\"}.";
        let path = Some("/function".to_owned());
        return failed(EvalError { code: "invalid_rules".to_owned(), message: message.to_owned(), path, at: None });
    };
    let hook = match hook(request) {
        Ok(hook) => hook,
        Err(error) => return failed(error),
    };
    let input = hook.map_or(Cow::Borrowed(&request.input), |hook| Cow::Owned(hook.options(&request.input)));
    let call = ScriptCall {
        script: Arc::new(Script { id: String::new(), name: String::new(), content: script.to_owned() }),
        step: 0,
        function: function.into(),
        argument: input.to_json(),
        now_ms: request.now_ms,
        seed: request.seed,
    };
    let deadline = request.options.get("timeoutMs").and_then(Value::as_u64);
    let deadline_ms = deadline.map_or(EVAL_MS, |ms| u32::try_from(ms).unwrap_or(CALL_MS));
    let answer = pool.call_once(&call, &NoFlow, deadline_ms).await;
    let console = answer.console.into_iter().map(|line| json!({"level": line.level, "text": line.text})).collect();
    let place = place_of(script, function);
    let outcome = match answer.result {
        Ok(output) if hook.is_some() => keeps_to(hook, &input, output),
        Ok(output) => kept_to(read(output), request, function, &place),
        Err(failure) => {
            let path = failure.place.map_or(place, |(line, column)| format!("{line}:{column}"));
            failed(EvalError { code: failure.code, message: failure.message, path: Some(path), at: None })
        }
    };
    EvalOutcome { console, ..outcome }
}

/// Says beside the output what is wrong with it, where the function is a hook. Nothing and null are told apart by the
/// words of the engine, and both are null here.
fn kept_to(mut outcome: EvalOutcome, request: &EvalRequest, function: &str, place: &str) -> EvalOutcome {
    let hook = text(&request.rules, "hook").unwrap_or(function);
    let returned = Some(&outcome.output).filter(|output| !output.is_null());
    let broken = match OuterHook::named(hook) {
        Some(outer) => outer.check(&request.input, returned.cloned()).err(),
        None => broken_contract(hook, &request.input, returned),
    };
    if outcome.errors.is_empty()
        && let Some(message) = broken
    {
        let path = Some(place.to_owned());
        outcome.errors.push(EvalError { code: "script_result".to_owned(), message, path, at: None });
    }
    outcome
}

/// The line and column at which a function is written, or those of the beginning.
fn place_of(script: &str, function: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let at = script.match_indices(function).find(|(at, _)| {
        let (before, after) = (&script[..*at], &script[at + function.len()..]);
        let word = before.trim_end().rsplit(|c: char| !is_name(c)).next().unwrap_or_default();
        let declared = matches!(word, "function" | "const" | "let" | "var") && before.ends_with([' ', '\n', '\t']);
        declared && !after.starts_with(is_name)
    });
    let before = &script[..at.map_or(0, |(at, _)| at)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before[line_start..].encode_utf16().count() + 1;
    format!("{}:{column}", before.matches('\n').count() + 1)
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
fn keeps_to(hook: Option<OuterHook>, input: &Val, output: Option<String>) -> EvalOutcome {
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
    match output.map(|text| Val::parse(text.as_bytes(), &mut KeyPool::default())).transpose() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_where_it_is_written() {
        for (script, place) in [
            ("function preMap() {}", "1:10"),
            ("// preMap\n  const preMap = () => {};", "2:9"),
            ("function preMapAll() {}\nasync function preMap(){}", "2:16"),
            ("/* \u{1f600} */ let preMap = 1;", "1:14"),
            ("export default 5;", "1:1"),
        ] {
            assert_eq!(place_of(script, "preMap"), place, "{script}");
        }
    }

    #[test]
    fn what_breaks_the_contract_of_a_hook_is_said_beside_the_output() {
        let asked = |function: &str, hook: Value, output: Value| {
            let rules = json!({"function": function, "hook": hook});
            let request = EvalRequest { rules, input: json!({"data": [{}, {}]}).into(), ..EvalRequest::default() };
            kept_to(EvalOutcome { output: output.into(), ..EvalOutcome::default() }, &request, function, "1:10")
        };
        let broken = asked("preMap", Value::Null, json!([]));
        assert_eq!(broken.output, json!([]));
        assert_eq!(broken.errors[0].code, "script_result");
        assert_eq!(broken.errors[0].path.as_deref(), Some("1:10"));
        assert!(asked("preMap", Value::Null, json!([{}, {}])).errors.is_empty());
        assert!(asked("preMap", json!("none"), json!(5)).errors.is_empty());
        assert!(asked("mine", Value::Null, json!(5)).errors.is_empty());
        assert!(asked("mine", json!("filter"), Value::Null).errors[0].message.contains("nothing"));
    }
}
