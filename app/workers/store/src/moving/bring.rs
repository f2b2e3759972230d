//! Brings what was made on this device into an account of the server.
//!
//! What is missing in the account is copied, and looked for again at the end: another tab may have gone on writing.
//!
//! Invariant: the local account is deleted only when the account has everything that is in it, and nothing of that
//! waits for the server any more.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tombolo_docs::{Chunk, Document, hash_to_hex, inspect};
use tombolo_model::{Id, Intent};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::account::{Account, OutboxRow, id_of, local_database};
use crate::api::{self, Errand};
use crate::catalogue::{self, StoredRow};
use crate::fault::Fault;
use crate::storage::read::json;
use crate::storage::{Batch, Layout, Storage, Store, bytes, bytes_of, chunk_key, document_range, text, text_of};
use crate::tabs::{Pieces, Say};
use crate::{documents, env, history, kept, news, runs, untold};

/// In the account: what was brought and is not done with.
const BROUGHT: &str = "brought";

/// In the account: the server has refused state or data of a cache that came along, which is in the local account alone.
/// It is apart from [`BROUGHT`], which a copy writes as it was when it began.
const REFUSED: &str = "brought_refused";

/// In the local account: where it was brought first.
const WENT_TO: &str = "brought_to";

/// How many documents go into one transaction.
const MANY: usize = 200;

/// What was brought into an account.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Brought {
    /// The local account.
    local: Id,
    /// Its changes belong to somebody else already, so they are written anew.
    anew: bool,
    /// When they are: the heads (hex) of each document that was copied.
    heads: BTreeMap<Id, Vec<String>>,
}

/// What a copy found.
struct Copied {
    /// How much was missing.
    news: usize,
    /// Everything could be read.
    whole: bool,
}

/// Copies everything of a local account into the account, into its outbox.
pub(super) async fn bring(local: &Rc<Account>, account: &Rc<Account>) -> Result<(), Fault> {
    let is_empty = local.catalogue.borrow().is_empty() && local.storage.values(Store::Runs, None).await?.is_empty();
    if is_empty {
        return Ok(());
    }
    let before: Option<Brought> = account.storage.get_json(Store::Meta, &text(BROUGHT)).await?;
    let mut brought = match before.filter(|before| before.local == local.id) {
        Some(before) => before,
        None => Brought { local: local.id, anew: went_elsewhere(local, account).await?, heads: BTreeMap::new() },
    };
    copy(&local.storage, account, &mut brought).await.map(drop)
}

/// Whether another account, or the same one for another person, has the local account's changes already.
async fn went_elsewhere(local: &Account, account: &Account) -> Result<bool, Fault> {
    let here = account.database();
    let before: Option<String> = local.storage.get_json(Store::Meta, &text(WENT_TO)).await?;
    if before.is_none() {
        let mut batch = Batch::new();
        batch.put_json(Store::Meta, &text(WENT_TO), &here);
        local.storage.write(&batch).await?;
    }
    Ok(before.is_some_and(|before| before != here))
}

/// Copies what the account lacks.
async fn copy(local: &Storage, account: &Rc<Account>, brought: &mut Brought) -> Result<Copied, Fault> {
    let ids: Vec<Id> = local.documents(&[Store::Snapshots, Store::Chunks]).await?.into_iter().collect();
    let mut copied = Copied { news: 0, whole: true };
    for some in ids.chunks(MANY) {
        copy_documents(local, account, brought, some, &mut copied).await?;
    }
    let mut batch = Batch::new();
    copied.news += copy_rest(local, account, &mut batch).await?;
    batch.put_json(Store::Meta, &text(BROUGHT), brought);
    account.storage.write(&batch).await?;
    Ok(copied)
}

