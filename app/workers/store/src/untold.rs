//! What a tab had stored and told nobody, because it was killed between the two: looked up on the disk.
//!
//! The leader notices that a tab is gone, and the next leader that the last one is; then every tab looks. Edits that
//! were stored go to the server, appear on the screens and are counted, whoever lives on.

use std::collections::BTreeMap;
use std::rc::Rc;

use tombolo_model::Id;
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::catalogue::StoredRow;
use crate::fault::Fault;
use crate::storage::Store;
use crate::storage::read::json;
use crate::tabs::Say;
use crate::{news, pending};

/// A tab is gone: all that are left look.
pub(crate) fn after_a_death(account: &Rc<Account>) {
    account.say(&Say::LookAgain);
    look_up(account);
}

/// Brings this tab's memory to where the disk is.
pub(crate) fn look_up(account: &Rc<Account>) {
    let account = account.clone();
    spawn_local(async move {
        account.outbox_grew();
        // What cannot be read now is read when it is opened again.
        drop(waiting(&account).await);
        drop(rows(&account).await);
        for id in account.documents.open_ids() {
            drop(news::look_again(&account, id).await);
        }
    });
}

async fn waiting(account: &Rc<Account>) -> Result<(), Fault> {
    let before = account.pending_documents();
    pending::read(account).await?;
    account.show_pending(&before);
    Ok(())
}

/// Takes rows that nobody told of. One that was told while they were read is newer than what was read.
async fn rows(account: &Rc<Account>) -> Result<(), Fault> {
    let heads = |account: &Account| -> BTreeMap<Id, Vec<String>> {
        account.catalogue.borrow().iter().map(|(id, row)| (*id, row.heads.clone())).collect()
    };
    let before = heads(account);
    let stored = account.storage.values(Store::Catalogue, None).await?;
    let now = heads(account);
    let mut rows: Vec<StoredRow> = stored.iter().filter_map(|value| json(Store::Catalogue, value).ok()).collect();
    rows.retain(|row| {
        let id = row.row.id;
        now.get(&id) == before.get(&id) && now.get(&id) != Some(&row.heads)
    });
    account.take_rows(rows, &[]);
    Ok(())
}
