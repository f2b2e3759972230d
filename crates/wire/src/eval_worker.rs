//! What a screen and the worker that evaluates for it say to each other.
//!
//! A frame is a JSON string. Inputs travel as the texts that were typed and outputs as texts to show, so that neither
//! the reading of a long input nor the writing of a long output holds up the screen.
//!
//! Invariant: each question is answered with its number, or its owner ends the worker.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the worker is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToEval {
    /// Evaluate this.
    Ask {
        /// The question; boxed because the other message is small.
        ask: Box<Ask>,
    },
    /// Say which helpers templates have.
    Helpers,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// Its number.
    pub n: u64,
    /// The evaluation.
    pub name: String,
    /// The rules.
    pub rules: Given,
    /// The input.
    pub input: Given,
    /// Whatever else the evaluation understands.
    #[serde(default)]
    pub options: Value,
    /// The time and the beginning of random values, where they must be the same as once before; else those of now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moment: Option<Moment>,
}

/// What else would be another one each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// In milliseconds since 1970.
    pub at_ms: i64,
    /// Where random values begin.
    pub seed: u64,
}

/// Rules or input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Given {
    /// A text of JSON; a blank one is null.
    Json(String),
    /// A value.
    Value(Value),
}

/// What the worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FromEval {
    /// It listens; a message sent before would be lost.
    Ready,
    /// The answer to a question.
    Done {
        /// The answer.
        done: Box<Done>,
    },
    /// The helpers of templates.
    Helpers {
        /// All of them, by group.
        helpers: Vec<Helper>,
    },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// The question's number.
    pub n: u64,
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// What came out; nothing when there is no output because of the problems.
    pub output: Option<Output>,
    /// What is wrong with rules or input.
    pub problems: Vec<EvalProblem>,
    /// What scripts printed.
    pub console: Vec<Printed>,
}

/// What came out of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// A text as it is; anything else as JSON on several lines.
    pub text: String,
    /// Whether it is JSON.
    pub json: bool,
}

/// Which text of the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The rules.
    Rules,
    /// The input.
    Input,
}

/// Something that is wrong with the rules or the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvalProblem {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// Which text.
    pub side: Side,
    /// The JSON pointer of the value that is wrong, or that has the text that is.
    pub path: Option<String>,
    /// Line and column in the text itself, or in the one at `path`; both from 1.
    pub place: Option<(u32, u32)>,
}

/// A line that a script printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printed {
    /// `debug`, `info`, `log`, `warn` or `error`.
    pub level: String,
    /// The text.
    pub text: String,
}

/// A helper of templates, for those who write them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Helper {
    /// Its name.
    pub name: String,
    /// What it is for; `block` for blocks.
    pub group: String,
    /// Its arguments as they are written.
    pub arguments: String,
    /// One line of help.
    pub help: String,
    /// A template.
    pub example: String,
    /// What the example prints.
    pub prints: String,
}
