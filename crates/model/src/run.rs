//! Runs as they are stored, shown and sent: the same row in the browser, on the server and on the command line.

mod attempt;
mod checkpoint;
mod mark;
mod open;

use std::collections::BTreeMap;

pub use attempt::{Attempt, attempts};
pub use checkpoint::{Checkpoint, checkpoints};
pub use mark::{Decision, ErrorMark, MOST_MARKED, Said, Standing, settled, standings, tag_problem};
pub use open::{KeyedError, MOST_OPEN, OpenErrors, OverErrors};

use crate::Id;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The numbers of a run's errors up to which all of them are kept beyond the device that ran it. Of later ones, those are
/// that have a record which can be tried again.
pub const MOST_ERRORS: u64 = 100_000;

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
    /// How it came about.
    #[serde(default)]
    pub origin: RunOrigin,
    /// Counts up with each event; a row with a lower number never replaces one with a higher.
    pub n: u64,
}

impl RunRow {
    /// What somebody is told of a run that was cut off, `why` being how it came to that: what had been delivered by then, and
    /// that another run begins at the source.
    #[must_use]
    pub fn cut_off(&self, why: &str) -> String {
        let steps = self.steps.iter().filter(|step| step.kind == "import" && step.success > 0);
        let delivered: Vec<String> = steps.map(|step| format!("{} to “{}”", step.success, step.name)).collect();
        let read: u64 = self.steps.iter().filter(|step| step.kind == "export").map(|step| step.received).sum();
        match (delivered.as_slice(), read) {
            ([], 0) => format!("{why} Nothing had been delivered. Run the flow again."),
            ([], _) => format!(
                "{why} Nothing is known to have been delivered; what was on its way may have arrived. Run the flow again."
            ),
            _ => format!(
                "{why} Records delivered by then: {}; what was on its way may have arrived too. Running the flow again begins at the source, so these are sent again unless the destination or a filter knows them.",
                delivered.join(", ")
            ),
        }
    }
}

/// How a run came about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunOrigin {
    /// What started it.
    #[serde(rename = "type")]
    pub kind: RunType,
    /// Who wanted it, where that was a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Box<RunBy>>,
    /// What it tries again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Box<RetryOf>>,
    /// The errors that are over by it, where its flow resolves errors by their trace keys.
    #[serde(skip_serializing_if = "is_usual")]
    pub over: Box<[OverErrors]>,
}

/// What started a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunType {
    /// A person, on a screen.
    #[default]
    Manual,
    /// Its schedule.
    Schedule,
    /// A person, to try records again that had failed.
    Retry,
    /// A person, to try the flow out.
    Test,
    /// Something that came to its listener.
    Webhook,
    /// A program, over REST.
    Api,
    /// A script of another flow, or that flow's end.
    Flow,
    /// What a later version knows.
    #[serde(other)]
    Other,
}

/// A body that came to a listener, for the run that reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Received {
    /// The stored file that it is, as the run knows it.
    pub file: String,
    /// What its sender says it is; empty where nothing is said.
    #[serde(default)]
    pub media_type: String,
}

/// A person, as they were called at the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunBy {
    /// Who.
    pub user: Id,
    /// Their name.
    pub name: String,
}

/// Errors of an earlier run that another one tries again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryOf {
    /// The earlier run.
    pub run: Id,
    /// The numbers of its errors.
    pub errors: Vec<u64>,
    /// Those of them whose records went well, once the run has ended.
    #[serde(default)]
    pub resolved: Vec<u64>,
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
    /// What may go wrong unnoticed and is no error: what happened, then what to do. Each is said once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// When it began to read, or the first record came to it; nothing of a step that nothing came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_ms: Option<i64>,
    /// When it last was done with a page or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_ms: Option<i64>,
    /// Of an export of changes, once the run is completed: up to when it is read now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
}

