//! Says which flows start when, under a clock that is passed in.
//!
//! Pure: the caller tells which flows have a schedule and what time it is, and is told what is due. Whether a
//! due run is started at all is decided by the claim in the store ([`crate::store::Ticks`]), so that two nodes, or a
//! server that was restarted at the wrong moment, start it once.
//!
//! What was missed while the server was down is caught up at most once a flow: with the last tick missed. A tick that
//! could not be claimed is put back and is due again.
//!
//! A source may have a schedule of its own beside the flow's; each is a schedule for itself here.
//!
//! Invariant: two ticks of a schedule are at least the shortest interval apart, in nominal time, also across a restart.

pub(crate) mod driver;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use tombolo_engine::Schedule;
use tombolo_model::Id;

/// A flow in an account.
pub(crate) type FlowKey = (Id, Id);

/// Whose schedule of a flow it is: that of a source, or the flow's own.
pub(crate) type Slot = Option<Id>;

/// A run that is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    /// Whose.
    pub(crate) key: FlowKey,
    /// Which of its schedules.
    pub(crate) slot: Slot,
    /// The time that the schedule names.
    pub(crate) nominal_ms: i64,
    /// Ticks before it that are left out because nobody was there; of very many, those that were counted.
    pub(crate) missed: u32,
}

/// Since when a schedule holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Since {
    /// What was due until then is not caught up: the last change, or the restore of a backup.
    pub(crate) base_ms: i64,
    /// The last tick that was claimed.
    pub(crate) last_ms: Option<i64>,
}

#[derive(Debug)]
struct Entry {
    schedule: Schedule,
    next_ms: Option<i64>,
}

/// All schedules.
#[derive(Debug)]
pub(crate) struct Scheduler {
    entries: BTreeMap<(FlowKey, Slot), Entry>,
    shortest_ms: i64,
}

/// At most so many missed ticks are walked through one by one.
const MOST_MISSED: u32 = 10_000;

impl Scheduler {
    /// No schedules yet.
    pub(crate) const fn new(shortest_ms: i64) -> Self {
        Self { entries: BTreeMap::new(), shortest_ms }
    }

    /// A flow, or a source of it, has this schedule.
    ///
    /// Setting the schedule it has already changes nothing: an edit elsewhere in the flow neither
    /// delays nor repeats a tick.
    pub(crate) fn set(&mut self, key: FlowKey, slot: Slot, schedule: Schedule, since: Since) {
        if self.entries.get(&(key, slot)).is_some_and(|entry| entry.schedule == schedule) {
            return;
        }
        let next_ms = match since.last_ms {
            Some(last_ms) if last_ms.saturating_add(self.shortest_ms) > since.base_ms => {
                schedule.next_far_enough(last_ms, self.shortest_ms)
            }
            _ => schedule.next_after(since.base_ms),
        };
        self.entries.insert((key, slot), Entry { schedule, next_ms });
    }

    /// Only these flows exist.
    pub(crate) fn retain(&mut self, keys: &BTreeSet<FlowKey>) {
        self.entries.retain(|(key, _), _| keys.contains(key));
    }

    /// A flow has only these schedules.
    pub(crate) fn keep_slots(&mut self, key: FlowKey, slots: &[Slot]) {
        self.entries.retain(|(of, slot), _| *of != key || slots.contains(slot));
    }

    /// A flow has no schedule, is switched off or in the bin.
    pub(crate) fn remove(&mut self, key: FlowKey) {
        self.keep_slots(key, &[]);
    }

    /// When to ask again; `None` while nothing is scheduled.
    pub(crate) fn wake_ms(&self) -> Option<i64> {
        self.entries.values().filter_map(|entry| entry.next_ms).min()
    }

    /// What is due. Each tick is named once, unless it is put back.
    pub(crate) fn due(&mut self, now_ms: i64) -> Vec<Due> {
        let shortest_ms = self.shortest_ms;
        self.entries
            .iter_mut()
            .filter_map(|((key, slot), entry)| {
                let (nominal_ms, missed) = entry.take(now_ms, shortest_ms)?;
                Some(Due { key: *key, slot: *slot, nominal_ms, missed })
            })
            .collect()
    }

