//! The clock, the network and the order in which things happen.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use tombolo_docs::Hash;
use tombolo_model::{Id, Role};

use super::acts::Act;
use super::check::{self, Failure};
use super::device::Device;
use super::network::Link;
use super::server::{Server, Transaction};
use crate::client::{Client, Event as ClientEvent, Options};
use crate::random::Random;
use crate::server::Event as PeerEvent;

/// How long people edit and things go wrong.
const STORM_MS: u64 = 20_000;

/// How long the world has to heal: the longest back-off, a dead connection and room to spare.
const HEAL_MS: u64 = 600_000;

/// More happenings than this at one moment are two parts that wake each other without end.
const MOST_AT_ONCE: u32 = 100_000;

/// What a run went through.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report {
    /// Edits made.
    pub edits: u64,
    /// Connections opened.
    pub connections: u64,
    /// Messages lost with their connection.
    pub lost: u64,
    /// Crashes of devices and server.
    pub crashes: u64,
    /// Backups restored.
    pub restores: u64,
    /// Times that changes were taken out of a document.
    pub refused: u64,
    /// Documents at the end.
    pub documents: u64,
    /// Changes on the server at the end.
    pub changes: u64,
}

impl Report {
    /// Adds another run's numbers.
    pub fn add(&mut self, other: &Self) {
        self.edits += other.edits;
        self.connections += other.connections;
        self.lost += other.lost;
        self.crashes += other.crashes;
        self.restores += other.restores;
        self.refused += other.refused;
        self.documents += other.documents;
        self.changes += other.changes;
    }
}

/// Something that will happen.
#[derive(Debug)]
pub(super) enum Happening {
    Opened { device: usize, link: u64 },
    Refused { device: usize, life: u64 },
    ToServer { link: u64, bytes: Vec<u8> },
    ToDevice { link: u64, bytes: Vec<u8> },
    DeviceSeesEnd { device: usize, link: u64 },
    ServerSeesEnd { link: u64 },
    ClientWake { device: usize, life: u64 },
    PeerWake { link: u64 },
    Answer { link: u64, event: Box<PeerEvent> },
    Transact { link: u64, request: u64, transaction: Box<Transaction> },
    Written { device: usize, life: u64 },
    Act(Act),
    Heal,
    StartAgain,
}

/// Orders the heap by time, then by the order of scheduling.
#[derive(Debug)]
struct Timed(Reverse<(u64, u64)>, Happening);

