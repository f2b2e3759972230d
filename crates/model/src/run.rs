//! Runs as they are stored, shown and sent: the same row in the browser, on the server and on the command line.

use std::collections::BTreeMap;

use crate::Id;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Waits for its turn.
    Queued,
    /// Going on.
    Running,
    /// Ended, whether or not records failed.
    Completed,
    /// Ended by an error of a step.
    Failed,
    /// Ended by a person.
    Canceled,
}

/// Where a run ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunPlace {
    /// In a browser.
    Browser,
    /// On the server, started by a person.
    Server,
    /// On the server, started by its schedule.
    Schedule,
    /// By `tombolo run`.
    CommandLine,
}

/// One run in lists and in the console.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRow {
    /// Made where the run was started.
    pub id: Id,
    /// The flow.
    pub flow: Id,
    /// Its name at the time.
    pub flow_name: String,
    /// How it stands.
    pub status: RunStatus,
    /// Where it runs.
    pub place: RunPlace,
    /// The device or node belonged to a server and had no link to it at the start.
    #[serde(default)]
    pub offline: bool,
    /// When, in milliseconds since 1970.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// The steps in running order.
    pub steps: Vec<StepCount>,
    /// What ended it, when it failed.
    pub error: Option<RunError>,
    /// The heads of the documents it ran with (id → hex).
    #[serde(default)]
    pub heads: BTreeMap<Id, Vec<String>>,
    /// Counts up with each event; a row with a lower number never replaces one with a higher.
    pub n: u64,
}

/// Where the clock and the random values of a run begin, when they are given and not taken from where it runs: the same
/// flow on the same answers then makes the same bytes, whenever and wherever it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunBegin {
    /// What templates and scripts take for the time, in milliseconds since 1970. Waits and the times of errors follow the
    /// real clock all the same.
    pub now_ms: Option<i64>,
    /// Where random values begin.
    pub seed: Option<u64>,
}

/// One step's counters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepCount {
    /// The export's or import's id; the second step of a flow that uses the same one has `~2` behind it, and so on.
    pub step: String,
    /// Its name.
    pub name: String,
    /// `export`, `lookup` or `import`.
    pub kind: String,
    /// Records that came in (for a source: that it read).
    pub received: u64,
    /// Records that it passed on or wrote.
    pub success: u64,
    /// Records that its filter left out.
    pub ignored: u64,
    /// Records that failed.
    pub errors: u64,
    /// Records whose request went well only after it was tried again, counted among the successes too.
    #[serde(default)]
    pub auto_resolved: u64,
    /// Pages done.
    pub pages: u64,
    /// A file it made: name and size.
    pub file: Option<RunFile>,
    /// Of an export of changes, once the run is completed: up to when it is read now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
}

/// Up to when an export of changes was read, in milliseconds since 1970.
///
/// Whoever keeps it replaces what it came from and nothing else (decision 37): where two runs overlapped, the records
/// between are read again, never left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// The export.
    pub export: Id,
    /// Up to when it was read before; nothing before its first run.
    pub from_ms: Option<i64>,
    /// The beginning of this run.
    pub to_ms: i64,
}

/// A file that a step made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
}

/// One record's or one step's error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunError {
    /// The step; empty for the run as a whole.
    pub step: String,
    /// Stable, for programs.
    pub code: String,
    /// What happened, then what to do.
    pub message: String,
    /// The record, when it is about one.
    pub record: Option<Value>,
    /// Its place in the source, from 0.
    pub index: Option<u64>,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
}
