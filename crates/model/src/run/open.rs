//! Errors that are open, by their steps and trace keys, and which of them a run is over with.
//!
//! Whoever owns a run tells it the keys and hears of each that came to its step again; rows of earlier runs stay as they are
//! ([`super::attempts`]). Invariant: an error that is not known to be over stays open.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{RunError, RunRow, RunStatus};
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
    /// Those of these errors that no run of the flow is over with.
    #[must_use]
    pub fn of<'r>(errors: impl IntoIterator<Item = KeyedError>, runs: impl IntoIterator<Item = &'r RunRow>) -> Self {
        let resolved = resolved(runs);
        let mut open = Self::default();
        for error in errors {
            if !resolved.contains(&(error.run, error.n)) {
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

/// The errors that runs of a flow are over with, each by its run and its number.
fn resolved<'r>(runs: impl IntoIterator<Item = &'r RunRow>) -> BTreeSet<(Id, u64)> {
    let completed = runs.into_iter().filter(|row| row.status == RunStatus::Completed);
    let of = |row: &RunRow| -> Vec<(Id, u64)> {
        let tried = row.origin.retry.iter().flat_map(|retry| retry.resolved.iter().map(|n| (retry.run, *n)));
        let over = row.origin.over.iter().flat_map(|over| over.errors.iter().map(|n| (over.run, *n)));
        tried.chain(over).collect()
    };
    completed.flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{RetryOf, attempts, fixtures};

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
    fn errors_are_over_by_the_run_that_their_trace_key_came_to_again() {
        let earlier = fixtures::row(1, RunStatus::Completed);
        let mut tried = fixtures::row(2, RunStatus::Completed);
        tried.origin.retry = Some(Box::new(RetryOf { run: id(1), errors: vec![1, 2], resolved: vec![1] }));
        let errors = [(1, "k1"), (2, "k2"), (3, "k2"), (4, "k3")].map(|(n, key)| keyed(1, n, "a", key));
        let mut open = OpenErrors::of(errors, [&earlier, &tried]);
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
