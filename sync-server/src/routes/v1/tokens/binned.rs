//! API tokens in the recycle bin. They were revoked before they came there, and let nobody in when they come back: whoever
//! restores one decides about that apart.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tombolo_model::Id;
use tombolo_wire::rest::AuditAction;

use super::{may_see, must_take_away, note};
use crate::app::App;
use crate::bin::BIN_MS;
use crate::clock;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::shown::time;
use crate::store::BinnedToken;

/// Whether the type in an address of the bin is theirs.
pub(in crate::routes::v1) fn are_named(collection: &str) -> bool {
    collection.eq_ignore_ascii_case("accesstokens")
}

/// Those that the caller may see, last deleted first.
pub(in crate::routes::v1) async fn all(app: &App, acting: &Acting) -> Result<Vec<BinnedToken>, RestError> {
    let mut found = app.store.binned_tokens(acting.account, clock::now_ms()).await?;
    found.retain(|binned| may_see(acting, &binned.token));
    Ok(found)
}

/// One of them.
pub(in crate::routes::v1) async fn one(app: &App, acting: &Acting, id: Id) -> Result<BinnedToken, RestError> {
    let found = all(app, acting).await?.into_iter().find(|binned| binned.token.id == id);
    found.ok_or_else(RestError::not_found)
}

/// A token without its text.
pub(in crate::routes::v1) fn show(binned: &BinnedToken) -> Value {
    super::show(&binned.token)
}

/// An entry of the list in which everything that is in the bin comes together.
pub(in crate::routes::v1) fn entry(binned: &BinnedToken, names: &BTreeMap<Id, String>) -> Value {
    let (at, by) = (binned.deleted_ms, binned.deleted_by);
    json!({ "model": "AccessToken", "doc": show(binned), "deletedAt": time(at),
        "deletedBy": { "_id": by, "name": names.get(&by) }, "purgedAt": time(at + BIN_MS) })
}

/// Takes one out of the bin.
pub(in crate::routes::v1) async fn restore(app: &App, acting: &Acting, id: Id) -> Result<(), RestError> {
    let binned = one(app, acting, id).await?;
    must_take_away(acting, &binned.token)?;
    if !app.store.restore_token(acting.account, id, clock::now_ms()).await? {
        return Err(RestError::not_found());
    }
    note(app, acting, &binned.token, AuditAction::Restore, Vec::new()).await;
    Ok(())
}

/// Removes one for good.
pub(in crate::routes::v1) async fn purge(app: &App, acting: &Acting, id: Id) -> Result<(), RestError> {
    let mut binned = one(app, acting, id).await?;
    must_take_away(acting, &binned.token)?;
    if !app.store.purge_token(acting.account, id).await? {
        return Err(RestError::not_found());
    }
    // As the log names everything else that goes for good.
    let name = binned.token.body.get("name").and_then(Value::as_str).unwrap_or_default();
    binned.token.body["name"] = json!(format!("{name} (deleted for good)"));
    note(app, acting, &binned.token, AuditAction::Delete, Vec::new()).await;
    Ok(())
}
