//! The queue of a connection: who may send now, and who waits.
//!
//! All steps of a run that use a connection, or borrow from it, share its queue. Requests leave it in the order in which
//! they came. When the application says that they are too many, the queue stands still for a while and lets fewer through
//! at once afterwards, then one more each time that a whole round went well.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use futures::channel::oneshot;
use tombolo_model::Id;

use crate::host::Host;
use crate::plan::Pool;
use crate::units::PATIENCE_MS;

/// The queues of a run.
#[derive(Default)]
pub(super) struct Queues(RefCell<BTreeMap<Id, Rc<Queue>>>);

impl Queues {
    pub(super) fn of(&self, pool: &Pool) -> Rc<Queue> {
        Rc::clone(self.0.borrow_mut().entry(pool.id).or_insert_with(|| Rc::new(Queue::new(pool))))
    }
}

pub(super) struct Queue {
    waiting: RefCell<VecDeque<oneshot::Sender<Turn>>>,
    running: Cell<usize>,
    level: Cell<usize>,
    target: usize,
    /// Requests that went well since the level was last changed.
    well: Cell<usize>,
    /// Nothing is sent before.
    paused_until_ms: Cell<i64>,
    gap_ms: u32,
    next_ms: Cell<i64>,
    /// Whether it ever answered in this run.
    answered: Cell<bool>,
    /// A request was given up after all patience, and none went well since.
    tired: Cell<bool>,
}

/// The right to send one request; gives it back when it is dropped.
pub(super) struct Turn(Rc<Queue>);

impl Queue {
    fn new(pool: &Pool) -> Self {
        Self {
            waiting: RefCell::default(),
            running: Cell::new(0),
            level: Cell::new(pool.level.max(1)),
            target: pool.target.max(1),
            well: Cell::new(0),
            paused_until_ms: Cell::new(i64::MIN),
            gap_ms: pool.gap_ms,
            next_ms: Cell::new(i64::MIN),
            answered: Cell::new(false),
            tired: Cell::new(false),
        }
    }

    /// Waits for its turn. A request that is sent `again` goes before those that never were.
    pub(super) async fn turn(self: &Rc<Self>, host: &dyn Host, again: bool) -> Turn {
        let turn = self.enter(again).await;
        self.wait_out(host).await;
        turn
    }

    async fn enter(self: &Rc<Self>, again: bool) -> Turn {
        if self.running.get() < self.level.get() && self.waiting.borrow().is_empty() {
            return self.grant();
        }
        let (sender, receiver) = oneshot::channel();
        if again {
            self.waiting.borrow_mut().push_front(sender);
        } else {
            self.waiting.borrow_mut().push_back(sender);
        }
        // The sender is never dropped before it has sent: it stands in the queue that `self` keeps.
        match receiver.await {
            Ok(turn) => turn,
            Err(_) => self.grant(),
        }
    }

    fn grant(self: &Rc<Self>) -> Turn {
        self.running.set(self.running.get() + 1);
        Turn(Rc::clone(self))
    }

    /// Waits until the queue moves again and the gap to the request before is wide enough.
    async fn wait_out(&self, host: &dyn Host) {
        let mut waited_for = i64::MIN;
        loop {
            // A clock that was set back makes no wait longer than it was meant to be.
            let until = self.paused_until_ms.get().min(host.now_ms().saturating_add(i64::from(PATIENCE_MS)));
            // Each pause is waited for once, so that a clock that stands still stops nothing.
            if until <= waited_for || until <= host.now_ms() {
                break;
            }
            sleep_until(host, until).await;
            waited_for = until;
        }
        if self.gap_ms > 0 {
            let begins = self.begins_ms(host.now_ms());
            self.next_ms.set(begins + i64::from(self.gap_ms));
            sleep_until(host, begins).await;
        }
    }

