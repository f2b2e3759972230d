//! New resources: stored in one transaction, like any edit.

use std::rc::Rc;

use serde_json::Value;
use tombolo_docs::Document;
use tombolo_model::{Id, Kind};

use crate::account::Account;
use crate::fault::Fault;
use crate::{documents, edit, env, writer};

/// Makes a resource and gives its id when it is strictly stored.
pub(crate) async fn create(account: &Rc<Account>, kind: Kind, value: &Value) -> Result<Id, Fault> {
    let id = env::new_id();
    let (document, chunks) = Document::create_in_parts(kind, id, value, &account.author(), &mut env::new_row)?;
    account.documents.insert(document);
    documents::ensure(account, id).await?;
    let row = documents::changed(account, id, true);
    let (batch, after) = edit::stage(account, id, &chunks, row);
    let written = writer::write(account, batch, chunks.len(), after).await;
    documents::release(account);
    written?;
    Ok(id)
}
