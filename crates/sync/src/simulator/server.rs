//! The server: its disk, its sockets, and storage that answers late.

use std::collections::BTreeMap;

use tombolo_docs::Hash;
use tombolo_model::Id;
use tombolo_wire::sync::RunRows;

use super::store::Disk;
use super::world::{Happening, World};
use crate::gate::{Incoming, Verdict};
use crate::server::{Effect, Event, Judged, Peer};

/// A question that is answered when its transaction is on disk.
#[derive(Debug)]
pub(super) enum Transaction {
    Commit { document: Id, changes: Vec<Incoming>, recovering: bool },
    Runs(RunRows),
}

/// The server.
#[derive(Debug, Default)]
pub(super) struct Server {
    pub(super) disk: Disk,
    pub(super) backups: Vec<Disk>,
    pub(super) peers: BTreeMap<u64, (Id, Peer)>,
    pub(super) down_until: u64,
}

impl World {
    /// Gives an event to a socket's server end, if it still has one.
    pub(super) fn peer(&mut self, link: u64, event: Event) {
        let Some((_, peer)) = self.server.peers.get_mut(&link) else {
            return;
        };
        let effects = peer.handle(self.now, event);
        for effect in effects {
            self.peer_effect(link, effect);
        }
    }

    fn peer_effect(&mut self, link: u64, effect: Effect) {
        let Some(user) = self.server.peers.get(&link).map(|(user, _)| *user) else {
            return;
        };
        match effect {
            Effect::Send(bytes) => self.carry_down(link, bytes),
            Effect::Begin { request } => {
                let state = self.server.disk.state(user);
                self.answer(link, Event::Begun { request, state });
            }
            Effect::Commit { request, document, changes, recovering } => {
                self.transact(link, request, Transaction::Commit { document, changes, recovering });
            }
            Effect::KeepRuns { request, rows } => self.transact(link, request, Transaction::Runs(rows)),
            Effect::Announce(person) => self.tell_others(link, |_| Event::Person(person.clone())),
            Effect::Leave { session } => self.tell_others(link, |_| Event::Left { session: session.clone() }),
            Effect::WakeAt(at) => self.schedule_at(at, Happening::PeerWake { link }),
            Effect::Close => self.close_from_server(link),
            question => self.read_effect(link, user, question),
        }
    }

    /// Answers what only reads, from the disk as it is now.
    fn read_effect(&mut self, link: u64, user: Id, effect: Effect) {
        match effect {
            Effect::Read { request, after, most_bytes } => {
                let (entries, upto, more) = self.server.disk.read(user, after, most_bytes.min(4_000));
                self.answer(link, Event::Read { request, entries, upto, more });
            }
            Effect::Documents { request, after, .. } => {
                let list: Vec<Id> =
                    self.server.disk.documents().filter(|id| after.is_none_or(|after| *id > after)).collect();
                self.page(link, user, request, &list);
            }
            Effect::Fetch { request, documents, .. } => self.page(link, user, request, &documents),
            Effect::Runs { request } => {
                let (page, complete) = self.server.disk.page(user, &[], 1, false);
                self.answer(link, Event::Documents { request, page, complete });
            }
            Effect::Manifest { request, after, .. } => {
                let (entries, complete) = self.server.disk.manifest(user, after, 2);
                self.answer(link, Event::Manifest { request, entries, complete });
            }
            _ => {}
        }
    }

    fn page(&mut self, link: u64, user: Id, request: u64, list: &[Id]) {
        let whole = self.random.chance(50);
        let (page, complete) = self.server.disk.page(user, list, 2, whole);
        self.answer(link, Event::Documents { request, page, complete });
    }

    fn answer(&mut self, link: u64, event: Event) {
        let delay = 1 + self.random.below(8);
        let late = self.random.chance(3) && !self.healing;
        let event = if late {
            match event {
                Event::Read { request, .. } | Event::Manifest { request, .. } | Event::Documents { request, .. } => {
                    Event::Failed { request, message: "The disk does not answer.".to_owned() }
                }
                other => other,
            }
        } else {
            event
        };
        self.schedule(delay, Happening::Answer { link, event: Box::new(event) });
    }

