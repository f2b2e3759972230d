//! The outbox on the disk, read by the leader alone, whichever tab wrote it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tombolo_docs::{Hash, hash_from_hex};
use tombolo_model::Id;
use tombolo_sync::client::{Event, Outgoing};
use tombolo_sync::prescan::{Caps, scan_change};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{Session, drive};
use crate::account::{Account, OutboxRow};
use crate::documents;
use crate::env;
use crate::fault::Fault;
use crate::rescue;
use crate::storage::read::json;
use crate::storage::{Batch, Store, bytes_of, chunk_key};

/// The rows that were read.
#[derive(Default)]
pub(crate) struct Outbox {
    /// The keys of a change's rows; more than one when it was offered again.
    keys: RefCell<BTreeMap<Hash, (Id, Vec<JsValue>)>>,
    last: Cell<f64>,
    reading: Cell<bool>,
    again: Cell<bool>,
    /// It is read again in a while, because not all of it could be read.
    later: Cell<bool>,
}

impl Outbox {
    /// Deletes the rows of these changes in a batch; gives those that had any.
    pub(super) fn delete(&self, batch: &mut Batch, hashes: &[Hash]) -> Vec<(Id, Hash)> {
        let keys = self.keys.borrow();
        let mut done = Vec::new();
        for (hash, (document, rows)) in hashes.iter().filter_map(|hash| keys.get_key_value(hash)) {
            for key in rows {
                batch.delete(Store::Outbox, key);
            }
            done.push((*document, *hash));
        }
        done
    }

    /// Forgets rows that were deleted.
    pub(super) fn deleted(&self, hashes: &[Hash]) {
        let mut keys = self.keys.borrow_mut();
        for hash in hashes {
            keys.remove(hash);
        }
    }

    /// The changes of a document.
    pub(super) fn of(&self, id: Id) -> Vec<Hash> {
        let keys = self.keys.borrow();
        keys.iter().filter(|(_, (document, _))| *document == id).map(|(hash, _)| *hash).collect()
    }
}

impl Session {
    /// Forgets rows that were deleted.
    pub(crate) fn rows_deleted(&self, hashes: &[Hash]) {
        self.outbox.deleted(hashes);
    }
}

/// Reads what is new in the outbox, soon.
pub(crate) fn read(account: &Rc<Account>, session: &Rc<Session>) {
    let (account, session) = (account.clone(), session.clone());
    spawn_local(async move { read_now(&account, &session).await });
}

/// Reads what is new in the outbox and gives it to the client.
pub(crate) async fn read_now(account: &Rc<Account>, session: &Rc<Session>) {
    let outbox = &session.outbox;
    if outbox.reading.replace(true) {
        outbox.again.set(true);
        return;
    }
    loop {
        outbox.again.set(false);
        let (changes, whole) = fresh(account, session).await.unwrap_or_default();
        if !changes.is_empty() {
            drive(account, session, Event::Outbox(changes));
        }
        if !whole {
            read_later(account, session);
        }
        if !outbox.again.get() {
            break;
        }
    }
    outbox.reading.set(false);
}

/// Tries again what could not be read, for as long as this session lasts.
fn read_later(account: &Rc<Account>, session: &Rc<Session>) {
    const A_WHILE_MS: u32 = 1_000;
    // One clock, however many edits come while the disk fails.
    if session.outbox.later.replace(true) {
        return;
    }
    let (account, session) = (account.clone(), session.clone());
    spawn_local(async move {
        env::pause(A_WHILE_MS).await;
        session.outbox.later.set(false);
        if session.alive.get() && account.is_open() {
            read_now(&account, &session).await;
        }
    });
}

