//! Refused changes: taken out of their document, kept beside it with the difference, written anew on request.
//!
//! Invariant: the hash of a refused change never comes back into a document; "try again" writes new changes.

mod again;

use std::collections::BTreeSet;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_docs::{Document, Hash, hash_from_hex, inspect};
use tombolo_model::{Id, Intent, Kind};
use tombolo_sync::client::Park;
use tombolo_wire::store::{Difference, Parked};
use wasm_bindgen_futures::spawn_local;

use crate::account::{Account, OutboxRow};
use crate::catalogue;
use crate::documents;
use crate::env;
use crate::fault::Fault;
use crate::news;
use crate::session::Session;
use crate::storage::read::json;
use crate::storage::{Batch, Store, bytes, bytes_of, chunk_key, document_range, pair, text};
use crate::tabs::Say;
use crate::{compact, session};

pub(crate) use again::{discard, retry};

/// A parked change as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ParkedRow {
    /// What the screen shows.
    pub(crate) parked: Parked,
    /// What writes the difference anew.
    pub(crate) intents: Vec<Intent>,
    /// The whole resource, when its creation was refused.
    pub(crate) create: Option<Value>,
}

/// What remains of a document.
struct Parting {
    kept: Option<Document>,
    taken: Vec<Hash>,
    row: ParkedRow,
}

/// What stays on the disk.
struct Remains<'a> {
    document: Option<&'a Document>,
    /// Its pieces cannot be read as a document, which is no reason to drop them.
    unreadable: bool,
}

/// Takes refused changes out; gives all that went.
pub(crate) async fn park(account: &Rc<Account>, session: &Rc<Session>, park: &Park) -> Result<Vec<Hash>, Fault> {
    let id = park.document;
    let present = documents::ensure(account, id).await;
    let unreadable = matches!(present, Err(Fault::Damaged { .. }));
    let parting = match present {
        Ok(()) => {
            let parting = part(account, park).await;
            documents::release(account, id);
            parting
        }
        Err(Fault::NotFound(_) | Fault::Damaged { .. }) => None,
        Err(error) => return Err(error),
    };
    let mut gone: BTreeSet<Hash> = park.hashes.iter().copied().collect();
    gone.extend(parting.iter().flat_map(|parting| parting.taken.iter().copied()));
    let gone: Vec<Hash> = gone.into_iter().collect();
    let orphans = orphans(account, park, &gone).await?;
    let (kept, row) = match parting {
        Some(parting) => (parting.kept, add_orphans(parting.row, orphans)),
        None => (None, add_orphans(empty_row(account, park), orphans)),
    };
    // What builds on changes that were parked before was parked with them: there is nothing left to say.
    let row = Some(row).filter(|row| row.create.is_some() || !row.parked.differences.is_empty());
    let remains = Remains { document: kept.as_ref(), unreadable };
    write(account, session, id, &gone, &remains, row.as_ref()).await?;
    tell(account, id, kept.is_some(), row.is_some());
    Ok(gone)
}

/// Divides the document in memory. No await lies between dividing and replacing, so no edit falls between.
async fn part(account: &Rc<Account>, park: &Park) -> Option<Parting> {
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
    let before = account.documents.with(id, |opened| opened.document.clone())?;
    let (kept, taken) = match before.without(&park.hashes) {
        Ok((kept, taken)) => (Some(kept), taken),
        Err((_, taken)) => (None, taken),
    };
    let row = row(park, &before, kept.as_ref());
    match &kept {
        Some(kept) => account.documents.replace(kept.clone()),
        None => drop(account.documents.remove(id)),
    }
    account.rotate_actor();
    account.undo.borrow_mut().remove(&id);
    Some(Parting { kept, taken: taken.into_iter().map(|chunk| chunk.hash).collect(), row })
}

fn row(park: &Park, before: &Document, kept: Option<&Document>) -> ParkedRow {
    let described = before.describe();
    let (differences, intents, create) = match kept {
        Some(kept) => {
            let differences: Vec<Difference> = kept
                .differences(before)
                .into_iter()
                .map(|difference| Difference {
                    path: difference.path,
                    accepted: difference.here,
                    refused: difference.there,
                })
                .collect();
            let intents = again::intents(&differences, &before.view());
            (differences, intents, None)
        }
        None => {
            let value = before.value();
            let fields = value.as_object().cloned().unwrap_or_default();
            let differences = fields.into_iter().map(|(name, refused)| Difference {
                path: format!("/{name}"),
                accepted: None,
                refused: Some(refused),
            });
            (differences.collect(), Vec::new(), Some(value))
        }
    };
    ParkedRow {
        parked: Parked {
            id: env::new_name(),
            document: park.document,
            kind: before.kind(),
            name: described.name,
            reason: park.message.clone(),
            time_ms: env::now_ms(),
            differences,
        },
        intents,
        create,
    }
}

fn empty_row(account: &Account, park: &Park) -> ParkedRow {
    let catalogue = account.catalogue.borrow();
    let known = catalogue.get(&park.document).map(|stored| &stored.row);
    ParkedRow {
        parked: Parked {
            id: env::new_name(),
            document: park.document,
            kind: known.map_or(Kind::Flow, |row| row.kind),
            name: known.map(|row| row.name.clone()).unwrap_or_default(),
            reason: park.message.clone(),
            time_ms: env::now_ms(),
            differences: Vec::new(),
        },
        intents: Vec::new(),
        create: None,
    }
}

