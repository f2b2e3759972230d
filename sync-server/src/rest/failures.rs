//! Errors of flows as whoever calls the API sees them: over all runs, with what became of them, and decided about.
//!
//! An error is open until a later try went well or somebody settled it; who decides does not rewrite it
//! ([`tombolo_model::run::ErrorMark`]), so devices hear of it as of what their own people decide.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tombolo_model::Id;
use tombolo_wire::run::{
    Attempt, Decision, ErrorMark, MOST_MARKED, RunBy, RunRow, Standing, attempts, settled, standings,
};
use tombolo_wire::sync::RunRows;

use super::acting::Acting;
use super::error::RestError;
use crate::app::App;
use crate::store::FailureRow;
use crate::{clock, fresh};

/// Decisions that are stored together.
const AT_ONCE: usize = 500;

/// What became of errors, by their runs.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    tried: HashMap<Id, BTreeMap<u64, Attempt>>,
    stand: HashMap<Id, BTreeMap<u64, Standing>>,
}

impl Outcomes {
    /// Of the errors of a flow, or of all flows.
    pub(crate) async fn of(app: &App, account: Id, flow: Option<Id>) -> Result<Self, RestError> {
        let rows = app.store.retries(account, flow).await?;
        let mut retries: HashMap<Id, Vec<&RunRow>> = HashMap::new();
        for row in &rows {
            let tried = row.origin.retry.iter().map(|retry| retry.run);
            let over = row.origin.over.iter().map(|over| over.run);
            for run in tried.chain(over).collect::<BTreeSet<Id>>() {
                retries.entry(run).or_default().push(row);
            }
        }
        let mut marks: HashMap<Id, Vec<ErrorMark>> = HashMap::new();
        for mark in app.store.marks(account, flow).await? {
            marks.entry(mark.run).or_default().push(mark);
        }
        let mut outcomes = Self::default();
        for (run, marks) in &marks {
            outcomes.stand.insert(*run, standings(marks));
        }
        for run in retries.keys().chain(marks.keys()) {
            if outcomes.tried.contains_key(run) {
                continue;
            }
            // Gone with its time.
            let Some(row) = app.store.run(account, *run).await? else { continue };
            let tries = attempts(&row, retries.get(run).into_iter().flatten().copied());
            let none = BTreeMap::new();
            outcomes.tried.insert(*run, settled(tries, outcomes.stand.get(run).unwrap_or(&none)));
        }
        Ok(outcomes)
    }

    /// What became of one, if anything did.
    pub(crate) fn attempt(&self, run: Id, n: u64) -> Option<&Attempt> {
        self.tried.get(&run)?.get(&n)
    }

    /// Whether it is over.
    pub(crate) fn is_resolved(&self, failure: &FailureRow) -> bool {
        self.attempt(failure.run, failure.n).is_some_and(|attempt| attempt.resolved)
    }

    /// Whose it is, and its tags.
    pub(crate) fn standing(&self, run: Id, n: u64) -> Option<&Standing> {
        self.stand.get(&run)?.get(&n)
    }
}

/// The caller, as rows of runs name people.
pub(crate) async fn caller(app: &App, acting: &Acting) -> Result<RunBy, RestError> {
    let caller = acting.caller(app).await?;
    Ok(RunBy { user: caller.user.id, name: caller.user.name })
}

/// Keeps decisions about errors in the caller's name; devices hear of them.
pub(crate) async fn decide(
    app: &App,
    acting: &Acting,
    decisions: Vec<(Id, Vec<u64>, Decision)>,
) -> Result<(), RestError> {
    if decisions.is_empty() {
        return Ok(());
    }
    let by = Some(Box::new(caller(app, acting).await?));
    let (mut marks, time_ms) = (Vec::new(), clock::now_ms());
    for (run, errors, decision) in decisions {
        for errors in errors.chunks(MOST_MARKED) {
            let (errors, decision) = (errors.to_vec(), decision.clone());
            marks.push(ErrorMark { id: fresh::id()?, run, errors, decision, by: by.clone(), time_ms });
        }
    }
    for some in marks.chunks(AT_ONCE) {
        let rows = RunRows { marks: some.to_vec(), ..RunRows::default() };
        let kept = app.store.keep_runs(acting.account, &rows, Some(acting.user)).await?;
        app.committed(acting.account, kept.ok_or_else(RestError::not_found)?);
    }
    Ok(())
}
