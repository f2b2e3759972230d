//! Puts a document's many pieces together into one.
//!
//! The leader's work alone. Deletes exactly the keys it read, after the new piece was loaded again and had the same
//! heads; never while a piece is in quarantine or a change still has to be read for the server.

use std::rc::Rc;

use tombolo_docs::{Document, hash_to_hex};
use tombolo_model::Id;
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::fault::Fault;
use crate::storage::{Batch, Store, bytes, pair, text};
use crate::{documents, env, quarantine};

/// A while after opening: the person comes first.
const LATER_MS: u32 = 2_000;

/// Compacts a document when this tab leads.
pub(crate) fn soon(account: &Rc<Account>, id: Id) {
    let account = account.clone();
    spawn_local(async move {
        env::pause(LATER_MS).await;
        if account.is_open() && account.leads() {
            // A document that cannot be compacted now stays as it is, which is safe.
            drop(compact(&account, id).await);
        }
    });
}

/// Puts the pieces together; whether it did.
pub(crate) async fn compact(account: &Rc<Account>, id: Id) -> Result<bool, Fault> {
    if account.pending.borrow().contains_key(&id) || quarantine::holds(account, id).await? {
        return Ok(false);
    }
    let pieces = documents::pieces(account, id).await?;
    let Some((name, saved)) = put_together(pieces.iter().map(|piece| piece.bytes.as_slice())) else {
        return Ok(false);
    };
    let key = pair(id.to_string(), &text(&name));
    let mut batch = Batch::new();
    for piece in &pieces {
        batch.delete(piece.store, &piece.key);
    }
    batch.put(Store::Snapshots, &key, bytes(&saved));
    account.storage.write(&batch).await?;
    Ok(true)
}

/// The one piece and its name, when it holds all that the many hold.
pub(crate) fn put_together<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Option<(String, Vec<u8>)> {
    let whole = Document::load(pieces).ok()?;
    if !whole.damaged.is_empty() || whole.waiting > 0 {
        return None;
    }
    let saved = whole.document.save();
    let again = Document::load([saved.as_slice()]).ok()?;
    let same = again.damaged.is_empty() && again.document.heads() == whole.document.heads();
    same.then(|| (snapshot_name(&saved, &whole.document), saved))
}

/// Names a saved document after its state and its content.
pub(crate) fn snapshot_name(saved: &[u8], document: &Document) -> String {
    let head = document.heads().first().map(hash_to_hex).unwrap_or_default();
    let checksum: String = saved.iter().skip(4).take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{head}-{checksum}")
}