async fn copy_documents(
    local: &Storage,
    account: &Rc<Account>,
    brought: &mut Brought,
    ids: &[Id],
    copied: &mut Copied,
) -> Result<(), Fault> {
    let mut batch = Batch::new();
    let (mut rows, mut pieces) = (Vec::new(), Vec::new());
    for id in ids {
        let range = document_range(*id);
        let stored = local.entries(&[(Store::Snapshots, range.clone()), (Store::Chunks, range)]).await?;
        let stored: Vec<Vec<u8>> = stored.iter().flatten().filter_map(|(_, value)| bytes_of(value)).collect();
        let Ok(loaded) = Document::load(stored.iter().map(Vec::as_slice)) else {
            // What is damaged stays in the local account, which therefore stays.
            copied.whole = false;
            continue;
        };
        copied.whole &= loaded.damaged.is_empty() && loaded.waiting == 0;
        let heads = loaded.document.heads_hex();
        let (document, chunks) = match lacking(account, loaded.document, brought).await {
            Ok(lacking) => lacking,
            Err(Fault::Damaged { .. }) => {
                copied.whole = false;
                continue;
            }
            Err(error) => return Err(error),
        };
        if brought.anew {
            brought.heads.insert(*id, heads);
        }
        if !chunks.is_empty() {
            copied.news += chunks.len();
            let (row, piece) = put(account, &mut batch, &document, &chunks);
            rows.push(row);
            pieces.push(piece);
        }
    }
    if pieces.is_empty() {
        return Ok(());
    }
    let number = untold::count(account, &mut batch);
    account.storage.write(&batch).await?;
    let said = Say::Stored { pieces, rows, removed: Vec::new() };
    account.say(&said);
    untold::told(account, number);
    account.heard(said);
    Ok(())
}

/// The changes of a local document that the account lacks, and the document with them.
async fn lacking(account: &Rc<Account>, here: Document, brought: &Brought) -> Result<(Document, Vec<Chunk>), Fault> {
    let (id, heads) = (here.id(), here.heads_hex());
    let known = account.catalogue.borrow().get(&id).map(|row| row.heads.clone());
    let copied = if brought.anew { brought.heads.get(&id) } else { known.as_ref() };
    if copied == Some(&heads) {
        return Ok((here, Vec::new()));
    }
    if known.is_none() && brought.anew {
        return anew(account, &here);
    }
    if known.is_none() {
        let chunks = here.chunks_since(&[]);
        return Ok((here, chunks));
    }
    documents::ensure(account, id).await?;
    let there = account.documents.with(id, |opened| opened.document.clone());
    documents::release(account);
    let mut there = there.ok_or(Fault::NotFound(id))?;
    if brought.anew {
        let chunks = there.replace(&account.author(), &here.value(), &mut env::new_row)?;
        return Ok((there, chunks));
    }
    let mut chunks = here.chunks_since(&[]);
    chunks.retain(|chunk| !there.has(&chunk.hash));
    news::merge(&mut there, &chunks.iter().map(|chunk| chunk.bytes.clone()).collect::<Vec<_>>());
    Ok((there, chunks))
}

/// A document as a new one of this person.
fn anew(account: &Account, here: &Document) -> Result<(Document, Vec<Chunk>), Fault> {
    let author = account.author();
    let made = Document::create_in_parts(here.kind(), here.id(), &here.value(), &author, &mut env::new_row)?;
    let (mut document, mut chunks) = made;
    if here.binned() {
        chunks.extend(document.edit(&author, &[Intent::Bin], &mut env::new_row)?);
    }
    Ok((document, chunks))
}

fn put(account: &Account, batch: &mut Batch, document: &Document, chunks: &[Chunk]) -> (StoredRow, Pieces) {
    let id = document.id();
    let mut hashes = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        if let (Some(user), Ok(change)) = (&account.info.borrow().user, inspect(&chunk.bytes)) {
            let session = history::session_of(&change.actor);
            batch.put(Store::Actors, &text(session), text(user.id.to_string()));
        }
        let hash = hash_to_hex(&chunk.hash);
        batch.put(Store::Chunks, &chunk_key(id, &chunk.hash), bytes(&chunk.bytes));
        batch.append_json(Store::Outbox, &OutboxRow { document: id, hash: hash.clone() });
        hashes.push(hash);
    }
    let row = catalogue::derive(document, &document.view(), catalogue::last_change_ms(document), false);
    catalogue::put(batch, &row);
    (row, Pieces { document: id, hashes, snapshots: false, outgoing: true })
}

