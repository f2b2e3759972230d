//! Rows that are lost: made anew from the documents' pieces when the account is opened.
//!
//! Only keys are read as long as nothing is missing.

use std::collections::BTreeSet;

use tombolo_docs::Document;
use tombolo_model::Id;

use super::{StoredRow, derive, last_change_ms, put};
use crate::account::Account;
use crate::fault::Fault;
use crate::storage::{Batch, Store, bytes_of, document_range};

/// Makes the rows of those documents that have none. A document whose beginning is missing has no row yet.
pub(crate) async fn rebuild(account: &Account, documents: BTreeSet<Id>) -> Result<(), Fault> {
    let missing: Vec<Id> = {
        let catalogue = account.catalogue.borrow();
        documents.into_iter().filter(|id| !catalogue.contains_key(id)).collect()
    };
    if missing.is_empty() {
        return Ok(());
    }
    let aside = account.storage.documents(&[Store::Quarantine]).await?;
    let (mut batch, mut rows) = (Batch::new(), Vec::new());
    for id in missing {
        if let Some(row) = row(account, id, aside.contains(&id)).await? {
            put(&mut batch, &row);
            rows.push((id, row));
        }
    }
    // Rows that cannot be written are made again the next time.
    drop(account.storage.write(&batch).await);
    let mut catalogue = account.catalogue.borrow_mut();
    for (id, row) in rows {
        // What was heard meanwhile is newer.
        catalogue.entry(id).or_insert(row);
    }
    Ok(())
}

async fn row(account: &Account, id: Id, aside: bool) -> Result<Option<StoredRow>, Fault> {
    let range = document_range(id);
    let stored = account.storage.entries(&[(Store::Snapshots, range.clone()), (Store::Chunks, range)]).await?;
    let pieces: Vec<Vec<u8>> = stored.iter().flatten().filter_map(|(_, value)| bytes_of(value)).collect();
    let Ok(loaded) = Document::load(pieces.iter().map(Vec::as_slice)) else {
        return Ok(None);
    };
    let damaged = aside || !loaded.damaged.is_empty() || loaded.waiting > 0;
    let document = loaded.document;
    Ok((document.id() == id).then(|| derive(&document, &document.view(), last_change_ms(&document), damaged)))
}
