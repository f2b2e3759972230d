//! Errors that are open, by their steps and trace keys, and which of them a run is over with.
//!
//! Whoever owns a run tells it the keys and hears of each that came to its step again; rows of earlier runs stay as they are
//! ([`super::attempts`]). Invariant: an error that is not known to be over stays open.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ErrorMark, RunError, RunRow, RunStatus, standings};
use crate::Id;

/// The most keys of open errors that are held; errors of others stay open.
pub const MOST_OPEN: usize = 20_000;
/// The most errors that one run is over with.
const MOST_OVER: usize = 10_000;

/// Errors of a run that are over: what has their trace key went through their step later, or failed there anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OverErrors {
    /// The run: an earlier one, or the one that says so.
    pub run: Id,
    /// The numbers of its errors.
    pub errors: Vec<u64>,
}

/// An error with a trace key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedError {
    /// Its run.
    pub run: Id,
    /// Its number there.
    pub n: u64,
    /// Its step, as the counters of the run name it.
    pub step: String,
    /// What tells its record apart.
    pub trace_key: String,
}

impl KeyedError {
    /// Of an error that has a key.
    #[must_use]
    pub fn of(run: Id, n: u64, error: &RunError) -> Option<Self> {
        let trace_key = error.trace_key.clone()?;
        Some(Self { run, n, step: error.step.clone(), trace_key })
    }
}

/// The open errors of a flow while a run of it goes on.
#[derive(Debug, Default)]
pub struct OpenErrors {
    open: BTreeMap<(String, String), Vec<(Id, u64)>>,
    over: BTreeMap<Id, Vec<u64>>,
    count: usize,
}

impl OpenErrors {
    /// Those of these errors that no run of the flow is over with, by what people decided about them besides.
    #[must_use]
    pub fn of<'r>(
        errors: impl IntoIterator<Item = KeyedError>,
        runs: impl IntoIterator<Item = &'r RunRow>,
        marks: impl IntoIterator<Item = &'r ErrorMark>,
    ) -> Self {
        let mut resolved = resolved(runs);
        decided(&mut resolved, marks);
        let mut open = Self::default();
        for error in errors {
            if !resolved.contains_key(&(error.run, error.n)) {
                open.add(error);
            }
        }
        open
    }

    fn add(&mut self, error: KeyedError) {
        let has_room = self.open.len() < MOST_OPEN;
        let key = (error.step, error.trace_key);
        if has_room || self.open.contains_key(&key) {
            self.open.entry(key).or_default().push((error.run, error.n));
        }
    }

    /// The keys of each step.
    #[must_use]
    pub fn keys(&self) -> BTreeMap<String, Vec<String>> {
        let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (step, key) in self.open.keys() {
            keys.entry(step.clone()).or_default().push(key.clone());
        }
        keys
    }

    /// An error of the run itself: it may be over before the run is.
    pub fn failed(&mut self, run: Id, n: u64, error: &RunError) {
        if let Some(error) = KeyedError::of(run, n, error) {
            self.add(error);
        }
    }

    /// What has this key came to the step again.
    pub fn over(&mut self, step: &str, trace_key: &str) {
        let key = (step.to_owned(), trace_key.to_owned());
        for (run, n) in self.open.remove(&key).unwrap_or_default() {
            if self.count < MOST_OVER {
                self.count += 1;
                self.over.entry(run).or_default().push(n);
            }
        }
    }

    /// What the run is over with so far.
    #[must_use]
    pub fn told(&self) -> Box<[OverErrors]> {
        self.over.iter().map(|(run, errors)| OverErrors { run: *run, errors: errors.clone() }).collect()
    }
}

/// The errors that runs of a flow are over with, each by its run and its number, with when the last of them ended.
fn resolved<'r>(runs: impl IntoIterator<Item = &'r RunRow>) -> BTreeMap<(Id, u64), i64> {
    let mut found: BTreeMap<(Id, u64), i64> = BTreeMap::new();
    for row in runs.into_iter().filter(|row| row.status == RunStatus::Completed) {
        let tried = row.origin.retry.iter().flat_map(|retry| retry.resolved.iter().map(|n| (retry.run, *n)));
        let over = row.origin.over.iter().flat_map(|over| over.errors.iter().map(|n| (over.run, *n)));
        let ended_ms = row.ended_ms.unwrap_or(row.started_ms);
        for error in tried.chain(over) {
            let last = found.entry(error).or_insert(ended_ms);
            *last = ended_ms.max(*last);
        }
    }
    found
}

