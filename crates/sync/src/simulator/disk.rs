//! A device's disk: what its crashes leave.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_docs::{Chunk, Document, Hash, is_saved_document};
use tombolo_model::Id;
use tombolo_wire::sync::{Cursor, RunRows};

use crate::client::{Outgoing, Received, Store};
use crate::prescan::{Caps, scan};

/// What survives a crash.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// Single changes by hash, and whole documents by their number.
    pub(super) chunks: BTreeMap<Id, BTreeMap<Vec<u8>, Vec<u8>>>,
    pub(super) outbox: Vec<Outgoing>,
    pub(super) cursor: Option<Cursor>,
    pub(super) parked: BTreeSet<Hash>,
    pub(super) runs: RunRows,
    pub(super) runs_outbox: RunRows,
}

impl Disk {
    /// Writes what came. Edits of a forgotten document that were never sent are put aside: their hashes.
    pub(super) fn store(&mut self, store: Store) -> Vec<Hash> {
        let acked: BTreeSet<Hash> = store.acked.into_iter().collect();
        let forgotten = |row: &Outgoing| store.forget.contains(&row.document) && !acked.contains(&row.hash);
        let unsent: Vec<Hash> = self.outbox.iter().filter(|row| forgotten(row)).map(|row| row.hash).collect();
        self.parked.extend(unsent.iter().copied());
        for document in &store.forget {
            self.chunks.remove(document);
            self.outbox.retain(|row| row.document != *document);
        }
        self.write_received(store.received);
        self.outbox.retain(|row| !acked.contains(&row.hash));
        self.runs_outbox.runs.retain(|row| !store.acked_runs.iter().any(|(id, n)| *id == row.id && row.n <= *n));
        self.runs.runs.extend(store.runs.runs);
        if store.cursor.is_some() {
            self.cursor = store.cursor;
        }
        unsent
    }

    /// Its person has no access any more: what they had not sent is put aside, and everything else goes.
    pub(super) fn empty(&mut self) {
        self.parked.extend(self.outbox.drain(..).map(|row| row.hash));
        *self = Self { parked: std::mem::take(&mut self.parked), ..Self::default() };
    }

    pub(super) fn park(&mut self, document: Id, gone: BTreeSet<Hash>, kept: Vec<Chunk>) {
        self.outbox.retain(|row| !gone.contains(&row.hash));
        if kept.is_empty() {
            self.chunks.remove(&document);
        } else if let Some(chunks) = self.chunks.get_mut(&document) {
            chunks.retain(|key, bytes| !is_saved_document(bytes) && !gone.iter().any(|hash| hash.as_slice() == key));
            for chunk in kept {
                // Put aside before, and yet in the document: it has come from the server since.
                self.parked.remove(&chunk.hash);
                chunks.insert(chunk.hash.to_vec(), chunk.bytes);
            }
        }
        self.parked.extend(gone);
    }

    fn write_received(&mut self, received: Vec<Received>) {
        for item in received {
            let chunks = self.chunks.entry(item.document).or_default();
            for chunk in item.chunks {
                let scans = scan(&chunk, &Caps::SNAPSHOT).unwrap_or_default();
                let key = scans.first().map(|scan| scan.hash);
                // What was put aside because its acknowledgement was lost has been accepted after all.
                if !is_saved_document(&chunk) {
                    self.parked.retain(|hash| Some(*hash) != key);
                } else if let Ok(loaded) = Document::load([chunk.as_slice()]) {
                    self.parked.retain(|hash| !loaded.document.has(hash));
                }
                chunks.insert(key.map(|key| key.to_vec()).unwrap_or_default(), chunk);
            }
        }
    }
}
