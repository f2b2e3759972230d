//! Who listens to what on this node: sockets of one account hear of commits, rights and each other.
//!
//! Carries numbers and places, never data: a socket that missed a notice reads the same from the store.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, watch};
use tombolo_model::Id;
use tombolo_wire::store::Person;

/// All accounts that somebody listens to, and what concerns everybody.
#[derive(Debug)]
pub(crate) struct Hub {
    accounts: Mutex<HashMap<Id, Arc<AccountHub>>>,
    rights: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    flows: broadcast::Sender<(Id, Id)>,
}

/// One account's notices.
#[derive(Debug)]
pub(crate) struct AccountHub {
    sequence: watch::Sender<u64>,
    places: broadcast::Sender<(u64, Place)>,
    present: Mutex<BTreeMap<String, Person>>,
}

/// Where somebody is, or that they have gone; with the number of the socket that said so.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Here.
    Person(Person),
    /// Gone.
    Left(String),
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self {
            accounts: Mutex::default(),
            rights: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            flows: broadcast::Sender::new(1_024),
        }
    }

    /// One account's notices.
    pub(crate) fn account(&self, account: Id) -> Arc<AccountHub> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(accounts.entry(account).or_insert_with(|| {
            Arc::new(AccountHub {
                sequence: watch::Sender::new(0),
                places: broadcast::Sender::new(256),
                present: Mutex::default(),
            })
        }))
    }

    /// A role, a membership or a session has changed: every socket looks its own up again.
    pub(crate) fn rights_changed(&self) {
        self.rights.send_modify(|n| *n += 1);
    }

    /// Changes with every [`Hub::rights_changed`].
    pub(crate) fn rights(&self) -> watch::Receiver<u64> {
        self.rights.subscribe()
    }

    /// The server goes down.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Becomes true when the server goes down.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Waits until nobody heeds [`Hub::stopping`] any more: every socket has said its goodbye.
    pub(crate) async fn all_gone(&self) {
        self.stopping.closed().await;
    }

    /// A flow (account, id) has changed.
    pub(crate) fn flow_changed(&self, account: Id, flow: Id) {
        // Nobody listens before the scheduler has started; it reads everything then.
        if self.flows.send((account, flow)).is_err() {
            tracing::trace!(%flow, "nobody listens to flows");
        }
    }

    /// The flows that change; for the scheduler.
    pub(crate) fn flows(&self) -> broadcast::Receiver<(Id, Id)> {
        self.flows.subscribe()
    }
}

impl AccountHub {
    /// Something was committed.
    pub(crate) fn committed(&self, sequence: u64) {
        self.sequence.send_if_modified(|last| {
            let newer = sequence > *last;
            *last = sequence.max(*last);
            newer
        });
    }

    /// The account's sequence as far as this node has heard.
    pub(crate) fn sequence(&self) -> watch::Receiver<u64> {
        self.sequence.subscribe()
    }

    /// Where others are.
    pub(crate) fn places(&self) -> broadcast::Receiver<(u64, Place)> {
        self.places.subscribe()
    }

    /// Everybody who is here.
    pub(crate) fn present(&self) -> Vec<Person> {
        let present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        present.values().cloned().collect()
    }

    /// Somebody is here, says this socket.
    pub(crate) fn announce(&self, socket: u64, person: Person) {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).insert(person.session.clone(), person.clone());
        self.tell(socket, Place::Person(person));
    }

    /// Somebody's tab has gone, says this socket.
    pub(crate) fn leave(&self, socket: u64, session: String) {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).remove(&session);
        self.tell(socket, Place::Left(session));
    }

    fn tell(&self, socket: u64, place: Place) {
        if self.places.send((socket, place)).is_err() {
            tracing::trace!("nobody else is here");
        }
    }
}
