//! A device: documents in memory, a disk that is written late and strictly in order, and a real client.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tombolo_docs::{Chunk, Document, Hash, is_saved_document};
use tombolo_model::Id;
use tombolo_wire::store::Link;
use tombolo_wire::sync::{Course, ManifestEntry, RunRows};

use super::disk::Disk;
use super::world::{Happening, World};
use crate::client::{Client, Effect, Event, Local, Outgoing, Park, Plan, Received, Store, plan};

/// A transaction on its way to the disk.
#[derive(Debug)]
pub(super) enum Write {
    Edit(Outgoing),
    Store(u64, Store),
    Park { document: Id, gone: BTreeSet<Hash>, kept: Vec<Chunk> },
    Offer { life: u64, round: u64, rows: Vec<Outgoing>, fetch: Vec<Id>, forget: Vec<Id>, unlisted: Vec<Id>, runs: bool },
    Run(RunRows),
    Empty,
}

/// A device.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) user: Id,
    pub(super) client: Client,
    /// Counts restarts and changes of the leader: what belongs to an earlier one is not delivered.
    pub(super) life: u64,
    pub(super) link: Option<u64>,
    pub(super) actor: [u8; 16],
    pub(super) documents: BTreeMap<Id, Document>,
    /// Heads and length of a text as a slow screen saw it.
    pub(super) seen: BTreeMap<Id, (Vec<String>, usize)>,
    pub(super) disk: Disk,
    pub(super) writes: VecDeque<Write>,
    /// Taken out of documents in this life: writes of them that are still under way must not send them.
    withdrawn: BTreeSet<Hash>,
}

impl Device {
    pub(super) fn new(user: Id, client: Client, actor: [u8; 16]) -> Self {
        Self {
            user,
            client,
            life: 0,
            link: None,
            actor,
            documents: BTreeMap::new(),
            seen: BTreeMap::new(),
            disk: Disk::default(),
            writes: VecDeque::new(),
            withdrawn: BTreeSet::new(),
        }
    }

    /// Told that its person is no member, with nothing left that waits.
    pub(super) fn is_turned_away(&self) -> bool {
        let status = self.client.status();
        self.writes.is_empty() && status.link == Link::Stopped && status.waiting == 0 && self.disk.outbox.is_empty()
    }

    /// After a crash: what was in memory is gone, what is on disk is read.
    pub(super) fn reload(&mut self) {
        self.writes.clear();
        self.withdrawn.clear();
        self.seen.clear();
        self.documents.clear();
        for (id, chunks) in &self.disk.chunks {
            if let Ok(loaded) = Document::load(chunks.values().map(Vec::as_slice)) {
                self.documents.insert(*id, loaded.document);
            }
        }
    }

    /// Applies what came to the documents in memory.
    fn show(&mut self, received: &[Received], forgotten: &[Id]) {
        for item in received {
            if let Some(document) = self.documents.get_mut(&item.document) {
                // Never by way of a save: it would drop what waits in memory for a change that is still to come.
                item.chunks.iter().for_each(|chunk| merge(document, chunk));
                continue;
            }
            // Its beginning may have been missing until now.
            let stored = self.disk.chunks.get(&item.document).filter(|_| !forgotten.contains(&item.document));
            let stored = stored.into_iter().flat_map(BTreeMap::values);
            if let Ok(loaded) = Document::load(stored.chain(&item.chunks).map(Vec::as_slice)) {
                self.documents.insert(item.document, loaded.document);
            }
        }
    }

    fn outbox(&self) -> Event {
        Event::Outbox(self.disk.outbox.clone())
    }
}

impl World {
    /// Gives an event to a device's client and does what it says.
    pub(super) fn client(&mut self, device: usize, event: Event) {
        let effects = self.devices[device].client.handle(self.now, event);
        for effect in effects {
            self.client_effect(device, effect);
        }
    }

