//! A real client and a real peer with a plain server behind them, on a clock that only the test moves.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_model::{Id, Role};
use tombolo_sync::client::{self, Client, Effect, Event, Options, Outgoing, Store};
use tombolo_sync::gate::{Context, DocumentRow, Verdict, judge, wanted};
use tombolo_sync::server::{self, AccountState, Judged, Numbered, Peer, Session};
use tombolo_wire::store::UserInfo;
use tombolo_wire::sync::{
    ByteBuf, Cursor, Down, Entry, ManifestEntry, Snapshot, SnapshotPage, Up, decode_down, decode_up,
};

/// A server that stores in memory and answers at once, unless told to hold back.
pub(crate) struct Pair {
    pub(crate) now: u64,
    pub(crate) client: Client,
    pub(crate) peer: Option<Peer>,
    pub(crate) state: AccountState,
    pub(crate) log: Vec<Numbered>,
    pub(crate) documents: BTreeMap<Id, Vec<Vec<u8>>>,
    pub(crate) manifest: Vec<ManifestEntry>,
    pub(crate) known: BTreeSet<[u8; 32]>,
    /// Commits wait here when `hold` is set.
    pub(crate) hold: bool,
    pub(crate) held: Vec<server::Effect>,
    /// Stores are confirmed at once unless set.
    pub(crate) hold_stores: bool,
    pub(crate) stores: Vec<Store>,
    /// Everything else the client asked for, and all frames.
    pub(crate) asked: Vec<Effect>,
    pub(crate) up: Vec<Up>,
    pub(crate) down: Vec<Down>,
    pub(crate) bytes: usize,
    pub(crate) peer_alarm: Option<u64>,
}

pub(crate) fn user() -> UserInfo {
    UserInfo { id: Id::from_parts(1, [1; 8]), name: "Ada".to_owned(), email: "ada@example.org".to_owned() }
}

impl Pair {
    pub(crate) fn new(cursor: Option<Cursor>) -> Self {
        Self {
            now: 1_000_000,
            client: Client::new(Options { seed: 1, cursor }),
            peer: None,
            state: AccountState {
                rights: Role::Manage.into(),
                server_epoch: 1,
                restored: false,
                visibility_epoch: 1,
                sequence: 0,
            },
            log: Vec::new(),
            documents: BTreeMap::new(),
            manifest: Vec::new(),
            known: BTreeSet::new(),
            hold: false,
            held: Vec::new(),
            hold_stores: false,
            stores: Vec::new(),
            asked: Vec::new(),
            up: Vec::new(),
            down: Vec::new(),
            bytes: 0,
            peer_alarm: None,
        }
    }

    pub(crate) fn cursor(&self, sequence: u64) -> Cursor {
        Cursor {
            server_epoch: self.state.server_epoch,
            visibility_epoch: self.state.visibility_epoch,
            sequence,
            bootstrap: None,
        }
    }

    pub(crate) fn start(&mut self) {
        self.client(Event::Start);
    }

    pub(crate) fn client(&mut self, event: Event) {
        for effect in self.client.handle(self.now, event) {
            match effect {
                Effect::Connect => {
                    self.peer = Some(Peer::new(Session { user: user(), session: "s".to_owned() }, self.now));
                    self.client(Event::Connected);
                }
                Effect::Disconnect => self.peer = None,
                Effect::Send(bytes) => {
                    self.bytes += bytes.len();
                    self.up.push(decode_up(&bytes).unwrap());
                    self.server(server::Event::Frame(bytes));
                }
                Effect::Store(store) => {
                    let token = store.token;
                    self.stores.push(store);
                    if !self.hold_stores {
                        self.client(Event::Stored { token });
                    }
                }
                Effect::WakeAt(_) | Effect::Status(_) | Effect::Rights(_) => {}
                other => self.asked.push(other),
            }
        }
    }

    pub(crate) fn server(&mut self, event: server::Event) {
        let Some(peer) = &mut self.peer else { return };
        for effect in peer.handle(self.now, event) {
            match effect {
                server::Effect::Send(bytes) => {
                    self.bytes += bytes.len();
                    self.down.push(decode_down(&bytes).unwrap());
                    self.client(Event::Frame(bytes));
                }
                server::Effect::Close => {
                    self.peer = None;
                    self.client(Event::Closed { reason: "closed".to_owned(), retry: true });
                }
                server::Effect::WakeAt(at) => self.peer_alarm = Some(at),
                server::Effect::Announce(_) | server::Effect::Leave { .. } => {}
                question if self.hold && matches!(question, server::Effect::Commit { .. }) => self.held.push(question),
                question => self.answer(question),
            }
        }
    }

    /// Answers what was held back.
    pub(crate) fn release(&mut self) {
        self.hold = false;
        for question in std::mem::take(&mut self.held) {
            self.answer(question);
        }
    }

