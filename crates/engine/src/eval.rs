//! The editors as pure functions: rules, input and options in; output, errors and console out.
//!
//! The server, the command line and the browser's playground ask the same function, so that a preview shows what a run
//! does. Decides which evaluations there are; each group has its file and its own list, and is one line here.
//! What is wrong with rules or input is part of the outcome; only a name that does not exist is an error.

mod api;
mod date;
mod filters;
mod form;
mod formats;
mod graphql;
mod groups;
mod handlebars;
mod known;
mod paths;
mod question;
mod request;
mod rules;
mod schedule;
mod weight;

pub use question::{EvalQuestion, QuestionError, parse_input, question_id};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_model::{Val, excerpt};
use tombolo_template::{Env, TemplateError};

/// The groups, each with its own list.
const GROUPS: [&[Evaluator]; 12] = [
    handlebars::ALL,
    date::ALL,
    schedule::ALL,
    paths::ALL,
    filters::ALL,
    rules::ALL,
    groups::ALL,
    request::ALL,
    formats::ALL,
    graphql::ALL,
    form::ALL,
    api::ALL,
];

/// What an evaluation is asked.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct EvalRequest {
    /// The rules, template or code.
    #[serde(default, alias = "rule")]
    pub rules: Value,
    /// The record, context, text or file (base64): a page of records may have millions of values, which rules have not.
    #[serde(default, alias = "data")]
    pub input: Val,
    /// Whatever else the evaluation understands.
    #[serde(default)]
    pub options: Value,
    /// The time for what asks for it, in milliseconds since 1970; set by the caller, never by the one who asks.
    #[serde(skip)]
    pub now_ms: i64,
    /// Where random values begin; set by the caller.
    #[serde(skip)]
    pub seed: u64,
}

/// What an evaluation makes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EvalOutcome {
    /// The result; null when there is none.
    pub output: Val,
    /// What is wrong.
    pub errors: Vec<EvalError>,
    /// What scripts printed.
    pub console: Vec<Value>,
}

/// Something that is wrong with the rules or the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvalError {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// Where, in the rules or the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where in the text at `path`, in characters from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
}

/// There is no such evaluation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is no evaluation “{name}”. There are: {known}.", name = excerpt(.name))]
pub struct UnknownEval {
    /// The name that was asked for.
    pub name: String,
    /// The names that there are.
    pub known: String,
}

/// One evaluation: its name and what it does.
type Evaluator = (&'static str, fn(&EvalRequest) -> EvalOutcome);

/// Answers a question.
///
/// # Errors
///
/// Returns [`UnknownEval`] for an unknown name; what is wrong with rules or input is in the outcome.
pub fn eval(name: &str, request: &EvalRequest) -> Result<EvalOutcome, UnknownEval> {
    match GROUPS.iter().copied().flatten().find(|(have, _)| *have == name) {
        Some((_, evaluator)) => {
            if let Some(error) = request.misshapen() {
                return Ok(EvalOutcome::failed([error]));
            }
            let mut outcome = evaluator(request);
            // Where nothing came out, what is wrong is told already.
            if outcome.errors.is_empty() {
                outcome.errors = known::told(name, &request.rules);
            }
            Ok(outcome)
        }
        None => {
            let known: Vec<_> = eval_names().collect();
            Err(UnknownEval { name: name.to_owned(), known: known.join(", ") })
        }
    }
}

/// The names of all evaluations.
pub fn eval_names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().copied().flatten().map(|(name, _)| *name)
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut characters = clause.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

impl EvalRequest {
    /// What is wrong with the options before anything looks into them.
    #[must_use]
    pub fn misshapen(&self) -> Option<EvalError> {
        let is_right = self.options.is_object() || self.options.is_null();
        (!is_right).then(|| EvalError::at("invalid_options", "Enter the options: an object.", "/options"))
    }

    /// The surroundings of its templates.
    fn env(&self) -> Env<'static> {
        Env::new(self.now_ms, self.seed)
    }
}

impl EvalOutcome {
    /// An outcome without errors.
    fn made(output: impl Into<Val>) -> Self {
        Self { output: output.into(), ..Self::default() }
    }

    /// An outcome with nothing but errors.
    fn failed(errors: impl IntoIterator<Item = EvalError>) -> Self {
        Self { errors: errors.into_iter().collect(), ..Self::default() }
    }
}

impl EvalError {
    fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), path: None, at: None }
    }

    /// What is wrong with a template that stands at `path`.
    fn in_template(error: &TemplateError, path: &str) -> Self {
        Self { at: Some(error.at()), ..Self::at(error.code(), error.to_string(), path) }
    }

    fn at(code: &str, message: impl Into<String>, path: &str) -> Self {
        Self { path: Some(path.to_owned()), ..Self::new(code, message) }
    }
}

impl From<tombolo_model::Problem> for EvalError {
    fn from(problem: tombolo_model::Problem) -> Self {
        Self { code: problem.code, message: problem.message, path: Some(problem.path), at: None }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn each_name_is_there_once() {
        let names: Vec<_> = eval_names().collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_that_there_are() {
        let error = eval("nope", &EvalRequest::default()).unwrap_err().to_string();
        assert!(error.contains("“nope”") && error.contains("handlebars"), "{error}");
    }

    #[test]
    fn an_error_without_a_place_has_no_path() {
        let outcome = EvalOutcome::failed([EvalError::new("template", "It is wrong.")]);
        let text = serde_json::to_value(&outcome).unwrap();
        assert_eq!(
            text,
            json!({"output": null, "errors": [{"code": "template", "message": "It is wrong."}], "console": []})
        );
    }
}
