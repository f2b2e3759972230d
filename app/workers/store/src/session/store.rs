//! What came from the server, into one strict transaction: chunks, catalogue rows, runs, cursor, and what is done.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tombolo_docs::{Document, Hash, hash_to_hex, inspect};
use tombolo_model::Id;
use tombolo_sync::client::{Received, Store as Wanted};
use tombolo_wire::run::RunRow;

use super::Session;
use crate::account::Account;
use crate::catalogue::{self, StoredRow};
use crate::fault::Fault;
use crate::storage::{Batch, Store, bytes, chunk_key, document_range, pair, text};
use crate::tabs::{Pieces, Say};
use crate::{compact, documents, env, history, runs};

/// The type byte of a saved document among chunks.
const SAVED: u8 = 0;

struct Arrived {
    pieces: Vec<Pieces>,
    rows: Vec<StoredRow>,
}

/// Writes all of it.
pub(super) async fn store(account: &Rc<Account>, session: &Rc<Session>, wanted: Wanted) -> Result<(), Fault> {
    let mut batch = Batch::new();
    forget(session, &mut batch, &wanted.forget);
    let forgotten: BTreeSet<Id> = wanted.forget.iter().copied().collect();
    let arrived = receive(account, &mut batch, wanted.received, &forgotten).await?;
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
    let mut arrived = Arrived { pieces: Vec::new(), rows: Vec::new() };
    for (id, chunks) in by_document {
        let known = !forgotten.contains(&id) && account.catalogue.borrow().contains_key(&id);
        let whole = whole(account, id, &chunks, known).await?;
        let mut pieces = Pieces { document: id, hashes: Vec::new(), snapshots: false, outgoing: 0 };
        let mut modified_ms = 0;
        for chunk in &chunks {
            if chunk.get(8) == Some(&SAVED) {
                let name = whole.as_ref().map(|whole| compact::snapshot_name(chunk, whole));
                let name = name.unwrap_or_else(env::new_name);
                batch.put(Store::Snapshots, &pair(id.to_string(), &text(name)), bytes(chunk));
                pieces.snapshots = true;
            } else if let Ok(change) = inspect(chunk) {
                batch.put(Store::Chunks, &chunk_key(id, &change.hash), bytes(chunk));
                pieces.hashes.push(hash_to_hex(&change.hash));
                modified_ms = modified_ms.max(change.time_ms);
            }
        }
        if let Some(whole) = whole {
            if modified_ms == 0 {
                modified_ms = last_change_ms(&whole);
            }
            let row = catalogue::derive(&whole, &whole.view(), modified_ms, known && account.is_damaged(id));
            catalogue::put(batch, &row);
            arrived.rows.push(row);
        }
        arrived.pieces.push(pieces);
    }
    Ok(arrived)
}

/// The document with what came. `None` while its beginning is missing: then it has no row yet.
async fn whole(account: &Rc<Account>, id: Id, chunks: &[Vec<u8>], known: bool) -> Result<Option<Document>, Fault> {
    // What is in memory has been given these chunks when they came.
    if let Some(document) = account.documents.with(id, |opened| opened.document.clone()) {
        return Ok(Some(document));
    }
    let here = if known { documents::pieces(account, id).await? } else { Vec::new() };
    let all = here.iter().map(|piece| piece.bytes.as_slice()).chain(chunks.iter().map(Vec::as_slice));
    Ok(Document::load(all).ok().map(|loaded| loaded.document))
}

fn last_change_ms(document: &Document) -> i64 {
    let heads = document.heads();
    let newest = heads.iter().filter_map(|head| inspect(&document.chunk(head)?.bytes).ok());
    newest.map(|change| change.time_ms).max().unwrap_or(0)
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