    fn client_effect(&mut self, device: usize, effect: Effect) {
        match effect {
            Effect::Connect => self.connect(device),
            Effect::Disconnect => self.disconnect(device),
            Effect::Send(bytes) => self.carry_up(device, bytes),
            Effect::WakeAt(at) => {
                let life = self.devices[device].life;
                self.schedule_at(at, Happening::ClientWake { device, life });
            }
            Effect::Show(received) => self.devices[device].show(&received, &[]),
            Effect::Store(store) => {
                let here = &mut self.devices[device];
                if !store.forget.is_empty() {
                    for document in &store.forget {
                        let gone = here.documents.remove(document);
                        let chunks = gone.map(|gone| gone.chunks_since(&[])).unwrap_or_default();
                        self.forgotten.extend(chunks.iter().map(|chunk| chunk.hash));
                    }
                    here.show(&store.received, &store.forget);
                }
                let life = here.life;
                self.write(device, Write::Store(life, store));
            }
            Effect::Park(park) => self.park(device, park),
            Effect::Empty => {
                let here = &mut self.devices[device];
                here.seen.clear();
                for gone in std::mem::take(&mut here.documents).into_values() {
                    self.forgotten.extend(gone.chunks_since(&[]).iter().map(|chunk| chunk.hash));
                }
                self.write(device, Write::Empty);
            }
            Effect::Compare { manifest, course, round } => self.compare(device, &manifest, course, round),
            Effect::Supply { document, hashes } => self.supply(device, document, &hashes),
            Effect::Damaged { reason, .. } => self.problems.push(format!("damaged: {reason}")),
            Effect::Rights(_) | Effect::Status(_) => {}
        }
    }

    /// Puts a transaction behind those that are under way.
    pub(super) fn write(&mut self, device: usize, write: Write) {
        let delay = 1 + self.random.below(25);
        let here = &mut self.devices[device];
        here.writes.push_back(write);
        let life = here.life;
        let at = self.now + delay;
        let at = at.max(self.disk_free[device]);
        self.disk_free[device] = at;
        self.schedule_at(at, Happening::Written { device, life });
    }

    /// The oldest transaction under way is on disk.
    pub(super) fn written(&mut self, device: usize) {
        let fails = !self.healing && self.random.chance(2);
        let here = &mut self.devices[device];
        let Some(write) = here.writes.pop_front() else {
            return;
        };
        let event = match write {
            Write::Edit(row) => {
                if here.withdrawn.contains(&row.hash) {
                    here.disk.parked.insert(row.hash);
                    return;
                }
                let chunks = here.disk.chunks.entry(row.document).or_default();
                chunks.insert(row.hash.to_vec(), row.bytes.clone());
                here.disk.outbox.push(row.clone());
                self.saved.insert(row.hash);
                Some(Event::Outbox(vec![row]))
            }
            Write::Store(life, store) if fails && life == here.life => {
                Some(Event::StoreFailed { token: store.token, reason: "The disk is full.".to_owned() })
            }
            Write::Store(_, _) if fails => None,
            Write::Store(life, store) => {
                let (token, forgotten) = (store.token, store.forget.clone());
                self.acked.extend(store.acked.iter().copied());
                let unsent = here.disk.store(store);
                if life != here.life {
                    return;
                }
                here.withdrawn.extend(unsent.iter().copied());
                for document in forgotten {
                    self.client(device, Event::Withdrawn { document, hashes: unsent.clone() });
                }
                Some(Event::Stored { token })
            }
            Write::Park { document, gone, kept } => {
                here.disk.park(document, gone, kept);
                None
            }
            Write::Offer { life, round, rows, fetch, forget, unlisted, runs } => {
                here.disk.outbox.extend(rows.iter().cloned());
                if runs {
                    here.disk.runs_outbox = here.disk.runs.clone();
                }
                let runs = here.disk.runs_outbox.clone();
                if life != here.life {
                    return;
                }
                self.client(device, Event::Outbox(rows));
                self.client(device, Event::Runs(runs));
                Some(Event::Compared { round, fetch, forget, unlisted })
            }
            Write::Empty => {
                here.disk.empty();
                None
            }
            Write::Run(rows) => {
                here.disk.runs.runs.extend(rows.runs.iter().cloned());
                here.disk.runs_outbox.runs.extend(rows.runs.iter().cloned());
                Some(Event::Runs(rows))
            }
        };
        if let Some(event) = event {
            self.client(device, event);
        }
    }

