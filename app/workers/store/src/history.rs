//! Who changed what in a document.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;
use tombolo_docs::{hash_from_hex, hash_to_hex};
use tombolo_model::Id;
use tombolo_wire::store::{HistoryEntry, UserInfo};

use crate::account::Account;
use crate::documents;
use crate::fault::Fault;
use crate::storage::{Store, text};

/// The changes, newest first.
pub(crate) async fn history(account: &Rc<Account>, id: Id) -> Result<Vec<HistoryEntry>, Fault> {
    documents::ensure(account, id).await?;
    let entries = account.documents.with(id, |opened| opened.document.history());
    documents::release(account);
    let users = users(account).await?;
    let entries = entries.unwrap_or_default().into_iter().rev().map(|entry| HistoryEntry {
        hash: hash_to_hex(&entry.hash),
        parents: entry.parents.iter().map(hash_to_hex).collect(),
        user: users.get(session(&entry.actor)).cloned(),
        actor: entry.actor,
        time_ms: entry.time_ms,
        paths: entry.paths.into_iter().collect(),
    });
    Ok(entries.collect())
}

/// A resource as it was after these changes and all that they had seen.
pub(crate) async fn version(account: &Rc<Account>, id: Id, hashes: &[String]) -> Result<Value, Fault> {
    documents::ensure(account, id).await?;
    let found = account.documents.with(id, |opened| {
        let heads = hashes.iter().map(|hash| hash_from_hex(hash)).collect::<Option<Vec<_>>>()?;
        opened.document.at(&heads)
    });
    documents::release(account);
    found
        .flatten()
        .ok_or_else(|| Fault::Invalid("This version is not on this device any more. Choose a later one.".to_owned()))
}

/// The session of an actor: Automerge derives actors for edits at older states, the last sixteen bytes stay.
pub(crate) fn session(actor: &str) -> &str {
    actor.len().checked_sub(32).and_then(|from| actor.get(from..)).unwrap_or(actor)
}

/// Who is behind which session, as far as this device was told.
async fn users(account: &Rc<Account>) -> Result<BTreeMap<String, UserInfo>, Fault> {
    let mut known: BTreeMap<Id, UserInfo> =
        account.storage.get_json(Store::Meta, &text("people")).await?.unwrap_or_default();
    known.extend(account.info.borrow().user.clone().map(|user| (user.id, user)));
    let mut users = BTreeMap::new();
    let found = account.storage.entries(&[(Store::Actors, None)]).await?.pop().unwrap_or_default();
    for (key, value) in found {
        let user = value.as_string().and_then(|id| id.parse::<Id>().ok());
        if let (Some(session), Some(user)) = (key.as_string(), user) {
            let person =
                known.get(&user).cloned().unwrap_or(UserInfo { id: user, name: String::new(), email: String::new() });
            users.insert(session, person);
        }
    }
    Ok(users)
}

/// The session in an actor's bytes, as it is written in the store of actors.
pub(crate) fn session_of(actor: &[u8]) -> String {
    let actor: String = actor.iter().map(|byte| format!("{byte:02x}")).collect();
    session(&actor).to_owned()
}