    fn transact(&mut self, link: u64, request: u64, transaction: Transaction) {
        let delay = 2 + self.random.below(15);
        self.schedule(delay, Happening::Transact { link, request, transaction: Box::new(transaction) });
    }

    /// A transaction reaches the disk: judged, stored, fsynced and answered in one step.
    pub(super) fn transacted(&mut self, link: u64, request: u64, transaction: Transaction) {
        let Some(user) = self.server.peers.get(&link).map(|(user, _)| *user) else {
            return;
        };
        if !self.healing && self.random.chance(2) {
            self.peer(link, Event::Failed { request, message: "The disk is full.".to_owned() });
            return;
        }
        let before = self.server.disk.sequence();
        let event = match transaction {
            Transaction::Commit { document, changes, recovering } => {
                let verdict = self.server.disk.commit(user, document, &changes, recovering);
                match &verdict {
                    Verdict::Refuse(refusals) => {
                        let hashes = refusals.iter().flat_map(|refusal| refusal.hashes.iter());
                        self.refused.extend(hashes.map(|hash| (*hash, user)));
                    }
                    // A device that died before it put a refused change aside asks again, by then with the right.
                    Verdict::Accept(accepted) => {
                        for change in accepted.fresh.iter().filter_map(|index| changes.get(*index)) {
                            self.refused.remove(&(change.scan.hash, user));
                        }
                    }
                    Verdict::Need(_) => {}
                }
                Event::Judged { request, judged: Judged::Verdict(verdict) }
            }
            Transaction::Runs(rows) => {
                self.server.disk.keep_runs(&rows);
                Event::RunsKept { request }
            }
        };
        let sequence = self.server.disk.sequence();
        self.peer(link, event);
        if sequence > before {
            self.notify(sequence);
        }
    }

    /// Tells every socket that there is something new; notices get lost and come twice.
    pub(super) fn notify(&mut self, sequence: u64) {
        let links: Vec<u64> = self.server.peers.keys().copied().collect();
        for link in links {
            let copies = if self.healing { 1 } else { [0, 1, 1, 1, 1, 1, 1, 1, 2][self.pick(9)] };
            for _ in 0..copies {
                let delay = self.random.below(6);
                let event = Box::new(Event::Available { sequence });
                self.schedule(delay, Happening::Answer { link, event });
            }
        }
    }

    fn tell_others(&mut self, link: u64, event: impl Fn(u64) -> Event) {
        let links: Vec<u64> = self.server.peers.keys().copied().filter(|other| *other != link).collect();
        for other in links {
            self.schedule(1, Happening::Answer { link: other, event: Box::new(event(other)) });
        }
    }

    /// The process dies: sockets and everything not on disk are gone.
    pub(super) fn crash_server(&mut self) {
        self.report.crashes += 1;
        let links: Vec<u64> = self.server.peers.keys().copied().collect();
        self.server.peers.clear();
        for link in links {
            self.cut(link);
        }
        self.server.down_until = self.now + self.random.below(3_000);
    }

    /// The process dies and comes back with an older backup.
    pub(super) fn restore_server(&mut self) {
        let Some(index) = self.random.index(self.server.backups.len()) else {
            return;
        };
        self.crash_server();
        let epoch = self.server.disk.epoch;
        let (members, rights) = (self.server.disk.members.clone(), self.server.disk.rights.clone());
        self.server.disk = self.server.backups[index].clone();
        self.server.disk.epoch = epoch + 1;
        self.server.disk.restored = true;
        self.server.disk.members = members;
        self.server.disk.rights = rights;
        self.report.restores += 1;
    }

    /// Hashes on the server.
    pub(super) fn on_server(&self, hash: &Hash) -> bool {
        self.server.disk.hashes.contains(hash)
    }
}
