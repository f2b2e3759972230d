//! The changes that the server does not have, and in which order and rhythm they go.
//!
//! The first change of a document goes at once; while it is unanswered, later ones gather for at most
//! [`GATHER_MS`]. A change goes only with or after those of the outbox that it builds on. What an answer
//! means for the device's storage is the caller's.

mod docqueue;

use std::collections::{BTreeMap, BTreeSet};

use tombolo_docs::Hash;
use tombolo_model::Id;
use tombolo_wire::sync::MAX_CHANGE_BYTES;

use docqueue::Queue;

/// How long changes gather while an earlier one is unanswered (decision 19).
pub(super) const GATHER_MS: u64 = 50;

/// How long a push waits that the server could not store.
const AGAIN_MS: u64 = 1_000;

/// Unanswered pushes at once.
const MOST_FLIGHTS: usize = 64;

/// Unanswered bytes at once.
const MOST_FLYING_BYTES: usize = 4 * 1024 * 1024;

/// A change in the outbox.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) document: Id,
    pub(super) bytes: Vec<u8>,
    pub(super) deps: Vec<Hash>,
    /// Orders what is sent again among what was not sent yet.
    order: u64,
}

/// A push that is to be sent.
#[derive(Debug)]
pub(super) struct Push {
    pub(super) push: u64,
    pub(super) document: Id,
    pub(super) changes: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Flight {
    document: Id,
    hashes: Vec<Hash>,
    size_bytes: usize,
}

/// The outbox in memory.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    items: BTreeMap<Hash, Item>,
    queues: BTreeMap<Id, Queue>,
    /// When which document may send next; exactly those that have something to send.
    due: BTreeSet<(u64, Id)>,
    flights: BTreeMap<u64, Flight>,
    flying_bytes: usize,
    last_push: u64,
    last_order: u64,
}

impl Outbox {
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn hashes(&self) -> BTreeSet<Hash> {
        self.items.keys().copied().collect()
    }

    pub(super) fn contains_any(&self, hashes: &BTreeSet<Hash>) -> bool {
        hashes.iter().any(|hash| self.items.contains_key(hash))
    }

    /// Adds a change, unless it is known already.
    pub(super) fn add(&mut self, now_ms: u64, hash: Hash, document: Id, bytes: Vec<u8>, deps: Vec<Hash>) {
        if self.items.contains_key(&hash) {
            return;
        }
        self.last_order += 1;
        let order = self.last_order;
        self.items.insert(hash, Item { document, bytes, deps, order });
        let queue = self.queues.entry(document).or_default();
        queue.waiting.insert((order, hash));
        queue.supplied(&hash);
        self.plan(document, now_ms);
    }

    /// Takes changes out without an answer.
    pub(super) fn withdraw(&mut self, hashes: impl IntoIterator<Item = Hash>) {
        for hash in hashes {
            if let Some(item) = self.items.remove(&hash) {
                self.unqueue(item.document, item.order, hash);
            }
        }
    }

    /// Takes out what builds on changes that are nowhere: says what that was.
    pub(super) fn orphaned(&mut self, now_ms: u64, document: Id, absent: &[Hash]) -> Vec<Hash> {
        let mut gone = self.with_descendants(document, absent.to_vec());
        gone.retain(|hash| self.items.contains_key(hash));
        self.withdraw(gone.iter().copied());
        if let Some(queue) = self.queues.get_mut(&document) {
            for hash in absent {
                queue.supplied(hash);
            }
        }
        self.plan(document, now_ms);
        gone
    }

    /// The documents that have changes in it.
    pub(super) fn documents(&self) -> BTreeSet<Id> {
        self.items.values().map(|item| item.document).collect()
    }

    /// The changes of a document.
    pub(super) fn of(&self, document: Id) -> Vec<Hash> {
        let mut list: Vec<(u64, Hash)> = self
            .items
            .iter()
            .filter(|(_, item)| item.document == document)
            .map(|(hash, item)| (item.order, *hash))
            .collect();
        list.sort_unstable();
        list.into_iter().map(|(_, hash)| hash).collect()
    }

    /// The next push that may go now.
    pub(super) fn next(&mut self, now_ms: u64) -> Option<Push> {
        while self.flights.len() < MOST_FLIGHTS && self.flying_bytes < MOST_FLYING_BYTES {
            let (due, document) = *self.due.first()?;
            if due > now_ms {
                return None;
            }
            self.due.remove(&(due, document));
            if let Some(push) = self.compose(now_ms, document) {
                return Some(push);
            }
        }
        None
    }

    /// When [`Outbox::next`] should be asked again, if nothing else happens.
    pub(super) fn wake_ms(&self) -> Option<u64> {
        if self.flights.len() >= MOST_FLIGHTS || self.flying_bytes >= MOST_FLYING_BYTES {
            return None;
        }
        self.due.first().map(|(due, _)| *due)
    }

    /// The whole push is on the server: says which changes of which document are done.
    pub(super) fn accepted(&mut self, now_ms: u64, push: u64) -> Option<(Id, Vec<Hash>)> {
        let flight = self.land(push)?;
        let mut done = Vec::new();
        for hash in &flight.hashes {
            if self.items.remove(hash).is_some() {
                done.push(*hash);
            }
        }
        self.plan(flight.document, now_ms);
        Some((flight.document, done))
    }

