//! What a run says while it goes on, and how it ended.

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