/// Files, secrets, runs: copied as they are where they are missing, each with its errand; gives their number.
async fn copy_rest(local: &Storage, account: &Rc<Account>, batch: &mut Batch) -> Result<usize, Fault> {
    let stores = [
        Store::Blobs,
        Store::Secrets,
        Store::Runs,
        Store::RunErrors,
        Store::RunMarks,
        Store::RunFiles,
        Store::States,
        Store::CacheEntries,
    ];
    let mut caches = BTreeSet::new();
    let wanted = stores.map(|store| (store, None));
    let mut news = 0;
    for (store, entries) in stores.into_iter().zip(local.entries(&wanted).await?) {
        let keys: Vec<_> = entries.iter().map(|(key, _)| key.clone()).collect();
        let there = account.storage.get_many(store, &keys).await?;
        for ((key, value), known) in entries.into_iter().zip(there) {
            let is_there = |known: JsValue| match store {
                Store::Runs => !runs::is_newer(&value, &known),
                // Scripts may have gone on writing.
                Store::States | Store::CacheEntries => known.as_string() == value.as_string(),
                _ => true,
            };
            if known.is_some_and(is_there) {
                continue;
            }
            match store {
                Store::Blobs => {
                    let hash = key.as_string().unwrap_or_default();
                    batch.append_json(Store::Errands, &Errand::Blob { hash });
                }
                Store::Secrets => {
                    if let (Some(connection), Some(path)) = (id_of(&key), text_of(&key, 1)) {
                        batch.append_json(Store::Errands, &Errand::Secret { connection, path });
                    }
                }
                Store::Runs => runs::queue_row(batch, &value),
                Store::RunErrors => runs::queue_error(batch, &key),
                Store::RunMarks => runs::queue_mark(batch, &key),
                Store::States => {
                    if let Some((owner, key)) = kept::named(&key) {
                        batch.append_json(Store::Errands, &Errand::State { owner, key });
                    }
                }
                Store::CacheEntries => caches.extend(id_of(&key)),
                _ => {}
            }
            batch.put(store, &key, value);
            news += 1;
        }
    }
    for cache in caches {
        batch.append_json(Store::Errands, &Errand::Entries { cache });
    }
    Ok(news)
}

/// The link is up and no change waits: the local account may be done with.
pub(crate) fn all_is_there(account: &Rc<Account>) {
    if account.finishing.replace(true) {
        return;
    }
    let account = account.clone();
    spawn_local(async move {
        // Asked again with the next change of the link's state.
        drop(finish(&account).await);
        account.finishing.set(false);
    });
}

async fn finish(account: &Rc<Account>) -> Result<(), Fault> {
    let brought: Option<Brought> = account.storage.get_json(Store::Meta, &text(BROUGHT)).await?;
    let Some(mut brought) = brought else {
        return Ok(());
    };
    if !is_all_there(account).await {
        return Ok(());
    }
    let database = local_database(brought.local);
    let storage = Storage::open(&database, Layout::Account, || ()).await?;
    let whole = copy_again(&storage, account, &mut brought).await;
    storage.close();
    let Some(whole) = whole? else {
        runs::offer_soon(account);
        api::errands(account);
        return Ok(());
    };
    // No errand waits, so what was refused is written down.
    let refused: Option<bool> = account.storage.get_json(Store::Meta, &text(REFUSED)).await?;
    let mut batch = Batch::new();
    batch.delete(Store::Meta, &text(BROUGHT));
    batch.delete(Store::Meta, &text(REFUSED));
    // The server has these now, and nobody reads them here any more.
    batch.clear(Store::States);
    batch.clear(Store::CacheEntries);
    account.storage.write(&batch).await?;
    if !whole || refused.is_some() {
        return Ok(());
    }
    account.registry.remove(brought.local).await?;
    Ok(Storage::delete(&database).await?)
}

/// Remembers that the server refused something which is nowhere but in the local account: that one stays.
pub(crate) async fn note_refused(account: &Account, batch: &mut Batch) -> Result<(), Fault> {
    let brought: Option<Brought> = account.storage.get_json(Store::Meta, &text(BROUGHT)).await?;
    if brought.is_some() {
        batch.put_json(Store::Meta, &text(REFUSED), &true);
    }
    Ok(())
}

/// Copies what came since; when that is nothing, says whether everything could be read.
async fn copy_again(local: &Storage, account: &Rc<Account>, brought: &mut Brought) -> Result<Option<bool>, Fault> {
    let copied = copy(local, account, brought).await?;
    if copied.news > 0 {
        return Ok(None);
    }
    let aside = local.values(Store::Quarantine, None).await?;
    let rows = local.values(Store::Catalogue, None).await?;
    let damaged = |row| json::<StoredRow>(Store::Catalogue, row).map_or(true, |row| row.row.damaged);
    Ok(Some(copied.whole && aside.is_empty() && !rows.iter().any(damaged)))
}

/// Whether the server has everything of an account. When that cannot be known, it has not.
async fn is_all_there(account: &Rc<Account>) -> bool {
    let wanted = [Store::Outbox, Store::RunOutbox, Store::Errands, Store::Parked].map(|store| (store, None));
    let waiting = account.storage.entries(&wanted).await;
    account.writer.unsaved() == 0 && waiting.is_ok_and(|stores| stores.iter().all(Vec::is_empty))
}
