//! How many requests are on their way: few, and no account takes all the room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tombolo_model::Id;

/// At most so many.
const ALL: usize = 128;
/// At most so many of one account.
const OF_ACCOUNT: usize = 32;

type Counts = HashMap<Id, usize>;

/// What is on its way, by account.
#[derive(Debug, Default)]
pub(crate) struct Places(Arc<Mutex<Counts>>);

/// A place, until this is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    counts: Arc<Mutex<Counts>>,
    account: Id,
}

impl Places {
    /// Takes a place; nothing when there is none.
    pub(super) fn take(&self, account: Id) -> Option<Taken> {
        let mut counts = lock(&self.0);
        let all: usize = counts.values().sum();
        let own = counts.entry(account).or_default();
        if all >= ALL || *own >= OF_ACCOUNT {
            return None;
        }
        *own += 1;
        Some(Taken { counts: Arc::clone(&self.0), account })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        if let Some(own) = counts.get_mut(&self.account) {
            *own -= 1;
        }
        counts.retain(|_, own| *own > 0);
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_account_takes_all_places_and_each_is_given_back() {
        let places = Places::default();
        let account = |n: usize| Id::from_parts(u32::try_from(n).unwrap(), [0; 8]);
        let own: Vec<Taken> = (0..OF_ACCOUNT).map(|_| places.take(account(1)).unwrap()).collect();
        assert!(places.take(account(1)).is_none());
        let others: Vec<Taken> = (2..).map_while(|n| places.take(account(n))).collect();
        assert_eq!(own.len() + others.len(), ALL);
        drop(own);
        assert!(places.take(account(1)).is_some());
        drop(others);
        assert!(lock(&places.0).is_empty());
    }
}