/// What has come into the outbox, and whether that is all of it.
async fn fresh(account: &Rc<Account>, session: &Rc<Session>) -> Result<(Vec<Outgoing>, bool), Fault> {
    let outbox = &session.outbox;
    let after = web_sys::IdbKeyRange::lower_bound_with_open(&outbox.last.get().into(), true);
    let wanted = [(Store::Outbox, after.ok().map(Into::into))];
    let entries = account.storage.entries(&wanted).await?.pop().unwrap_or_default();
    let mut rows = Vec::new();
    for (key, value) in entries {
        // One that cannot be read is said when the account is opened; the others must not wait for it.
        let Ok(row) = json::<OutboxRow>(Store::Outbox, &value) else {
            continue;
        };
        if let Some(hash) = hash_from_hex(&row.hash) {
            rows.push((key, row.document, hash));
        }
    }
    let mut pieces = pieces(account, &rows).await?;
    let (mut changes, mut lost, mut whole) = (Vec::new(), BTreeMap::<Id, Vec<Hash>>::new(), true);
    for (key, document, hash) in rows {
        let bytes = match pieces.remove(&hash) {
            Some(bytes) => Some(bytes),
            // Its piece was put together with others, or is damaged.
            None => match put_together(account, document, &hash).await {
                Ok(bytes) => bytes,
                Err(_) => {
                    whole = false;
                    break;
                }
            },
        };
        outbox.last.set(key.as_f64().unwrap_or_default().max(outbox.last.get()));
        match bytes {
            Some(bytes) => {
                outbox.keys.borrow_mut().entry(hash).or_insert((document, Vec::new())).1.push(key);
                changes.push(Outgoing { document, hash, bytes });
            }
            // It was parked while it was read, or is damaged.
            None => lost.entry(document).or_default().push(hash),
        }
    }
    for (document, hashes) in lost {
        rescue::ask(account, document, hashes);
    }
    Ok((changes, whole))
}

/// The changes of these rows. What has just been written here is in memory, and asking the disk for it would keep a
/// colleague waiting; many are read faster than they are taken out of their documents one by one.
async fn pieces(account: &Account, rows: &[(JsValue, Id, Hash)]) -> Result<BTreeMap<Hash, Vec<u8>>, Fault> {
    const FEW: usize = 4;
    let mut found = BTreeMap::new();
    if rows.len() <= FEW {
        for (_, document, hash) in rows {
            let chunk = account.documents.with(*document, |opened| opened.document.chunk(hash)).flatten();
            found.extend(chunk.map(|chunk| (*hash, chunk.bytes)));
        }
    }
    let lacking: Vec<_> = rows.iter().filter(|(_, _, hash)| !found.contains_key(hash)).collect();
    if lacking.is_empty() {
        return Ok(found);
    }
    let keys: Vec<JsValue> = lacking.iter().map(|(_, document, hash)| chunk_key(*document, hash)).collect();
    let stored = account.storage.get_many(Store::Chunks, &keys).await?;
    let stored = lacking.iter().zip(stored).filter_map(|((_, _, hash), value)| {
        let bytes = bytes_of(&value?)?;
        is_good(&bytes, hash).then_some((*hash, bytes))
    });
    found.extend(stored);
    Ok(found)
}

/// Whether a piece is what was stored. One that is damaged is looked for in its document, which puts it aside.
fn is_good(bytes: &[u8], hash: &Hash) -> bool {
    scan_change(bytes, &Caps::SNAPSHOT).is_ok_and(|scan| scan.hash == *hash)
}

/// A change out of its document; `None` when it is nowhere.
async fn put_together(account: &Rc<Account>, document: Id, hash: &Hash) -> Result<Option<Vec<u8>>, Fault> {
    match documents::ensure(account, document).await {
        Ok(()) => {}
        Err(Fault::NotFound(_) | Fault::Damaged { .. }) => return Ok(None),
        Err(error) => return Err(error),
    }
    let chunk = account.documents.with(document, |opened| opened.document.chunk(hash));
    documents::release(account);
    Ok(chunk.flatten().map(|chunk| chunk.bytes))
}
