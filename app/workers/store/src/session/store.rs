//! What came from the server, into one strict transaction: chunks, catalogue rows, runs, cursor, and what is done.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tombolo_docs::{Document, Hash, hash_to_hex, is_saved_document};
use tombolo_model::Id;
use tombolo_sync::client::{Event, Park, Received, Store as Wanted};
use tombolo_sync::prescan::{Caps, Scan, scan_change};
use tombolo_wire::run::RunRow;

use super::{Session, drive};
use crate::account::Account;
use crate::catalogue::{self, StoredRow};
use crate::documents::Piece;
use crate::fault::Fault;
use crate::park::ParkedRow;
use crate::pending::Named;
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
    let pieces = if wanted.forget.is_empty() { Vec::new() } else { to_forget(account, session, &wanted).await? };
    let mut batch = Batch::new();
    forget(&mut batch, &wanted.forget, &pieces);
    let forgotten: BTreeSet<Id> = wanted.forget.iter().copied().collect();
    let mut arrived = receive(account, &mut batch, wanted.received, &forgotten).await?;
    let chunks = std::mem::take(&mut arrived.chunks);
    let unparked = arrived.unparked;
    let fresh_runs = runs::receive(account, &mut batch, wanted.runs).await?;
    runs::sent(&mut batch, &wanted.acked_runs, &wanted.acked_errors);
    let done = session.outbox.delete(&mut batch, &wanted.acked);
    if let Some(cursor) = &wanted.cursor {
        batch.put_json(Store::Meta, &text("cursor"), cursor);
    }
    account.storage.write(&batch).await?;
    session.outbox.deleted(&wanted.acked);
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

/// The pieces of documents that are to be forgotten, after what was written into them and never sent is parked.
///
/// Piece by piece, read before the outbox is: what a tab writes from then on stays, goes to the server and is put aside
/// once that refuses it.
async fn to_forget(account: &Rc<Account>, session: &Rc<Session>, wanted: &Wanted) -> Result<Vec<Piece>, Fault> {
    loop {
        let mut pieces = Vec::new();
        for id in &wanted.forget {
            pieces.extend(documents::pieces(account, *id).await?);
        }
        let mut unsent: BTreeMap<Id, Vec<Hash>> = BTreeMap::new();
        for (_, document, hash) in park::waiting(account).await? {
            if wanted.forget.contains(&document) && !wanted.acked.contains(&hash) {
                unsent.entry(document).or_default().push(hash);
            }
        }
        if unsent.is_empty() {
            return Ok(pieces);
        }
        for (document, hashes) in unsent {
            let message = "This resource is no longer there for you; your last changes of it were not sent.".to_owned();
            let wanted = Park { document, hashes, code: "forgotten".to_owned(), message };
            let hashes = park::park(account, session, &wanted).await?;
            drive(account, session, Event::Withdrawn { document, hashes });
        }
    }
}

fn forget(batch: &mut Batch, documents: &[Id], pieces: &[Piece]) {
    for piece in pieces {
        batch.delete(piece.store, &piece.key);
    }
    for id in documents {
        if let Some(range) = document_range(*id) {
            batch.delete(Store::Quarantine, &range);
        }
        batch.delete(Store::Catalogue, &text(id.to_string()));
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
        let labels: Vec<Option<Scan>> = chunks.iter().map(|chunk| label(chunk)).collect();
        let newest_ms = labels.iter().flatten().map(|change| change.time_ms).max();
        let look = |document: &Document| Seen::of(account, document, newest_ms, known, &parked);
        let open = if known { account.documents.with(*id, |opened| look(&opened.document)) } else { None };
        let seen = match open {
            Some(seen) => Some(seen),
            None => read(account, *id, chunks, known).await?.as_ref().map(look),
        };
        let (row, done) = seen.map(|seen| (seen.row, seen.unparked)).unzip();
        arrived.pieces.push(keep(batch, *id, chunks.iter().zip(labels), row.as_ref()));
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
    fn of(account: &Account, document: &Document, newest_ms: Option<i64>, known: bool, parked: &[ParkedRow]) -> Self {
        let id = document.id();
        let modified_ms = newest_ms.unwrap_or_else(|| catalogue::last_change_ms(document));
        let row = catalogue::derive(document, &document.view(), modified_ms, known && account.is_damaged(id));
        let mine = parked.iter().filter(|row| row.parked.document == id);
        let done = mine.filter(|row| row.is_in(|hash| document.has(hash)));
        Self { row, unparked: done.map(|row| row.parked.id.clone()).collect() }
    }
}

/// What a change is called, by whom and of when; nothing of a saved document. Reading what it writes takes ten times as
/// long, which a device feels that gets a whole account.
fn label(chunk: &[u8]) -> Option<Scan> {
    scan_change(chunk, &Caps::SNAPSHOT).ok()
}

/// Puts chunks into the batch. A saved document is named after the state of the whole, whose row this is.
fn keep<'c>(
    batch: &mut Batch,
    id: Id,
    chunks: impl Iterator<Item = (&'c Vec<u8>, Option<Scan>)>,
    row: Option<&StoredRow>,
) -> Pieces {
    let mut pieces = Pieces { document: id, hashes: Vec::new(), snapshots: false, outgoing: false };
    for (chunk, label) in chunks {
        if is_saved_document(chunk) {
            let name = row.map_or_else(env::new_name, |row| compact::snapshot_name(chunk, &row.heads));
            batch.put(Store::Snapshots, &pair(id.to_string(), &text(name)), bytes(chunk));
            pieces.snapshots = true;
        } else if let Some(change) = label {
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
    for change in chunks.iter().filter_map(|chunk| label(chunk)) {
        seen.insert(history::session_of(&change.actor));
    }
    for session in seen {
        batch.put(Store::Actors, &text(session), text(user.to_string()));
    }
}

/// Tells screens and tabs, after everything is on the disk.
fn tell(account: &Rc<Account>, arrived: Arrived, removed: &[Id], done: Vec<(Id, Hash)>, runs: Vec<RunRow>) {
    for id in removed {
        account.documents.remove(*id);
    }
    if !arrived.pieces.is_empty() || !removed.is_empty() {
        account.say(&Say::Stored { pieces: arrived.pieces, rows: arrived.rows.clone(), removed: removed.to_vec() });
        account.take_rows(arrived.rows, removed);
    }
    let mut changes: BTreeMap<Id, Vec<String>> = BTreeMap::new();
    for (id, hash) in done {
        changes.entry(id).or_default().push(hash_to_hex(&hash));
    }
    if !changes.is_empty() {
        let changes: Vec<Named> = changes.into_iter().collect();
        account.say(&Say::Acked { changes: changes.clone() });
        account.acked(&changes);
    }
    for row in runs {
        runs::show(account, row);
    }
}
