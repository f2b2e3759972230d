//! `tombolo script-worker`: scripts in a process of their own (decision 30).
//!
//! Reads a question as a line of JSON, answers with one, and ends when nobody asks any more. It gives up files, the
//! network and other processes before it reads the first line: a script that broke out of the interpreter would find
//! nothing here. Whoever asks ends it at a deadline; memory has a limit of its own.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_script::{Instance, Level, Limits, NoApi, ScriptError};

use super::cage;
use crate::job::Held;

/// The most memory, in bytes.
const MEMORY: u64 = 1024 * 1024 * 1024;
/// The stack of the thread that scripts run on: the interpreter's parser goes as deep as a script is nested.
const STACK: usize = 64 * 1024 * 1024;

/// One call of a function of a script.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Question {
    pub(super) script: String,
    pub(super) function: String,
    pub(super) argument: Value,
    pub(super) now_ms: i64,
    pub(super) seed: u64,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    /// What the function returned.
    pub(super) output: Value,
    pub(super) error: Option<Failure>,
    pub(super) console: Vec<ConsoleLine>,
    /// Whether the machine holds the process to all that it gave up.
    pub(super) caged: bool,
}

/// What is wrong with the script.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) message: String,
    /// `line:column`, from 1.
    pub(super) place: Option<String>,
}

/// A line that the script wrote.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ConsoleLine {
    pub(super) level: String,
    pub(super) text: String,
}

/// Answers what comes on stdin.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    cage::limit(MEMORY).context("the process could not limit itself")?;
    let calls = cage::deny_calls().context("the process could not give up system calls")?;
    let network = cage::deny_network().context("the process could not give up the network")?;
    let files = cage::deny_all_files().context("the process could not give up files")?;
    let caged = [calls, network, files] == [Held::All; 3];
    let answering = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || answer_all(caged))
        .context("no thread for scripts")?;
    match answering.join() {
        Ok(ended) => ended.map(|()| ExitCode::SUCCESS),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn answer_all(caged: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let question: Question = serde_json::from_str(&line?).context("the question is not understood")?;
        writeln!(out, "{}", serde_json::to_string(&answer(&question, caged))?)?;
        out.flush()?;
    }
    Ok(())
}

fn answer(question: &Question, caged: bool) -> Answer {
    let mut instance = Instance::new(Rc::new(NoApi), Limits::default(), question.seed);
    instance.set_time(question.now_ms);
    if let Err(error) = instance.load("script", &question.script, &[&question.function]) {
        return Answer { output: Value::Null, error: Some(failure(&error)), console: Vec::new(), caged };
    }
    let made = instance.call("script", &question.function, &question.argument);
    let console =
        made.console.into_iter().map(|line| ConsoleLine { level: level(line.level).to_owned(), text: line.text });
    let (output, error) = match made.result {
        Ok(output) => (output.unwrap_or_default(), None),
        Err(error) => (Value::Null, Some(failure(&error))),
    };
    Answer { output, error, console: console.collect(), caged }
}

fn failure(error: &ScriptError) -> Failure {
    let (code, place) = match error {
        ScriptError::Syntax { place, .. } => ("script_syntax", *place),
        ScriptError::NoScript { .. } | ScriptError::NoFunction { .. } => ("script_function", None),
        ScriptError::Thrown { place, .. } => ("script_error", *place),
        ScriptError::Limit { .. } => ("script_limit", None),
        ScriptError::Result { .. } | ScriptError::Pending => ("script_result", None),
        ScriptError::Interpreter { .. } => ("script_interpreter", None),
    };
    let message = match error {
        ScriptError::Thrown { name, message, .. } if !name.is_empty() => format!("{name}: {message}"),
        other => other.to_string(),
    };
    let place = place.map(|place| format!("{}:{}", place.line, place.column));
    Failure { code: code.to_owned(), message, place }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}
