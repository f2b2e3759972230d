//! How an integration stands: what the newest run of each of its flows left open. Plain functions.
//!
//! A run that only tried records again tells nothing of a flow as a whole; what it resolved is no error any more.

use std::collections::BTreeMap;

use tombolo_model::Id;
use tombolo_wire::run::{RunStatus, RunType};
use tombolo_wire::store::{CatalogueRow, RunRow};

use crate::state::{Marks, outcomes};
use crate::words;

/// How it stands; of several things the one that asks for most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    /// Nothing has run.
    #[default]
    Unrun,
    /// All that ran went well.
    Success,
    /// Something is going on, and nothing is wrong.
    Running,
    /// So many errors are open.
    Errors(u64),
}

/// A row of what home shows of an integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Facts {
    /// How many flows are on.
    pub(super) on: usize,
    /// How many flows there are.
    pub(super) all: usize,
    pub(super) standing: Standing,
    /// When a flow last ran.
    pub(super) last_ms: Option<i64>,
}

impl Facts {
    /// `2 of 3 flows on`.
    pub(super) fn flows_in_words(&self) -> String {
        match (self.on, self.all) {
            (_, 0) => "No flows yet".into(),
            (on, all) if on == all => format!("{}, all on", words::count(all, "flow")),
            (on, all) => format!("{on} of {} on", words::count(all, "flow")),
        }
    }
}

impl Standing {
    /// Its class, its icon and its words.
    pub(super) fn shown(self) -> (&'static str, &'static str, String) {
        match self {
            Self::Unrun => ("off", "clock", "Not run yet".into()),
            Self::Success => ("success", "circle-check", "Success".into()),
            Self::Running => ("running", "loader-circle", "Running".into()),
            Self::Errors(many) => {
                ("danger", "circle-alert", words::count(usize::try_from(many).unwrap_or(usize::MAX), "error"))
            }
        }
    }

    fn add(self, run: &RunRow, open: u64) -> Self {
        match (self, run.status, open) {
            (Self::Errors(many), ..) => Self::Errors(many + open),
            (_, _, 1..) => Self::Errors(open),
            (_, RunStatus::Queued | RunStatus::Running, _) | (Self::Running, ..) => Self::Running,
            // One that a person ended is neither.
            (now, RunStatus::Canceled, _) => now,
            _ => Self::Success,
        }
    }
}

/// The errors of a run that nobody resolved; one that failed without an error of a record has one.
fn open_errors(run: &RunRow, runs: &BTreeMap<Id, RunRow>, marks: &Marks) -> u64 {
    let counted: u64 = run.steps.iter().map(|step| step.errors).sum();
    if counted == 0 {
        return u64::from(run.status == RunStatus::Failed);
    }
    let resolved = outcomes(run, runs, marks).values().filter(|attempt| attempt.resolved).count();
    counted.saturating_sub(resolved as u64)
}

/// What is said of every integration that has flows, by its id.
pub(super) fn facts(flows: &[CatalogueRow], runs: &BTreeMap<Id, RunRow>, marks: &Marks) -> BTreeMap<Id, Facts> {
    let mut newest: BTreeMap<Id, &RunRow> = BTreeMap::new();
    for run in runs.values().filter(|run| run.origin.kind != RunType::Retry) {
        let have = newest.entry(run.flow).or_insert(run);
        if have.started_ms < run.started_ms {
            *have = run;
        }
    }
    let mut found: BTreeMap<Id, Facts> = BTreeMap::new();
    for flow in flows {
        let Some(integration) = flow.integration else { continue };
        let facts = found.entry(integration).or_default();
        facts.all += 1;
        facts.on += usize::from(!flow.disabled);
        if let Some(run) = newest.get(&flow.id) {
            facts.standing = facts.standing.add(run, open_errors(run, runs, marks));
            facts.last_ms = facts.last_ms.max(Some(run.started_ms));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::Kind;
    use tombolo_wire::run::{RetryOf, RunOrigin, RunPlace, StepCount};

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn flow(n: u8, disabled: bool) -> CatalogueRow {
        CatalogueRow {
            id: id(n),
            kind: Kind::Flow,
            name: String::new(),
            integration: Some(id(99)),
            disabled,
            binned: false,
            references: Vec::new(),
            adaptor: None,
            lookup: false,
            group: None,
            conflicts: 0,
            modified_ms: 0,
            pending: false,
            damaged: false,
        }
    }

    fn run(n: u8, of: u8, status: RunStatus, errors: u64) -> RunRow {
        RunRow {
            id: id(n),
            flow: id(of),
            flow_name: String::new(),
            status,
            place: RunPlace::Browser,
            offline: false,
            started_ms: i64::from(n),
            ended_ms: None,
            steps: vec![StepCount { errors, ..StepCount::default() }],
            error: None,
            heads: BTreeMap::new(),
            origin: RunOrigin::default(),
            n: 1,
        }
    }

    fn standing(flows: &[CatalogueRow], runs: &[RunRow]) -> Standing {
        let runs = runs.iter().map(|run| (run.id, run.clone())).collect();
        facts(flows, &runs, &Marks::new()).get(&id(99)).copied().unwrap_or_default().standing
    }

    #[test]
    fn a_tile_says_success_or_how_many_errors_are_open() {
        use RunStatus::{Canceled, Completed, Failed, Running};
        let flows = [flow(1, false), flow(2, false)];
        assert_eq!(standing(&flows, &[]), Standing::Unrun);
        assert_eq!(standing(&flows, &[run(10, 1, Completed, 0)]), Standing::Success);
        assert_eq!(standing(&flows, &[run(10, 1, Completed, 2), run(11, 2, Completed, 3)]), Standing::Errors(5));
        assert_eq!(standing(&flows, &[run(10, 1, Failed, 0), run(11, 2, Running, 0)]), Standing::Errors(1));
        assert_eq!(standing(&flows, &[run(10, 1, Completed, 0), run(11, 2, Running, 0)]), Standing::Running);
        assert_eq!(standing(&flows, &[run(10, 1, Canceled, 0)]), Standing::Unrun);
        assert_eq!(standing(&flows, &[run(10, 1, Completed, 4), run(11, 1, Completed, 0)]), Standing::Success);
        assert_eq!(Standing::Errors(1).shown().2, "1 error");
    }

    #[test]
    fn what_was_tried_again_and_went_well_is_no_error_of_a_tile_any_more() {
        let failed = run(10, 1, RunStatus::Completed, 2);
        let mut again = run(11, 1, RunStatus::Completed, 0);
        again.origin.kind = RunType::Retry;
        again.origin.retry = Some(Box::new(RetryOf { run: failed.id, errors: vec![1, 2], resolved: vec![2] }));
        assert_eq!(standing(&[flow(1, false)], &[failed, again]), Standing::Errors(1));
    }

    #[test]
    fn a_tile_counts_its_own_flows_and_says_which_are_on() {
        let said = |on, all| Facts { on, all, ..Facts::default() }.flows_in_words();
        assert_eq!(
            (said(0, 0), said(1, 1), said(2, 3)),
            ("No flows yet".into(), "1 flow, all on".into(), "2 of 3 flows on".into())
        );
        let found = facts(&[flow(1, false), flow(2, true)], &BTreeMap::new(), &Marks::new());
        assert_eq!(found.get(&id(99)).map(|facts| (facts.on, facts.all)), Some((1, 2)));
    }
}
