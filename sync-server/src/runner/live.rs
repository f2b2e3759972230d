//! Which runs are live on this node, and who may become one.
//!
//! Invariant: a run is live exactly as long as its [`Entered`] is there, so neither a request that is dropped nor a
//! panic leaves a flow behind that can never run again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tombolo_model::Id;
use tombolo_wire::run::{RunPlace, RunStatus};

use super::StartError;

/// At most so many runs that people have started, those that wait for a child included.
pub(super) const RUNS: usize = 256;
/// At most so many of them in one account.
pub(super) const RUNS_OF_ACCOUNT: usize = 32;

/// The live runs.
#[derive(Debug, Default)]
pub(super) struct Lives {
    runs: Mutex<HashMap<Id, Live>>,
    count: watch::Sender<usize>,
}

#[derive(Debug)]
struct Live {
    account: Id,
    flow: Id,
    place: RunPlace,
    by: Option<Id>,
    cancel: watch::Sender<bool>,
    end: watch::Receiver<Option<RunStatus>>,
}

/// A run that is live until this is dropped.
#[derive(Debug)]
pub(super) struct Entered {
    lives: Arc<Lives>,
    run: Id,
    canceled: watch::Receiver<bool>,
    end: watch::Sender<Option<RunStatus>>,
}

impl Lives {
    /// Makes a run live.
    ///
    /// Runs of a schedule are not limited: there is one a flow at most, and they wait for their turn rather than fail.
    ///
    /// # Errors
    ///
    /// Returns that the flow runs already, or that too many wait.
    pub(super) fn enter(
        self: &Arc<Self>,
        account: Id,
        flow: Id,
        run: Id,
        place: RunPlace,
        by: Option<Id>,
    ) -> Result<Entered, StartError> {
        let mut runs = self.lock();
        if runs.values().any(|other| other.account == account && other.flow == flow) {
            return Err(StartError::Running(flow));
        }
        if place != RunPlace::Schedule {
            let by_hand = || runs.values().filter(|other| other.place != RunPlace::Schedule);
            let of_account = by_hand().filter(|other| other.account == account).count();
            if by_hand().count() >= RUNS || of_account >= RUNS_OF_ACCOUNT {
                return Err(StartError::Full);
            }
        }
        let (cancel, canceled) = watch::channel(false);
        let (end, ends) = watch::channel(None);
        runs.insert(run, Live { account, flow, place, by, cancel, end: ends });
        self.count.send_replace(runs.len());
        Ok(Entered { lives: Arc::clone(self), run, canceled, end })
    }

    /// Tells a run to end, and waits until it is certain how it does: it may have come to its own end just before.
    ///
    /// Absent when it is not live, or when its task broke: what is stored says the rest.
    pub(super) async fn cancel(&self, account: Id, run: Id) -> Option<RunStatus> {
        let mut end = {
            let runs = self.lock();
            let found = runs.get(&run).filter(|found| found.account == account)?;
            found.cancel.send_replace(true);
            found.end.clone()
        };
        match end.wait_for(Option::is_some).await {
            Ok(status) => *status,
            Err(_) => None,
        }
    }

    /// Whether one of these flows of an account runs.
    pub(super) fn any(&self, account: Id, flows: &[Id]) -> bool {
        self.lock().values().any(|live| live.account == account && flows.contains(&live.flow))
    }

    /// The runs of an account that people have started: run, flow, who.
    pub(super) fn started_by_people(&self, account: Id) -> Vec<(Id, Id, Id)> {
        let runs = self.lock();
        let ours = runs.iter().filter(|(_, live)| live.account == account);
        ours.filter_map(|(run, live)| Some((*run, live.flow, live.by?))).collect()
    }

    /// Ends the runs of an account.
    pub(super) fn cancel_all_of(&self, account: Id) {
        for run in self.lock().values().filter(|live| live.account == account) {
            run.cancel.send_replace(true);
        }
    }

    /// Whether anything of an account runs.
    pub(super) fn any_of(&self, account: Id) -> bool {
        self.lock().values().any(|live| live.account == account)
    }

    /// Ends all runs.
    pub(super) fn cancel_all(&self) {
        for run in self.lock().values() {
            run.cancel.send_replace(true);
        }
    }

