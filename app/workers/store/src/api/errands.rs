//! What the server must be told by HTTP: kept on the disk until it has been.
//!
//! The leader's work alone, one errand after the other, each after the changes it is about.

use std::cell::Cell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tombolo_model::Id;
use tombolo_wire::rest::{DeleteSecret, PutSecret};
use tombolo_wire::store::Notice;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::{tell, upload};
use crate::account::Account;
use crate::fault::Fault;
use crate::secrets;
use crate::storage::read::json;
use crate::storage::{Batch, Store, text};

/// Something the server must be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub(crate) enum Errand {
    /// A file that is in the store of blobs.
    Blob {
        /// Its hash.
        hash: String,
    },
    /// A secret that is in the store of secrets; when it is not there any more, its removal.
    Secret {
        /// The connection.
        connection: Id,
        /// The field.
        path: String,
    },
}

/// Whether errands are being run.
#[derive(Default)]
pub(crate) struct Errands {
    busy: Cell<bool>,
}

/// Runs the errands that can be run now.
pub(crate) fn errands(account: &Rc<Account>) {
    let online = account.session().is_some_and(|session| session.is_online());
    if !online || account.errands.busy.replace(true) {
        return;
    }
    let account = account.clone();
    spawn_local(async move {
        // What fails stays on the disk and is tried again when the link comes back.
        drop(run_all(&account).await);
        account.errands.busy.set(false);
    });
}

async fn run_all(account: &Rc<Account>) -> Result<(), Fault> {
    let entries = account.storage.entries(&[(Store::Errands, None)]).await?.pop().unwrap_or_default();
    for (key, value) in entries {
        let errand: Errand = json(Store::Errands, &value)?;
        if let Errand::Secret { connection, .. } = &errand
            && account.pending.borrow().contains_key(connection)
        {
            continue;
        }
        match run(account, &errand).await {
            Ok(()) => {}
            Err(Fault::Refused { code, message }) if code != "signed_out" => account.notice(Notice {
                code: "refused".to_owned(),
                message,
                document: match errand {
                    Errand::Secret { connection, .. } => Some(connection),
                    Errand::Blob { .. } => None,
                },
            }),
            Err(error) => return Err(error),
        }
        let mut batch = Batch::new();
        batch.delete(Store::Errands, &key);
        account.storage.write(&batch).await?;
    }
    Ok(())
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
        Errand::Secret { connection, path } => {
            let route = format!("/api/accounts/{}/connections/{connection}/secrets", account.id);
            let path = path.clone();
            match secrets::of(account, *connection).await?.remove(&path) {
                Some(value) => {
                    let body = PutSecret { path, value, hosts: None };
                    tell("PUT", &route, Some(&body)).await
                }
                None => tell("DELETE", &route, Some(&DeleteSecret { path })).await,
            }
        }
    }
}
