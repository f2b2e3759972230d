//! What a run did at each step, as the canvas and the console show it.

use std::collections::HashMap;

use tombolo_wire::run::{RunRow, RunStatus, StepCount};

use crate::words;

/// How a step of a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepState {
    /// Nothing has reached it yet.
    Waiting,
    /// Records go through it.
    Running,
    /// The run has ended well, or was stopped after this step had its part.
    Done,
    /// The run ended before this step was done.
    Stopped,
    /// The run ended before anything came to this step.
    Missed,
}

impl StepState {
    /// Its class, its icon and its word. Beside errors, which are red, nothing is green.
    pub(super) fn shown(self, errors: u64) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Done if errors > 0 => ("off", "circle-check", "Done"),
            Self::Waiting => ("off", "clock", "Waiting"),
            Self::Running => ("running", "loader-circle", "Running"),
            Self::Done => ("success", "circle-check", "Done"),
            Self::Stopped => ("off", "circle-x", "Stopped"),
            Self::Missed => ("off", "circle-x", "Not reached"),
        }
    }
}

/// Whether anything has come to a step.
fn is_reached(step: &StepCount) -> bool {
    step.received + step.success + step.ignored + step.errors + step.pages > 0
}

/// How a step stands in a run.
pub(super) fn state(run: &RunRow, step: &StepCount) -> StepState {
    // The first source reads from the start on, though its first page may take long.
    let reads = || run.steps.first().is_some_and(|first| first.step == step.step && first.kind == "export");
    match run.status {
        RunStatus::Queued => StepState::Waiting,
        RunStatus::Running if is_reached(step) || reads() => StepState::Running,
        RunStatus::Running => StepState::Waiting,
        RunStatus::Completed => StepState::Done,
        RunStatus::Failed | RunStatus::Canceled if is_reached(step) => StepState::Stopped,
        RunStatus::Failed | RunStatus::Canceled => StepState::Missed,
    }
}

/// A run with its counts by step.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub(super) run: RunRow,
    at: HashMap<String, usize>,
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        (self.run.id, self.run.n, self.run.status) == (other.run.id, other.run.n, other.run.status)
    }
}

impl Counted {
    pub(super) fn new(run: RunRow) -> Self {
        let at = run.steps.iter().enumerate().map(|(at, count)| (count.step.clone(), at)).collect();
        Self { run, at }
    }

    /// The counts of a step, by its key in runs.
    pub(super) fn count(&self, key: &str) -> Option<&StepCount> {
        self.run.steps.get(*self.at.get(key)?)
    }

    /// Whether records go along an edge now: they have left what it leaves, or come to what it leads to.
    pub(super) fn carries(&self, from: Option<&String>, to: Option<&String>) -> bool {
        let count = |key: Option<&String>| key.and_then(|key| self.count(key));
        let going = matches!(self.run.status, RunStatus::Running);
        going
            && match (count(from), count(to)) {
                (Some(from), _) => from.success + from.ignored > 0,
                (None, to) => to.is_some_and(|to| to.received > 0),
            }
    }
}

/// The run as a whole: what the destinations took, what was left out, what failed, the pages that were read.
pub(super) fn totals(run: &RunRow) -> StepCount {
    let ends = run.steps.iter().filter(|step| step.kind == "import");
    StepCount {
        success: ends.map(|step| step.success).sum(),
        ignored: run.steps.iter().map(|step| step.ignored).sum(),
        errors: run.steps.iter().map(|step| step.errors).sum(),
        auto_resolved: run.steps.iter().map(|step| step.auto_resolved).sum(),
        pages: run.steps.iter().map(|step| step.pages).max().unwrap_or_default(),
        began_ms: Some(run.started_ms),
        moved_ms: run.ended_ms,
        ..StepCount::default()
    }
}