impl PartialEq for Timed {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for Timed {}
impl PartialOrd for Timed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Timed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

/// A world.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: u64,
    pub(super) random: Random,
    heap: BinaryHeap<Timed>,
    scheduled: u64,
    pub(super) server: Server,
    pub(super) devices: Vec<Device>,
    pub(super) disk_free: Vec<u64>,
    pub(super) links: BTreeMap<u64, Link>,
    pub(super) last_link: u64,
    /// Per device: no connection gets through before this time.
    pub(super) partition_until: Vec<u64>,
    pub(super) healing: bool,
    pub(super) report: Report,
    /// Strictly stored edits and acknowledged ones.
    pub(super) saved: BTreeSet<Hash>,
    pub(super) acked: BTreeSet<Hash>,
    /// What devices had of documents that they had to drop.
    pub(super) forgotten: BTreeSet<Hash>,
    /// What was refused last, and to whom.
    pub(super) refused: BTreeSet<(Hash, Id)>,
    pub(super) problems: Vec<String>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = Self {
            now: 1_700_000_000_000,
            random: Random::new(seed),
            heap: BinaryHeap::new(),
            scheduled: 0,
            server: Server::default(),
            devices: Vec::new(),
            disk_free: Vec::new(),
            links: BTreeMap::new(),
            last_link: 0,
            partition_until: Vec::new(),
            healing: false,
            report: Report::default(),
            saved: BTreeSet::new(),
            acked: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            refused: BTreeSet::new(),
            problems: Vec::new(),
        };
        world.people();
        world
    }

    /// Two to four people with one or two devices each.
    fn people(&mut self) {
        let users = 2 + self.random.below(3);
        for _ in 0..users {
            let user = self.random_id();
            let role = if self.random.chance(20) { Role::Monitor } else { Role::Manage };
            self.server.disk.members.insert(user, role.into());
            for _ in 0..=self.random.below(2) {
                if self.devices.len() < 8 {
                    let actor = self.random_actor();
                    self.devices.push(Device::new(user, Client::new(Options::default()), actor));
                    self.disk_free.push(0);
                    self.partition_until.push(0);
                }
            }
        }
    }

    pub(super) fn run(mut self) -> Result<Report, Failure> {
        for device in 0..self.devices.len() {
            self.start_client(device, true);
        }
        self.plan_acts(STORM_MS);
        self.schedule(STORM_MS, Happening::Heal);
        let end = self.now + STORM_MS + HEAL_MS;
        let mut at_once = 0;
        while let Some(Timed(Reverse((at, _)), happening)) = self.heap.pop() {
            if at > end {
                break;
            }
            at_once = if at == self.now { at_once + 1 } else { 0 };
            if at_once > MOST_AT_ONCE {
                return Err(Failure::Broken(format!("the clock stands still over {happening:?}")));
            }
            self.now = at;
            self.happen(happening);
            if let Some(problem) = self.problems.first() {
                return Err(Failure::Broken(problem.clone()));
            }
            if self.healing && self.quiet() {
                break;
            }
        }
        check::all(&self)?;
        self.report.documents = u64::try_from(self.server.disk.documents().count()).unwrap_or(0);
        self.report.changes = u64::try_from(self.server.disk.hashes.len()).unwrap_or(0);
        Ok(self.report)
    }

    /// Everything is said and stored, as far as the clients know.
    fn quiet(&self) -> bool {
        let sequence = self.server.disk.sequence();
        self.devices.iter().all(|device| {
            if !self.server.disk.members.contains_key(&device.user) {
                return device.is_turned_away();
            }
            device.writes.is_empty()
                && device.client.status().caught_up
                && device.client.status().waiting == 0
                && device.disk.runs_outbox.is_empty()
                && device
                    .disk
                    .cursor
                    .is_some_and(|cursor| cursor.server_epoch == self.server.disk.epoch && cursor.sequence >= sequence)
        })
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Opened { device, link } => self.opened(device, link),
            Happening::Refused { device, life } => {
                if self.devices[device].life == life {
                    self.client_closed(device);
                }
            }
            Happening::ToServer { link, bytes } => {
                if self.links.get(&link).is_some_and(|link| link.alive || link.draining) {
                    self.peer(link, PeerEvent::Frame(bytes));
                } else {
                    self.report.lost += 1;
                }
            }
            Happening::ToDevice { link, bytes } => match self.links.get(&link) {
                Some(found) if found.alive && self.devices[found.device].link == Some(link) => {
                    let device = found.device;
                    self.client(device, ClientEvent::Frame(bytes));
                }
                _ => self.report.lost += 1,
            },
            Happening::DeviceSeesEnd { device, link } => {
                if self.devices[device].link == Some(link) {
                    self.client_closed(device);
                }
            }
            Happening::ServerSeesEnd { link } => {
                self.peer(link, PeerEvent::Closed);
                self.server.peers.remove(&link);
            }
            Happening::ClientWake { device, life } => {
                if self.devices[device].life == life {
                    self.client(device, ClientEvent::Wake);
                }
            }
            Happening::PeerWake { link } => self.peer(link, PeerEvent::Wake),
            Happening::Answer { link, event } => self.peer(link, *event),
            Happening::Transact { link, request, transaction } => self.transacted(link, request, *transaction),
            Happening::Written { device, life } => {
                if self.devices[device].life == life {
                    self.written(device);
                }
            }
            Happening::Act(act) => self.act(act),
            Happening::Heal => self.heal(),
            Happening::StartAgain => self.start_again(),
        }
    }

    pub(super) fn schedule(&mut self, delay: u64, happening: Happening) {
        self.schedule_at(self.now + delay, happening);
    }

    pub(super) fn schedule_at(&mut self, at: u64, happening: Happening) {
        self.scheduled += 1;
        self.heap.push(Timed(Reverse((at.max(self.now), self.scheduled)), happening));
    }

    pub(super) fn pick(&mut self, length: usize) -> usize {
        self.random.index(length).unwrap_or(0)
    }

    pub(super) fn random_id(&mut self) -> Id {
        Id::from_parts(1_700_000_000, self.random.next().to_be_bytes())
    }

    pub(super) fn random_actor(&mut self) -> [u8; 16] {
        let mut actor = [0; 16];
        actor[..8].copy_from_slice(&self.random.next().to_be_bytes());
        actor[8..].copy_from_slice(&self.random.next().to_be_bytes());
        actor
    }
}
