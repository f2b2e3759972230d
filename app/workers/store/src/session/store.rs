//! What came from the server, into one strict transaction: chunks, catalogue rows, runs, cursor, and what is done.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tombolo_docs::{Document, Hash, hash_to_hex, inspect, is_saved_document};
use tombolo_model::Id;
use tombolo_sync::client::{Received, Store as Wanted};
use tombolo_wire::run::RunRow;

use super::Session;
use crate::account::Account;
use crate::catalogue::{self, StoredRow};
use crate::fault::Fault;
use crate::park::ParkedRow;
use crate::storage::{Batch, Store, bytes, chunk_key, document_range, pair, text};
use crate::tabs::{Pieces, Say};
use crate::{compact, documents, env, history, news, park, runs};

#[derive(Default)]
struct Arrived {
    chunks: BTreeMap<Id, Vec<Vec<u8>>>,
    pieces: Vec<Pieces>,
    rows: Vec<StoredRow>,
    /// Whether something that was parked turned out to be on the server.
    unparked: bool,
}

/// Writes all of it.
pub(super) async fn store(account: &Rc<Account>, session: &Rc<Session>, wanted: Wanted) -> Result<(), Fault> {
    let mut batch = Batch::new();
    forget(session, &mut batch, &wanted.forget);
    let forgotten: BTreeSet<Id> = wanted.forget.iter().copied().collect();
    let mut arrived = receive(account, &mut batch, wanted.received, &forgotten).await?;
    let chunks = std::mem::take(&mut arrived.chunks);
    let unparked = arrived.unparked;
    let fresh_runs = runs::receive(account, &mut batch, wanted.runs).await?;
    runs::sent(&mut batch, &wanted.acked_runs, &wanted.acked_errors);
    let mut done = session.outbox.delete(&mut batch, &wanted.acked);
    let dropped: Vec<Hash> = wanted.forget.iter().flat_map(|id| session.outbox.of(*id)).collect();
    done.extend(session.outbox.delete(&mut Batch::new(), &dropped));
    if let Some(cursor) = &wanted.cursor {
        batch.put_json(Store::Meta, &text("cursor"), cursor);
    }
    account.storage.write(&batch).await?;
    session.outbox.deleted(&wanted.acked);
    session.outbox.deleted(&dropped);
    tell(account, arrived, &wanted.forget, done, fresh_runs);
    if unparked {
        park::recount(account).await;
        account.say(&Say::ParkedMoved);
    }
    // All of it is stored: what fails here is made good when the document is opened again.
    drop(catch_up(account, chunks).await);
    Ok(())
}

/// A document that came into memory after these chunks were shown was read from the disk before they were on it.
async fn catch_up(account: &Rc<Account>, arrived: BTreeMap<Id, Vec<Vec<u8>>>) -> Result<(), Fault> {
    let mut batch = Batch::new();
    let mut rows = Vec::new();
    for (id, chunks) in arrived {
        if account.documents.takes_news(id) {
            rows.extend(news::apply(account, id, &chunks));
        }
        if account.is_damaged(id) {
            documents::heal(account, id).await?;
        }
    }
    for row in &rows {
        catalogue::put(&mut batch, row);
    }
    if !batch.is_empty() {
        account.storage.write(&batch).await?;
        account.take_rows(rows, &[]);
    }
    Ok(())
}

fn forget(session: &Session, batch: &mut Batch, documents: &[Id]) {
    for id in documents {
        if let Some(range) = document_range(*id) {
            batch.delete(Store::Chunks, &range);
            batch.delete(Store::Snapshots, &range);
            batch.delete(Store::Quarantine, &range);
        }
        batch.delete(Store::Catalogue, &text(id.to_string()));
        let hashes = session.outbox.of(*id);
        session.outbox.delete(batch, &hashes);
    }
}

