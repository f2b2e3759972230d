//! What a run did at each step, as the canvas and the console show it.

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
        }
    }
}

/// How a step stands in a run.
pub(super) fn state(run: &RunRow, step: &StepCount) -> StepState {
    match run.status {
        RunStatus::Queued => StepState::Waiting,
        RunStatus::Running if step.received + step.success + step.pages == 0 => StepState::Waiting,
        RunStatus::Running => StepState::Running,
        RunStatus::Completed => StepState::Done,
        RunStatus::Failed | RunStatus::Canceled => StepState::Stopped,
    }
}

/// The run as a whole: what the destinations took, what was left out, what failed, the pages that were read.
pub(super) fn totals(run: &RunRow) -> StepCount {
    let ends = run.steps.iter().filter(|step| step.kind == "import");
    StepCount {
        success: ends.map(|step| step.success).sum(),
        ignored: run.steps.iter().map(|step| step.ignored).sum(),
        errors: run.steps.iter().map(|step| step.errors).sum(),
        pages: run.steps.iter().map(|step| step.pages).max().unwrap_or_default(),
        ..StepCount::default()
    }
}

/// What the name of a node adds to the step's own: its kind, how it stands and its errors.
pub(super) fn spoken(name: &str, kind: &str, application: &str, run: Option<(&RunRow, &StepCount)>) -> String {
    let mut parts = vec![name.to_owned(), format!("{application} {}", kind.to_lowercase())];
    if let Some((run, step)) = run {
        parts.push(state(run, step).shown(step.errors).2.to_lowercase());
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
            steps: vec![step("export", 10, 0, 2), step("import", 6, 1, 2), step("import", 0, 0, 0)],
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
            spoken("CRM", "Destination", "HTTP", Some((&going, &going.steps[1]))),
            "CRM, HTTP destination, running, 1 error"
        );
    }
}
