//! Which connections are offline: found out by runs and tests on this device, and heard from the server.
//!
//! Of an account with a server its list is the truth, and what is here is the last that was heard of it: a device that is
//! away goes by that. What is found out here is kept here at once, and told to the server by an errand.

use std::collections::BTreeMap;
use std::rc::Rc;

use tombolo_model::Id;
use tombolo_wire::rest::{Outage, OutageList, PutOutage};
use tombolo_wire::store::{Event, Link};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::account::Account;
use crate::api::{self, Errand};
use crate::fault::Fault;
use crate::storage::read::json;
use crate::storage::{Batch, Store, text};
use crate::tabs::Say;
use crate::{env, port};

/// All that are known here.
pub(crate) async fn all(account: &Rc<Account>) -> Result<Vec<Outage>, Fault> {
    let marks = web_sys::IdbKeyRange::bound(&"offline:".into(), &"offline:~".into());
    let entries = account.storage.entries(&[(Store::Meta, marks.ok().map(Into::into))]).await?;
    // One that cannot be read is none: the next request shows how its connection stands.
    Ok(entries.into_iter().flatten().filter_map(|(_, value)| json(Store::Meta, &value).ok()).collect())
}

/// Why those connections are offline that are.
pub(crate) async fn reasons(account: &Rc<Account>) -> Result<BTreeMap<Id, String>, Fault> {
    Ok(all(account).await?.into_iter().map(|outage| (outage.connection, outage.why)).collect())
}

/// Puts into a batch that the credentials of a connection were refused. [`tell`] is for when it is written.
pub(crate) fn put(account: &Account, batch: &mut Batch, connection: Id, why: String) {
    let now_ms = env::now_ms();
    let outage = Outage { connection, why, since_ms: now_ms, checked_ms: now_ms };
    batch.put_json(Store::Meta, &key(connection), &outage);
    if !account.is_local() {
        batch.append_json(Store::Errands, &Errand::Outage { connection });
    }
}

/// Puts into a batch that a connection is not offline any more, as the server takes it when other secrets are entered:
/// nobody knows yet whether those are refused.
pub(crate) fn forget(batch: &mut Batch, connection: Id) {
    batch.delete(Store::Meta, &key(connection));
}

/// Keeps what the test of a connection says of it.
pub(crate) async fn tested(account: &Rc<Account>, connection: Id, offline: Option<String>) -> Result<(), Fault> {
    let before: Option<Outage> = account.storage.get_json(Store::Meta, &key(connection)).await?;
    let mut batch = Batch::new();
    match (offline, before) {
        (None, None) => return Ok(()),
        (None, Some(_)) => {
            forget(&mut batch, connection);
            if !account.is_local() {
                batch.append_json(Store::Errands, &Errand::Outage { connection });
            }
        }
        (Some(why), None) => put(account, &mut batch, connection, why),
        (Some(why), Some(before)) => {
            let outage = Outage { why, checked_ms: env::now_ms(), ..before };
            batch.put_json(Store::Meta, &key(connection), &outage);
        }
    }
    account.storage.write(&batch).await?;
    tell(account);
    account.say(&Say::Errand);
    api::errands(account);
    Ok(())
}

/// Shows on all screens what is written.
pub(crate) fn tell(account: &Rc<Account>) {
    account.say(&Say::Outages);
    show(account);
}

/// Shows what is known, on this tab's screen.
pub(crate) fn show(account: &Rc<Account>) {
    let account = account.clone();
    spawn_local(async move {
        // A disk that cannot be read says so where something is asked of it.
        if let Ok(outages) = all(&account).await {
            port::event(Event::Outages { outages });
        }
    });
}

/// Asks the server, and keeps and shows what it says. Without an answer what is known stays.
pub(crate) fn ask(account: &Rc<Account>) {
    if account.is_local() || account.link.borrow().link != Link::Online {
        return;
    }
    let account = account.clone();
    spawn_local(async move {
        let path = format!("/api/accounts/{}/outages", account.id);
        let Ok(OutageList { outages }) = api::call("GET", &path, None::<&()>).await else { return };
        if matches!(replace(&account, outages).await, Ok(true)) {
            tell(&account);
        }
    });
}

/// Puts the server's list in the place of what is known; says whether that is another one. What this device has still to
/// tell stays as it is.
async fn replace(account: &Rc<Account>, there: Vec<Outage>) -> Result<bool, Fault> {
    let untold = api::untold_outages(account).await?;
    let mut here: BTreeMap<Id, Outage> =
        all(account).await?.into_iter().map(|outage| (outage.connection, outage)).collect();
    let mut batch = Batch::new();
    for outage in there {
        let known = here.remove(&outage.connection);
        if known.as_ref() != Some(&outage) && !untold.contains(&outage.connection) {
            batch.put_json(Store::Meta, &key(outage.connection), &outage);
        }
    }
    for connection in here.into_keys().filter(|connection| !untold.contains(connection)) {
        forget(&mut batch, connection);
    }
    if batch.is_empty() {
        return Ok(false);
    }
    account.storage.write(&batch).await?;
    Ok(true)
}

/// Tells the server how a connection stands here.
pub(crate) async fn bring(account: &Rc<Account>, connection: Id) -> Result<(), Fault> {
    let outage: Option<Outage> = account.storage.get_json(Store::Meta, &key(connection)).await?;
    let path = format!("/api/accounts/{}/connections/{connection}/outage", account.id);
    let found_ms = outage.as_ref().map(|outage| outage.checked_ms);
    match api::tell("PUT", &path, Some(&PutOutage { why: outage.map(|outage| outage.why), found_ms })).await {
        // It was deleted meanwhile.
        Err(Fault::Refused { code, .. }) if code == "not_found" => Ok(()),
        told => told,
    }
}

fn key(connection: Id) -> JsValue {
    text(format!("offline:{connection}"))
}
