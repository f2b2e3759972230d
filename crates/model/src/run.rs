//! Runs as they are stored, shown and sent: the same row in the browser, on the server and on the command line.

mod open;

use std::collections::BTreeMap;

use crate::Id;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use open::{KeyedError, MOST_OPEN, OpenErrors, OverErrors};

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

/// How the last try to make up for an error went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The run that tried.
    pub run: Id,
    /// Who wanted it.
    pub by: Option<Box<RunBy>>,
    /// When it ended; nothing while it goes on.
    pub ended_ms: Option<i64>,
    /// Whether the record went well.
    pub resolved: bool,
}

/// What became of the errors of a run that were tried again, or that are over: by their numbers, of each the run that
/// resolved it, or the last try.
///
/// Told by the runs that tried, or that are over with them, so that nothing that was stored of the earlier run is ever rewritten: it may be another
/// device's.
#[must_use]
pub fn attempts<'r>(run: &RunRow, others: impl IntoIterator<Item = &'r RunRow>) -> BTreeMap<u64, Attempt> {
    let mut found: BTreeMap<u64, Attempt> = BTreeMap::new();
    let mut tries: Vec<&RunRow> = others.into_iter().filter(|other| other.flow == run.flow).collect();
    tries.sort_by_key(|other| (other.started_ms, other.id));
    for other in tries {
        let over = other.origin.over.iter().filter(|over| over.run == run.id && other.status == RunStatus::Completed);
        for n in over.flat_map(|over| &over.errors) {
            if found.get(n).is_none_or(|attempt| !attempt.resolved) {
                let ended_ms = other.ended_ms.or(Some(other.started_ms));
                found.insert(*n, Attempt { run: other.id, by: None, ended_ms, resolved: true });
            }
        }
        let Some(retry) = other.origin.retry.as_ref().filter(|retry| retry.run == run.id) else { continue };
        for n in &retry.errors {
            if found.get(n).is_some_and(|attempt| attempt.resolved) {
                continue;
            }
            let resolved = other.status == RunStatus::Completed && retry.resolved.contains(n);
            let by = other.origin.by.clone();
            found.insert(*n, Attempt { run: other.id, by, ended_ms: other.ended_ms, resolved });
        }
    }
    found
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

/// Up to when the exports of changes of a flow were read, as its runs tell, in whatever order.
///
/// What a completed run read begins where it came from: it counts when everything before that was read too. Of runs that
/// are no longer known, the oldest one that is tells what they had read.
#[must_use]
pub fn checkpoints<'r>(runs: impl IntoIterator<Item = &'r RunRow>) -> BTreeMap<Id, i64> {
    let completed = runs.into_iter().filter(|run| run.status == RunStatus::Completed);
    let mut read: Vec<Checkpoint> =
        completed.flat_map(|run| run.steps.iter().filter_map(|step| step.checkpoint)).collect();
    read.sort_by_key(|one| (one.export, one.to_ms, one.from_ms));
    let mut known = BTreeMap::new();
    for one in &read {
        let oldest = || {
            let own = read.iter().filter(|other| other.export == one.export);
            own.map(|other| other.from_ms).min().flatten()
        };
        let reached: &mut Option<i64> = known.entry(one.export).or_insert_with(oldest);
        // Nothing comes before everything, which is less than any time.
        if one.from_ms <= *reached {
            *reached = (*reached).max(Some(one.to_ms));
        }
    }
    known.into_iter().filter_map(|(export, reached)| Some((export, reached?))).collect()
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
mod tests {
    use super::*;

    fn id(number: u32) -> Id {
        Id::from_parts(number, [0; 8])
    }

    pub(super) fn row(number: u32, status: RunStatus) -> RunRow {
        RunRow { id: id(number), ..run(status, 5, None, i64::from(number)) }
    }

    fn run(status: RunStatus, export: u32, from_ms: Option<i64>, to_ms: i64) -> RunRow {
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

    fn known(runs: &[(Option<i64>, i64)]) -> Option<i64> {
        let mut rows: Vec<RunRow> = runs.iter().map(|(from, to)| run(RunStatus::Completed, 5, *from, *to)).collect();
        let found = checkpoints(&rows).get(&id(5)).copied();
        rows.reverse();
        assert_eq!(checkpoints(&rows).get(&id(5)).copied(), found, "the order of the rows changes nothing");
        found
    }

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
    fn an_error_is_resolved_by_the_try_that_went_well_and_by_no_other() {
        let row = run(RunStatus::Completed, 5, None, 10);
        let tried = |number: u32, ms: i64, status, resolved: &[u64]| RunRow {
            id: id(number),
            origin: RunOrigin {
                kind: RunType::Retry,
                by: Some(Box::new(RunBy { user: id(7), name: "Ann".into() })),
                retry: Some(Box::new(RetryOf { run: row.id, errors: vec![1, 2], resolved: resolved.to_vec() })),
                over: Box::default(),
            },
            ended_ms: Some(ms + 1),
            ..run(status, 5, None, ms)
        };
        let going = RunRow { ended_ms: None, ..tried(3, 40, RunStatus::Running, &[]) };
        let other_flow = RunRow { flow: id(8), ..tried(4, 50, RunStatus::Completed, &[2]) };
        let later = tried(1, 20, RunStatus::Completed, &[1]);
        let rows = [going, tried(2, 30, RunStatus::Failed, &[1, 2]), later, other_flow, row.clone()];
        let found = attempts(&row, &rows);
        let brief = |n: u64| found.get(&n).map(|one| (one.run, one.resolved, one.ended_ms));
        assert_eq!(brief(1), Some((id(1), true, Some(21))), "a later try takes nothing back");
        assert_eq!(brief(2), Some((id(3), false, None)));
        assert_eq!(brief(3), None);
        assert_eq!(found[&1].by.as_ref().map(|by| by.name.as_str()), Some("Ann"));
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

    #[test]
    fn a_run_counts_when_everything_before_it_was_read() {
        assert_eq!(known(&[]), None);
        assert_eq!(known(&[(None, 10), (Some(10), 20), (Some(20), 30)]), Some(30));
        assert_eq!(known(&[(None, 10), (Some(15), 20)]), Some(10), "what lies between was read by nobody");
        assert_eq!(known(&[(None, 10), (Some(15), 20), (None, 25)]), Some(25));
        assert_eq!(known(&[(None, 10), (Some(10), 20), (Some(10), 25), (Some(25), 40)]), Some(40), "runs may overlap");
        assert_eq!(known(&[(Some(10), 20), (Some(20), 30)]), Some(30), "older runs may be gone");
    }

    #[test]
    fn only_completed_runs_count_and_each_export_for_itself() {
        let rows = [
            run(RunStatus::Completed, 5, None, 10),
            run(RunStatus::Running, 5, Some(10), 20),
            run(RunStatus::Failed, 5, Some(10), 30),
            run(RunStatus::Completed, 6, None, 40),
        ];
        assert_eq!(checkpoints(&rows), BTreeMap::from([(id(5), 10), (id(6), 40)]));
    }
}
