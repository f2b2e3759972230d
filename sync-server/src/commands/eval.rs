//! `tombolo eval NAME`: the editors as filters of JSON lines.
//!
//! Each line of stdin is `{"id": …, "rules": …, "input": …, "options": …}`; each line of stdout is
//! `{"id": …, "output": …, "errors": […], "console": […]}`, in the same order. What is wrong with rules or input, or with
//! the line itself, is in the answer, and the next line is answered as if nothing had been. When lines were no JSON the
//! command fails in the end; a name that does not exist fails at once.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_engine::{EvalError, EvalOutcome, EvalRequest, UnknownEval, eval, eval_names};

use super::scripts::{self, Scripts};

/// Answers questions: each line of stdin is {"id", "rules", "input", "options"}, each line of stdout
/// {"id", "output", "errors", "console"}.
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
    let mut lines = io::stdin().lock();
    let (mut line, mut at, mut broken) = (Vec::new(), 0_u64, false);
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        at += 1;
        let text = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| at == 1).unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        let answer = match question(text) {
            Ok(question) => answered(name, question, &mut scripts)?,
            Err(refused) => {
                if !refused.is_json {
                    broken = true;
                    writeln!(io::stderr(), "line {at} is not understood: it is no JSON")?;
                }
                refused.answer(at)
            }
        };
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        out.flush()?;
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn answered(name: &str, question: Question, scripts: &mut Scripts) -> anyhow::Result<Answer> {
    let mut request = question.request;
    request.now_ms = crate::clock::now_ms();
    request.seed = getrandom::u64()?;
    let outcome = if name == scripts::NAME { scripts.eval(&request)? } else { eval(name, &request)? };
    Ok(Answer { id: question.id, outcome })
}

/// A line that is no question.
struct Refused {
    id: Value,
    is_json: bool,
    why: String,
}

/// What of a question is read where the rest of it cannot be.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: Value,
}

fn question(text: &[u8]) -> Result<Question, Refused> {
    const SHAPE: &str = "a line is an object {\"id\", \"rules\", \"input\", \"options\"}";
    match serde_json::from_slice::<Value>(text) {
        Ok(value @ Value::Object(_)) => {
            let id = value.get("id").cloned().unwrap_or_default();
            serde_json::from_value(value).map_err(|error| Refused {
                id,
                is_json: true,
                why: format!("{SHAPE}: {error}"),
            })
        }
        Ok(_) => Err(Refused { id: Value::Null, is_json: true, why: SHAPE.to_owned() }),
        Err(error) => {
            // What is JSON, but nested too deeply, with a number too big or half a character, is an answer's business.
            let is_json = serde_json::from_slice::<IgnoredAny>(text).is_ok() && std::str::from_utf8(text).is_ok();
            let id = serde_json::from_slice::<Named>(text).map(|named| named.id).unwrap_or_default();
            Err(Refused { id, is_json, why: error.to_string() })
        }
    }
}

impl Refused {
    fn answer(self, line: u64) -> Answer {
        let message = format!("Line {line} cannot be read: {}.", self.why);
        let errors = vec![EvalError { code: "invalid_question".to_owned(), message, path: None, at: None }];
        Answer { id: self.id, outcome: EvalOutcome { errors, ..EvalOutcome::default() } }
    }
}

/// The line that answers a line.
pub(super) fn answer(name: &str, line: &str, scripts: &mut Scripts) -> anyhow::Result<String> {
    let answer = match question(line.as_bytes()) {
        Ok(question) => answered(name, question, scripts)?,
        Err(refused) => refused.answer(1),
    };
    Ok(serde_json::to_string(&answer)?)
}
