//! What a run says of itself besides its counters, each thing once. Plain functions, tested natively.

use tombolo_wire::run::{RunError, RunRow, RunStatus, RunType};

/// What ended a run, and the errors listed below it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::pages) struct Told {
    /// The sentence that stands above; nothing when an error of the list says it with its record.
    pub(in crate::pages) ended: Option<String>,
    /// The list.
    pub(in crate::pages) errors: Vec<RunError>,
    /// How many are told above and not in the list.
    above: u64,
}

impl Told {
    /// What is told of a run that was ended by `ended`, with the errors as the store has them: the one that ended it is
    /// among them.
    pub(in crate::pages) fn of(ended: Option<&RunError>, errors: &[RunError]) -> Self {
        let Some(ended) = ended else { return Self { errors: errors.to_vec(), ..Self::default() } };
        let same = |error: &RunError| error.message == ended.message;
        if errors.iter().any(|error| same(error) && error.record.is_some()) {
            return Self { errors: errors.to_vec(), ..Self::default() };
        }
        let others: Vec<RunError> = errors.iter().filter(|error| !same(error)).cloned().collect();
        // Until the list is read it is the only one that is known.
        let above = if errors.is_empty() { 1 } else { errors.len() - others.len() };
        Self { ended: Some(ended.message.clone()), errors: others, above: above as u64 }
    }

    /// How many of `all` errors the list is about: one that is told above is not told of again.
    pub(in crate::pages) const fn count(&self, all: u64) -> u64 {
        all.saturating_sub(self.above)
    }
}

/// That there was nothing to do, where a run has ended well without a single record.
pub(in crate::pages) fn nothing_read(run: &RunRow) -> Option<&'static str> {
    let mut sources = run.steps.iter().filter(|step| step.kind == "export").peekable();
    let any = sources.peek().is_some();
    let none = sources.all(|step| step.received + step.success + step.ignored + step.errors == 0);
    // One that tries records again reads no source.
    let reads = run.origin.kind != RunType::Retry;
    (run.status == RunStatus::Completed && any && none && reads).then_some("The source had no records.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tombolo_model::Id;
    use tombolo_wire::run::{RunPlace, StepCount};

    fn error(message: &str, record: bool) -> RunError {
        RunError {
            step: "s".into(),
            code: "file".into(),
            message: message.into(),
            record: record.then(|| json!({"a": 1})),
            index: None,
            time_ms: 0,
            ..RunError::default()
        }
    }

    #[test]
    fn what_ended_a_run_is_told_once() {
        let all = [error("Row 3 is broken.", false), error("The file ends in a quote.", false)];
        let told = Told::of(Some(&all[1]), &all);
        assert_eq!(told.ended.as_deref(), Some("The file ends in a quote."));
        assert_eq!(told.errors, all[..1]);
        assert_eq!((told.count(2), told.count(0)), (1, 0));
        assert_eq!(Told::of(Some(&all[1]), &[]).count(1), 0, "no heading comes and goes");
        let with_record = [error("The file ends in a quote.", true)];
        let told = Told::of(Some(&all[1]), &with_record);
        assert_eq!((told.ended.clone(), told.errors.len(), told.count(1)), (None, 1, 1), "its record is worth more");
        assert_eq!(Told::of(None, &all).errors.len(), 2);
    }

    #[test]
    fn a_run_without_a_record_says_so_once_it_has_ended_well() {
        let step = |kind: &str, success| StepCount { kind: kind.into(), success, ..StepCount::default() };
        let mut run = RunRow {
            id: Id::from_parts(0, [0; 8]),
            flow: Id::from_parts(0, [1; 8]),
            flow_name: String::new(),
            status: RunStatus::Completed,
            place: RunPlace::Browser,
            offline: false,
            started_ms: 0,
            ended_ms: Some(1),
            steps: vec![step("export", 0), step("import", 0)],
            error: None,
            heads: std::collections::BTreeMap::new(),
            origin: tombolo_wire::run::RunOrigin::default(),
            n: 1,
        };
        assert_eq!(nothing_read(&run), Some("The source had no records."));
        run.origin.kind = RunType::Retry;
        assert_eq!(nothing_read(&run), None, "a retry reads no source");
        run.origin.kind = RunType::Manual;
        run.steps[0].ignored = 3;
        assert_eq!(nothing_read(&run), None, "they were left out by the filter, which its count says");
        run.steps[0].ignored = 0;
        run.status = RunStatus::Failed;
        assert_eq!(nothing_read(&run), None);
        run.status = RunStatus::Completed;
        run.steps.clear();
        assert_eq!(nothing_read(&run), None);
    }
}
