//! What one document has to send.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_docs::Hash;

use super::{GATHER_MS, Item};

/// More changes than this in one push make the server hold its account's lock too long.
const MOST_CHANGES: usize = 500;

/// One document's share of the outbox.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Not sent, in the order of the outbox.
    pub(super) waiting: BTreeSet<(u64, Hash)>,
    /// Sent and unanswered.
    pub(super) flying: BTreeSet<Hash>,
    /// The unanswered pushes.
    pub(super) pushes: BTreeSet<u64>,
    /// When the last push went.
    pub(super) last_sent_ms: u64,
    /// Nothing goes before this time.
    pub(super) not_before: u64,
    /// Nothing goes before these have been supplied.
    pub(super) blocked_on: BTreeSet<Hash>,
    /// Its present entry in the timetable.
    pub(super) entered: Option<u64>,
}

impl Queue {
    /// Nothing is left to do.
    pub(super) fn idle(&self) -> bool {
        self.waiting.is_empty() && self.pushes.is_empty() && self.blocked_on.is_empty()
    }

    /// When it may send next, seen from `from_ms`.
    pub(super) fn due_ms(&self, from_ms: u64) -> Option<u64> {
        if self.waiting.is_empty() || !self.blocked_on.is_empty() {
            return None;
        }
        let gathered = if self.pushes.is_empty() { from_ms } else { self.last_sent_ms + GATHER_MS };
        Some(gathered.max(from_ms).max(self.not_before))
    }

    /// A change came that the server had asked for.
    pub(super) fn supplied(&mut self, hash: &Hash) {
        self.blocked_on.remove(hash);
    }

    /// A new connection knows nothing of what was unanswered.
    pub(super) fn reset(&mut self) {
        self.flying.clear();
        self.pushes.clear();
        self.blocked_on.clear();
        self.not_before = 0;
        self.entered = if self.waiting.is_empty() { None } else { Some(0) };
    }

    /// The changes that may go now: each with or after those of the outbox that it builds on.
    pub(super) fn choose(&self, items: &BTreeMap<Hash, Item>, most_bytes: usize) -> Vec<(u64, Hash)> {
        let mut chosen = Vec::new();
        let mut going: BTreeSet<Hash> = BTreeSet::new();
        let mut size = 0;
        let mut left: Vec<(u64, Hash)> = self.waiting.iter().copied().collect();
        loop {
            let before = chosen.len();
            let mut later = Vec::new();
            for (order, hash) in left {
                let Some(item) = items.get(&hash) else {
                    continue;
                };
                let ready = item
                    .deps
                    .iter()
                    .all(|dep| !items.contains_key(dep) || going.contains(dep) || self.flying.contains(dep));
                // A push costs nine bytes a change beside the change itself.
                let fits = size + item.bytes.len() + 9 <= most_bytes;
                if chosen.len() >= MOST_CHANGES || (ready && !fits) {
                    return chosen;
                }
                if !ready {
                    later.push((order, hash));
                    continue;
                }
                size += item.bytes.len() + 9;
                going.insert(hash);
                chosen.push((order, hash));
            }
            if later.is_empty() || chosen.len() == before {
                return chosen;
            }
            left = later;
        }
    }
}
