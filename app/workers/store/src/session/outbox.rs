//! The outbox on the disk, read by the leader alone, whichever tab wrote it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tombolo_docs::{Hash, hash_from_hex};
use tombolo_model::Id;
use tombolo_sync::client::{Event, Outgoing};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{Session, drive};
use crate::account::{Account, OutboxRow};
use crate::documents;
use crate::fault::Fault;
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
}

impl Outbox {
    /// Deletes the rows of these changes in a batch; gives the documents.
    pub(super) fn delete(&self, batch: &mut Batch, hashes: &[Hash]) -> Vec<Id> {
        let keys = self.keys.borrow();
        let mut documents = Vec::new();
        for (document, rows) in hashes.iter().filter_map(|hash| keys.get(hash)) {
            for key in rows {
                batch.delete(Store::Outbox, key);
                documents.push(*document);
            }
        }
        documents
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
        // What cannot be read now is read with the next change or by the next leader.
        if let Ok(changes) = fresh(account, session).await
            && !changes.is_empty()
        {
            drive(account, session, Event::Outbox(changes));
        }
        if !outbox.again.get() {
            break;
        }
    }
    outbox.reading.set(false);
}

async fn fresh(account: &Rc<Account>, session: &Rc<Session>) -> Result<Vec<Outgoing>, Fault> {
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
    let keys: Vec<JsValue> = rows.iter().map(|(_, document, hash)| chunk_key(*document, hash)).collect();
    let found = account.storage.get_many(Store::Chunks, &keys).await?;
    let mut changes = Vec::new();
    for ((key, document, hash), value) in rows.into_iter().zip(found) {
        let bytes = match value.as_ref().and_then(bytes_of) {
            Some(bytes) => Some(bytes),
            // Its piece was put together with others.
            None => put_together(account, document, &hash).await,
        };
        outbox.last.set(key.as_f64().unwrap_or_default().max(outbox.last.get()));
        // Without its piece it was parked while it was read.
        if let Some(bytes) = bytes {
            outbox.keys.borrow_mut().entry(hash).or_insert((document, Vec::new())).1.push(key);
            changes.push(Outgoing { document, hash, bytes });
        }
    }
    Ok(changes)
}

/// A change out of its document.
async fn put_together(account: &Rc<Account>, document: Id, hash: &Hash) -> Option<Vec<u8>> {
    documents::ensure(account, document).await.ok()?;
    let chunk = account.documents.with(document, |opened| opened.document.chunk(hash));
    documents::release(account, document);
    chunk.flatten().map(|chunk| chunk.bytes)
}