async fn receive(
    account: &Rc<Account>,
    batch: &mut Batch,
    received: Vec<Received>,
    forgotten: &BTreeSet<Id>,
) -> Result<Arrived, Fault> {
    let mut by_document: BTreeMap<Id, Vec<Vec<u8>>> = BTreeMap::new();
    for item in received {
        if let Some(user) = item.user {
            note_author(batch, &item.chunks, user);
        }
        by_document.entry(item.document).or_default().extend(item.chunks);
    }
    let parked = if account.parked.get() > 0 { park::rows(account).await? } else { Vec::new() };
    let mut arrived = Arrived::default();
    for (id, chunks) in &by_document {
        let known = !forgotten.contains(id) && account.catalogue.borrow().contains_key(id);
        if known {
            // What is in memory was given these chunks when they came, unless it was not in memory then.
            account.take_rows(news::apply(account, *id, chunks).into_iter().collect(), &[]);
        }
        let look = |document: &Document| Seen::of(account, document, chunks, known, &parked);
        let open = if known { account.documents.with(*id, |opened| look(&opened.document)) } else { None };
        let seen = match open {
            Some(seen) => Some(seen),
            None => read(account, *id, chunks, known).await?.as_ref().map(look),
        };
        let (row, done) = seen.map(|seen| (seen.row, seen.unparked)).unzip();
        arrived.pieces.push(keep(batch, *id, chunks, row.as_ref()));
        for name in done.into_iter().flatten() {
            batch.delete(Store::Parked, &text(name));
            arrived.unparked = true;
        }
        if let Some(row) = row {
            catalogue::put(batch, &row);
            arrived.rows.push(row);
        }
    }
    arrived.chunks = by_document;
    Ok(arrived)
}

/// What follows from a document with what came.
struct Seen {
    row: StoredRow,
    /// Names of parked rows whose changes it holds.
    unparked: Vec<String>,
}

impl Seen {
    fn of(account: &Account, document: &Document, chunks: &[Vec<u8>], known: bool, parked: &[ParkedRow]) -> Self {
        let id = document.id();
        let newest = chunks.iter().filter_map(|chunk| inspect(chunk).ok()).map(|change| change.time_ms).max();
        let modified_ms = newest.unwrap_or_else(|| catalogue::last_change_ms(document));
        let row = catalogue::derive(document, &document.view(), modified_ms, known && account.is_damaged(id));
        let mine = parked.iter().filter(|row| row.parked.document == id);
        let done = mine.filter(|row| row.is_in(|hash| document.has(hash)));
        Self { row, unparked: done.map(|row| row.parked.id.clone()).collect() }
    }
}

/// Puts chunks into the batch. A saved document is named after the state of the whole, whose row this is.
fn keep(batch: &mut Batch, id: Id, chunks: &[Vec<u8>], row: Option<&StoredRow>) -> Pieces {
    let mut pieces = Pieces { document: id, hashes: Vec::new(), snapshots: false, outgoing: 0 };
    for chunk in chunks {
        if is_saved_document(chunk) {
            let name = row.map_or_else(env::new_name, |row| compact::snapshot_name(chunk, &row.heads));
            batch.put(Store::Snapshots, &pair(id.to_string(), &text(name)), bytes(chunk));
            pieces.snapshots = true;
        } else if let Ok(change) = inspect(chunk) {
            batch.put(Store::Chunks, &chunk_key(id, &change.hash), bytes(chunk));
            pieces.hashes.push(hash_to_hex(&change.hash));
        }
    }
    pieces
}

/// The document with what came, from the disk. `None` while its beginning is missing: then it has no row yet.
async fn read(account: &Rc<Account>, id: Id, chunks: &[Vec<u8>], known: bool) -> Result<Option<Document>, Fault> {
    let here = if known { documents::pieces(account, id).await? } else { Vec::new() };
    let all = here.iter().map(|piece| piece.bytes.as_slice()).chain(chunks.iter().map(Vec::as_slice));
    Ok(Document::load(all).ok().map(|loaded| loaded.document))
}

/// Remembers who is behind the sessions of these changes, for the history.
fn note_author(batch: &mut Batch, chunks: &[Vec<u8>], user: Id) {
    let mut seen = BTreeSet::new();
    for change in chunks.iter().filter_map(|chunk| inspect(chunk).ok()) {
        seen.insert(history::session_of(&change.actor));
    }
    for session in seen {
        batch.put(Store::Actors, &text(session), text(user.to_string()));
    }
}

/// Tells screens and tabs, after everything is on the disk.
fn tell(account: &Rc<Account>, arrived: Arrived, removed: &[Id], done: Vec<Id>, runs: Vec<RunRow>) {
    for id in removed {
        account.documents.remove(*id);
    }
    if !arrived.pieces.is_empty() || !removed.is_empty() {
        account.say(&Say::Stored { pieces: arrived.pieces, rows: arrived.rows.clone(), removed: removed.to_vec() });
        account.take_rows(arrived.rows, removed);
    }
    let mut counts: BTreeMap<Id, usize> = BTreeMap::new();
    for id in done {
        *counts.entry(id).or_default() += 1;
    }
    if !counts.is_empty() {
        let changes: Vec<(Id, usize)> = counts.into_iter().collect();
        account.say(&Say::Acked { changes: changes.clone() });
        account.acked(&changes);
    }
    for row in runs {
        runs::show(account, row);
    }
}
