//! Signing out: everything of the person leaves this device, in all of their accounts. What is on this device alone stays,
//! and so does what other people have left here.
//!
//! Invariant: what the server has not is deleted only when its person, who can ask how much that is, has said so.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Value, json};
use tombolo_wire::store::{AccountInfo, Event, Notice, Overview, Unsent, WithUnsent};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::{go, is_same_person, may_leave, overview};
use crate::account::{Account, database_name};
use crate::fault::Fault;
use crate::registry::Registry;
use crate::storage::{Layout, Storage, StorageError, Store};
use crate::worker::Tab;
use crate::{api, env, export, port};

/// Signs out.
pub(crate) async fn sign_out(tab: &Rc<Tab>, with: WithUnsent) -> Result<Overview, Fault> {
    let before = tab.account();
    if before.is_local() {
        return overview(tab).await;
    }
    may_leave(&before).await?;
    let unsent = unsent(tab).await?;
    if with == WithUnsent::Ask && !unsent.is_empty() {
        return Err(Fault::Unsent(unsent.len()));
    }
    match api::tell("POST", "/api/signout", None::<&()>).await {
        Ok(()) | Err(Fault::Refused { .. }) => {}
        Err(error) => return Err(error),
    }
    let theirs = of_person(tab, &before).await?;
    let info = tab.registry.local().await?;
    let next = Account::open(&tab.registry, info, &tab.name, tab.visible.get()).await?;
    let mut gone = Vec::new();
    for info in theirs {
        // Looked at once more: another tab may have written something in the meantime.
        if with == WithUnsent::Delete || lacking(&before, &info).await.is_none() {
            gone.push(info);
        }
    }
    tab.registry.leave(&gone).await?;
    let overview = go(tab, &before, next).await?;
    delete(&tab.registry, gone.iter().map(database_name));
    Ok(overview)
}

/// The accounts of the person who is signed in of which the server has not everything.
pub(crate) async fn unsent(tab: &Rc<Tab>) -> Result<Vec<Unsent>, Fault> {
    let here = tab.account();
    let mut found = Vec::new();
    for info in of_person(tab, &here).await? {
        found.extend(lacking(&here, &info).await);
    }
    Ok(found)
}

/// A file of what has changes that the server has not. What cannot be read is named in it.
pub(crate) async fn export_unsent(tab: &Rc<Tab>) -> Result<Blob, Fault> {
    let here = tab.account();
    let mut accounts = Vec::new();
    for info in of_person(tab, &here).await? {
        if lacking(&here, &info).await.is_none() {
            continue;
        }
        let name = info.name.clone();
        match exported(tab, &here, info).await {
            Ok(account) => accounts.push(account),
            Err(error) => accounts.push(json!({ "account": name, "problem": error.to_wire().message })),
        }
    }
    let person = here.info.borrow().user.as_ref().map(|user| user.email.clone());
    export::file(&json!({
        "format": "tombolo-unsent",
        "version": 1,
        "person": person,
        "exportedAtMs": env::now_ms(),
        "accounts": accounts,
    }))
}

async fn exported(tab: &Rc<Tab>, here: &Rc<Account>, info: AccountInfo) -> Result<Value, Fault> {
    if info.id == here.id {
        return export::unsent(here).await;
    }
    let other = Account::open(&tab.registry, info, &tab.name, false).await?;
    let exported = export::unsent(&other).await;
    other.close();
    exported
}

/// What this device knows of the accounts of the person who is signed in.
async fn of_person(tab: &Rc<Tab>, here: &Rc<Account>) -> Result<Vec<AccountInfo>, Fault> {
    let mut accounts = tab.registry.accounts().await?;
    let present = here.info.borrow().clone();
    accounts.retain(|info| !info.local && is_same_person(info, &present));
    // Somebody else may have come to the same account in another tab: there is one row for each account.
    if !accounts.iter().any(|info| info.id == present.id) {
        accounts.push(present);
    }
    Ok(accounts)
}

/// What the server has not of an account; nothing when it has all. What cannot be read counts as such.
async fn lacking(here: &Rc<Account>, info: &AccountInfo) -> Option<Unsent> {
    let nothing =
        Unsent { account: info.id, name: info.name.clone(), changes: 0, not_accepted: 0, others: 0, unreadable: false };
    let counted = if info.id == here.id {
        let unsaved = here.writer.unsaved();
        count(&here.storage, nothing.clone()).await.map(|found| Unsent { changes: found.changes + unsaved, ..found })
    } else {
        count_unopened(info, nothing.clone()).await
    };
    let unsent = counted.unwrap_or_else(|_| Unsent { unreadable: true, ..nothing.clone() });
    (unsent != nothing).then_some(unsent)
}

async fn count_unopened(info: &AccountInfo, nothing: Unsent) -> Result<Unsent, StorageError> {
    let storage = Storage::open(&database_name(info), Layout::Account, || ()).await?;
    let counted = count(&storage, nothing).await;
    storage.close();
    counted
}

async fn count(storage: &Storage, nothing: Unsent) -> Result<Unsent, StorageError> {
    let wanted = [Store::Outbox, Store::Parked, Store::RunOutbox, Store::Errands].map(|store| (store, None));
    let found = storage.entries(&wanted).await?;
    let of = |at: usize| found.get(at).map_or(0, Vec::len);
    // Two tabs may have written down one change.
    let changes: BTreeSet<Option<String>> = found.iter().take(1).flatten().map(|(_, row)| row.as_string()).collect();
    Ok(Unsent { changes: changes.len(), not_accepted: of(1), others: of(2) + of(3), ..nothing })
}

/// Deletes what earlier tabs did not come to delete before they ended.
pub(crate) async fn delete_left(registry: &Rc<Registry>) -> Result<(), Fault> {
    delete(registry, registry.leaving().await?.into_iter());
    Ok(())
}

/// Deletes databases. A tab that still has one open lets go when it hears of it; then the browser deletes it.
fn delete(registry: &Rc<Registry>, databases: impl Iterator<Item = String>) {
    for database in databases {
        let registry = registry.clone();
        spawn_local(async move {
            if let Err(error) = delete_one(&registry, &database).await {
                let message = format!(
                    "Something of an account that you have left is still on this device: {error}. It is tried again when this page is opened anew; close its other tabs before."
                );
                port::event(Event::Notice { notice: Notice { code: "left".to_owned(), message, document: None } });
            }
        });
    }
}

async fn delete_one(registry: &Registry, database: &str) -> Result<(), Fault> {
    Storage::delete(database).await?;
    registry.left(database).await
}
