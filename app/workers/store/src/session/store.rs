//! What came from the server, into one strict transaction: chunks, catalogue rows, runs, cursor, and what is done.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tombolo_docs::{Document, Hash, hash_to_hex, is_saved_document};
use tombolo_model::Id;
use tombolo_sync::client::{Event, Park, Received, Store as Wanted};
use tombolo_sync::prescan::{Caps, Scan, scan_change};

use super::{Session, drive};
use crate::account::Account;
use crate::catalogue::{self, StoredRow};
use crate::documents::Piece;
use crate::fault::Fault;
use crate::park::ParkedRow;
use crate::pending::Named;
use crate::runs::Fresh;
use crate::storage::{Batch, Store, bytes, chunk_key, document_range, pair, text};
use crate::tabs::{Pieces, Say};
use crate::{compact, documents, env, history, news, outages, park, runs, stubs, untold};

/// What was received of one document.
#[derive(Default)]
struct Arriving {
    chunks: Vec<Vec<u8>>,
    /// What each chunk is called.
    labels: Vec<Option<Scan>>,
}

/// What others are told once it is stored.
#[derive(Default)]
struct Arrived {
    pieces: Vec<Pieces>,
    rows: Vec<StoredRow>,
    /// Whether something that was parked turned out to be on the server.
    unparked: bool,
}

/// Writes all of it.
///
/// The transaction is filled document by document, so that the browser writes one while the next is derived.
pub(super) async fn store(account: &Rc<Account>, session: &Rc<Session>, wanted: Wanted) -> Result<(), Fault> {
    let pieces = if wanted.forget.is_empty() { Vec::new() } else { to_forget(account, session, &wanted).await? };
    let (mut before, mut after) = (Batch::new(), Batch::new());
    forget(&mut before, &wanted.forget, &pieces);
    runs::forget(account, &mut before, &wanted.forget).await?;
    let arriving = sort_out(&mut before, wanted.received);
    let fresh_runs = runs::receive(account, &mut after, wanted.runs).await?;
    runs::sent(&mut after, &wanted.acked_runs, &wanted.acked_errors, &wanted.acked_marks);
    let parked = if account.parked.get() > 0 { park::rows(account).await? } else { Vec::new() };
    let here = Here::read(account, &arriving, &wanted.forget).await?;
    // From here to the commit nothing is awaited.
    let done = session.outbox.delete(&mut after, &wanted.acked);
    if let Some(cursor) = &wanted.cursor {
        after.put_json(Store::Meta, &text("cursor"), cursor);
    }
    let (mut arrived, mut number) = (Arrived::default(), None);
    if !(before.is_empty() && after.is_empty() && arriving.is_empty()) {
        number = Some(untold::count(account, &mut after));
        let mut stores = before.stores();
        stores.extend(after.stores());
        if !arriving.is_empty() {
            stores.extend([Store::Chunks, Store::Snapshots, Store::Catalogue, Store::Parked]);
        }
        let writing = account.storage.begin(&stores)?;
        writing.issue(&before)?;
        for (id, arriving) in &arriving {
            writing.issue(&receive(account, *id, arriving, &here, &parked, &mut arrived))?;
        }
        writing.issue(&after)?;
        writing.commit().await?;
    }
    if wanted.cursor.is_some() {
        // What was not sent is told by the numbers alone.
        stubs::ask_soon(account);
    }
    let unparked = arrived.unparked;
    session.outbox.deleted(&wanted.acked);
    tell(account, arrived, &wanted.forget, done, fresh_runs);
    if unparked {
        account.say(&Say::ParkedMoved);
    }
    if let Some(number) = number {
        untold::told(account, number);
    }
    if unparked {
        park::recount(account).await;
    }
    // All of it is stored: what fails here is made good when the document is opened again.
    drop(catch_up(account, arriving).await);
    Ok(())
}

/// A document that came into memory after these chunks were shown was read from the disk before they were on it.
async fn catch_up(account: &Rc<Account>, arrived: BTreeMap<Id, Arriving>) -> Result<(), Fault> {
    let mut batch = Batch::new();
    let mut rows = Vec::new();
    for (id, Arriving { chunks, .. }) in arrived {
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
            batch.delete(Store::Secrets, &range);
        }
        batch.delete(Store::Catalogue, &text(id.to_string()));
    }
}

