//! Refused changes: taken out of their document, kept beside it with the difference, written anew on request.
//!
//! Invariant: the hash of a refused change never comes back into a document by this device; "try again" writes new
//! changes. When the server turns out to have it, what is parked goes.

mod again;
mod row;

use std::collections::BTreeSet;
use std::rc::Rc;

use tombolo_docs::{Chunk, Document, Hash, hash_from_hex, hash_to_hex};
use tombolo_model::{Id, Kind};
use tombolo_sync::client::Park;
use tombolo_wire::store::Parked;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::account::{Account, OutboxRow};
use crate::catalogue;
use crate::compact;
use crate::documents;
use crate::env;
use crate::fault::Fault;
use crate::news;
use crate::session::Session;
use crate::storage::read::json;
use crate::storage::{Batch, StorageError, Store, bytes, bytes_of, chunk_key, document_range, pair, text};
use crate::tabs::Say;
use crate::untold;

use row::Remains;

pub(crate) use again::{discard, offer, retry};
pub(crate) use row::ParkedRow;

/// What became of a document.
#[derive(Default)]
struct Parting {
    before: Option<Document>,
    kept: Option<Document>,
    /// Its pieces cannot be read as a document, which is no reason to drop them.
    unreadable: bool,
    taken: Vec<Chunk>,
}

impl Parting {
    fn remains(&self) -> Remains<'_> {
        match &self.kept {
            Some(kept) => Remains::Kept(kept),
            None if self.unreadable => Remains::Unreadable,
            None => Remains::Nothing,
        }
    }
}

/// What is written of parked rows.
#[derive(Default)]
struct Filed {
    put: Vec<ParkedRow>,
    /// Names of rows whose changes are in the document after all.
    done: Vec<String>,
}

/// Takes refused changes out; gives all that went.
pub(crate) async fn park(account: &Rc<Account>, session: &Rc<Session>, park: &Park) -> Result<Vec<Hash>, Fault> {
    let id = park.document;
    let parting = match documents::ensure(account, id).await {
        Ok(()) => {
            let parting = part(account, park).await;
            documents::release(account);
            parting
        }
        Err(Fault::Damaged { .. }) => Parting { unreadable: true, ..Parting::default() },
        Err(Fault::NotFound(_)) => Parting::default(),
        Err(error) => return Err(error),
    };
    let mut gone: BTreeSet<Hash> = park.hashes.iter().copied().collect();
    gone.extend(parting.taken.iter().map(|chunk| chunk.hash));
    let gone: Vec<Hash> = gone.into_iter().collect();
    let loose = loose(account, park, &parting).await?;
    let filed = file(said(account, park), &parting, loose, rows(account).await?);
    write(account, session, id, &gone, &parting, &filed).await?;
    recount(account).await;
    if parting.kept.is_some() {
        documents::changed(account, id, false);
    }
    Ok(gone)
}

/// Divides the document in memory. No await lies between dividing and replacing, so no edit falls between.
async fn part(account: &Rc<Account>, park: &Park) -> Parting {
    const A_MOMENT_MS: u32 = 5;
    let id = park.document;
    // Another tab may have stored what this one was not told yet.
    if let Ok(pieces) = documents::pieces(account, id).await {
        let chunks: Vec<Vec<u8>> = pieces.into_iter().map(|piece| piece.bytes).collect();
        account.documents.with(id, |opened| news::merge(&mut opened.document, &chunks));
    }
    while account.writer.unsaved() > 0 && account.writer.failure().is_none() {
        env::pause(A_MOMENT_MS).await;
    }
    let Some(before) = account.documents.with(id, |opened| opened.document.clone()) else {
        return Parting::default();
    };
    let (kept, taken) = match before.without(&park.hashes) {
        Ok((kept, taken)) => (Some(kept), taken),
        Err((_, taken)) => (None, taken),
    };
    match &kept {
        Some(kept) => account.documents.replace(kept.clone()),
        None => drop(account.documents.remove(id)),
    }
    account.rotate_actor();
    account.undo.borrow_mut().forget(id);
    Parting { before: Some(before), kept, unreadable: false, taken }
}