    /// When the next request may begin: at most one gap behind each that has its turn already.
    fn begins_ms(&self, now_ms: i64) -> i64 {
        let turns = i64::try_from(self.running.get()).unwrap_or(i64::MAX);
        let latest = now_ms.saturating_add(i64::from(self.gap_ms).saturating_mul(turns.saturating_add(1)));
        self.next_ms.get().max(now_ms).min(latest)
    }

    /// Lets those through for whom there is room.
    fn wake(self: &Rc<Self>) {
        while self.running.get() < self.level.get() {
            let Some(next) = self.waiting.borrow_mut().pop_front() else { return };
            if !next.is_canceled() {
                // Where the one who waited is gone after all, the turn is dropped here and gives itself back.
                drop(next.send(self.grant()));
            }
        }
    }

    /// The application said that requests are too many.
    pub(super) fn slow_down(&self, until_ms: i64) {
        self.paused_until_ms.set(self.paused_until_ms.get().max(until_ms));
        self.level.set((self.level.get() / 2).max(1));
        self.well.set(0);
    }

    /// A request was answered as it should be.
    pub(super) fn went_well(self: &Rc<Self>) {
        self.answered.set(true);
        self.tired.set(false);
        let level = self.level.get();
        if level >= self.target {
            return;
        }
        self.well.set(self.well.get() + 1);
        if self.well.get() >= level {
            self.level.set(level + 1);
            self.well.set(0);
            self.wake();
        }
    }

    /// It answered, whatever it said.
    pub(super) fn answered(&self) {
        self.answered.set(true);
    }

    pub(super) fn has_answered(&self) -> bool {
        self.answered.get()
    }

    /// A request was given up after all patience.
    pub(super) fn gave_up(&self) {
        self.tired.set(true);
    }

    pub(super) fn is_tired(&self) -> bool {
        self.tired.get()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.running.set(self.0.running.get() - 1);
        self.0.wake();
    }
}

async fn sleep_until(host: &dyn Host, until_ms: i64) {
    if let Ok(ms @ 1..) = u32::try_from(until_ms - host.now_ms()) {
        host.sleep(ms).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(level: usize, target: usize) -> Rc<Queue> {
        let limit = crate::plan::RateLimit::default();
        let id = Id::from_parts(1, [0; 8]);
        let pool = Pool { id, level, target, gap_ms: 0, recovers: true, retry_header: String::new(), limit };
        Rc::new(Queue::new(&pool))
    }

    #[test]
    fn the_level_falls_by_half_and_climbs_by_one_a_round() {
        let queue = queue(8, 8);
        queue.slow_down(5);
        queue.slow_down(3);
        assert_eq!((queue.level.get(), queue.paused_until_ms.get()), (2, 5));
        for (times, level) in [(1, 2), (1, 3), (3, 4), (4, 5), (100, 8)] {
            (0..times).for_each(|_| queue.went_well());
            assert_eq!(queue.level.get(), level);
        }
        (0..5).for_each(|_| queue.slow_down(9));
        assert_eq!(queue.level.get(), 1, "one is let through at least");
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait() {
        let gap = Queue { gap_ms: 100, ..Rc::into_inner(queue(3, 3)).unwrap() };
        gap.next_ms.set(3_600_000);
        assert_eq!((gap.begins_ms(3_599_950), gap.begins_ms(3_600_050)), (3_600_000, 3_600_050));
        gap.running.set(2);
        assert_eq!(gap.begins_ms(1000), 1300, "behind the two that have their turns");
    }

    #[test]
    fn who_stops_waiting_takes_no_turn_with_him() {
        use futures::future::FutureExt;
        let queue = queue(1, 1);
        let first = queue.enter(false).now_or_never().unwrap();
        let mut second = Box::pin(queue.enter(false));
        let mut third = Box::pin(queue.enter(false));
        assert!(second.as_mut().now_or_never().is_none() && third.as_mut().now_or_never().is_none());
        drop(first);
        drop(second);
        assert!(third.as_mut().now_or_never().is_some(), "the turn that the second was given goes to the third");
        assert_eq!(queue.running.get(), 0);
    }
}
