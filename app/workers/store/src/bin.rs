//! Deleting for good what lies in the recycle bin of an account that is on this device alone. Of any other account the
//! server decides, and what it deletes is forgotten here when it says so.

use std::rc::Rc;

use tombolo_model::Id;

use crate::account::Account;
use crate::fault::Fault;
use crate::storage::{Batch, Store, document_range, text};
use crate::tabs::Say;
use crate::{kept, runs, untold};

/// Deletes resources with everything that is kept of them, in one transaction.
pub(crate) async fn purge(account: &Rc<Account>, ids: &[Id]) -> Result<(), Fault> {
    if !account.is_local() {
        return Err(Fault::Invalid(
            "What others share is deleted for good by the server. Sign in, then try again.".to_owned(),
        ));
    }
    let binned = |id: &Id| account.catalogue.borrow().get(id).is_some_and(|stored| stored.row.binned);
    if !ids.iter().all(binned) {
        return Err(Fault::Invalid("It is not in the recycle bin any more. Look at the list again.".to_owned()));
    }
    let mut batch = Batch::new();
    for id in ids {
        if let Some(range) = document_range(*id) {
            for store in [Store::Chunks, Store::Snapshots, Store::Quarantine, Store::Secrets] {
                batch.delete(store, &range);
            }
        }
        if let Some(kind) = account.catalogue.borrow().get(id).map(|stored| stored.row.kind) {
            kept::forget(&mut batch, kind, *id);
        }
        batch.delete(Store::Catalogue, &text(id.to_string()));
    }
    runs::forget(account, &mut batch, ids).await?;
    let number = untold::count(account, &mut batch);
    account.storage.write(&batch).await?;
    for id in ids {
        account.documents.remove(*id);
    }
    account.take_rows(Vec::new(), ids);
    account.say(&Say::Stored { pieces: Vec::new(), rows: Vec::new(), removed: ids.to_vec() });
    untold::told(account, number);
    Ok(())
}
