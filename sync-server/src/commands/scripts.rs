//! `tombolo eval javascript`, and what all commands that call scripts do the same way.

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::Context;
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tombolo_engine::{ApiQuestion, EvalError, EvalOutcome, EvalRequest, Script, ScriptApi, ScriptCall};
use tombolo_script_host::{CALL_MS, Pool};

use crate::run_host::{Pipes, Processes, Supervisor};

/// The name of the evaluation.
pub(super) const NAME: &str = "javascript";
/// How long a call may take when nobody says otherwise: somebody waits for the answer, which nobody does in a run.
const EVAL_MS: u32 = 4_000;
const LOOSE: &str = "Warning: this machine does not keep scripts from all files, the network and other processes. Linux 6.12 or later does.";

/// What calls the scripts of a run.
pub(super) fn pool(pipes: Pipes) -> anyhow::Result<Pool<Processes>> {
    let say = || {
        if writeln!(io::stderr(), "{LOOSE}").is_err() {
            // Nobody reads it.
        }
    };
    Ok(Pool::new(Processes::new(pipes, Box::new(say)).context("the process of scripts cannot be asked")?))
}

/// Calls scripts that belong to no flow; their processes are started when they are needed.
#[derive(Default)]
pub(super) struct Scripts {
    asked: Option<Asked>,
}

/// In the order in which they have to end.
struct Asked {
    pool: Pool<Processes>,
    runtime: Runtime,
    _supervisor: Supervisor,
}

impl Scripts {
    /// Calls the function `rules.function` of the text `rules.code` (or `rules.script`) with the input.
    pub(super) fn eval(&mut self, request: &EvalRequest) -> anyhow::Result<EvalOutcome> {
        if let Some(error) = request.misshapen() {
            return Ok(EvalOutcome { errors: vec![error], ..EvalOutcome::default() });
        }
        let code = text(&request.rules, "code").or_else(|| text(&request.rules, "script"));
        let (Some(script), Some(function)) = (code, text(&request.rules, "function")) else {
            let message = "Write the rules as {\"code\": \"function f(options) { … }\", \"function\": \"f\"}.";
            return Ok(EvalOutcome {
                errors: vec![EvalError { code: "invalid_rules".to_owned(), message: message.to_owned(), path: None }],
                ..EvalOutcome::default()
            });
        };
        let call = ScriptCall {
            script: Arc::new(Script { id: String::new(), name: String::new(), content: script.to_owned() }),
            step: 0,
            function: function.into(),
            argument: request.input.to_string(),
            now_ms: request.now_ms,
            seed: request.seed,
        };
        let deadline = request.options.get("timeoutMs").and_then(Value::as_u64);
        let deadline_ms = deadline.map_or(EVAL_MS, |ms| u32::try_from(ms).unwrap_or(CALL_MS));
        let asked = match &mut self.asked {
            Some(asked) => asked,
            none => none.insert(Asked::start()?),
        };
        let answer = asked.runtime.block_on(asked.pool.call_once(&call, &NoFlow, deadline_ms));
        let console = answer.console.into_iter().map(|line| json!({"level": line.level, "text": line.text})).collect();
        Ok(match answer.result {
            Ok(output) => {
                let output = output.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default();
                EvalOutcome { output, errors: Vec::new(), console }
            }
            Err(failure) => {
                let path = failure.place.map(|(line, column)| format!("{line}:{column}"));
                let errors = vec![EvalError { code: failure.code, message: failure.message, path }];
                EvalOutcome { output: Value::Null, errors, console }
            }
        })
    }
}

impl Asked {
    fn start() -> anyhow::Result<Self> {
        let (supervisor, pipes) = Supervisor::start().context("the process of scripts cannot be started")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let pool = {
            let _inside = runtime.enter();
            pool(pipes)?
        };
        Ok(Self { pool, runtime, _supervisor: supervisor })
    }
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
