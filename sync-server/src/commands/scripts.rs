//! Asks `tombolo script-worker`, and ends it when it does not answer in time.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tombolo_engine::{EvalError, EvalOutcome, EvalRequest};

use super::script_worker::{Answer, Question};

/// The name of the evaluation.
pub(super) const NAME: &str = "javascript";
const LOOSE: &str = "Warning: this machine does not keep scripts from all files, the network and other processes. Linux 6.12 or later does.";
/// How long a call may take at most.
const DEADLINE: Duration = Duration::from_secs(30);

/// A process that calls scripts, started when it is needed.
#[derive(Default)]
pub(super) struct Scripts {
    worker: Option<Worker>,
    /// Whether it was said that scripts are not held to all that they give up.
    warned: bool,
}

/// How a process came to give no answer.
enum Ended {
    TooLong,
    Itself,
}

struct Worker {
    child: Child,
    questions: ChildStdin,
    answers: Receiver<std::io::Result<String>>,
}

impl Scripts {
    /// Calls the function `rules.function` of the text `rules.script` with the input.
    pub(super) fn eval(&mut self, request: &EvalRequest) -> anyhow::Result<EvalOutcome> {
        let (Some(script), Some(function)) = (text(&request.rules, "script"), text(&request.rules, "function")) else {
            let message = "Write the rules as {\"script\": \"function f(options) { … }\", \"function\": \"f\"}.";
            return Ok(failed("invalid_rules", message.to_owned(), None));
        };
        let question = Question {
            script: script.to_owned(),
            function: function.to_owned(),
            argument: request.input.clone(),
            now_ms: request.now_ms,
            seed: request.seed,
        };
        let wanted = request.options.get("timeoutMs").and_then(Value::as_u64).map(Duration::from_millis);
        let deadline = wanted.unwrap_or(DEADLINE).min(DEADLINE);
        Ok(match self.ask(&question, deadline)? {
            Ok(Answer { output, error, console, caged }) => {
                if !caged && !std::mem::replace(&mut self.warned, true) {
                    writeln!(std::io::stderr(), "{LOOSE}")?;
                }
                let console = console.into_iter().map(|line| json!({"level": line.level, "text": line.text})).collect();
                let errors = error.into_iter().map(|error| wrong(&error.code, error.message, error.place)).collect();
                EvalOutcome { output, errors, console }
            }
            Err(Ended::TooLong) => {
                let message = format!("The script was stopped: it took longer than {} ms.", deadline.as_millis());
                failed("script_limit", message, None)
            }
            Err(Ended::Itself) => {
                let message = "The script was stopped: it took more memory than it may have, or is nested too deeply.";
                failed("script_limit", message.to_owned(), None)
            }
        })
    }

    /// The answer, or why there is none. A process that does not answer is ended.
    fn ask(&mut self, question: &Question, deadline: Duration) -> anyhow::Result<Result<Answer, Ended>> {
        let mut worker = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::start()?,
        };
        writeln!(worker.questions, "{}", serde_json::to_string(question)?)
            .context("the script process does not listen")?;
        match worker.answers.recv_timeout(deadline) {
            Ok(line) => {
                let answer =
                    serde_json::from_str(&line?).context("the answer of the script process is not understood")?;
                self.worker = Some(worker);
                Ok(Ok(answer))
            }
            Err(RecvTimeoutError::Timeout) => Ok(Err(Ended::TooLong)),
            Err(RecvTimeoutError::Disconnected) => Ok(Err(Ended::Itself)),
        }
    }
}

impl Worker {
    fn start() -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program does not know where it is")?;
        let mut child = Command::new(program)
            .arg("script-worker")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What the allocator says when there is no more memory is said in other words.
            .stderr(Stdio::null())
            .spawn()
            .context("the script process cannot be started")?;
        let (Some(questions), Some(out)) = (child.stdin.take(), child.stdout.take()) else {
            anyhow::bail!("the script process has no pipes");
        };
        let (say, answers) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                if say.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, questions, answers })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        if self.child.kill().is_ok()
            && let Err(error) = self.child.wait()
        {
            tracing::warn!(%error, "the script process is not known to have ended");
        }
    }
}

fn text<'v>(rules: &'v Value, key: &str) -> Option<&'v str> {
    rules.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn wrong(code: &str, message: String, path: Option<String>) -> EvalError {
    EvalError { code: code.to_owned(), message, path }
}

fn failed(code: &str, message: String, path: Option<String>) -> EvalOutcome {
    EvalOutcome { errors: vec![wrong(code, message, path)], ..EvalOutcome::default() }
}
