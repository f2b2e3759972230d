//! Which errors of a run keep their records: the latest of each step, so that what is kept does not grow with what fails.
//!
//! Records travel with their errors, which are stored by then in several places. So the error that is one too many names
//! the one whose record goes, and every store takes it away with that.

use std::collections::{BTreeMap, VecDeque};

use tombolo_model::run::RunError;

/// The numbers of the errors that have their records, by step, the earliest first.
pub(super) struct Kept {
    steps: BTreeMap<String, VecDeque<u64>>,
    most: usize,
}

impl Kept {
    pub(super) fn new(most: usize) -> Self {
        Self { steps: BTreeMap::new(), most }
    }

    /// Takes an error with its number, and names in it the one that keeps its record no longer.
    pub(super) fn take(&mut self, n: u64, error: &mut RunError) {
        if error.record.is_none() {
            return;
        }
        let numbers = self.steps.entry(error.step.clone()).or_default();
        numbers.push_back(n);
        error.forgets = if numbers.len() > self.most { numbers.pop_front() } else { None };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_latest_errors_of_each_step_keep_their_records() {
        let mut kept = Kept::new(2);
        let mut forgets = |n: u64, step: &str, record: bool| {
            let record = record.then(|| json!({"n": n}));
            let mut error = RunError { step: step.to_owned(), record, ..RunError::default() };
            kept.take(n, &mut error);
            error.forgets
        };
        let mut said = Vec::new();
        for (n, step, record) in [
            (1, "a", true),
            (2, "b", true),
            (3, "a", false),
            (4, "a", true),
            (5, "a", true),
            (6, "a", true),
            (7, "b", true),
        ] {
            said.push(forgets(n, step, record));
        }
        assert_eq!(said, [None, None, None, None, Some(1), Some(4), None], "one without a record takes no place");
    }
}