    fn park(&mut self, device: usize, park: Park) {
        let actor = self.random_actor();
        let here = &mut self.devices[device];
        let mut gone: BTreeSet<Hash> = park.hashes.into_iter().collect();
        let Some(document) = here.documents.remove(&park.document) else {
            here.disk.parked.extend(gone);
            return;
        };
        let kept = match document.without(&park_list(&gone)) {
            Ok((rest, taken)) => {
                gone.extend(taken.iter().map(|chunk| chunk.hash));
                let kept = rest.chunks_since(&[]);
                here.documents.insert(park.document, rest);
                kept
            }
            Err((_, taken)) => {
                gone.extend(taken.iter().map(|chunk| chunk.hash));
                Vec::new()
            }
        };
        here.seen.remove(&park.document);
        here.actor = actor;
        here.withdrawn.extend(gone.iter().copied());
        self.report.refused += 1;
        let hashes = gone.iter().copied().collect();
        self.write(device, Write::Park { document: park.document, gone, kept });
        self.client(device, Event::Withdrawn { document: park.document, hashes });
    }

    fn compare(&mut self, device: usize, manifest: &[ManifestEntry], course: Course, round: u64) {
        let here = &self.devices[device];
        let pending: BTreeSet<Id> = here.disk.outbox.iter().map(|row| row.document).collect();
        // A document that is on its way to the disk has no row in the catalogue yet.
        let on_disk = here.documents.iter().filter(|(id, _)| here.disk.chunks.contains_key(id));
        let local: BTreeMap<Id, Local> = on_disk
            .map(|(id, document)| (*id, Local { heads: document.heads(), pending: pending.contains(id) }))
            .collect();
        let knows = |id: Id, hash: &Hash| here.documents.get(&id).is_some_and(|document| document.has(hash));
        let mut plan = plan(manifest, course, &local, knows);
        let mut rows = Vec::new();
        for (id, heads) in std::mem::take(&mut plan.offer) {
            let Some(document) = here.documents.get(&id) else {
                continue;
            };
            for chunk in document.chunks_since(&heads) {
                rows.push(Outgoing { document: id, hash: chunk.hash, bytes: chunk.bytes });
            }
        }
        let life = here.life;
        let runs = course == Course::Restored;
        let Plan { fetch, forget, unlisted, .. } = plan;
        self.write(device, Write::Offer { life, round, rows, fetch, forget, unlisted, runs });
    }

    fn supply(&mut self, device: usize, document: Id, hashes: &[Hash]) {
        let all = match self.devices[device].documents.get(&document) {
            Some(found) => found.chunks_since(&[]),
            None => Vec::new(),
        };
        let found: Vec<Chunk> = all.into_iter().filter(|chunk| hashes.contains(&chunk.hash)).collect();
        let absent: Vec<Hash> =
            hashes.iter().filter(|hash| !found.iter().any(|chunk| chunk.hash == **hash)).copied().collect();
        let rows = found.into_iter().map(|chunk| Outgoing { document, hash: chunk.hash, bytes: chunk.bytes }).collect();
        self.client(device, Event::Outbox(rows));
        if !absent.is_empty() {
            self.client(device, Event::Absent { document, hashes: absent });
        }
    }

    /// The device starts, or another tab takes the lead: a new client from what is on disk.
    pub(super) fn start_client(&mut self, device: usize, crashed: bool) {
        let actor = self.random_actor();
        let seed = self.random.next();
        let here = &mut self.devices[device];
        here.life += 1;
        here.actor = actor;
        if !crashed {
            // The tab before had put these into the database's queue: they complete without it.
            let open = here.writes.len();
            for _ in 0..open {
                self.written(device);
            }
        }
        let here = &mut self.devices[device];
        here.reload();
        here.client = Client::new(crate::client::Options { seed, cursor: here.disk.cursor });
        let outbox = here.outbox();
        let runs = Event::Runs(here.disk.runs_outbox.clone());
        self.client(device, outbox);
        self.client(device, runs);
        self.client(device, Event::Start);
    }
}

/// Applies a change, or what a saved document has more. What cannot be applied shows in the checks at the end.
fn merge(document: &mut Document, chunk: &[u8]) {
    if !is_saved_document(chunk) {
        drop(document.apply([chunk]));
    } else if let Ok(loaded) = Document::load([chunk]) {
        let lacking = loaded.document.chunks_since(&document.heads());
        drop(document.apply(lacking.iter().map(|chunk| chunk.bytes.as_slice())));
    }
}

fn park_list(gone: &BTreeSet<Hash>) -> Vec<Hash> {
    gone.iter().copied().collect()
}
