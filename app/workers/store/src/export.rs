//! Everything on this device as one JSON file. Reads only, so it works when nothing can be written.

use std::collections::BTreeSet;
use std::rc::Rc;

use js_sys::Array;
use serde_json::{Map, Value, json};
use tombolo_model::{Id, Kind};
use web_sys::{Blob, BlobPropertyBag};

use crate::account::Account;
use crate::caches;
use crate::catalogue::StoredRow;
use crate::documents;
use crate::env;
use crate::fault::Fault;
use crate::park;

/// Makes the file.
pub(crate) async fn export_all(account: &Rc<Account>) -> Result<Blob, Fault> {
    // Of what may not be opened there is nothing to export.
    let whole = |(id, stored): (&Id, &StoredRow)| (!stored.heads.is_empty()).then_some(*id);
    let mut ids: BTreeSet<Id> = account.catalogue.borrow().iter().filter_map(whole).collect();
    // What could not be stored yet is in memory only.
    ids.extend(account.documents.open_ids());
    let (resources, mut unreadable) = resources(account, ids).await?;
    let (cache_data, damaged_caches) = caches::exported(account).await?;
    unreadable.extend(damaged_caches);
    file(&json!({
        "format": "tombolo-export",
        "version": 1,
        "account": account.info.borrow().name,
        "exportedAtMs": env::now_ms(),
        "resources": resources,
        "lookupCacheData": cache_data,
        "notAccepted": park::list(account).await?,
        "unreadable": unreadable,
    }))
}

/// What has changes that the server has not, as it is now, and what was not accepted.
pub(crate) async fn unsent(account: &Rc<Account>) -> Result<Value, Fault> {
    let (resources, unreadable) = resources(account, account.pending_documents()).await?;
    Ok(json!({
        "account": account.info.borrow().name,
        "resources": resources,
        "notAccepted": park::list(account).await?,
        "unreadable": unreadable,
    }))
}

/// Resources by kind, and the ids of those that cannot be read.
async fn resources(account: &Rc<Account>, ids: BTreeSet<Id>) -> Result<(Map<String, Value>, Vec<String>), Fault> {
    let (mut found, mut unreadable) = (Map::new(), Vec::new());
    for id in ids {
        match value(account, id).await {
            Ok((kind, value)) => add(&mut found, kind, id, value),
            Err(Fault::NotFound(_) | Fault::Damaged { .. }) => unreadable.push(id.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok((found, unreadable))
}

/// A JSON file.
pub(crate) fn file(value: &Value) -> Result<Blob, Fault> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Fault::Browser(error.to_string()))?;
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)
        .map_err(|error| Fault::Browser(format!("The file cannot be made: {error:?}.")))
}

fn add(resources: &mut Map<String, Value>, kind: Kind, id: Id, mut value: Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.insert("_id".to_owned(), Value::String(id.to_string()));
    }
    let list = resources.entry(kind.collection()).or_insert_with(|| Value::Array(Vec::new()));
    if let Some(list) = list.as_array_mut() {
        list.push(value);
    }
}

/// A resource as it is now, from memory or from storage.
pub(crate) async fn value(account: &Rc<Account>, id: Id) -> Result<(Kind, Value), Fault> {
    documents::ensure(account, id).await?;
    let found = account.documents.with(id, |opened| (opened.document.kind(), opened.document.value()));
    documents::release(account);
    found.ok_or(Fault::NotFound(id))
}