/// By document, with what each chunk is called; also remembers who is behind the sessions, for the history.
fn sort_out(batch: &mut Batch, received: Vec<Received>) -> BTreeMap<Id, Arriving> {
    let mut by_document: BTreeMap<Id, Arriving> = BTreeMap::new();
    let mut authors = BTreeMap::new();
    for item in received {
        let arriving = by_document.entry(item.document).or_default();
        for chunk in item.chunks {
            let label = label(&chunk);
            if let (Some(user), Some(change)) = (item.user, &label) {
                authors.insert(history::session_of(&change.actor), user);
            }
            arriving.chunks.push(chunk);
            arriving.labels.push(label);
        }
    }
    for (session, user) in authors {
        batch.put(Store::Actors, &text(session), text(user.to_string()));
    }
    by_document
}

/// The stored pieces of those documents that were known before and are not in memory.
struct Here {
    pieces: BTreeMap<Id, Vec<Piece>>,
    forgotten: BTreeSet<Id>,
}

impl Here {
    /// Reads them. What leaves memory meanwhile is read as well.
    async fn read(account: &Rc<Account>, arriving: &BTreeMap<Id, Arriving>, forgotten: &[Id]) -> Result<Self, Fault> {
        let mut here = Self { pieces: BTreeMap::new(), forgotten: forgotten.iter().copied().collect() };
        loop {
            let on_disk = |id: &&Id| here.knows(account, **id) && account.documents.with(**id, |_| ()).is_none();
            let lacking: Vec<Id> =
                arriving.keys().filter(on_disk).filter(|id| !here.pieces.contains_key(*id)).copied().collect();
            if lacking.is_empty() {
                return Ok(here);
            }
            for id in lacking {
                here.pieces.insert(id, documents::pieces(account, id).await?);
            }
        }
    }

    /// Whether a document was there before what came.
    fn knows(&self, account: &Account, id: Id) -> bool {
        !self.forgotten.contains(&id) && account.catalogue.borrow().contains_key(&id)
    }

    /// The document with what came. `None` while its beginning is missing: then it has no row yet.
    fn with(&self, id: Id, chunks: &[Vec<u8>]) -> Option<Document> {
        let stored = self.pieces.get(&id).into_iter().flatten().map(|piece| piece.bytes.as_slice());
        Document::load(stored.chain(chunks.iter().map(Vec::as_slice))).ok().map(|loaded| loaded.document)
    }
}

/// What is written of a document.
fn receive(
    account: &Rc<Account>,
    id: Id,
    arriving: &Arriving,
    here: &Here,
    parked: &[ParkedRow],
    arrived: &mut Arrived,
) -> Batch {
    let known = here.knows(account, id);
    if known {
        // What is in memory was given these chunks when they came, unless it was not in memory then.
        account.take_rows(news::apply(account, id, &arriving.chunks).into_iter().collect(), &[]);
    }
    let newest_ms = arriving.labels.iter().flatten().map(|change| change.time_ms).max();
    let look = |document: &Document| Seen::of(account, document, newest_ms, known, parked);
    let open = if known { account.documents.with(id, |opened| look(&opened.document)) } else { None };
    let seen = open.or_else(|| here.with(id, &arriving.chunks).as_ref().map(look));
    let (row, done) = seen.map(|seen| (seen.row, seen.unparked)).unzip();
    let mut batch = Batch::new();
    arrived.pieces.push(keep(&mut batch, id, arriving, row.as_ref()));
    for name in done.into_iter().flatten() {
        batch.delete(Store::Parked, &text(name));
        arrived.unparked = true;
    }
    if let Some(row) = row {
        catalogue::put(&mut batch, &row);
        arrived.rows.push(row);
    }
    batch
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
    if is_saved_document(chunk) { None } else { scan_change(chunk, &Caps::SNAPSHOT).ok() }
}

/// Puts chunks into the batch. A saved document is named after the state of the whole, whose row this is.
fn keep(batch: &mut Batch, id: Id, arriving: &Arriving, row: Option<&StoredRow>) -> Pieces {
    let mut pieces = Pieces { document: id, hashes: Vec::new(), snapshots: false, outgoing: false };
    for (chunk, label) in arriving.chunks.iter().zip(&arriving.labels) {
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

/// Tells screens and tabs, after everything is on the disk.
fn tell(account: &Rc<Account>, arrived: Arrived, removed: &[Id], done: Vec<(Id, Hash)>, fresh: Fresh) {
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
    // A run that failed elsewhere may have found a connection's credentials refused.
    if fresh
        .rows
        .iter()
        .any(|row| runs::is_end(row.status) && (row.error.is_some() || row.steps.iter().any(|step| step.errors > 0)))
    {
        outages::ask(account);
    }
    for row in fresh.rows {
        runs::show(account, row);
    }
    runs::show_marks(account, fresh.marks);
}
