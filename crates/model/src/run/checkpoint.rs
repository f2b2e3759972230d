//! Up to when exports of changes were read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{RunRow, RunStatus};
use crate::Id;

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

#[cfg(test)]
mod tests {
    use super::super::fixtures::{id, run};
    use super::*;

    fn known(runs: &[(Option<i64>, i64)]) -> Option<i64> {
        let mut rows: Vec<RunRow> = runs.iter().map(|(from, to)| run(RunStatus::Completed, 5, *from, *to)).collect();
        let found = checkpoints(&rows).get(&id(5)).copied();
        rows.reverse();
        assert_eq!(checkpoints(&rows).get(&id(5)).copied(), found, "the order of the rows changes nothing");
        found
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
