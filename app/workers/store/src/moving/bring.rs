//! Brings what was made on this device into an account of the server.
//!
//! Invariant: the local account is deleted only when nothing that came from it waits for the server any more.

use std::rc::Rc;

use tombolo_docs::{Chunk, Document, hash_to_hex, inspect};
use tombolo_model::Id;
use wasm_bindgen_futures::spawn_local;

use crate::account::{Account, OutboxRow, database_name};
use crate::api::Errand;
use crate::catalogue::{self, StoredRow};
use crate::fault::Fault;
use crate::storage::{Batch, Storage, Store, bytes, chunk_key, text, text_of};
use crate::{documents, env, history};

/// In the account: from which local account it has something to send.
const FROM: &str = "brought_from";

/// In the local account: it was brought somewhere already.
const BROUGHT: &str = "brought";

/// How many documents go into one transaction.
const MANY: usize = 200;

/// Copies everything of a local account into the account, into its outbox.
pub(super) async fn bring(local: &Rc<Account>, account: &Rc<Account>) -> Result<(), Fault> {
    // Its changes may belong to somebody else already, so the second time they are written anew.
    let again: Option<Id> = local.storage.get_json(Store::Meta, &text(BROUGHT)).await?;
    let anew = again.is_some_and(|before| before != account.id);
    let ids: Vec<Id> = local.catalogue.borrow().keys().copied().collect();
    if ids.is_empty() && local.storage.values(Store::Runs, None).await?.is_empty() {
        return Ok(());
    }
    let mut mark = Batch::new();
    mark.put_json(Store::Meta, &text(BROUGHT), &account.id);
    local.storage.write(&mark).await?;
    for some in ids.chunks(MANY) {
        bring_documents(local, account, some, anew).await?;
    }
    bring_rest(local, account).await
}

async fn bring_documents(local: &Rc<Account>, account: &Rc<Account>, ids: &[Id], anew: bool) -> Result<(), Fault> {
    let mut batch = Batch::new();
    let (mut rows, mut counts) = (Vec::new(), Vec::new());
    for id in ids {
        if account.catalogue.borrow().contains_key(id) {
            continue;
        }
        let document = match documents::load(local, *id).await {
            Ok(document) => document,
            // What is damaged stays in the local account, which therefore stays.
            Err(Fault::Damaged { .. } | Fault::NotFound(_)) => continue,
            Err(error) => return Err(error),
        };
        let (document, chunks) = changes(account, document, anew)?;
        for chunk in &chunks {
            if let (Some(user), Ok(change)) = (&account.info.borrow().user, inspect(&chunk.bytes)) {
                let session = history::session_of(&change.actor);
                batch.put(Store::Actors, &text(session), text(user.id.to_string()));
            }
            batch.put(Store::Chunks, &chunk_key(*id, &chunk.hash), bytes(&chunk.bytes));
            let row = OutboxRow { document: *id, hash: hash_to_hex(&chunk.hash) };
            batch.append_json(Store::Outbox, &row);
        }
        let row = row(local, &document);
        catalogue::put(&mut batch, &row);
        rows.push(row);
        counts.push((*id, isize::try_from(chunks.len()).unwrap_or(isize::MAX)));
    }
    account.storage.write(&batch).await?;
    account.catalogue.borrow_mut().extend(rows.into_iter().map(|row| (row.row.id, row)));
    account.count_pending(&counts);
    Ok(())
}

fn changes(account: &Account, document: Document, anew: bool) -> Result<(Document, Vec<Chunk>), Fault> {
    if !anew {
        let chunks = document.chunks_since(&[]);
        return Ok((document, chunks));
    }
    let (kind, id) = (document.kind(), document.id());
    let (document, chunk) = Document::create(kind, id, &document.value(), &account.author(), &mut env::new_row)?;
    Ok((document, vec![chunk]))
}

fn row(local: &Account, document: &Document) -> StoredRow {
    let known = local.catalogue.borrow().get(&document.id()).map(|row| row.row.modified_ms);
    catalogue::derive(document, &document.view(), known.unwrap_or_else(env::now_ms), false)
}

/// Files, secrets, runs: copied as they are, each with its errand.
async fn bring_rest(local: &Rc<Account>, account: &Rc<Account>) -> Result<(), Fault> {
    let stores = [Store::Blobs, Store::Secrets, Store::Runs, Store::RunErrors, Store::RunFiles];
    let wanted = stores.map(|store| (store, None));
    let found = local.storage.entries(&wanted).await?;
    let mut batch = Batch::new();
    for (store, entries) in stores.into_iter().zip(found) {
        for (key, value) in entries {
            match store {
                Store::Blobs => {
                    let hash = key.as_string().unwrap_or_default();
                    batch.append_json(Store::Errands, &Errand::Blob { hash });
                }
                Store::Secrets => {
                    if let (Some(connection), Some(path)) = (crate::account::id_of(&key), text_of(&key, 1)) {
                        batch.append_json(Store::Errands, &Errand::Secret { connection, path });
                    }
                }
                Store::Runs => crate::runs::queue_row(&mut batch, &value),
                Store::RunErrors => crate::runs::queue_error(&mut batch, &key),
                _ => {}
            }
            batch.put(store, &key, value);
        }
    }
    batch.put_json(Store::Meta, &text(FROM), &local.id);
    Ok(account.storage.write(&batch).await?)
}

/// The link is up and no change waits: the local account may be done with.
pub(crate) fn all_is_there(account: &Rc<Account>) {
    let account = account.clone();
    // Asked again with the next change of the link's state.
    spawn_local(async move { drop(finish(&account).await) });
}

async fn finish(account: &Rc<Account>) -> Result<(), Fault> {
    let from: Option<Id> = account.storage.get_json(Store::Meta, &text(FROM)).await?;
    let Some(local) = from else {
        return Ok(());
    };
    if !is_all_there(account).await {
        return Ok(());
    }
    let mut batch = Batch::new();
    batch.delete(Store::Meta, &text(FROM));
    account.storage.write(&batch).await?;
    if has_damage(local).await? {
        return Ok(());
    }
    account.registry.remove(local).await?;
    Ok(Storage::delete(&database_name(local)).await?)
}

/// What could not be brought keeps the local account.
async fn has_damage(local: Id) -> Result<bool, Fault> {
    let storage = Storage::open(&database_name(local), crate::storage::Layout::Account, || ()).await?;
    let kept = storage.values(Store::Quarantine, None).await;
    let rows = storage.values(Store::Catalogue, None).await;
    storage.close();
    let damaged = rows?
        .iter()
        .any(|row| crate::storage::read::json::<StoredRow>(Store::Catalogue, row).map_or(true, |row| row.row.damaged));
    Ok(damaged || !kept?.is_empty())
}

/// Whether the server has everything of an account. When that cannot be known, it has not.
pub(super) async fn is_all_there(account: &Rc<Account>) -> bool {
    let wanted = [Store::Outbox, Store::RunOutbox, Store::Errands, Store::Parked].map(|store| (store, None));
    let waiting = account.storage.entries(&wanted).await;
    account.writer.unsaved() == 0 && waiting.is_ok_and(|stores| stores.iter().all(Vec::is_empty))
}