/// What the name of a node adds to the step's own: its kind, how it stands and its errors.
pub(super) fn spoken(name: &str, kind: &str, application: &str, count: Option<&(StepState, StepCount)>) -> String {
    let mut parts = vec![name.to_owned(), format!("{application} {}", kind.to_lowercase())];
    if let Some((state, step)) = count {
        parts.push(state.shown(step.errors).2.to_lowercase());
        if step.errors > 0 {
            parts.push(words::count(usize::try_from(step.errors).unwrap_or(usize::MAX), "error"));
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::Id;
    use tombolo_wire::run::RunPlace;

    fn run(status: RunStatus) -> RunRow {
        let step = |kind: &str, success, errors, pages| StepCount {
            kind: kind.into(),
            success,
            errors,
            pages,
            received: success + errors,
            ..StepCount::default()
        };
        RunRow {
            id: Id::from_parts(0, [0; 8]),
            flow: Id::from_parts(0, [1; 8]),
            flow_name: String::new(),
            status,
            place: RunPlace::Browser,
            offline: false,
            started_ms: 0,
            ended_ms: None,
            steps: vec![step("export", 10, 0, 2), step("import", 6, 1, 2), step("import", 0, 0, 0)]
                .into_iter()
                .zip(["a", "b", "c"])
                .map(|(count, key)| StepCount { step: key.into(), ..count })
                .collect(),
            error: None,
            heads: std::collections::BTreeMap::new(),
            origin: tombolo_wire::run::RunOrigin::default(),
            n: 1,
        }
    }

    #[test]
    fn a_step_runs_once_something_has_reached_it() {
        let going = run(RunStatus::Running);
        let states: Vec<_> = going.steps.iter().map(|step| state(&going, step)).collect();
        assert_eq!(states, [StepState::Running, StepState::Running, StepState::Waiting]);
        let ended = run(RunStatus::Completed);
        assert_eq!(state(&ended, &ended.steps[2]), StepState::Done);
        let canceled = run(RunStatus::Canceled);
        let states: Vec<_> = canceled.steps.iter().map(|step| state(&canceled, step)).collect();
        assert_eq!(states, [StepState::Stopped, StepState::Stopped, StepState::Missed]);
    }

    #[test]
    fn the_first_source_runs_before_its_first_page_has_come_and_no_edge_moves_yet() {
        let mut going = run(RunStatus::Running);
        for (at, step) in going.steps.iter_mut().enumerate() {
            *step = StepCount { step: at.to_string(), kind: step.kind.clone(), ..StepCount::default() };
        }
        let states: Vec<_> = going.steps.iter().map(|step| state(&going, step)).collect();
        assert_eq!(states, [StepState::Running, StepState::Waiting, StepState::Waiting]);
        let key = |at: usize| at.to_string();
        let carries =
            |run: &RunRow, from: usize, to: usize| Counted::new(run.clone()).carries(Some(&key(from)), Some(&key(to)));
        assert!(!carries(&going, 0, 1));
        going.steps[0].success = 10;
        assert!(carries(&going, 0, 1) && !carries(&going, 1, 2));
        assert!(!Counted::new(going.clone()).carries(None, Some(&key(1))), "nothing has come out of the branching");
        going.status = RunStatus::Completed;
        assert!(!carries(&going, 0, 1));
    }

    #[test]
    fn a_step_that_is_done_is_green_only_without_errors() {
        assert_eq!(StepState::Done.shown(0).0, "success");
        assert_eq!((StepState::Done.shown(3).0, StepState::Done.shown(3).2), ("off", "Done"));
    }

    #[test]
    fn the_total_counts_what_arrived_and_not_each_record_once_a_step() {
        let total = totals(&run(RunStatus::Running));
        assert_eq!((total.success, total.errors, total.pages), (6, 1, 2));
    }

    #[test]
    fn a_node_is_named_with_its_kind_its_state_and_its_errors() {
        let going = run(RunStatus::Running);
        assert_eq!(spoken("CRM", "Destination", "HTTP", None), "CRM, HTTP destination");
        assert_eq!(
            spoken("CRM", "Destination", "HTTP", Some(&(state(&going, &going.steps[1]), going.steps[1].clone()))),
            "CRM, HTTP destination, running, 1 error"
        );
    }
}
