//! `tombolo eval NAME`: the editors as filters of JSON lines.
//!
//! Each line of stdin is `{"id": …, "rules": …, "input": …, "options": …}`, where `rule` is `rules` and `data` is `input`; each line of stdout is
//! `{"id": …, "output": …, "errors": […], "console": […]}`, in the same order. What is wrong with rules or input, or with
//! the line itself, is in the answer, and the next line is answered as if nothing had been. When lines were no JSON the
//! command fails in the end; a name that does not exist fails at once.

use std::io::{self, BufRead, BufWriter, Read, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde::de::IgnoredAny;
use tombolo_engine::{EvalError, EvalOutcome, EvalQuestion, QuestionError, UnknownEval, eval, eval_names};
use tombolo_model::{Val, write_js_json};

use super::scripts::{self, Scripts};

/// Answers questions: each line of stdin is {"id", "rules", "input", "options"}, each line of stdout
/// {"id", "output", "errors", "console"}.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to evaluate; an unknown name lists those that there are
    name: String,
}

#[derive(Serialize)]
struct Answer {
    id: Val,
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
    let (mut at, mut broken) = (0_u64, false);
    while let Some(line) = next_line(&mut lines)? {
        at += 1;
        let text = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| at == 1).unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        let question = if line.len() > MOST_LINE_BYTES { Err(Refused::too_long()) } else { question(text) };
        // What was read of it is enough.
        drop(line);
        let answer = match question {
            Ok(question) => answered(name, question, &mut scripts)?,
            Err(refused) => {
                if !refused.is_json {
                    broken = true;
                    writeln!(io::stderr(), "line {at} is not understood: it is no JSON")?;
                }
                refused.answer(at)
            }
        };
        answer.write(&mut out)?;
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The longest line: a workbook of 20 MB in base64, or six pages of records.
const MOST_LINE_BYTES: usize = 32 << 20;

/// The next line with its end; of one that is too long a little more than it may have. Nothing behind the last.
fn next_line(lines: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let most = MOST_LINE_BYTES as u64 + 1;
    if lines.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() > MOST_LINE_BYTES && !line.ends_with(b"\n") {
        lines.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

fn answered(name: &str, question: EvalQuestion, scripts: &mut Scripts) -> anyhow::Result<Answer> {
    if let Some(error) = question.without_rules(name) {
        let outcome = EvalOutcome { errors: vec![error], ..EvalOutcome::default() };
        return Ok(Answer { id: question.id, outcome });
    }
    let mut request = question.request;
    request.now_ms = crate::clock::now_ms();
    request.seed = getrandom::u64()?;
    let outcome = if name == scripts::NAME { scripts.eval(&request)? } else { eval(name, &request)? };
    Ok(Answer { id: question.id, outcome })
}

/// A line that is no question.
struct Refused {
    id: Val,
    is_json: bool,
    error: Box<EvalError>,
}

fn question(text: &[u8]) -> Result<EvalQuestion, Refused> {
    EvalQuestion::parse(text).map_err(|error| match error {
        QuestionError::TooBig(id, error) => Refused { id, is_json: true, error: Box::new(error) },
        QuestionError::Json(id, error) => {
            // What is JSON, but nested too deeply, with a number too big or half a character, is an answer's business.
            let is_json = serde_json::from_slice::<IgnoredAny>(text).is_ok() && std::str::from_utf8(text).is_ok();
            let why = if error.is_data() { format!("{SHAPE}: {error}") } else { error.to_string() };
            Refused { id, is_json, error: invalid(format!("cannot be read: {why}.")) }
        }
    })
}

const SHAPE: &str = "a line is an object {\"id\", \"rules\", \"input\", \"options\"}";

/// What a line is, to be said behind its number.
fn invalid(what: String) -> Box<EvalError> {
    Box::new(EvalError { code: "invalid_question".to_owned(), message: what, path: None, at: None })
}

impl Refused {
    fn too_long() -> Self {
        let most = MOST_LINE_BYTES >> 20;
        let mut error = invalid(format!("has more than {most} MB: ask about fewer records."));
        "too_big".clone_into(&mut error.code);
        Self { id: Val::Null, is_json: true, error }
    }

    fn answer(self, line: u64) -> Answer {
        let Self { id, mut error, .. } = self;
        if error.path.is_none() {
            error.message = format!("Line {line} {}", error.message);
        }
        Answer { id, outcome: EvalOutcome { errors: vec![*error], ..EvalOutcome::default() } }
    }
}

impl Answer {
    /// Writes the line; it is never in memory as a whole.
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        write_js_json(self, &mut out)?;
        writeln!(out)?;
        out.flush()
    }
}

/// Answers a line with a line.
pub(super) fn answer(name: &str, line: &str, scripts: &mut Scripts, out: &mut impl Write) -> anyhow::Result<()> {
    let answer = match question(line.as_bytes()) {
        Ok(question) => answered(name, question, scripts)?,
        Err(refused) => refused.answer(1),
    };
    Ok(answer.write(out)?)
}