    /// A tick could not be claimed: it is due again, or a later one when that has been missed meanwhile.
    ///
    /// Nothing happens when the flow has no schedule any more.
    pub(crate) fn put_back(&mut self, due: Due) {
        if let Some(entry) = self.entries.get_mut(&(due.key, due.slot)) {
            entry.next_ms = Some(due.nominal_ms);
        }
    }
}

impl Entry {
    fn take(&mut self, now_ms: i64, shortest_ms: i64) -> Option<(i64, u32)> {
        let first = self.next_ms.filter(|next| *next <= now_ms)?;
        let (mut last, mut missed) = (first, 0);
        let mut next = self.schedule.next_far_enough(first, shortest_ms);
        while let Some(then) = next.filter(|then| *then <= now_ms) {
            if missed == MOST_MISSED {
                last = self.last_until(now_ms, then, shortest_ms);
                next = self.schedule.next_far_enough(last, shortest_ms);
                break;
            }
            last = then;
            missed += 1;
            next = self.schedule.next_far_enough(then, shortest_ms);
        }
        self.next_ms = next;
        Some((last, missed))
    }

    /// The last time until now, found by looking back further and further; `first` is one, maybe not the last.
    fn last_until(&self, now_ms: i64, first: i64, shortest_ms: i64) -> i64 {
        let mut back_ms = shortest_ms;
        let mut last = loop {
            let from_ms = now_ms.saturating_sub(back_ms);
            if from_ms <= first {
                break first;
            }
            match self.schedule.next_after(from_ms) {
                Some(found) if found <= now_ms => break found,
                _ => back_ms = back_ms.saturating_mul(2),
            }
        };
        while let Some(then) = self.schedule.next_far_enough(last, shortest_ms).filter(|then| *then <= now_ms) {
            last = then;
        }
        last
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
        scheduler.set(key(), None, quarterly(), since(base_ms));
        scheduler
    }

