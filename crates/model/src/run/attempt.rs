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

/// What became of the errors of a run that were tried again, or that are over: by their numbers, of each the last run that
/// resolved it, or the last try.
///
/// Told by the runs that tried, or that are over with them, so that nothing that was stored of the earlier run is ever
/// rewritten: it may be another device's.
#[must_use]
pub fn attempts<'r>(run: &RunRow, others: impl IntoIterator<Item = &'r RunRow>) -> BTreeMap<u64, Attempt> {
    let mut found: BTreeMap<u64, Attempt> = BTreeMap::new();
    let mut tries: Vec<&RunRow> = others.into_iter().filter(|other| other.flow == run.flow).collect();
    tries.sort_by_key(|other| (other.started_ms, other.id));
    for other in tries {
        let over = other.origin.over.iter().filter(|over| over.run == run.id && other.status == RunStatus::Completed);
        for n in over.flat_map(|over| &over.errors) {
            let ended_ms = other.ended_ms.or(Some(other.started_ms));
            if found.get(n).is_none_or(|attempt| !attempt.resolved || attempt.ended_ms <= ended_ms) {
                found.insert(*n, Attempt { run: Some(other.id), by: None, ended_ms, resolved: true });
            }
        }
        let Some(retry) = other.origin.retry.as_ref().filter(|retry| retry.run == run.id) else { continue };
        for n in &retry.errors {
            let resolved = other.status == RunStatus::Completed && retry.resolved.contains(n);
            // Of two that went well the later one counts: the error may have been opened again in between.
            let stays = |attempt: &Attempt| attempt.resolved && (!resolved || attempt.ended_ms > other.ended_ms);
            if found.get(n).is_some_and(stays) {
                continue;
            }
            let by = other.origin.by.clone();
            found.insert(*n, Attempt { run: Some(other.id), by, ended_ms: other.ended_ms, resolved });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{id, run};
    use super::super::{Decision, ErrorMark, OverErrors, RetryOf, RunOrigin, RunType, settled, standings};
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
        assert_eq!(brief(1), Some((Some(id(1)), true, Some(21))), "a later try takes nothing back");
        assert_eq!(brief(2), Some((Some(id(3)), false, None)));
        assert_eq!(brief(3), None);
        assert_eq!(found[&1].by.as_ref().map(|by| by.name.as_str()), Some("Ann"));
    }

    #[test]
    fn an_error_that_was_opened_again_is_resolved_by_a_later_try_that_goes_well() {
        let row = run(RunStatus::Completed, 5, None, 10);
        let tried = |number: u32, ms: i64, retried: bool| {
            let retry = retried.then(|| Box::new(RetryOf { run: row.id, errors: vec![1], resolved: vec![1] }));
            let over = [OverErrors { run: row.id, errors: vec![1] }];
            let over: Box<[OverErrors]> = if retried { Box::default() } else { over.into() };
            let origin = RunOrigin { retry, over, ..RunOrigin::default() };
            RunRow { id: id(number), origin, ended_ms: Some(ms + 1), ..run(RunStatus::Completed, 5, None, ms) }
        };
        let (id_of_mark, decision) = (id(50), Decision::Reopen);
        let reopened = ErrorMark { id: id_of_mark, run: row.id, errors: vec![1], decision, by: None, time_ms: 30 };
        let stands = |tries: &[RunRow]| {
            let attempt = settled(attempts(&row, tries), &standings([&reopened])).remove(&1);
            attempt.map(|one| (one.run, one.resolved))
        };
        for retried in [true, false] {
            let (before, after) = (tried(1, 20, retried), tried(2, 40, retried));
            assert_eq!(stands(std::slice::from_ref(&before)), Some((None, false)));
            assert_eq!(stands(&[before, after]), Some((Some(id(2)), true)));
        }
    }
}
