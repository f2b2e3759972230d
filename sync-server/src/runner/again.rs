//! Records that failed, tried again in a run of their own; and which of their errors are over by it.
//!
//! A run names the errors of one earlier run as what it tries ([`RetryOf`]). Of those of others it is decided at its end, in
//! the name of who wanted the run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::run::{Decision, ErrorMark, RetryOf, RunError, RunRow, RunStatus};
use tombolo_wire::run_worker::RunRetry;

use crate::fresh::{self, NoRandom};

/// Errors whose records are tried again, all of one step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Again {
    step: String,
    /// The errors by run and number, each with the place of its record.
    errors: Vec<(Id, u64, u64)>,
    records: Vec<(u64, Value)>,
}

impl Again {
    /// Errors with the places that their records had and the records. Where two had the same, as in runs of different days,
    /// all are counted anew: what fails again is told by its place.
    pub(crate) fn new(step: String, failed: Vec<((Id, u64), Option<u64>, Value)>) -> Self {
        let places: BTreeSet<u64> = failed.iter().filter_map(|(_, place, _)| *place).collect();
        let keep = places.len() == failed.len();
        let mut again = Self { step, ..Self::default() };
        for (count, ((run, n), place, record)) in (0..).zip(failed) {
            let place = place.filter(|_| keep).unwrap_or(count);
            again.errors.push((run, n, place));
            again.records.push((place, record));
        }
        again
    }

    /// What the run says of itself from its beginning on.
    pub(super) fn origin(&self) -> Option<Box<RetryOf>> {
        let run = self.errors.first()?.0;
        let errors = self.errors.iter().filter(|(of, ..)| *of == run).map(|(_, n, _)| *n).collect();
        Some(Box::new(RetryOf { run, errors, resolved: Vec::new() }))
    }

    /// The same for the process of the run.
    pub(super) fn job(&self) -> RunRetry {
        RunRetry { step: self.step.clone(), records: self.records.clone(), of: None }
    }
}

/// Which of the errors are over.
#[derive(Debug)]
pub(super) struct Retried {
    errors: Vec<(Id, u64, u64)>,
    failed: BTreeSet<u64>,
    /// Something failed that is about no record.
    all_failed: bool,
}

impl Retried {
    pub(super) fn of(again: &Again) -> Self {
        Self { errors: again.errors.clone(), failed: BTreeSet::new(), all_failed: false }
    }

    /// Something failed.
    pub(super) fn failed(&mut self, error: &RunError) {
        match error.index {
            Some(place) => drop(self.failed.insert(place)),
            None => self.all_failed = true,
        }
    }

    /// Writes into the run's last row which errors of the run that it names are over; of other runs' errors it decides.
    ///
    /// # Errors
    ///
    /// Returns that there are no random bytes for ids.
    pub(super) fn end(&self, row: &mut RunRow, now_ms: i64) -> Result<Vec<ErrorMark>, NoRandom> {
        let mut over: BTreeMap<Id, Vec<u64>> = BTreeMap::new();
        if row.status == RunStatus::Completed && !self.all_failed {
            for (run, n, place) in &self.errors {
                if !self.failed.contains(place) {
                    over.entry(*run).or_default().push(*n);
                }
            }
        }
        if let Some(retry) = &mut row.origin.retry {
            retry.resolved = over.remove(&retry.run).unwrap_or_default();
        }
        let by = row.origin.by.clone();
        let mark = |(run, errors)| {
            let (by, decision) = (by.clone(), Decision::Resolve);
            Ok(ErrorMark { id: fresh::id()?, run, errors, decision, by, time_ms: now_ms })
        };
        over.into_iter().map(mark).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn failed(run: u8, n: u64, place: Option<u64>) -> ((Id, u64), Option<u64>, Value) {
        ((id(run), n), place, Value::from(n))
    }

    #[test]
    fn places_are_kept_where_each_record_has_its_own_and_counted_anew_elsewhere() {
        let places =
            |failed| Again::new("s".to_owned(), failed).job().records.iter().map(|one| one.0).collect::<Vec<_>>();
        assert_eq!(places(vec![failed(1, 1, Some(7)), failed(1, 2, Some(9))]), [7, 9]);
        assert_eq!(places(vec![failed(1, 1, Some(7)), failed(2, 2, Some(7))]), [0, 1]);
        assert_eq!(places(vec![failed(1, 1, Some(7)), failed(2, 2, None)]), [0, 1]);
    }

    #[test]
    fn what_went_well_is_over_in_every_run_that_it_had_failed_in() {
        let again =
            Again::new("s".to_owned(), vec![failed(1, 1, Some(7)), failed(1, 2, Some(8)), failed(2, 5, Some(7))]);
        let mut row = super::super::first_row(None, id(9), id(8), tombolo_wire::run::RunPlace::Server);
        row.origin.retry = again.origin();
        assert_eq!(row.origin.retry.as_ref().map(|retry| (retry.run, retry.errors.len())), Some((id(1), 2)));
        let mut retried = Retried::of(&again);
        retried.failed(&RunError { index: Some(1), ..RunError::default() });
        row.status = RunStatus::Completed;
        let marks = retried.end(&mut row, 5).unwrap();
        assert_eq!(row.origin.retry.as_ref().unwrap().resolved, [1]);
        assert_eq!(marks.iter().map(|mark| (mark.run, mark.errors.clone())).collect::<Vec<_>>(), [(id(2), vec![5])]);
        row.status = RunStatus::Canceled;
        assert!(retried.end(&mut row, 5).unwrap().is_empty());
        assert!(row.origin.retry.as_ref().unwrap().resolved.is_empty());
        row.status = RunStatus::Completed;
        retried.failed(&RunError::default());
        assert!(retried.end(&mut row, 5).unwrap().is_empty(), "the connection was offline, say");
    }
}
