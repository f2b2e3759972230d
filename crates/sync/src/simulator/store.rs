//! The server's disk: what survives its crashes. One clone of it is a backup.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tombolo_docs::{Document, Hash};
use tombolo_model::{Action, Home, Id, Kind, Rights};
use tombolo_wire::run::RunRow;
use tombolo_wire::sync::{ByteBuf, Entry, ManifestEntry, RunRows, Snapshot, SnapshotPage};

use crate::gate::{Accepted, Context, DocumentRow, Incoming, Verdict, judge, wanted};
use crate::server::{AccountState, Numbered};

/// A change as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) document: Id,
    pub(super) hash: Hash,
    bytes: Rc<[u8]>,
    user: Option<Id>,
}

#[derive(Debug, Clone)]
struct Row {
    kind: Kind,
    owner: Option<Id>,
    max_op: u64,
    size_bytes: u64,
    heads: BTreeSet<Hash>,
    last_seqs: BTreeMap<Vec<u8>, u64>,
}

#[derive(Debug, Clone)]
enum Line {
    Change(Stored),
    Run(Id),
}

/// Everything on the disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    pub(super) epoch: u64,
    pub(super) restored: bool,
    pub(super) members: BTreeMap<Id, Rights>,
    /// How often each person's rights changed.
    pub(super) rights: BTreeMap<Id, u64>,
    log: BTreeMap<u64, Line>,
    rows: BTreeMap<Id, Row>,
    pub(super) hashes: BTreeSet<Hash>,
    owners: BTreeMap<[u8; 16], Id>,
    pub(super) runs: BTreeMap<Id, RunRow>,
    sequence: u64,
}

impl Disk {
    pub(super) const fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(super) fn state(&self, user: Id) -> Option<AccountState> {
        Some(AccountState {
            rights: self.members.get(&user)?.clone(),
            server_epoch: self.epoch,
            restored: self.restored,
            visibility_epoch: self.rights.get(&user).copied().unwrap_or_default(),
            sequence: self.sequence,
        })
    }

    pub(super) fn commit(&mut self, user: Id, document: Id, changes: &[Incoming], recovering: bool) -> Verdict {
        let wanted = wanted(changes);
        let row = self.rows.get(&document);
        let context = Context {
            user,
            rights: self.members.get(&user).cloned(),
            document: row.map(|row| DocumentRow {
                kind: row.kind,
                owner: row.owner,
                registered: Vec::new(),
                max_op: row.max_op,
                purged: false,
                size_bytes: row.size_bytes,
                inflated_bytes: row.size_bytes,
            }),
            owners: wanted.sessions.iter().filter_map(|key| Some((*key, *self.owners.get(key)?))).collect(),
            last_seqs: row.map(|row| row.last_seqs.clone()).unwrap_or_default(),
            known: wanted.hashes.iter().filter(|hash| self.hashes.contains(*hash)).copied().collect(),
            hidden: wanted.references.iter().filter(|id| !self.sees(user, **id)).copied().collect(),
            recovering,
        };
        let verdict = judge(document, changes, &context);
        if let Verdict::Accept(accepted) = &verdict {
            self.owners.extend(accepted.bind.iter().map(|session| (*session, user)));
            let fresh: Vec<&Incoming> = accepted.fresh.iter().filter_map(|index| changes.get(*index)).collect();
            if let Some(kind) = accepted.kind {
                self.append(user, document, kind, accepted, &fresh);
            }
        }
        verdict
    }

    /// Whether this person may see a document, or there is none.
    pub(super) fn sees(&self, user: Id, document: Id) -> bool {
        self.rows.get(&document).is_none_or(|row| {
            let home = Home { owner: row.owner, registered: &[] };
            self.members.get(&user).is_some_and(|rights| rights.may(Action::Read, row.kind, home))
        })
    }

    fn append(&mut self, user: Id, document: Id, kind: Kind, accepted: &Accepted, fresh: &[&Incoming]) {
        let row = self.rows.entry(document).or_insert_with(|| Row {
            kind,
            owner: accepted.owner,
            max_op: 0,
            size_bytes: 0,
            heads: BTreeSet::new(),
            last_seqs: BTreeMap::new(),
        });
        row.max_op = accepted.max_op;
        for change in fresh {
            let scan = &change.scan;
            for dep in &scan.deps {
                row.heads.remove(dep);
            }
            row.heads.insert(scan.hash);
            row.size_bytes += u64::try_from(change.bytes.len()).unwrap_or(0);
            row.last_seqs.insert(scan.actor.clone(), scan.seq);
            self.hashes.insert(scan.hash);
            self.sequence += 1;
            let bytes = Rc::from(change.bytes.as_slice());
            let stored = Stored { document, hash: scan.hash, bytes, user: Some(user) };
            self.log.insert(self.sequence, Line::Change(stored));
        }
    }

