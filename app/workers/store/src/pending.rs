//! Which changes wait for the server, as far as this tab knows.
//!
//! They are named and never merely counted: what two tabs say, or what is said and read from the disk as well, waits
//! once and is done with once. A leader that takes over repeats what the one before it may have said already.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tombolo_model::Id;
use tombolo_wire::store::{CatalogueRow, Event};

use crate::account::{Account, OutboxRow};
use crate::fault::Fault;
use crate::storage::Store;
use crate::storage::read::json;
use crate::{api, port};

/// Changes by their document and hash (hex).
pub(crate) type Named = (Id, Vec<String>);

/// What waits.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    waiting: BTreeMap<Id, BTreeSet<String>>,
    /// What was said since the outbox is being read: nobody knows whether the reading has seen it.
    told: Vec<(Id, String, bool)>,
    readers: usize,
}

/// The outbox is being read from this moment on.
pub(crate) struct Reading {
    from: usize,
}

impl Pending {
    /// Whether something of a document waits.
    pub(crate) fn contains(&self, id: Id) -> bool {
        self.waiting.contains_key(&id)
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many changes wait.
    pub(crate) fn count(&self) -> usize {
        self.waiting.values().map(BTreeSet::len).sum()
    }

    /// Notes that changes wait, or wait no longer.
    fn tell(&mut self, changes: &[Named], waits: bool) {
        for (id, hashes) in changes {
            for hash in hashes {
                enter(&mut self.waiting, *id, hash, waits);
                if self.readers > 0 {
                    self.told.push((*id, hash.clone(), waits));
                }
            }
        }
    }

    fn begin(&mut self) -> Reading {
        self.readers += 1;
        Reading { from: self.told.len() }
    }

    /// Takes what was read, with what was said meanwhile; without it, everything stays as it is.
    fn finish(&mut self, reading: &Reading, found: Option<Vec<(Id, String)>>) {
        if let Some(found) = found {
            self.waiting.clear();
            for (id, hash) in found {
                enter(&mut self.waiting, id, &hash, true);
            }
            for (id, hash, waits) in self.told.iter().skip(reading.from) {
                enter(&mut self.waiting, *id, hash, *waits);
            }
        }
        self.readers -= 1;
        if self.readers == 0 {
            self.told.clear();
        }
    }

    fn documents(&self) -> BTreeSet<Id> {
        self.waiting.keys().copied().collect()
    }
}

fn enter(waiting: &mut BTreeMap<Id, BTreeSet<String>>, id: Id, hash: &str, waits: bool) {
    if waits {
        waiting.entry(id).or_default().insert(hash.to_owned());
    } else if let Some(hashes) = waiting.get_mut(&id) {
        hashes.remove(hash);
        if hashes.is_empty() {
            waiting.remove(&id);
        }
    }
}

/// Reads from the disk what waits; gives what is wrong with rows that cannot be read.
pub(crate) async fn read(account: &Account) -> Result<Vec<String>, Fault> {
    let reading = account.pending.borrow_mut().begin();
    let entries = account.storage.entries(&[(Store::Outbox, None)]).await;
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    for (_, value) in entries.iter().flatten().flatten() {
        match json::<OutboxRow>(Store::Outbox, value) {
            Ok(row) => found.push((row.document, row.hash)),
            Err(error) => unreadable.push(error.to_string()),
        }
    }
    account.pending.borrow_mut().finish(&reading, entries.is_ok().then_some(found));
    entries?;
    Ok(unreadable)
}

impl Account {
    /// Changes wait for the server.
    pub(crate) fn waits(self: &Rc<Self>, changes: &[Named]) {
        self.told(changes, true);
    }

    /// Changes have reached the server, or are not for it any more.
    pub(crate) fn acked(self: &Rc<Self>, changes: &[Named]) {
        self.told(changes, false);
    }

    fn told(self: &Rc<Self>, changes: &[Named], waits: bool) {
        let before = self.pending.borrow().documents();
        self.pending.borrow_mut().tell(changes, waits);
        self.show_pending(&before);
    }

    /// Shows the rows that are not what they were when these documents waited.
    pub(crate) fn show_pending(self: &Rc<Self>, before: &BTreeSet<Id>) {
        let now = self.pending.borrow().documents();
        let rows: Vec<CatalogueRow> = {
            let catalogue = self.catalogue.borrow();
            before
                .symmetric_difference(&now)
                .filter_map(|id| catalogue.get(id))
                .map(|row| self.shown(&row.row))
                .collect()
        };
        if before.difference(&now).next().is_some() {
            // What waited for the document to be there can be told now.
            api::errands(self);
        }
        if !rows.is_empty() {
            port::event(Event::Catalogue { rows, removed: Vec::new() });
        }
        self.show_status();
    }

    /// The documents of which something waits.
    pub(crate) fn pending_documents(&self) -> BTreeSet<Id> {
        self.pending.borrow().documents()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn named(n: u8, hashes: &[&str]) -> Vec<Named> {
        vec![(id(n), hashes.iter().map(|hash| (*hash).to_owned()).collect())]
    }

    #[test]
    fn what_two_leaders_acknowledge_is_done_with_once() {
        let mut pending = Pending::default();
        pending.tell(&named(1, &["a", "b"]), true);
        pending.tell(&named(1, &["a"]), false);
        pending.tell(&named(1, &["a"]), false);
        assert!(pending.contains(id(1)) && pending.count() == 1, "“b” still waits");
        pending.tell(&named(1, &["b"]), false);
        assert!(pending.is_empty());
    }

    #[test]
    fn what_is_read_and_heard_as_well_waits_once() {
        let mut pending = Pending::default();
        let reading = pending.begin();
        pending.tell(&named(1, &["a"]), true);
        pending.finish(&reading, Some(vec![(id(1), "a".to_owned())]));
        assert_eq!(pending.count(), 1);
        pending.tell(&named(1, &["a"]), false);
        assert!(pending.is_empty());
    }

    #[test]
    fn what_is_done_with_while_the_outbox_is_read_does_not_come_back() {
        let mut pending = Pending::default();
        let first = pending.begin();
        pending.tell(&named(1, &["a"]), false);
        let second = pending.begin();
        pending.tell(&named(2, &["b"]), true);
        pending.finish(&first, Some(vec![(id(1), "a".to_owned())]));
        assert!(!pending.contains(id(1)) && pending.contains(id(2)));
        pending.finish(&second, Some(Vec::new()));
        assert!(pending.contains(id(2)) && pending.told.is_empty());
    }

    #[test]
    fn what_cannot_be_read_changes_nothing() {
        let mut pending = Pending::default();
        pending.tell(&named(1, &["a"]), true);
        let reading = pending.begin();
        pending.finish(&reading, None);
        assert_eq!(pending.count(), 1);
    }
}
