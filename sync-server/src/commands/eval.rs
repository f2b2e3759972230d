//! `tombolo eval NAME`: the editors as filters of JSON lines.
//!
//! Each line is `{"rules": …, "input": …, "options": …}`; each answer is `{"output": …, "errors": […]}`.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

/// Options of `tombolo eval`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The editor: filter, mapper, handlebars, csvParser or jsonParser
    name: String,
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    rules: Value,
    #[serde(default, alias = "data")]
    input: Value,
    #[serde(default)]
    options: Value,
}

/// Answers each line of stdin with a line of stdout.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    for (at, line) in io::stdin().lock().lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let question: Question =
            serde_json::from_str(&line).with_context(|| format!("line {} is not understood", at + 1))?;
        let answer = tombolo_engine::edit(&args.name, &question.rules, &question.input, &question.options)?;
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}