    pub(super) fn keep_runs(&mut self, rows: &RunRows) {
        for row in &rows.runs {
            if self.runs.get(&row.id).is_none_or(|known| known.n < row.n) {
                self.runs.insert(row.id, row.clone());
                self.sequence += 1;
                self.log.insert(self.sequence, Line::Run(row.id));
            }
        }
    }

    pub(super) fn read(&self, user: Id, after: u64, most_bytes: usize) -> (Vec<Numbered>, u64, bool) {
        let mut entries = Vec::new();
        let mut size = 0;
        for (sequence, line) in self.log.range(after + 1..) {
            if size >= most_bytes {
                return (entries, sequence - 1, true);
            }
            let (hash, entry) = match line {
                Line::Change(change) if !self.sees(user, change.document) => continue,
                Line::Change(change) => (Some(change.hash), change.entry()),
                Line::Run(run) => match self.runs.get(run) {
                    Some(row) => (None, Entry::Run(row.clone())),
                    None => continue,
                },
            };
            size += 200;
            entries.push(Numbered { sequence: *sequence, hash, entry });
        }
        (entries, self.sequence.max(after), false)
    }

    /// The document that has a change.
    pub(super) fn document_of(&self, hash: &Hash) -> Option<Id> {
        self.log.values().find_map(|line| match line {
            Line::Change(change) if change.hash == *hash => Some(change.document),
            _ => None,
        })
    }

    /// All changes of a document, in the order in which they came.
    pub(super) fn changes(&self, document: Id) -> impl Iterator<Item = &[u8]> {
        self.log.values().filter_map(move |line| match line {
            Line::Change(change) if change.document == document => Some(change.bytes.as_ref()),
            _ => None,
        })
    }

    pub(super) fn documents(&self) -> impl Iterator<Item = Id> {
        self.rows.keys().copied()
    }

    pub(super) fn heads(&self, document: Id) -> Vec<Hash> {
        self.rows.get(&document).map(|row| row.heads.iter().copied().collect()).unwrap_or_default()
    }

    /// Those of the list that this person may see, `limit` at most; saved whole or as single changes.
    pub(super) fn page(&self, user: Id, list: &[Id], limit: usize, whole: bool) -> (SnapshotPage, bool) {
        let visible = |id: &Id| self.rows.contains_key(id) && self.sees(user, *id);
        let here: Vec<Id> = list.iter().copied().filter(visible).collect();
        let complete = here.len() <= limit;
        let documents = here.into_iter().take(limit).map(|document| self.snapshot(document, whole)).collect();
        let runs = if complete { self.runs.values().cloned().collect() } else { Vec::new() };
        (SnapshotPage { documents, runs: RunRows { runs, ..RunRows::default() } }, complete)
    }

    fn snapshot(&self, document: Id, whole: bool) -> Snapshot {
        let single = || self.changes(document).map(|bytes| ByteBuf::from(bytes.to_vec())).collect();
        let chunks = match Document::load(self.changes(document)) {
            Ok(loaded) if whole => vec![ByteBuf::from(loaded.document.save())],
            _ => single(),
        };
        Snapshot { document, chunks }
    }

    pub(super) fn manifest(&self, user: Id, after: Option<Id>, limit: usize) -> (Vec<ManifestEntry>, bool) {
        let listed = |id: &Id| self.sees(user, *id) && after.is_none_or(|after| *id > after);
        let behind: Vec<Id> = self.documents().filter(listed).collect();
        let entries = behind
            .iter()
            .take(limit)
            .map(|document| ManifestEntry { document: *document, heads: self.heads(*document) })
            .collect();
        (entries, behind.len() <= limit)
    }
}

impl Stored {
    fn entry(&self) -> Entry {
        Entry::Change { document: self.document, bytes: ByteBuf::from(self.bytes.to_vec()), user: self.user }
    }
}
