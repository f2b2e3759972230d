//! What a run says while it goes on, and how it ended.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_model::Id;
use tombolo_model::run::{RunError, RunStatus, StepCount};

use crate::script::ConsoleLine;
use crate::secret::Secret;

/// Something happened. Steps are numbered as in [`crate::Plan::steps`].
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// A step's counters moved; said at most once a page.
    Count {
        /// Which step.
        step: usize,
        /// Its counters now.
        count: StepCount,
    },
    /// A record failed; the run goes on.
    Error(RunError),
    /// A token was renewed: the next run is to begin with the new one, bound to the same hosts as the old one.
    Renewed {
        /// The connection.
        owner: Id,
        /// Where the secret is kept there.
        path: String,
        /// What it is now.
        secret: Secret,
    },
    /// A stage of a test run.
    Stage {
        /// Which step.
        step: usize,
        /// What happened there.
        stage: Stage,
    },
    /// A request was answered, or not, where somebody looks at them.
    Exchange {
        /// Which step sent it.
        step: usize,
        /// What went, without secrets.
        exchange: Box<Exchange>,
    },
    /// A script wrote to its console.
    Console {
        /// Which step called it.
        step: usize,
        /// The script's id.
        script: String,
        /// The function that was called.
        function: String,
        /// What it wrote.
        lines: Vec<ConsoleLine>,
    },
}

/// What one stage of a step did to one record, or to a page of them; test runs say it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// `inputFilter`, `mapping`, `responseMap` and so on; the function's name for hooks.
    pub name: String,
    /// The record's place in its source; nothing where the stage is about a whole page.
    pub index: Option<u64>,
    /// What went in.
    pub input: Value,
    /// What came out; null where nothing did.
    pub output: Value,
    /// What was wrong: code and message.
    pub errors: Vec<StageError>,
}

/// A request and what came of it; secrets are `******`, and long bodies end with `…`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// When it was sent, in milliseconds since 1970.
    pub time_ms: i64,
    /// How long the answer took.
    pub duration_ms: i64,
    /// `GET`, `POST`, …
    pub method: String,
    /// The full address.
    pub url: String,
    /// Names and values.
    pub request_headers: Vec<(String, String)>,
    /// The body, as text.
    pub request_body: String,
    /// The status of the answer; nothing where there is none.
    pub status: Option<u16>,
    /// Names and values.
    pub response_headers: Vec<(String, String)>,
    /// The body, as text.
    pub response_body: String,
    /// Why there is no answer.
    pub error: Option<String>,
}

/// What was wrong at a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageError {
    /// Stable, for programs.
    pub code: String,
    /// What happened, then what to do.
    pub message: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Completed, failed or canceled.
    pub status: RunStatus,
    /// What ended it, when it failed.
    pub error: Option<RunError>,
    /// The counters at the end.
    pub steps: Vec<StepCount>,
}