    /// Nothing of the push was applied; all of it waits again.
    pub(super) fn again(&mut self, now_ms: u64, push: u64, pause: bool) -> Option<Id> {
        let flight = self.land(push)?;
        self.requeue(&flight);
        let from = if pause { now_ms + AGAIN_MS } else { now_ms };
        if pause && let Some(queue) = self.queues.get_mut(&flight.document) {
            queue.not_before = from;
        }
        self.plan(flight.document, from);
        Some(flight.document)
    }

    /// The push builds on changes the server lacks; says which of them are not in the outbox either.
    pub(super) fn need(&mut self, now_ms: u64, push: u64, missing: &[Hash]) -> Option<(Id, Vec<Hash>)> {
        let flight = self.land(push)?;
        self.requeue(&flight);
        let absent: Vec<Hash> = missing.iter().filter(|hash| !self.items.contains_key(*hash)).copied().collect();
        if let Some(queue) = self.queues.get_mut(&flight.document) {
            queue.blocked_on.extend(absent.iter().copied());
        }
        self.plan(flight.document, now_ms);
        Some((flight.document, absent))
    }

    /// The named changes of a push were refused: says which leave the outbox, those that build on them included.
    /// The others of the push wait again.
    pub(super) fn refused(&mut self, now_ms: u64, push: u64, named: &[Hash]) -> Option<(Id, Vec<Hash>)> {
        let flight = self.land(push)?;
        let gone = if named.is_empty() { flight.hashes.clone() } else { named.to_vec() };
        let gone = self.with_descendants(flight.document, gone);
        self.requeue(&flight);
        self.withdraw(gone.iter().copied());
        self.plan(flight.document, now_ms);
        Some((flight.document, gone))
    }

    /// The connection is gone: everything unanswered waits again.
    pub(super) fn disconnected(&mut self) {
        let flights = std::mem::take(&mut self.flights);
        self.flying_bytes = 0;
        for flight in flights.values() {
            self.requeue(flight);
        }
        self.due.clear();
        for (document, queue) in &mut self.queues {
            queue.reset();
            if !queue.waiting.is_empty() {
                self.due.insert((0, *document));
            }
        }
    }

    /// Chooses what of a document may go now, and counts it as flying.
    fn compose(&mut self, now_ms: u64, document: Id) -> Option<Push> {
        let queue = self.queues.get_mut(&document)?;
        let chosen = queue.choose(&self.items, MAX_CHANGE_BYTES);
        if chosen.is_empty() {
            return None;
        }
        let mut changes = Vec::new();
        let mut hashes = Vec::new();
        let mut size_bytes = 0;
        for (order, hash) in chosen {
            queue.waiting.remove(&(order, hash));
            queue.flying.insert(hash);
            if let Some(item) = self.items.get(&hash) {
                size_bytes += item.bytes.len();
                changes.push(item.bytes.clone());
                hashes.push(hash);
            }
        }
        self.last_push += 1;
        let push = self.last_push;
        queue.pushes.insert(push);
        queue.last_sent_ms = now_ms;
        self.flying_bytes += size_bytes;
        self.flights.insert(push, Flight { document, hashes, size_bytes });
        self.plan(document, now_ms);
        Some(Push { push, document, changes })
    }

    fn land(&mut self, push: u64) -> Option<Flight> {
        let flight = self.flights.remove(&push)?;
        self.flying_bytes = self.flying_bytes.saturating_sub(flight.size_bytes);
        if let Some(queue) = self.queues.get_mut(&flight.document) {
            queue.pushes.remove(&push);
            for hash in &flight.hashes {
                queue.flying.remove(hash);
            }
        }
        Some(flight)
    }

    fn requeue(&mut self, flight: &Flight) {
        let Some(queue) = self.queues.get_mut(&flight.document) else {
            return;
        };
        for hash in &flight.hashes {
            if let Some(item) = self.items.get(hash) {
                queue.flying.remove(hash);
                queue.waiting.insert((item.order, *hash));
            }
        }
    }

    fn unqueue(&mut self, document: Id, order: u64, hash: Hash) {
        if let Some(queue) = self.queues.get_mut(&document) {
            queue.waiting.remove(&(order, hash));
            queue.flying.remove(&hash);
        }
    }

    /// Enters when a document may send next, or that it has nothing to send.
    fn plan(&mut self, document: Id, from_ms: u64) {
        let Some(queue) = self.queues.get_mut(&document) else {
            return;
        };
        if let Some(entered) = queue.entered.take() {
            self.due.remove(&(entered, document));
        }
        if queue.idle() {
            self.queues.remove(&document);
            return;
        }
        if let Some(due) = queue.due_ms(from_ms) {
            queue.entered = Some(due);
            self.due.insert((due, document));
        }
    }

    /// These changes and all of the outbox that build on them.
    fn with_descendants(&self, document: Id, hashes: Vec<Hash>) -> Vec<Hash> {
        let mut gone: BTreeSet<Hash> = hashes.iter().copied().collect();
        let mut list = hashes;
        loop {
            let more: Vec<Hash> = self
                .items
                .iter()
                .filter(|(hash, item)| {
                    item.document == document && !gone.contains(*hash) && item.deps.iter().any(|dep| gone.contains(dep))
                })
                .map(|(hash, _)| *hash)
                .collect();
            if more.is_empty() {
                return list;
            }
            gone.extend(more.iter().copied());
            list.extend(more);
        }
    }
}