    /// Waits until no run is live.
    pub(super) async fn none_left(&self) {
        // The sender is ours, so the wait ends by the count only.
        if self.count.subscribe().wait_for(|count| *count == 0).await.is_err() {
            tracing::debug!("nobody counts runs");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Live>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entered {
    /// Becomes true when the run is to end.
    pub(super) fn canceled(&self) -> watch::Receiver<bool> {
        self.canceled.clone()
    }

    /// It is certain how the run ends. That is stored next, and whoever cancels it from here on hears of it.
    pub(super) fn ends_as(&self, status: RunStatus) {
        self.end.send_replace(Some(status));
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut runs = self.lives.lock();
        runs.remove(&self.run);
        self.lives.count.send_replace(runs.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> Id {
        Id::from_parts(u32::try_from(n).unwrap(), [0; 8])
    }

    #[test]
    fn a_flow_is_free_again_when_its_run_is_dropped_also_by_a_panic() {
        let lives = Arc::new(Lives::default());
        let entered = lives.enter(id(1), id(2), id(3), RunPlace::Server, None).unwrap();
        let again = lives.enter(id(1), id(2), id(4), RunPlace::Server, None);
        assert!(matches!(again, Err(StartError::Running(_))));
        let panicked = std::thread::spawn(move || {
            let _entered = entered;
            std::panic::resume_unwind(Box::new("the request was dropped"));
        });
        assert!(panicked.join().is_err());
        assert!(lives.enter(id(1), id(2), id(4), RunPlace::Server, None).is_ok());
    }

    #[test]
    fn one_account_does_not_take_all_the_room_and_schedules_are_never_turned_away() {
        let lives = Arc::new(Lives::default());
        let enter = |account, n, place| lives.enter(id(account), id(n), id(n), place, None);
        let mut held: Vec<Entered> = (0..RUNS_OF_ACCOUNT).map(|n| enter(1, n, RunPlace::Server).unwrap()).collect();
        assert!(matches!(enter(1, 1_000, RunPlace::Server), Err(StartError::Full)));
        held.push(enter(2, 1_000, RunPlace::Server).unwrap());
        held.extend((2_000..2_000 + RUNS).map(|n| enter(1, n, RunPlace::Schedule).unwrap()));
        held.push(enter(2, 1_001, RunPlace::Server).unwrap());
        drop(held);
        assert!(enter(1, 1_000, RunPlace::Server).is_ok());
    }

    #[tokio::test]
    async fn whoever_cancels_a_run_hears_how_it_ends_and_not_before_that_is_certain() {
        let lives = Arc::new(Lives::default());
        let entered = lives.enter(id(1), id(2), id(3), RunPlace::Server, None).unwrap();
        assert_eq!(lives.cancel(id(9), id(3)).await, None, "of another account");
        let mut first = Box::pin(lives.cancel(id(1), id(3)));
        assert!(futures::poll!(first.as_mut()).is_pending());
        assert!(*entered.canceled().borrow());
        entered.ends_as(RunStatus::Completed);
        assert_eq!(first.await, Some(RunStatus::Completed));
        assert_eq!(lives.cancel(id(1), id(3)).await, Some(RunStatus::Completed), "while its end is being stored");
        let broken = lives.enter(id(1), id(4), id(5), RunPlace::Server, None).unwrap();
        let mut waiting = Box::pin(lives.cancel(id(1), id(5)));
        assert!(futures::poll!(waiting.as_mut()).is_pending());
        drop((broken, entered));
        assert_eq!(waiting.await, None);
        assert_eq!(lives.cancel(id(1), id(3)).await, None);
    }

    #[test]
    fn the_runs_of_one_account_are_told_to_end_and_no_others() {
        let lives = Arc::new(Lives::default());
        let [ours, theirs] = [1, 2].map(|account| lives.enter(id(account), id(2), id(account), RunPlace::Server, None));
        let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
        lives.cancel_all_of(id(1));
        assert!(*ours.canceled().borrow() && !*theirs.canceled().borrow());
        assert!(lives.any_of(id(1)), "it is there until it has ended");
        drop(ours);
        assert!(!lives.any_of(id(1)) && lives.any_of(id(2)));
    }

    #[tokio::test]
    async fn the_end_is_waited_for_until_the_last_run_has_gone() {
        let lives = Arc::new(Lives::default());
        let entered = lives.enter(id(1), id(2), id(3), RunPlace::Server, None).unwrap();
        let mut canceled = entered.canceled();
        let run = tokio::spawn(async move {
            canceled.wait_for(|canceled| *canceled).await.unwrap();
            drop(entered);
        });
        lives.cancel_all();
        lives.none_left().await;
        run.await.unwrap();
    }
}