/// The same with what people decided, as [`super::settled`] weighs it.
fn decided<'m>(resolved: &mut BTreeMap<(Id, u64), i64>, marks: impl IntoIterator<Item = &'m ErrorMark>) {
    let mut of_runs: BTreeMap<Id, Vec<&ErrorMark>> = BTreeMap::new();
    for mark in marks {
        of_runs.entry(mark.run).or_default().push(mark);
    }
    for (run, marks) in of_runs {
        for (n, standing) in standings(marks) {
            let Some(said) = standing.said else { continue };
            if said.resolved {
                resolved.entry((run, n)).or_insert(said.time_ms);
            } else if resolved.get(&(run, n)).is_some_and(|ended_ms| *ended_ms <= said.time_ms) {
                resolved.remove(&(run, n));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Decision, RetryOf, attempts, fixtures};

    fn id(number: u32) -> Id {
        Id::from_parts(number, [0; 8])
    }

    fn keyed(run: u32, n: u64, step: &str, key: &str) -> KeyedError {
        KeyedError { run: id(run), n, step: step.into(), trace_key: key.into() }
    }

    fn error(step: &str, key: Option<&str>) -> RunError {
        RunError { step: step.into(), trace_key: key.map(Into::into), ..RunError::default() }
    }

    #[test]
    fn what_people_settled_is_not_open_and_what_they_opened_again_is() {
        let mut tried = fixtures::row(2, RunStatus::Completed);
        tried.origin.retry = Some(Box::new(RetryOf { run: id(1), errors: vec![1, 2], resolved: vec![1, 2] }));
        let mark = |number, errors: &[u64], decision, time_ms| ErrorMark {
            id: id(number),
            run: id(1),
            errors: errors.to_vec(),
            decision,
            by: None,
            time_ms,
        };
        let ended_ms = tried.started_ms;
        let marks = [
            mark(11, &[1], Decision::Reopen, ended_ms + 1),
            mark(12, &[2], Decision::Reopen, ended_ms - 1),
            mark(13, &[3], Decision::Resolve, ended_ms),
        ];
        let errors = [(1, "k1"), (2, "k2"), (3, "k3"), (4, "k4")].map(|(n, key)| keyed(1, n, "a", key));
        let open = OpenErrors::of(errors, [&tried], &marks);
        assert_eq!(open.keys(), BTreeMap::from([("a".to_owned(), vec!["k1".to_owned(), "k4".to_owned()])]));
    }

    #[test]
    fn errors_are_over_by_the_run_that_their_trace_key_came_to_again() {
        let earlier = fixtures::row(1, RunStatus::Completed);
        let mut tried = fixtures::row(2, RunStatus::Completed);
        tried.origin.retry = Some(Box::new(RetryOf { run: id(1), errors: vec![1, 2], resolved: vec![1] }));
        let errors = [(1, "k1"), (2, "k2"), (3, "k2"), (4, "k3")].map(|(n, key)| keyed(1, n, "a", key));
        let mut open = OpenErrors::of(errors, [&earlier, &tried], []);
        assert_eq!(open.keys(), BTreeMap::from([("a".to_owned(), vec!["k2".to_owned(), "k3".to_owned()])]));
        let mut row = fixtures::row(3, RunStatus::Completed);
        open.failed(row.id, 7, &error("a", Some("k4")));
        open.failed(row.id, 8, &error("a", None));
        for (step, key) in [("b", "k2"), ("a", "k2"), ("a", "k2"), ("a", "k4")] {
            open.over(step, key);
        }
        row.origin.over = open.told();
        let over = |run, errors: &[u64]| OverErrors { run: id(run), errors: errors.to_vec() };
        assert_eq!(*row.origin.over, [over(1, &[2, 3]), over(3, &[7])]);
        let all = [earlier.clone(), tried, row.clone()];
        let found = attempts(&earlier, &all);
        let by: Vec<_> = found.iter().map(|(n, attempt)| (*n, attempt.run, attempt.resolved)).collect();
        assert_eq!(by, [(1, Some(id(2)), true), (2, Some(id(3)), true), (3, Some(id(3)), true)]);
        assert_eq!(attempts(&row, &all).into_keys().collect::<Vec<_>>(), [7], "also one of the run's own");
        row.status = RunStatus::Failed;
        assert!(attempts(&row, &[row.clone()]).is_empty(), "what a run that failed wrote may be gone with it");
    }
}
