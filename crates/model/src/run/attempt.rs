//! What became of errors whose records were tried again.

use std::collections::BTreeMap;

use super::{RunBy, RunRow, RunStatus};
use crate::Id;

/// How the last try to make up for an error went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The run that tried; nothing where somebody settled it, or opened it again, by hand.
    pub run: Option<Id>,
    /// Who wanted it.
    pub by: Option<Box<RunBy>>,
    /// When it ended; nothing while it goes on.
    pub ended_ms: Option<i64>,
    /// Whether the record went well.
    pub resolved: bool,
}

/// What became of the errors of a run that were tried again: by their numbers, of each the try that resolved it, or the last.
///
/// Told by the runs that tried, so that nothing that was stored of the earlier run is ever rewritten: it may be another
/// device's.
#[must_use]
pub fn attempts<'r>(run: &RunRow, others: impl IntoIterator<Item = &'r RunRow>) -> BTreeMap<u64, Attempt> {
    let mut found: BTreeMap<u64, Attempt> = BTreeMap::new();
    let mut tries: Vec<&RunRow> = others.into_iter().filter(|other| other.flow == run.flow).collect();
    tries.sort_by_key(|other| (other.started_ms, other.id));
    for other in tries {
        let Some(retry) = other.origin.retry.as_ref().filter(|retry| retry.run == run.id) else { continue };
        for n in &retry.errors {
            if found.get(n).is_some_and(|attempt| attempt.resolved) {
                continue;
            }
            let resolved = other.status == RunStatus::Completed && retry.resolved.contains(n);
            let by = other.origin.by.clone();
            found.insert(*n, Attempt { run: Some(other.id), by, ended_ms: other.ended_ms, resolved });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{id, run};
    use super::super::{RetryOf, RunOrigin, RunType};
    use super::*;

    #[test]
    fn an_error_is_resolved_by_the_try_that_went_well_and_by_no_other() {
        let row = run(RunStatus::Completed, 5, None, 10);
        let tried = |number: u32, ms: i64, status, resolved: &[u64]| RunRow {
            id: id(number),
            origin: RunOrigin {
                kind: RunType::Retry,
                by: Some(Box::new(RunBy { user: id(7), name: "Ann".into() })),
                retry: Some(Box::new(RetryOf { run: row.id, errors: vec![1, 2], resolved: resolved.to_vec() })),
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
        assert_eq!(brief(1), Some((Some(id(1)), true, Some(21))), "a later try takes nothing back");
        assert_eq!(brief(2), Some((Some(id(3)), false, None)));
        assert_eq!(brief(3), None);
        assert_eq!(found[&1].by.as_ref().map(|by| by.name.as_str()), Some("Ann"));
    }
}
