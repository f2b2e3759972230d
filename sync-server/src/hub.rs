//! Who listens to what on this node: sockets of one account hear of commits, rights and each other.
//!
//! Carries numbers and places, never data: a socket that missed a notice reads the same from the store. A notice goes
//! no further than it concerns somebody: on a server of many accounts, one that changes its members costs the others
//! nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, watch};
use tombolo_model::Id;
use tombolo_wire::store::Person;

/// All accounts that somebody listens to, and what concerns everybody.
#[derive(Debug)]
pub(crate) struct Hub {
    accounts: Mutex<HashMap<Id, Arc<AccountHub>>>,
    ended: broadcast::Sender<SessionHash>,
    stopping: watch::Sender<bool>,
    flows: broadcast::Sender<(Id, Id)>,
}

/// The hash of a session's token.
pub(crate) type SessionHash = [u8; 32];

/// One account's notices.
#[derive(Debug)]
pub(crate) struct AccountHub {
    sequence: watch::Sender<u64>,
    rights: watch::Sender<u64>,
    places: broadcast::Sender<(u64, Place)>,
    present: Mutex<BTreeMap<String, Present>>,
    deciding: tokio::sync::Mutex<()>,
}

/// Somebody who is here, and the socket that said so.
#[derive(Debug)]
struct Present {
    socket: u64,
    person: Person,
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
            ended: broadcast::Sender::new(256),
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
                rights: watch::Sender::new(0),
                places: broadcast::Sender::new(256),
                present: Mutex::default(),
                deciding: tokio::sync::Mutex::default(),
            })
        }))
    }

    /// A session has ended, in whichever accounts it has sockets.
    pub(crate) fn session_ended(&self, session: SessionHash) {
        if self.ended.send(session).is_err() {
            tracing::trace!("nobody has a socket");
        }
    }

    /// The sessions that end.
    pub(crate) fn ended(&self) -> broadcast::Receiver<SessionHash> {
        self.ended.subscribe()
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

    /// A role or a membership has changed: the account's sockets look their own up again.
    pub(crate) fn rights_changed(&self) {
        self.rights.send_modify(|n| *n += 1);
    }

    /// Changes with every [`AccountHub::rights_changed`].
    pub(crate) fn rights(&self) -> watch::Receiver<u64> {
        self.rights.subscribe()
    }

    /// Held by whoever decides on a change that was refused, from looking at it until that is written.
    pub(crate) async fn deciding(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.deciding.lock().await
    }

    /// Where others are.
    pub(crate) fn places(&self) -> broadcast::Receiver<(u64, Place)> {
        self.places.subscribe()
    }

    /// Everybody who is here.
    pub(crate) fn present(&self) -> Vec<Person> {
        self.here().values().map(|present| present.person.clone()).collect()
    }

    /// Somebody is here, says this socket.
    pub(crate) fn announce(&self, socket: u64, person: Person) {
        self.here().insert(person.session.clone(), Present { socket, person: person.clone() });
        self.tell(socket, Place::Person(person));
    }

    /// Somebody's tab has gone, says this socket.
    pub(crate) fn leave(&self, socket: u64, session: String) {
        self.here().remove(&session);
        self.tell(socket, Place::Left(session));
    }

    /// A socket has gone, and with it everybody whom it announced and did not take back.
    pub(crate) fn gone(&self, socket: u64) {
        let left: Vec<_> = self.here().extract_if(.., |_, present| present.socket == socket).collect();
        for (session, _) in left {
            self.tell(socket, Place::Left(session));
        }
    }

    fn here(&self) -> MutexGuard<'_, BTreeMap<String, Present>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, socket: u64, place: Place) {
        if self.places.send((socket, place)).is_err() {
            tracing::trace!("nobody else is here");
        }
    }
}

#[cfg(test)]
mod tests {
    use tombolo_wire::store::UserInfo;

    use super::*;

    fn id(n: u32) -> Id {
        Id::from_parts(n, [0; 8])
    }

    fn person(session: &str) -> Person {
        Person {
            session: session.to_owned(),
            user: UserInfo { id: id(7), name: "Ann".to_owned(), email: "ann@example.com".to_owned() },
            document: None,
            field: None,
            cursor: None,
        }
    }

    #[test]
    fn a_change_of_rights_is_heard_in_its_own_account_only() {
        let hub = Hub::new();
        let (ours, others) = (hub.account(id(1)).rights(), hub.account(id(2)).rights());
        hub.account(id(1)).rights_changed();
        assert!(ours.has_changed().unwrap());
        assert!(!others.has_changed().unwrap());
    }

    #[test]
    fn a_socket_that_breaks_takes_along_those_it_announced_and_no_others() {
        let account = Hub::new().account(id(1));
        let mut places = account.places();
        account.announce(1, person("1.a"));
        account.announce(1, person("1.b"));
        account.announce(2, person("2.a"));
        account.leave(1, "1.a".to_owned());
        account.gone(1);
        assert_eq!(account.present(), [person("2.a")]);
        let mut left = Vec::new();
        while let Ok((socket, place)) = places.try_recv() {
            if let Place::Left(session) = place {
                left.push((socket, session));
            }
        }
        assert_eq!(left, [(1, "1.a".to_owned()), (1, "1.b".to_owned())]);
    }
}
