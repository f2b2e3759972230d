//! What the server must be told by HTTP: kept on the disk until it has been.
//!
//! The leader's work alone, one errand after the other, each after the changes it is about.
//!
//! Invariant: an errand leaves the disk only when the server has done it, or has refused it for good.

use std::cell::Cell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::{DeleteSecret, PutSecret};
use tombolo_wire::store::Notice;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::{tell, upload};
use crate::account::Account;
use crate::fault::Fault;
use crate::storage::read::json;
use crate::storage::{Batch, Store, text};
use crate::{env, kept, moving, outages, secrets};

/// How long a server that could not do an errand is left alone.
const AGAIN_MS: u32 = 15_000;

/// Something the server must be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub(crate) enum Errand {
    /// A file that is in the store of blobs.
    Blob {
        /// Its hash.
        hash: String,
    },
    /// A secret that is in the store of secrets, with the hosts it was entered for; when it is not there any more, its
    /// removal.
    Secret {
        /// The connection.
        connection: Id,
        /// The field.
        path: String,
    },
    /// A key of state that was made without a server.
    State {
        /// Of which resource; nothing for the account's own.
        owner: Option<(Kind, Id)>,
        /// Which.
        key: String,
    },
    /// Whether a connection is offline, as it was found out here.
    Outage {
        /// Which.
        connection: Id,
    },
    /// The data of a lookup cache that was made without a server.
    Entries {
        /// Which cache.
        cache: Id,
    },
}

impl Errand {
    /// The resource that it is about, which the server has to have before.
    fn about(&self) -> Option<Id> {
        match self {
            Self::Secret { connection, .. } | Self::Outage { connection } => Some(*connection),
            Self::State { owner, .. } => owner.map(|(_, id)| id),
            Self::Entries { cache } => Some(*cache),
            Self::Blob { .. } => None,
        }
    }
}

/// Whether errands are being run.
#[derive(Default)]
pub(crate) struct Errands {
    busy: Cell<bool>,
    /// Something came meanwhile that the present round has not seen.
    again: Cell<bool>,
}

/// Runs the errands that can be run now.
pub(crate) fn errands(account: &Rc<Account>) {
    if !is_online(account) {
        return;
    }
    if account.errands.busy.replace(true) {
        account.errands.again.set(true);
        return;
    }
    let account = account.clone();
    spawn_local(async move {
        loop {
            account.errands.again.set(false);
            let ended = run_all(&account).await;
            if matches!(ended, Err(Fault::NotNow { .. })) {
                env::pause(AGAIN_MS).await;
            } else if !account.errands.again.get() {
                break;
            }
            // What fails stays on the disk and is tried again when the link comes back.
            if !account.is_open() || !is_online(&account) {
                break;
            }
        }
        account.errands.busy.set(false);
    });
}

fn is_online(account: &Account) -> bool {
    account.session().is_some_and(|session| session.is_online())
}

async fn run_all(account: &Rc<Account>) -> Result<(), Fault> {
    let entries = account.storage.entries(&[(Store::Errands, None)]).await?.pop().unwrap_or_default();
    let mut done = false;
    for (key, value) in entries {
        let Some(errand) = readable(account, &value) else { continue };
        if errand.about().is_some_and(|id| account.pending.borrow().contains(id)) {
            continue;
        }
        let mut batch = Batch::new();
        match run(account, &errand).await {
            Ok(()) => {}
            Err(Fault::Refused { code, message }) if code != "signed_out" => {
                refused(account, &errand, message);
                if matches!(errand, Errand::State { .. } | Errand::Entries { .. }) {
                    moving::note_refused(account, &mut batch).await?;
                }
            }
            Err(error) => return Err(error),
        }
        batch.delete(Store::Errands, &key);
        account.storage.write(&batch).await?;
        done = true;
    }
    if done && account.pending.borrow().is_empty() {
        moving::all_is_there(account);
    }
    Ok(())
}

/// The connections of which the server is still to be told whether they are offline.
pub(crate) async fn untold_outages(account: &Rc<Account>) -> Result<Vec<Id>, Fault> {
    let entries = account.storage.entries(&[(Store::Errands, None)]).await?.pop().unwrap_or_default();
    let errands = entries.into_iter().filter_map(|(_, value)| json(Store::Errands, &value).ok());
    Ok(errands
        .filter_map(|errand| match errand {
            Errand::Outage { connection } => Some(connection),
            _ => None,
        })
        .collect())
}

/// An errand of another version, or a damaged one, stays where it is and holds up no other.
fn readable(account: &Account, value: &JsValue) -> Option<Errand> {
    let errand = json(Store::Errands, value);
    if errand.is_err() {
        account.notice(Notice {
            code: "damaged".to_owned(),
            message: "Something that the server should be told cannot be read. Enter secrets again and choose files again that are missing there.".to_owned(),
            document: None,
        });
    }
    errand.ok()
}

fn refused(account: &Account, errand: &Errand, message: String) {
    account.notice(Notice { code: "refused".to_owned(), message, document: errand.about() });
}

async fn run(account: &Rc<Account>, errand: &Errand) -> Result<(), Fault> {
    match errand {
        Errand::Blob { hash } => {
            let file = account.storage.get(Store::Blobs, &text(hash)).await?;
            match file.and_then(|file| file.dyn_into::<Blob>().ok()) {
                Some(file) => upload(&format!("/api/accounts/{}/blobs/{hash}", account.id), &file).await,
                None => Ok(()),
            }
        }
        Errand::Secret { connection, path } => secret(account, *connection, path).await,
        Errand::State { owner, key } => kept::bring_state(account, *owner, key).await,
        Errand::Outage { connection } => outages::bring(account, *connection).await,
        Errand::Entries { cache } => kept::bring_entries(account, *cache).await,
    }
}

async fn secret(account: &Rc<Account>, connection: Id, path: &str) -> Result<(), Fault> {
    let route = format!("/api/accounts/{}/connections/{connection}/secrets", account.id);
    let mut found = secrets::of(account, connection).await?;
    if found.unreadable.iter().any(|unreadable| unreadable == path) {
        let message = "A secret of this connection cannot be read any more. Enter it again.".to_owned();
        return Err(Fault::Refused { code: "unreadable".to_owned(), message });
    }
    let path = path.to_owned();
    match found.kept.remove(&path) {
        Some(kept) => tell("PUT", &route, Some(&PutSecret { path, value: kept.value, hosts: kept.hosts })).await,
        None => match tell("DELETE", &route, Some(&DeleteSecret { path })).await {
            // It was never there.
            Err(Fault::Refused { code, .. }) if code == "not_found" => Ok(()),
            ended => ended,
        },
    }
}