    /// Time passes, and both ends look at it.
    pub(crate) fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.client(Event::Wake);
        self.server(server::Event::Wake);
    }

    pub(crate) fn outbox(&mut self, document: Id, chunk: &tombolo_docs::Chunk) {
        let row = Outgoing { document, hash: chunk.hash, bytes: chunk.bytes.clone() };
        self.client(Event::Outbox(vec![row]));
    }

    /// The comparison that the client asked for last.
    pub(crate) fn round(&self) -> u64 {
        let rounds = self.asked.iter().filter_map(|effect| match effect {
            Effect::Compare { round, .. } => Some(*round),
            _ => None,
        });
        rounds.max().unwrap_or_default()
    }

    fn answer(&mut self, question: server::Effect) {
        let event = match question {
            server::Effect::Begin { request } => server::Event::Begun { request, state: Some(self.state.clone()) },
            server::Effect::Commit { request, document, changes, recovering } => {
                let verdict = self.commit(document, &changes, recovering);
                server::Event::Judged { request, judged: Judged::Verdict(verdict) }
            }
            server::Effect::KeepRuns { request, .. } => server::Event::RunsKept { request },
            server::Effect::Read { request, after, .. } => {
                let entries = self.log.iter().filter(|entry| entry.sequence > after).cloned().collect();
                let upto = self.state.sequence.max(after);
                server::Event::Read { request, entries, upto, more: false }
            }
            server::Effect::Documents { request, after, most_bytes } => self.page(request, after, most_bytes),
            server::Effect::Fetch { request, documents, .. } => {
                let documents = documents.iter().filter_map(|id| self.snapshot(*id)).collect();
                let page = SnapshotPage { documents, ..SnapshotPage::default() };
                server::Event::Documents { request, page, complete: true }
            }
            server::Effect::Runs { request } => {
                server::Event::Documents { request, page: SnapshotPage::default(), complete: true }
            }
            server::Effect::Manifest { request, .. } => {
                server::Event::Manifest { request, entries: self.manifest.clone(), complete: true }
            }
            other => panic!("{other:?}"),
        };
        self.server(event);
    }

    fn snapshot(&self, document: Id) -> Option<Snapshot> {
        let chunks = self.documents.get(&document)?.iter().map(|chunk| ByteBuf::from(chunk.clone())).collect();
        Some(Snapshot { document, chunks })
    }

    fn page(&self, request: u64, after: Option<Id>, most_bytes: usize) -> server::Event {
        let mut documents = Vec::new();
        let mut size = 0;
        let mut rest = self.documents.iter().filter(|(id, _)| after.is_none_or(|after| **id > after)).peekable();
        while let Some((id, chunks)) = rest.next_if(|_| size < most_bytes) {
            size += chunks.iter().map(|chunk| chunk.len() + 60).sum::<usize>();
            documents.extend(self.snapshot(*id));
        }
        let page = SnapshotPage { documents, ..SnapshotPage::default() };
        server::Event::Documents { request, page, complete: rest.peek().is_none() }
    }

    fn commit(&mut self, document: Id, changes: &[tombolo_sync::gate::Incoming], recovering: bool) -> Verdict {
        let known = wanted(changes).hashes.intersection(&self.known).copied().collect();
        let context = Context {
            user: user().id,
            rights: Some(self.state.rights.clone()),
            document: self.documents.get(&document).map(|_| DocumentRow {
                kind: tombolo_model::Kind::Flow,
                owner: None,
                registered: Vec::new(),
                max_op: 1_000_000,
                purged: false,
                size_bytes: 0,
                inflated_bytes: 0,
            }),
            owners: BTreeMap::new(),
            last_seqs: changes.iter().map(|change| (change.scan.actor.clone(), change.scan.seq - 1)).take(1).collect(),
            known,
            hidden: BTreeSet::new(),
            recovering,
        };
        let verdict = judge(document, changes, &context);
        if let Verdict::Accept(accepted) = &verdict {
            for change in accepted.fresh.iter().map(|index| &changes[*index]) {
                self.append(document, change.scan.hash, &change.bytes);
            }
        }
        verdict
    }

    /// Something is committed in the account, by whomever.
    pub(crate) fn append(&mut self, document: Id, hash: [u8; 32], bytes: &[u8]) {
        self.state.sequence += 1;
        self.known.insert(hash);
        self.documents.entry(document).or_default().push(bytes.to_vec());
        let entry = Entry::Change { document, bytes: ByteBuf::from(bytes.to_vec()), user: None };
        self.log.push(Numbered { sequence: self.state.sequence, hash: Some(hash), entry });
    }

    pub(crate) fn notify(&mut self) {
        let sequence = self.state.sequence;
        self.server(server::Event::Available { sequence });
    }

    pub(crate) fn status(&self) -> &client::Status {
        self.client.status()
    }

    pub(crate) fn pushes(&self) -> Vec<usize> {
        let sizes = self.up.iter().filter_map(|frame| match frame {
            Up::Push { changes, .. } => Some(changes.len()),
            _ => None,
        });
        sizes.collect()
    }
}