    fn since(base_ms: i64) -> Since {
        Since { base_ms, last_ms: None }
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
            assert_eq!(due, [Due { key: key(), slot: None, nominal_ms: down, missed }]);
            assert!(scheduler.due(down + 2).is_empty());
        }
    }

    #[test]
    fn ticks_are_the_shortest_interval_apart() {
        let mut scheduler = Scheduler::new(15 * MINUTE);
        scheduler.set(key(), None, Schedule::parse("? 0,5,10,20 * ? * *", None).unwrap(), since(0));
        let mut ticks = Vec::new();
        for minute in 0..=61 {
            ticks.extend(scheduler.due(minute * MINUTE).into_iter().map(|due| due.nominal_ms / MINUTE));
        }
        assert_eq!(ticks, [5, 20, 60]);
    }

    #[test]
    fn an_edit_elsewhere_in_the_flow_neither_delays_nor_repeats_a_tick() {
        let mut scheduler = scheduler(0);
        scheduler.set(key(), None, quarterly(), since(14 * MINUTE));
        assert_eq!(scheduler.due(15 * MINUTE).len(), 1);
        scheduler.set(key(), None, quarterly(), since(0));
        assert!(scheduler.due(15 * MINUTE + 1).is_empty());
    }

    #[test]
    fn a_flow_that_is_switched_off_is_not_due_and_does_not_catch_up_when_it_is_switched_on() {
        let mut scheduler = scheduler(0);
        scheduler.remove(key());
        assert!(scheduler.due(DAY).is_empty());
        scheduler.set(key(), None, quarterly(), since(DAY + MINUTE));
        assert!(scheduler.due(DAY + MINUTE).is_empty());
        assert_eq!(scheduler.wake_ms(), Some(DAY + 15 * MINUTE));
    }

    #[test]
    fn a_tick_that_could_not_be_claimed_is_due_again() {
        let mut scheduler = scheduler(0);
        let due = scheduler.due(15 * MINUTE);
        scheduler.put_back(due[0]);
        assert_eq!(scheduler.wake_ms(), Some(15 * MINUTE));
        assert_eq!(scheduler.due(16 * MINUTE), due);
        assert!(scheduler.due(16 * MINUTE).is_empty());
        let later = scheduler.due(30 * MINUTE);
        scheduler.put_back(later[0]);
        assert_eq!(scheduler.due(45 * MINUTE), [Due { key: key(), slot: None, nominal_ms: 45 * MINUTE, missed: 1 }]);
        let gone = Due { key: key(), slot: None, nominal_ms: HOUR, missed: 0 };
        scheduler.remove(key());
        scheduler.put_back(gone);
        assert_eq!(scheduler.wake_ms(), None);
    }

    #[test]
    fn after_a_restart_the_next_tick_is_still_the_shortest_interval_away() {
        let schedule = || Schedule::parse("* * * ? * *", None).unwrap();
        let mut scheduler = Scheduler::new(15 * MINUTE);
        scheduler.set(key(), None, schedule(), Since { base_ms: 0, last_ms: Some(HOUR) });
        assert_eq!(scheduler.wake_ms(), Some(HOUR + 15 * MINUTE));
        // A change long after the last tick: from then on.
        let mut scheduler = Scheduler::new(15 * MINUTE);
        scheduler.set(key(), None, schedule(), Since { base_ms: 2 * HOUR, last_ms: Some(HOUR) });
        assert_eq!(scheduler.wake_ms(), Some(2 * HOUR + 1_000));
        // A change right after it.
        let mut scheduler = Scheduler::new(15 * MINUTE);
        scheduler.set(key(), None, schedule(), Since { base_ms: HOUR + MINUTE, last_ms: Some(HOUR) });
        assert_eq!(scheduler.wake_ms(), Some(HOUR + 15 * MINUTE));
    }

    #[test]
    fn catching_up_a_year_of_seconds_is_one_tick_and_does_not_walk_the_year() {
        // Each second; and each second of the first hour of a day, asked in the afternoon.
        for (pattern, now_ms, last_ms) in [
            ("* * * ? * *", 365 * DAY + 500, 365 * DAY),
            ("* * 0 ? * *", 365 * DAY + 15 * HOUR, 365 * DAY + HOUR - 1_000),
        ] {
            let mut scheduler = Scheduler::new(1_000);
            scheduler.set(key(), None, Schedule::parse(pattern, None).unwrap(), since(0));
            let due = scheduler.due(now_ms);
            assert_eq!(due, [Due { key: key(), slot: None, nominal_ms: last_ms, missed: MOST_MISSED }], "{pattern}");
            assert!(scheduler.due(now_ms).is_empty(), "{pattern}");
        }
    }

    #[test]
    fn flows_that_no_longer_exist_have_no_schedule() {
        let mut scheduler = scheduler(0);
        scheduler.retain(&BTreeSet::from([key()]));
        assert!(scheduler.wake_ms().is_some());
        scheduler.retain(&BTreeSet::new());
        assert_eq!(scheduler.wake_ms(), None);
    }

    #[test]
    fn a_source_with_a_schedule_of_its_own_is_due_for_itself() {
        let source = Some(Id::from_parts(3, [0; 8]));
        let mut scheduler = scheduler(0);
        scheduler.set(key(), source, Schedule::parse("? 30 * ? * *", None).unwrap(), since(0));
        let slots = |due: Vec<Due>| due.into_iter().map(|due| due.slot).collect::<Vec<_>>();
        assert_eq!(slots(scheduler.due(15 * MINUTE)), [None]);
        assert_eq!(slots(scheduler.due(30 * MINUTE)), [None, source], "at the same time");
        scheduler.keep_slots(key(), &[source]);
        assert_eq!(scheduler.wake_ms(), Some(90 * MINUTE));
        scheduler.remove(key());
        assert_eq!(scheduler.wake_ms(), None);
    }
}
