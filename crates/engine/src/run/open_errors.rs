//! Errors that are over when what has their trace key comes to the same step again (`autoResolveMatchingTraceKeys`).
//!
//! Only keys are held, of the errors that a host knows to be open and of those of this run.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::shared::Place;
use crate::host::Host;
use crate::plan::Plan;

/// The most keys of a step that are held; errors beyond them stay open.
const MOST: usize = 20_000;

/// Open errors by place.
pub(super) struct OpenErrors(RefCell<Vec<Step>>);

struct Step {
    id: String,
    /// Each with the record of this run that failed last; nothing where it was an earlier run.
    keys: BTreeMap<String, Option<u64>>,
}

impl OpenErrors {
    /// Those that the host knows; none where the flow does not resolve by trace keys, nor in a test run.
    pub(super) fn new(plan: &Plan, host: &dyn Host) -> Self {
        if !plan.resolves || plan.test_mode {
            return Self(RefCell::default());
        }
        let known = |step: &str| host.ledger().map(|ledger| ledger.open_errors(step)).unwrap_or_default();
        let steps = plan.steps().into_iter().map(|step| {
            let keys = known(&step.step).into_iter().take(MOST).map(|key| (key, None)).collect();
            Step { id: step.step, keys }
        });
        Self(RefCell::new(steps.collect()))
    }

    /// Whether nothing is open at a place.
    pub(super) fn is_empty(&self, place: Place) -> bool {
        self.0.borrow().get(place).is_none_or(|step| step.keys.is_empty())
    }

    /// Whether errors with a key are open at a place.
    pub(super) fn has(&self, place: Place, key: &str) -> bool {
        self.0.borrow().get(place).is_some_and(|step| step.keys.contains_key(key))
    }

    /// What has the key failed: its errors before are over, this one is open. The errors of one record are one.
    pub(super) fn failed(&self, host: &dyn Host, place: Place, key: &str, index: u64) {
        let mut steps = self.0.borrow_mut();
        let Some(step) = steps.get_mut(place) else { return };
        let has_room = step.keys.len() < MOST;
        let before = match step.keys.get_mut(key) {
            Some(before) => Some(before.replace(index)),
            None if has_room => {
                step.keys.insert(key.to_owned(), Some(index));
                None
            }
            None => None,
        };
        if before.is_some_and(|before| before != Some(index)) {
            say(host, &step.id, key);
        }
    }

    /// What has the key went through; whether errors are over by that. Not those of a record behind it, which failed in the
    /// same page.
    pub(super) fn resolve(&self, host: &dyn Host, place: Place, key: &str, index: u64) -> bool {
        let mut steps = self.0.borrow_mut();
        let Some(step) = steps.get_mut(place) else { return false };
        let is_over = step.keys.get(key).is_some_and(|failed| failed.is_none_or(|failed| failed < index));
        if is_over {
            step.keys.remove(key);
            say(host, &step.id, key);
        }
        is_over
    }
}

fn say(host: &dyn Host, step: &str, key: &str) {
    if let Some(ledger) = host.ledger() {
        ledger.resolved(step, key);
    }
}
