//! Damaged pieces: taken out of the way, kept, and said; the good ones are never touched.

use std::rc::Rc;

use tombolo_docs::{Damage, Document};
use tombolo_model::Id;
use tombolo_sync::client::Event;
use tombolo_wire::store::Notice;

use crate::account::Account;
use crate::catalogue::{self, StoredRow};
use crate::compact;
use crate::documents::Piece;
use crate::fault::Fault;
use crate::news;
use crate::rescue;
use crate::session;
use crate::storage::{Batch, StorageError, Store, bytes, document_range, text_of};

/// Moves damaged pieces into quarantine, marks the document, tells the person and asks the server for it.
///
/// Where no piece can be moved, because only together they make no document or none at all, each loading finds the
/// same again: that is said and asked for once. `document` is absent when the pieces make none; it gets what this tab
/// has in memory of what is put aside.
pub(crate) async fn put_aside(
    account: &Rc<Account>,
    id: Id,
    pieces: &[Piece],
    damaged: &[Damage],
    mut document: Option<&mut Document>,
) -> Result<(), Fault> {
    // A number that this tab used may be in a piece that is gone from the document: it must not be used twice.
    account.rotate_actor();
    let aside: Vec<&Piece> = damaged.iter().filter_map(|damage| pieces.get(damage.index)).collect();
    if aside.is_empty() && !account.unfit.borrow_mut().insert(id) {
        return Ok(());
    }
    let mut batch = Batch::new();
    for piece in &aside {
        batch.put(Store::Quarantine, &piece.key, bytes(&piece.bytes));
        batch.delete(piece.store, &piece.key);
    }
    let (back, lacking) = rescue::put_back(account, &mut batch, id, &aside);
    if let Some(document) = &mut document {
        news::merge(document, &back);
    }
    let known = account.is_damaged(id);
    let row = marked_row(account, id, document.as_deref());
    if let Some(row) = &row {
        catalogue::put(&mut batch, row);
    }
    // A full disk must not keep the readable state from being shown; the pieces are put aside next time.
    let written = account.storage.write(&batch).await;
    account.take_rows(row.into_iter().collect(), &[]);
    account.notice(notice(id, !aside.is_empty(), document.is_some()));
    if written.is_ok() && !aside.is_empty() {
        rescue::ask(account, id, lacking);
    }
    // What was marked before was asked for when the session began.
    if (!aside.is_empty() || !known)
        && let Some(session) = account.session()
    {
        session::drive(account, &session, Event::Fetch(vec![id]));
    }
    match written {
        Ok(()) | Err(StorageError::Quota) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn notice(id: Id, aside: bool, opens: bool) -> Notice {
    let message = match (opens, aside) {
        (false, _) => "What is stored of this resource is damaged, and it cannot be opened. All of it is kept.",
        (true, true) => {
            "A stored piece of this resource is damaged. It opens at its last good state; the damaged piece is kept aside."
        }
        (true, false) => {
            "What is stored of this resource does not fit together. It opens without what does not fit; all of it is kept."
        }
    };
    Notice { code: "damaged".to_owned(), message: message.to_owned(), document: Some(id) }
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
    account.unfit.borrow_mut().remove(&id);
    Ok(())
}

/// Whether pieces of a document are in quarantine.
pub(crate) async fn holds(account: &Rc<Account>, id: Id) -> Result<bool, Fault> {
    let found = account.storage.values(Store::Quarantine, document_range(id).as_ref()).await?;
    Ok(!found.is_empty())
}
