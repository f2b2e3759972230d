//! Which errors of an earlier run were made up for by one that tried their records again.

use std::collections::BTreeSet;

use tombolo_wire::run::{RunError, RunStatus};
use tombolo_wire::run_worker::RunRetry;

/// What a run tries again, and what of it failed once more.
pub(super) struct Retried {
    /// The numbers of the errors, each with the place of its record.
    errors: Vec<(u64, u64)>,
    /// The places of records that failed.
    failed: BTreeSet<u64>,
    /// Something failed that is about no record.
    all_failed: bool,
}

impl Retried {
    pub(super) fn of(retry: &RunRetry) -> Self {
        let numbers = retry.of.iter().flat_map(|(_, numbers)| numbers.iter().copied());
        let places = retry.records.iter().map(|(place, _)| *place);
        Self { errors: numbers.zip(places).collect(), failed: BTreeSet::new(), all_failed: false }
    }

    /// Something failed.
    pub(super) fn failed(&mut self, error: &RunError) {
        match error.index {
            Some(place) => drop(self.failed.insert(place)),
            None => self.all_failed = true,
        }
    }

    /// The errors whose records went well, when the run has ended so.
    pub(super) fn resolved(&self, status: RunStatus) -> Vec<u64> {
        if self.all_failed || status != RunStatus::Completed {
            return Vec::new();
        }
        self.errors.iter().filter(|(_, place)| !self.failed.contains(place)).map(|(n, _)| *n).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retried() -> Retried {
        let records = vec![(10, serde_json::Value::Null), (11, serde_json::Value::Null)];
        let of = Some((tombolo_model::Id::from_parts(1, [0; 8]), vec![3, 4]));
        Retried::of(&RunRetry { step: "s".into(), records, of })
    }

    #[test]
    fn only_a_record_that_went_well_resolves_its_error() {
        let mut some = retried();
        some.failed(&RunError { index: Some(11), ..RunError::default() });
        assert_eq!(some.resolved(RunStatus::Completed), [3]);
        assert!(some.resolved(RunStatus::Canceled).is_empty());
        assert_eq!(retried().resolved(RunStatus::Completed), [3, 4]);
        some.failed(&RunError::default());
        assert!(some.resolved(RunStatus::Completed).is_empty());
    }
}