impl StepCount {
    /// How long it was at work, from its first record until it last was done with some; nothing where it has done nothing.
    #[must_use]
    pub fn took_ms(&self) -> Option<i64> {
        Some(self.moved_ms?.saturating_sub(self.began_ms?).max(0))
    }
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// What kind of error it is; none where that is not known.
    #[serde(default, rename = "classification", skip_serializing_if = "Option::is_none")]
    pub class: Option<ErrorClass>,
    /// Where it came from: `application`, `connection`, `mapping` and so on; empty in rows of older versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// What tells the record apart from others, at every step that it passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_key: Option<String>,
    /// Its number among the errors of its run, for whoever names it; 0 where it is not known.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub n: u64,
    /// The number of an earlier error of the run whose record is kept no longer: of a step, the latest have theirs. A store
    /// takes errors in the order of their numbers, or it would keep a record that it was told to forget before it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgets: Option<u64>,
}

/// Whether a run calls a step so. Where a flow uses it several times, the others have a number behind it.
#[must_use]
pub fn is_of_step(key: &str, step: Id) -> bool {
    key.strip_prefix(&step.to_string()).is_some_and(|rest| rest.is_empty() || rest.starts_with('~'))
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// A value is not what it should be.
    Value,
    /// Something that should be there is not.
    Missing,
    /// The application is not reached, or its credentials are refused.
    Connection,
    /// It may be over by itself.
    Intermittent,
    /// Too many requests.
    RateLimit,
    /// Too much at once.
    TooLarge,
    /// What came cannot be read.
    Parse,
    /// It is there already.
    Duplicate,
}

#[cfg(test)]
pub(crate) mod fixtures {
    //! Rows for the tests of this module's parts.

    use super::*;

    pub(crate) fn id(number: u32) -> Id {
        Id::from_parts(number, [0; 8])
    }

    pub(crate) fn row(number: u32, status: RunStatus) -> RunRow {
        RunRow { id: id(number), ..run(status, 5, None, i64::from(number)) }
    }

    pub(crate) fn run(status: RunStatus, export: u32, from_ms: Option<i64>, to_ms: i64) -> RunRow {
        let checkpoint = Some(Checkpoint { export: id(export), from_ms, to_ms });
        RunRow {
            id: id(99),
            flow: id(1),
            flow_name: String::new(),
            status,
            place: RunPlace::Browser,
            offline: false,
            started_ms: to_ms,
            ended_ms: None,
            steps: vec![StepCount { checkpoint, ..StepCount::default() }],
            error: None,
            heads: BTreeMap::new(),
            origin: RunOrigin::default(),
            n: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixtures::run;
    use super::*;

    #[test]
    fn of_a_run_that_was_cut_off_it_is_told_what_had_been_delivered_and_would_be_sent_again() {
        let mut row = run(RunStatus::Running, 5, None, 10);
        let step = |kind: &str, name: &str, received, success| StepCount {
            kind: kind.into(),
            name: name.into(),
            received,
            success,
            ..StepCount::default()
        };
        row.steps = vec![step("export", "Orders", 0, 0), step("import", "Gold", 0, 0), step("import", "Rest", 0, 0)];
        assert_eq!(row.cut_off("Why."), "Why. Nothing had been delivered. Run the flow again.");
        row.steps[0].received = 60;
        assert!(row.cut_off("Why.").contains("may have arrived"));
        row.steps[1].success = 40;
        let said = row.cut_off("Why.");
        assert!(said.contains("40 to “Gold”; what was on its way") && !said.contains("Rest"), "{said}");
        assert!(said.contains("sent again"), "{said}");
    }

    #[test]
    fn a_step_is_known_wherever_its_flow_uses_it() {
        let step = Id::from_parts(1, [2; 8]);
        for (key, is_it) in [(format!("{step}"), true), (format!("{step}~2"), true), (format!("{step}2"), false)] {
            assert_eq!(is_of_step(&key, step), is_it, "{key}");
        }
        assert!(!is_of_step("", step));
    }

    #[test]
    fn a_row_of_an_older_or_a_newer_version_is_read() {
        let row = run(RunStatus::Completed, 5, None, 10);
        let mut old = serde_json::to_value(&row).unwrap();
        old.as_object_mut().unwrap().remove("origin");
        assert_eq!(serde_json::from_value::<RunRow>(old.clone()).unwrap(), row);
        old["origin"] = serde_json::json!({"type": "telepathy", "more": 1});
        assert_eq!(serde_json::from_value::<RunRow>(old).unwrap().origin.kind, RunType::Other);
    }
}