/// What a new row says of a refusal.
fn said(account: &Account, park: &Park) -> Parked {
    let catalogue = account.catalogue.borrow();
    let known = catalogue.get(&park.document).map(|stored| &stored.row);
    Parked {
        id: env::new_name(),
        document: park.document,
        kind: known.map_or(Kind::Flow, |row| row.kind),
        name: known.map(|row| row.name.clone()).unwrap_or_default(),
        reason: park.message.clone(),
        time_ms: env::now_ms(),
        differences: Vec::new(),
    }
}

/// Refused changes that are stored and yet in no document: another tab wrote them on top of what was taken out.
async fn loose(account: &Account, park: &Park, parting: &Parting) -> Result<Vec<Chunk>, Fault> {
    let taken: BTreeSet<Hash> = parting.taken.iter().map(|chunk| chunk.hash).collect();
    let lacking: Vec<Hash> = park.hashes.iter().filter(|hash| !taken.contains(*hash)).copied().collect();
    let keys: Vec<_> = lacking.iter().map(|hash| chunk_key(park.document, hash)).collect();
    let found = account.storage.get_many(Store::Chunks, &keys).await?;
    let chunks = lacking.into_iter().zip(found).filter_map(|(hash, value)| {
        let bytes = bytes_of(&value?)?;
        Some(Chunk { hash, bytes })
    });
    Ok(chunks.collect())
}

/// Puts what was refused into rows: what builds on an earlier row joins it, everything else makes a new one.
fn file(said: Parked, parting: &Parting, loose: Vec<Chunk>, mut rows: Vec<ParkedRow>) -> Filed {
    let remains = parting.remains();
    let mut filed = Filed::default();
    rows.retain(|row| row.parked.document == said.document);
    if let Some(kept) = remains.kept() {
        let (done, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_in(|hash| kept.has(hash)));
        filed.done = done.into_iter().map(|row| row.parked.id).collect();
        rows = others;
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.parked.time_ms));
    let mut fresh = ParkedRow::empty(said);
    let mut left = loose;
    if let Some(before) = parting.before.as_ref().filter(|_| !parting.taken.is_empty()) {
        fresh.take(remains, before, &parting.taken);
        left = fresh.adopt(remains, left);
    }
    for mut row in rows {
        let count = left.len();
        left = row.adopt(remains, left);
        if left.len() < count {
            filed.put.push(row);
        }
    }
    fresh.take_loose(remains, &left);
    if !left.is_empty() || fresh.says_something() {
        filed.put.push(fresh);
    }
    filed
}

async fn write(
    account: &Rc<Account>,
    session: &Rc<Session>,
    id: Id,
    gone: &[Hash],
    parting: &Parting,
    filed: &Filed,
) -> Result<(), Fault> {
    let snapshots = account.storage.values(Store::Snapshots, document_range(id).as_ref()).await?;
    let mut batch = Batch::new();
    for row in &filed.put {
        batch.put_json(Store::Parked, &text(&row.parked.id), row);
    }
    for name in &filed.done {
        batch.delete(Store::Parked, &text(name));
    }
    for hash in gone {
        batch.delete(Store::Chunks, &chunk_key(id, hash));
    }
    if !snapshots.is_empty()
        && !parting.unreadable
        && let Some(range) = document_range(id)
    {
        // A saved document may contain what was refused: it is written anew without.
        batch.delete(Store::Snapshots, &range);
        if let Some(kept) = &parting.kept {
            let saved = kept.save();
            let name = compact::snapshot_name(&saved, &kept.heads_hex());
            batch.put(Store::Snapshots, &pair(id.to_string(), &text(name)), bytes(&saved));
        }
    }
    delete_waiting(account, &mut batch, id, gone).await?;
    let number = untold::count(account, &mut batch);
    match &parting.kept {
        Some(kept) => {
            let damaged = account.is_damaged(id);
            let derived = catalogue::derive(kept, &kept.view(), env::now_ms(), damaged);
            catalogue::put(&mut batch, &derived);
            account.storage.write(&batch).await?;
            account.take_rows(vec![derived], &[]);
        }
        None if parting.unreadable => account.storage.write(&batch).await?,
        None => {
            batch.delete(Store::Catalogue, &text(id.to_string()));
            account.storage.write(&batch).await?;
            account.take_rows(Vec::new(), &[id]);
        }
    }
    session.rows_deleted(gone);
    let acked = [(id, gone.iter().map(hash_to_hex).collect())];
    account.say(&Say::Acked { changes: acked.to_vec() });
    account.acked(&acked);
    account.say(&Say::Parked { document: id });
    untold::told(account, number);
    Ok(())
}

