//! Says which flows start when, under a clock that is passed in.
//!
//! Pure: the caller tells which flows have a schedule and what time it is, and is told what is due. Whether a
//! due run is started at all is decided by the claim in the store ([`crate::store::Ticks`]), so that two nodes, or a
//! server that was restarted at the wrong moment, start it once.
//!
//! What was missed while the server was down is caught up at most once a flow: with the last tick missed.
//!
//! Invariant: two ticks of a flow are at least the shortest interval apart, in nominal time.

mod cron;
pub(crate) mod driver;

use std::collections::BTreeMap;

use tombolo_model::Id;

pub(crate) use cron::Schedule;

/// A flow in an account.
pub(crate) type FlowKey = (Id, Id);

/// A run that is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    /// Whose.
    pub(crate) key: FlowKey,
    /// The time that the schedule names.
    pub(crate) nominal_ms: i64,
    /// Ticks before it that are left out because nobody was there.
    pub(crate) missed: u32,
}

#[derive(Debug)]
struct Entry {
    schedule: Schedule,
    /// The last tick, or since when the schedule holds.
    base_ms: i64,
    next_ms: Option<i64>,
}

/// All schedules.
#[derive(Debug)]
pub(crate) struct Scheduler {
    entries: BTreeMap<FlowKey, Entry>,
    shortest_ms: i64,
}

/// At most so many missed ticks are counted.
const MOST_MISSED: u32 = 100_000;

impl Scheduler {
    /// No schedules yet.
    pub(crate) const fn new(shortest_ms: i64) -> Self {
        Self { entries: BTreeMap::new(), shortest_ms }
    }

    /// A flow has this schedule since `base_ms`: its last tick or its last change, whichever is later.
    ///
    /// Setting the schedule it has already changes nothing: an edit elsewhere in the flow neither
    /// delays nor repeats a tick.
    pub(crate) fn set(&mut self, key: FlowKey, schedule: Schedule, base_ms: i64) {
        if self.entries.get(&key).is_some_and(|entry| entry.schedule == schedule) {
            return;
        }
        let next_ms = schedule.next_after(base_ms);
        let entry = Entry { schedule, base_ms, next_ms };
        self.entries.insert(key, entry);
    }

    /// A flow has no schedule, is switched off or in the bin.
    pub(crate) fn remove(&mut self, key: FlowKey) {
        self.entries.remove(&key);
    }

    /// When to ask again; `None` while nothing is scheduled.
    pub(crate) fn wake_ms(&self) -> Option<i64> {
        self.entries.values().filter_map(|entry| entry.next_ms).min()
    }

    /// What is due. Each tick is named once.
    pub(crate) fn due(&mut self, now_ms: i64) -> Vec<Due> {
        let shortest_ms = self.shortest_ms;
        self.entries
            .iter_mut()
            .filter_map(|(key, entry)| {
                entry.take(now_ms, shortest_ms).map(|(nominal_ms, missed)| Due { key: *key, nominal_ms, missed })
            })
            .collect()
    }
}

impl Entry {
    fn take(&mut self, now_ms: i64, shortest_ms: i64) -> Option<(i64, u32)> {
        let first = self.next_ms.filter(|next| *next <= now_ms)?;
        let (mut last, mut missed) = (first, 0);
        let mut next = self.schedule.next_far_enough(first, shortest_ms);
        while let Some(then) = next.filter(|then| *then <= now_ms && missed < MOST_MISSED) {
            last = then;
            missed += 1;
            next = self.schedule.next_far_enough(then, shortest_ms);
        }
        self.base_ms = last;
        self.next_ms = next;
        Some((last, missed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> FlowKey {
        (Id::from_parts(1, [0; 8]), Id::from_parts(2, [0; 8]))
    }
    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;

    fn quarterly() -> Schedule {
        Schedule::parse("? 0,15,30,45 * ? * *", None).unwrap()
    }

    fn scheduler(base_ms: i64) -> Scheduler {
        let mut scheduler = Scheduler::new(15 * MINUTE);
        scheduler.set(key(), quarterly(), base_ms);
        scheduler
    }

    #[test]
    fn each_tick_is_due_once() {
        let mut scheduler = scheduler(0);
        let mut ticks = Vec::new();
        for second in 0..=7_200 {
            ticks.extend(scheduler.due(second * 1_000).into_iter().map(|due| due.nominal_ms));
        }
        assert_eq!(ticks, (1..=8).map(|n| n * 15 * MINUTE).collect::<Vec<_>>());
    }

    #[test]
    fn the_clock_may_jump_without_a_tick_twice() {
        let mut scheduler = scheduler(0);
        assert_eq!(scheduler.due(16 * MINUTE).len(), 1);
        assert!(scheduler.due(14 * MINUTE).is_empty());
        assert!(scheduler.due(16 * MINUTE).is_empty());
        assert_eq!(scheduler.wake_ms(), Some(30 * MINUTE));
    }

    #[test]
    fn what_was_missed_is_caught_up_once_with_the_last_tick() {
        for (down, missed) in [(HOUR, 3), (DAY, 95), (40 * DAY, 3_839)] {
            let mut scheduler = scheduler(0);
            let due = scheduler.due(down + 1);
            assert_eq!(due, [Due { key: key(), nominal_ms: down, missed }]);
            assert!(scheduler.due(down + 2).is_empty());
        }
    }

    #[test]
    fn ticks_are_the_shortest_interval_apart() {
        let mut scheduler = Scheduler::new(15 * MINUTE);
        scheduler.set(key(), Schedule::parse("? 0,5,10,20 * ? * *", None).unwrap(), 0);
        let mut ticks = Vec::new();
        for minute in 0..=61 {
            ticks.extend(scheduler.due(minute * MINUTE).into_iter().map(|due| due.nominal_ms / MINUTE));
        }
        assert_eq!(ticks, [5, 20, 60]);
    }

    #[test]
    fn an_edit_elsewhere_in_the_flow_neither_delays_nor_repeats_a_tick() {
        let mut scheduler = scheduler(0);
        scheduler.set(key(), quarterly(), 14 * MINUTE);
        assert_eq!(scheduler.due(15 * MINUTE).len(), 1);
        scheduler.set(key(), quarterly(), 0);
        assert!(scheduler.due(15 * MINUTE + 1).is_empty());
    }

    #[test]
    fn a_flow_that_is_switched_off_is_not_due_and_does_not_catch_up_when_it_is_switched_on() {
        let mut scheduler = scheduler(0);
        scheduler.remove(key());
        assert!(scheduler.due(DAY).is_empty());
        scheduler.set(key(), quarterly(), DAY + MINUTE);
        assert!(scheduler.due(DAY + MINUTE).is_empty());
        assert_eq!(scheduler.wake_ms(), Some(DAY + 15 * MINUTE));
    }
}
