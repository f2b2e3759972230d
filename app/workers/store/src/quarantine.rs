//! Damaged pieces: taken out of the way, kept, and said; the good ones are never touched.

use std::rc::Rc;

use tombolo_docs::{Damage, Document, Hash, hash_from_hex, hash_to_hex};
use tombolo_model::Id;
use tombolo_sync::client::Event;
use tombolo_wire::store::Notice;

use crate::account::Account;
use crate::catalogue::{self, StoredRow};
use crate::compact;
use crate::documents::Piece;
use crate::fault::Fault;
use crate::park;
use crate::session;
use crate::storage::{Batch, Store, bytes, document_range, text_of};
use crate::tabs::Say;

/// Moves damaged pieces into quarantine, marks the document, tells the person and asks the server for it.
///
/// Without a document none of the pieces can be read as one: all stay where they are, and only the mark is set.
pub(crate) async fn put_aside(
    account: &Rc<Account>,
    id: Id,
    pieces: &[Piece],
    damaged: &[Damage],
    document: Option<&Document>,
) -> Result<(), Fault> {
    // A number that this tab used may be in a piece that is gone from the document: it must not be used twice.
    account.rotate_actor();
    let mut batch = Batch::new();
    for damage in damaged {
        if let Some(piece) = pieces.get(damage.index) {
            batch.put(Store::Quarantine, &piece.key, bytes(&piece.bytes));
            batch.delete(piece.store, &piece.key);
        }
    }
    let unsent = unsent(account, &mut batch, id, pieces, damaged).await?;
    let row = marked_row(account, id, document);
    if let Some(row) = &row {
        catalogue::put(&mut batch, row);
    }
    // A full disk must not keep the readable state from being shown; the pieces are put aside next time.
    let written = account.storage.write(&batch).await;
    account.take_rows(row.into_iter().collect(), &[]);
    account.notice(notice(id, !unsent.is_empty()));
    if written.is_ok() && !unsent.is_empty() {
        let done = [(id, unsent)];
        account.say(&Say::Acked { changes: done.to_vec() });
        account.acked(&done);
    }
    if let Some(session) = account.session() {
        session::drive(account, &session, Event::Fetch(vec![id]));
    }
    match written {
        Ok(()) | Err(crate::storage::StorageError::Quota) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Takes the damaged changes that the server does not have out of what waits: they can never be sent.
async fn unsent(
    account: &Account,
    batch: &mut Batch,
    id: Id,
    pieces: &[Piece],
    damaged: &[Damage],
) -> Result<Vec<String>, Fault> {
    let changes =
        damaged.iter().filter_map(|damage| pieces.get(damage.index)).filter(|piece| piece.store == Store::Chunks);
    let hashes: Vec<Hash> = changes.filter_map(|piece| hash_from_hex(&text_of(&piece.key, 1)?)).collect();
    if hashes.is_empty() || park::delete_waiting(account, batch, id, &hashes).await? == 0 {
        return Ok(Vec::new());
    }
    Ok(hashes.iter().map(hash_to_hex).collect())
}

fn notice(id: Id, unsent: bool) -> Notice {
    let mut message =
        "A stored piece of this resource is damaged. It opens at its last good state; the damaged piece is kept aside."
            .to_owned();
    if unsent {
        message.push_str(" The server did not have what was in it: make your last changes once more.");
    }
    Notice { code: "damaged".to_owned(), message, document: Some(id) }
}

fn marked_row(account: &Rc<Account>, id: Id, document: Option<&Document>) -> Option<StoredRow> {
    let known = account.catalogue.borrow().get(&id).cloned();
    let modified_ms = known.as_ref().map_or(0, |row| row.row.modified_ms);
    let mut row = match document {
        Some(document) => Some(catalogue::derive(document, &document.view(), modified_ms, true)),
        None => known,
    }?;
    row.row.damaged = true;
    Some(row)
}

/// Takes the mark away when everything that is in quarantine has come again from elsewhere.
pub(crate) async fn heal(account: &Rc<Account>, document: &Document) -> Result<(), Fault> {
    let id = document.id();
    let wanted = [(Store::Quarantine, document_range(id))];
    let entries = account.storage.entries(&wanted).await?.pop().unwrap_or_default();
    let mut batch = Batch::new();
    for (key, _) in &entries {
        if !text_of(key, 1).is_some_and(|name| compact::holds_piece(document, &name)) {
            return Ok(());
        }
        batch.delete(Store::Quarantine, key);
    }
    let modified_ms = account.catalogue.borrow().get(&id).map_or(0, |row| row.row.modified_ms);
    let row = catalogue::derive(document, &document.view(), modified_ms, false);
    catalogue::put(&mut batch, &row);
    account.storage.write(&batch).await?;
    account.take_rows(vec![row], &[]);
    Ok(())
}

/// Whether pieces of a document are in quarantine.
pub(crate) async fn holds(account: &Rc<Account>, id: Id) -> Result<bool, Fault> {
    let found = account.storage.values(Store::Quarantine, document_range(id).as_ref()).await?;
    Ok(!found.is_empty())
}