/// Deletes the outbox rows of these changes, also those that the session has not read yet; gives their number.
pub(crate) async fn delete_waiting(
    account: &Account,
    batch: &mut Batch,
    id: Id,
    gone: &[Hash],
) -> Result<usize, Fault> {
    let mut count = 0;
    for (key, document, hash) in waiting(account).await? {
        if document == id && gone.contains(&hash) {
            batch.delete(Store::Outbox, &key);
            count += 1;
        }
    }
    Ok(count)
}

/// The outbox as it is stored: keys of rows, documents and changes.
pub(crate) async fn waiting(account: &Account) -> Result<Vec<(JsValue, Id, Hash)>, Fault> {
    let entries = account.storage.entries(&[(Store::Outbox, None)]).await?;
    let rows = entries.into_iter().flatten().filter_map(|(key, value)| {
        // One that cannot be read stays, and is said when the account is opened.
        let row = json::<OutboxRow>(Store::Outbox, &value).ok()?;
        Some((key, row.document, hash_from_hex(&row.hash)?))
    });
    Ok(rows.collect())
}

/// Another tab parked changes of a document.
pub(crate) fn heard(account: &Rc<Account>, id: Id) {
    account.rotate_actor();
    account.undo.borrow_mut().forget(id);
    let account = account.clone();
    spawn_local(async move {
        match news::reload(&account, id).await {
            // Whoever loads it has said what is damaged.
            Ok(()) | Err(Fault::Damaged { .. }) => {}
            // When nothing remains of it, the document is simply gone.
            Err(Fault::NotFound(_)) => {
                account.documents.remove(id);
                account.take_rows(Vec::new(), &[id]);
            }
            Err(_) => untold::look_up(&account),
        }
        recount(&account).await;
    });
}

/// Counts what is parked; what cannot be read now, as soon as it can.
pub(crate) async fn recount(account: &Rc<Account>) {
    if count(account).await.is_err() {
        untold::look_up(account);
    }
}

/// Counts what is parked.
pub(crate) async fn count(account: &Rc<Account>) -> Result<(), StorageError> {
    let rows = account.storage.values(Store::Parked, None).await?;
    account.parked.set(rows.len());
    account.show_status();
    Ok(())
}

/// Everything that is parked, as it is stored.
pub(crate) async fn rows(account: &Account) -> Result<Vec<ParkedRow>, Fault> {
    let values = account.storage.values(Store::Parked, None).await?;
    // One that cannot be read must not keep the others from being seen.
    Ok(values.iter().filter_map(|value| json(Store::Parked, value).ok()).collect())
}

/// Everything that is parked, newest first.
pub(crate) async fn list(account: &Rc<Account>) -> Result<Vec<Parked>, Fault> {
    let mut parked: Vec<Parked> = rows(account).await?.into_iter().map(|row| row.parked).collect();
    parked.sort_by_key(|row| std::cmp::Reverse(row.time_ms));
    Ok(parked)
}
