//! Puts a document's many pieces together into one.
//!
//! The leader's work alone. Deletes exactly the keys it read, after the new piece was loaded again and had the same
//! heads; never while a piece is in quarantine or a change still has to be read for the server.

use std::rc::Rc;

use tombolo_docs::{Document, hash_from_hex};
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
    if account.pending.borrow().contains(id) || quarantine::holds(account, id).await? {
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
    same.then(|| (snapshot_name(&saved, &whole.document.heads_hex()), saved))
}

/// Names a saved document after its state and its content: its heads, then its checksum.
pub(crate) fn snapshot_name(saved: &[u8], heads: &[String]) -> String {
    let heads = heads.join("+");
    let checksum: String = saved.iter().skip(4).take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{heads}-{checksum}")
}

/// Whether a document holds all that a piece of this name held: a change by its hash, or a saved document by its heads.
pub(crate) fn holds_piece(document: &Document, name: &str) -> bool {
    let heads = name.split_once('-').map_or(name, |(heads, _)| heads);
    heads.split('+').all(|head| hash_from_hex(head).is_some_and(|hash| document.has(&hash)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tombolo_docs::{Author, hash_to_hex};
    use tombolo_model::{Intent, Kind};

    #[test]
    fn pieces_of_which_any_byte_is_damaged_are_not_put_together() {
        let author = Author { actor: [1; 16], time_ms: 1 };
        let id = Id::from_parts(1, [2; 8]);
        let made = Document::create(Kind::Flow, id, &json!({"name": "F"}), &author, &mut String::new);
        let (mut document, first) = made.unwrap();
        let mut pieces = vec![first.bytes, document.save()];
        for n in 0..4 {
            let intent = Intent::Set { path: "/name".to_owned(), value: json!(n) };
            pieces.push(document.edit(&author, &[intent], &mut String::new).unwrap().unwrap().bytes);
        }
        let (_, saved) = put_together(pieces.iter().map(Vec::as_slice)).unwrap();
        assert_eq!(Document::load([saved.as_slice()]).unwrap().document.heads(), document.heads());
        for index in 0..pieces.len() {
            for at in 0..pieces[index].len() {
                pieces[index][at] ^= 0xff;
                assert!(put_together(pieces.iter().map(Vec::as_slice)).is_none(), "byte {at} of piece {index}");
                pieces[index][at] ^= 0xff;
            }
        }
    }

    #[test]
    fn a_saved_piece_is_held_by_a_document_that_has_all_its_heads() {
        let author = Author { actor: [1; 16], time_ms: 1 };
        let id = Id::from_parts(1, [2; 8]);
        let made = Document::create(Kind::Flow, id, &json!({"name": "F"}), &author, &mut String::new);
        let (mut document, first) = made.unwrap();
        let before = document.clone();
        for actor in [3, 4] {
            let mut other = before.clone();
            let intent = Intent::Set { path: "/name".to_owned(), value: json!(actor) };
            let author = Author { actor: [actor; 16], time_ms: 2 };
            let chunk = other.edit(&author, &[intent], &mut String::new).unwrap().unwrap();
            document.apply([chunk.bytes.as_slice()]).unwrap();
        }
        let name = snapshot_name(&document.save(), &document.heads_hex());
        assert_eq!(document.heads().len(), 2);
        assert!(holds_piece(&document, &name) && !holds_piece(&before, &name));
        assert!(holds_piece(&before, &hash_to_hex(&first.hash)));
        assert!(!holds_piece(&document, "no-name"));
    }
}
