//! `tombolo eval NAME`: the editors as filters of JSON lines.
//!
//! Each line of stdin is `{"id": …, "rules": …, "input": …, "options": …}`; each line of stdout is
//! `{"id": …, "output": …, "errors": […], "console": […]}`, in the same order. What is wrong with rules or input is in the
//! answer; only a line that is no question, or a name that does not exist, ends the command with a failure.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_engine::{EvalOutcome, EvalRequest, UnknownEval, eval, eval_names};

use super::scripts::{self, Scripts};

/// Options of `tombolo eval`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to evaluate; an unknown name lists those that there are
    name: String,
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    id: Value,
    #[serde(flatten)]
    request: EvalRequest,
}

#[derive(Serialize)]
struct Answer {
    id: Value,
    #[serde(flatten)]
    outcome: EvalOutcome,
}

impl Args {
    /// The name, if there is such an evaluation.
    pub(super) fn known(&self) -> Result<&str, UnknownEval> {
        if is_known(&self.name) {
            return Ok(&self.name);
        }
        let known = names().collect::<Vec<_>>().join(", ");
        Err(UnknownEval { name: self.name.clone(), known })
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    eval_names().chain([scripts::NAME])
}

/// Whether there is an evaluation of this name.
pub(crate) fn is_known(name: &str) -> bool {
    names().any(|known| known == name)
}

/// Answers each line of stdin with a line of stdout.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // Before the first line is waited for.
    let name = args.known()?;
    let mut scripts = Scripts::default();
    let mut out = io::stdout().lock();
    for (at, line) in io::stdin().lock().lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = answer(name, &line, &mut scripts).with_context(|| format!("line {} is not understood", at + 1))?;
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The line that answers a line.
pub(super) fn answer(name: &str, line: &str, scripts: &mut Scripts) -> anyhow::Result<String> {
    let question: Question = serde_json::from_str(line)?;
    let mut request = question.request;
    request.now_ms = crate::clock::now_ms();
    request.seed = getrandom::u64()?;
    let outcome = if name == scripts::NAME { scripts.eval(&request)? } else { eval(name, &request)? };
    Ok(serde_json::to_string(&Answer { id: question.id, outcome })?)
}
