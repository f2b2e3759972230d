//! Secrets of connections on this device: encrypted under a key that the browser does not give out.
//!
//! A value leaves this module only towards the run worker and the server's vault, never towards the screen.

use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Array, Object, Reflect, Uint8Array};
use tombolo_model::Id;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

use crate::account::Account;
use crate::api::{self, Errand};
use crate::fault::Fault;
use crate::locks::{self, Ask};
use crate::storage::{Batch, Store, bytes, bytes_of, pair, range, text, text_of};
use crate::{env, tabs};

const NONCE_BYTES: usize = 12;

/// Keeps a secret; an empty one is removed.
pub(crate) async fn set(account: &Rc<Account>, connection: Id, path: &str, value: &str) -> Result<(), Fault> {
    let key = pair(connection.to_string(), &text(path));
    let mut batch = Batch::new();
    if value.is_empty() {
        batch.delete(Store::Secrets, &key);
    } else {
        let sealed = seal(account, value).await?;
        batch.put(Store::Secrets, &key, bytes(&sealed));
    }
    if !account.is_local() {
        let errand = Errand::Secret { connection, path: path.to_owned() };
        batch.append_json(Store::Errands, &errand);
    }
    account.storage.write(&batch).await?;
    account.say(&tabs::Say::Errand);
    api::errands(account);
    Ok(())
}

/// Which secrets are kept here, and, when the server can be asked, there.
pub(crate) async fn paths(account: &Rc<Account>, connection: Id) -> Result<Vec<String>, Fault> {
    let mut paths: Vec<String> = of(account, connection).await?.into_keys().collect();
    if !account.is_local() && account.link.borrow().link == tombolo_wire::store::Link::Online {
        // What the server cannot tell now is shown the next time.
        paths.extend(api::secret_paths(account.id, connection).await.unwrap_or_default());
    }
    paths.sort_unstable();
    paths.dedup();
    Ok(paths)
}

/// The secrets of a connection that are kept here.
pub(crate) async fn of(account: &Rc<Account>, connection: Id) -> Result<BTreeMap<String, String>, Fault> {
    let wanted = [(Store::Secrets, range(&connection.to_string()))];
    let entries = account.storage.entries(&wanted).await?.pop().unwrap_or_default();
    let mut secrets = BTreeMap::new();
    for (key, value) in entries {
        if let (Some(path), Some(sealed)) = (text_of(&key, 1), bytes_of(&value)) {
            secrets.insert(path, open(account, &sealed).await?);
        }
    }
    Ok(secrets)
}

async fn seal(account: &Rc<Account>, value: &str) -> Result<Vec<u8>, Fault> {
    let key = key(account).await?;
    let nonce: [u8; NONCE_BYTES] = env::random();
    let plain = value.as_bytes().to_vec();
    let sealed =
        subtle()?.encrypt_with_object_and_u8_array(&algorithm(Some(&nonce))?, &key, &plain).map_err(browser)?;
    let sealed = Uint8Array::new(&JsFuture::from(sealed).await.map_err(browser)?).to_vec();
    Ok([nonce.as_slice(), sealed.as_slice()].concat())
}

async fn open(account: &Rc<Account>, sealed: &[u8]) -> Result<String, Fault> {
    let unreadable = || Fault::Browser("A secret cannot be read any more. Enter it again.".to_owned());
    let key = key(account).await?;
    let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(unreadable)?;
    let plain = subtle()?.decrypt_with_object_and_u8_array(&algorithm(Some(nonce))?, &key, sealed).map_err(browser)?;
    let plain = JsFuture::from(plain).await.map_err(|_| unreadable())?;
    String::from_utf8(Uint8Array::new(&plain).to_vec()).map_err(|_| unreadable())
}

/// The device's key; made by the first tab that needs it.
async fn key(account: &Rc<Account>) -> Result<CryptoKey, Fault> {
    if let Some(key) = account.registry.key().await? {
        return Ok(key);
    }
    let turn = locks::take("tombolo-key", Ask::InTurn, || ()).await;
    let key = find_or_make(account).await;
    if let Some(turn) = turn {
        turn.release();
    }
    key
}

async fn find_or_make(account: &Rc<Account>) -> Result<CryptoKey, Fault> {
    if let Some(key) = account.registry.key().await? {
        return Ok(key);
    }
    let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
    let wanted = algorithm(None)?;
    Reflect::set(&wanted, &"length".into(), &256.into()).map_err(browser)?;
    let made = subtle()?.generate_key_with_object(&wanted, false, &uses).map_err(browser)?;
    let key: CryptoKey = JsFuture::from(made).await.map_err(browser)?.dyn_into().map_err(browser)?;
    account.registry.keep_key(&key).await?;
    Ok(key)
}

fn algorithm(nonce: Option<&[u8]>) -> Result<Object, Fault> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into()).map_err(browser)?;
    if let Some(nonce) = nonce {
        Reflect::set(&algorithm, &"iv".into(), &Uint8Array::from(nonce)).map_err(browser)?;
    }
    Ok(algorithm)
}

/// The browser's cryptography; pages from insecure addresses have none.
pub(crate) fn subtle() -> Result<SubtleCrypto, Fault> {
    let crypto = env::scope().crypto().map_err(browser)?;
    let subtle = crypto.subtle();
    if subtle.is_undefined() {
        return Err(Fault::Browser(
            "Browsers give cryptography to https addresses and localhost only. Open the page there.".to_owned(),
        ));
    }
    Ok(subtle)
}

fn browser(error: impl Into<JsValue>) -> Fault {
    Fault::Browser(format!("The browser's cryptography failed: {:?}.", error.into()))
}
