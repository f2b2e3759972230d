//! The runs that this device knows, and what became of their errors.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use tombolo_model::Id;
use tombolo_wire::run::{Attempt, Decision, ErrorMark, RunStatus, RunType, attempts, settled, standings};
use tombolo_wire::run_worker::RunOptions;
use tombolo_wire::store::{Call, CallError, Event, RunRow};
use wasm_bindgen_futures::spawn_local;

use super::App;
use super::reading::read;

/// What people decided about errors, by run.
pub(crate) type Marks = BTreeMap<Id, Vec<ErrorMark>>;

/// How many runs a page begins with; the others are asked for where they are wanted.
const FIRST: usize = 200;

/// What became of the errors of a run: tried again, settled or opened again.
pub(crate) fn outcomes(run: &RunRow, runs: &BTreeMap<Id, RunRow>, marks: &Marks) -> BTreeMap<u64, Attempt> {
    let decided = standings(marks.get(&run.id).into_iter().flatten());
    settled(attempts(run, runs.values()), &decided)
}

impl App {
    /// Starts a flow as it is after everything that was entered so far.
    pub(crate) fn start_run(self, flow: Id, options: RunOptions) {
        self.in_turn(async move {
            self.call::<serde_json::Value>(Call::StartRun { flow, on_server: false, options }).await.map(drop)
        });
    }

    /// Asks for the runs of an account; they are dropped when another one is shown by then.
    pub(super) fn ask_for_runs(self, account: Id) {
        spawn_local(async move {
            let here = || self.account.with_untracked(|now| now.as_ref().is_some_and(|now| now.id == account));
            let runs = self.call::<Vec<RunRow>>(Call::Runs { flow: None, limit: FIRST }).await;
            let marks = self.call::<Vec<ErrorMark>>(Call::Marks).await;
            match (runs, marks) {
                (Ok(runs), Ok(marks)) if here() => {
                    self.take_runs(runs);
                    self.take_marks(marks);
                }
                (Ok(_), Ok(_)) => {}
                (Err(error), _) | (_, Err(error)) => self.toasts.fail(error.message),
            }
        });
    }

    /// Takes rows of runs, each unless a newer one is here.
    pub(crate) fn take_runs(self, rows: Vec<RunRow>) {
        let news =
            |runs: &Arc<BTreeMap<Id, RunRow>>, row: &RunRow| runs.get(&row.id).is_none_or(|have| have.n <= row.n);
        self.runs.update(|runs| {
            for row in rows {
                if news(runs, &row) {
                    Arc::make_mut(runs).insert(row.id, row);
                }
            }
        });
    }

    pub(super) fn take_marks(self, marks: Vec<ErrorMark>) {
        self.marks.update(|all| {
            let all = Arc::make_mut(all);
            for mark in marks {
                let of_run = all.entry(mark.run).or_default();
                // It comes back from the server.
                of_run.retain(|have| have.id != mark.id);
                of_run.push(mark);
            }
        });
    }

    /// Some runs are kept no longer.
    pub(super) fn drop_runs(self, gone: &[Id]) {
        self.runs.update(|runs| Arc::make_mut(runs).retain(|id, _| !gone.contains(id)));
        self.marks.update(|marks| Arc::make_mut(marks).retain(|id, _| !gone.contains(id)));
    }

    pub(super) fn take_run(self, event: Event) {
        match event {
            Event::Run { row } => self.take_runs(vec![*row]),
            Event::Marks { marks } => self.take_marks(marks),
            Event::RunsGone { runs } => self.drop_runs(&runs),
            _ => {}
        }
    }

    /// Decides something about errors, named by their runs and numbers.
    ///
    /// # Errors
    ///
    /// Returns what the store says, for the first run about whose errors nothing could be kept.
    pub(crate) async fn decide(self, errors: &[(Id, u64)], decision: &Decision) -> Result<(), CallError> {
        let mut by_run: BTreeMap<Id, Vec<u64>> = BTreeMap::new();
        for (run, n) in errors {
            by_run.entry(*run).or_default().push(*n);
        }
        for (run, errors) in by_run {
            let call = Call::Decide { run, errors, decision: decision.clone() };
            self.call::<serde_json::Value>(call).await?;
        }
        Ok(())
    }

    /// The newest run of a flow, its records tried again left aside: those tell nothing of the flow as a whole.
    pub(crate) fn last_run(self, flow: Id) -> Option<RunRow> {
        self.newest_run(|run| run.flow == flow && run.origin.kind != RunType::Retry)
    }

    fn newest_run(self, wanted: impl Fn(&RunRow) -> bool) -> Option<RunRow> {
        read(self.runs, |runs| runs.values().filter(|run| wanted(run)).max_by_key(|run| run.started_ms).cloned())
    }

    /// Whether the newest run of a flow is going. One that has said nothing for a day is not waited for.
    pub(crate) fn is_running(self, flow: Id) -> bool {
        const DAY_MS: i64 = 86_400_000;
        self.newest_run(|run| run.flow == flow).is_some_and(|run| {
            matches!(run.status, RunStatus::Running | RunStatus::Queued)
                && read(self.now_ms, |now_ms| *now_ms) - run.started_ms < DAY_MS
        })
    }
}
