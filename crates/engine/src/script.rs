//! What a run asks of scripts, and what they may ask of it.
//!
//! The interpreter is not part of the engine: it lives in a process or a worker of its own, which its owner ends at a
//! deadline (decisions 30 and 35). What passes between is JSON text, so that neither side builds a tree for the other.

use std::sync::Arc;

use futures::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A script of the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its id.
    pub id: String,
    /// Its name, for messages.
    pub name: String,
    /// Its text.
    pub content: String,
}

/// One call of a function.
#[derive(Debug, Clone)]
pub struct ScriptCall {
    /// The script; it is the same one for all calls of a run.
    pub script: Arc<Script>,
    /// Which step calls. Each has globals of its own, kept from page to page: what a script remembers must not depend on
    /// which of two steps was faster.
    pub step: usize,
    /// The function.
    pub function: Arc<str>,
    /// Its argument, as JSON.
    pub argument: String,
    /// The time that `Date` has during the call, in milliseconds since 1970.
    pub now_ms: i64,
    /// Where `Math.random` begins.
    pub seed: u64,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptAnswer {
    /// What the function returned, as JSON; nothing for `undefined`.
    pub result: Result<Option<String>, ScriptFailure>,
    /// What it wrote.
    pub console: Vec<ConsoleLine>,
}

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScriptFailure {
    /// Stable, for programs: `script_syntax`, `script_function`, `script_error`, `script_limit`, `script_result`.
    pub code: String,
    /// For people.
    pub message: String,
    /// Line and column, from 1.
    pub place: Option<(u32, u32)>,
}

/// A line that a script wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleLine {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// What it wrote.
    pub text: String,
}

/// A call of `integrator-api` by a script.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiQuestion {
    /// `exports`, `state` and so on; empty for `request`.
    pub object: String,
    /// The function of it.
    pub function: String,
    /// Its arguments; those that are undefined are null.
    pub arguments: Vec<Value>,
}

/// Calls functions of scripts.
pub trait ScriptHost {
    /// Calls one. While it runs it may ask `api`, one question after the other.
    fn call<'a>(&'a self, call: ScriptCall, api: &'a dyn ScriptApi) -> LocalBoxFuture<'a, ScriptAnswer>;

    /// Calls one function of one step's script with each of several arguments, in their order; as many answers come. A host
    /// whose scripts are far away takes them there together.
    fn call_all<'a>(&'a self, calls: Vec<(ScriptCall, &'a dyn ScriptApi)>) -> LocalBoxFuture<'a, Vec<ScriptAnswer>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(calls.len());
            for (call, api) in calls {
                answers.push(self.call(call, api).await);
            }
            answers
        })
    }
}

/// Answers `integrator-api`.
pub trait ScriptApi {
    /// The answer, or the sentence that the script gets as an error.
    fn answer(&self, question: ApiQuestion) -> LocalBoxFuture<'_, Result<Value, String>>;
}