/// What changes wrote that are stored and yet in no document: they build on something that was taken out before.
async fn orphans(account: &Rc<Account>, park: &Park, gone: &[Hash]) -> Result<Vec<Difference>, Fault> {
    let lacking: Vec<_> = gone
        .iter()
        .filter(|hash| account.documents.with(park.document, |opened| opened.document.has(hash)).is_none())
        .map(|hash| chunk_key(park.document, hash))
        .collect();
    let mut differences = Vec::new();
    for value in account.storage.get_many(Store::Chunks, &lacking).await?.into_iter().flatten() {
        let change = bytes_of(&value).and_then(|bytes| inspect(&bytes).ok());
        for write in change.into_iter().flat_map(|change| change.writes) {
            if let tombolo_docs::Written::Leaf(refused) = write.written {
                differences.push(Difference { path: write.key, accepted: None, refused: Some(refused) });
            }
        }
    }
    Ok(differences)
}

fn add_orphans(mut row: ParkedRow, orphans: Vec<Difference>) -> ParkedRow {
    if row.parked.differences.is_empty() {
        row.parked.differences = orphans;
    }
    row
}

async fn write(
    account: &Rc<Account>,
    session: &Rc<Session>,
    id: Id,
    gone: &[Hash],
    remains: &Remains<'_>,
    row: Option<&ParkedRow>,
) -> Result<(), Fault> {
    let snapshots = account.storage.values(Store::Snapshots, document_range(id).as_ref()).await?;
    let mut batch = Batch::new();
    if let Some(row) = row {
        batch.put_json(Store::Parked, &text(&row.parked.id), row);
    }
    for hash in gone {
        batch.delete(Store::Chunks, &chunk_key(id, hash));
    }
    if !snapshots.is_empty()
        && !remains.unreadable
        && let Some(range) = document_range(id)
    {
        // A saved document may contain what was refused: it is written anew without.
        batch.delete(Store::Snapshots, &range);
        if let Some(kept) = remains.document {
            let saved = kept.save();
            let name = compact::snapshot_name(&saved, kept);
            batch.put(Store::Snapshots, &pair(id.to_string(), &text(name)), bytes(&saved));
        }
    }
    let rows = delete_waiting(account, &mut batch, id, gone).await?;
    match remains.document {
        Some(kept) => {
            let damaged = account.is_damaged(id);
            let derived = catalogue::derive(kept, &kept.view(), env::now_ms(), damaged);
            catalogue::put(&mut batch, &derived);
            account.storage.write(&batch).await?;
            account.take_rows(vec![derived], &[]);
        }
        None if remains.unreadable => account.storage.write(&batch).await?,
        None => {
            batch.delete(Store::Catalogue, &text(id.to_string()));
            account.storage.write(&batch).await?;
            account.take_rows(Vec::new(), &[id]);
        }
    }
    session.rows_deleted(gone);
    let acked = [(id, rows)];
    account.say(&Say::Acked { changes: acked.to_vec() });
    account.acked(&acked);
    Ok(())
}

/// Deletes the outbox rows of these changes, also those that the session has not read yet; gives their number.
async fn delete_waiting(account: &Rc<Account>, batch: &mut Batch, id: Id, gone: &[Hash]) -> Result<usize, Fault> {
    let entries = account.storage.entries(&[(Store::Outbox, None)]).await?;
    let mut count = 0;
    for (key, value) in entries.into_iter().flatten() {
        let row: OutboxRow = json(Store::Outbox, &value)?;
        if row.document == id && hash_from_hex(&row.hash).is_some_and(|hash| gone.contains(&hash)) {
            batch.delete(Store::Outbox, &key);
            count += 1;
        }
    }
    Ok(count)
}

fn tell(account: &Rc<Account>, id: Id, kept: bool, parked: bool) {
    account.parked.set(account.parked.get() + usize::from(parked));
    account.show_status();
    if kept {
        documents::changed(account, id, false);
    }
    account.say(&Say::Parked { document: id });
}

/// Another tab parked changes of a document.
pub(crate) fn heard(account: &Rc<Account>, id: Id) {
    account.rotate_actor();
    account.undo.borrow_mut().remove(&id);
    let account = account.clone();
    spawn_local(async move {
        // When nothing remains of it, the document is simply gone.
        if let Err(Fault::NotFound(_)) = news::reload(&account, id).await {
            account.documents.remove(id);
            account.take_rows(Vec::new(), &[id]);
        }
        recount(&account).await;
    });
}

/// Counts what is parked.
pub(crate) async fn recount(account: &Rc<Account>) {
    if let Ok(rows) = account.storage.values(Store::Parked, None).await {
        account.parked.set(rows.len());
        account.show_status();
    }
}

/// Everything that is parked, newest first.
pub(crate) async fn list(account: &Rc<Account>) -> Result<Vec<Parked>, Fault> {
    let mut parked = Vec::new();
    for value in account.storage.values(Store::Parked, None).await? {
        parked.push(json::<ParkedRow>(Store::Parked, &value)?.parked);
    }
    parked.sort_by_key(|row| std::cmp::Reverse(row.time_ms));
    Ok(parked)
}

/// Changes that were pushed, and build on changes which exist nowhere: nothing can be done but to park them.
pub(crate) async fn lost(account: &Rc<Account>, session: &Rc<Session>, document: Id) {
    let waiting = session.hashes_of(document);
    let lost = account.documents.with(document, |opened| {
        let lacks = waiting.iter().filter(|hash| !opened.document.has(hash));
        lacks.copied().collect::<Vec<Hash>>()
    });
    let hashes = lost.unwrap_or(waiting);
    if hashes.is_empty() {
        return;
    }
    let wanted = Park {
        document,
        hashes,
        code: "orphaned".to_owned(),
        message: "These changes built on changes that were not accepted.".to_owned(),
    };
    if let Ok(gone) = park(account, session, &wanted).await {
        session::drive(account, session, tombolo_sync::client::Event::Withdrawn(gone));
    }
}
