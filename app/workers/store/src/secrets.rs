//! Secrets of connections on this device: encrypted under a key that the browser does not give out.
//!
//! A value leaves this module only towards the run worker and the server's vault, never towards the screen, and never
//! without the hosts it was entered for.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_model::views::secret_addresses;
use tombolo_model::{Id, Kind};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto, Url};

use crate::account::Account;
use crate::api::{self, Errand};
use crate::fault::Fault;
use crate::locks::{self, Ask};
use crate::storage::{Batch, Store, bytes, bytes_of, pair, range, text, text_of};
use crate::{env, export, outages, tabs};

const NONCE_BYTES: usize = 12;

/// A secret, with the hosts it may be sent to: those of the connection's base URI when it was entered (decision 24).
///
/// Both are encrypted together, so that neither goes anywhere without the other.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) value: String,
    pub(crate) hosts: Vec<String>,
}

/// The secrets of a connection that are kept here.
#[derive(Default)]
pub(crate) struct Found {
    /// By their paths.
    pub(crate) kept: BTreeMap<String, Kept>,
    /// The paths of those that must be entered again: damaged, or kept by a version that did not know their hosts.
    pub(crate) unreadable: Vec<String>,
}

/// Keeps a secret; an empty one is removed.
pub(crate) async fn set(account: &Rc<Account>, connection: Id, path: &str, value: &str) -> Result<(), Fault> {
    let key = pair(connection.to_string(), &text(path));
    let mut batch = Batch::new();
    if value.is_empty() {
        batch.delete(Store::Secrets, &key);
    } else {
        let kept = Kept { value: value.to_owned(), hosts: home(account, connection).await? };
        let sealed = seal(account, &place(connection, path), &kept).await?;
        batch.put(Store::Secrets, &key, bytes(&sealed));
    }
    if !account.is_local() {
        let errand = Errand::Secret { connection, path: path.to_owned() };
        batch.append_json(Store::Errands, &errand);
    }
    outages::forget(&mut batch, connection);
    account.storage.write(&batch).await?;
    outages::tell(account);
    account.say(&tabs::Say::Errand);
    api::errands(account);
    Ok(())
}

/// Secrets that are typed and not kept, with the hosts that they would be kept for now.
pub(crate) async fn typed(
    account: &Rc<Account>,
    holder: Id,
    texts: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Kept>, Fault> {
    if texts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let hosts = home(account, holder).await?;
    let kept = |(path, value): (&String, &String)| (path.clone(), Kept { value: value.clone(), hosts: hosts.clone() });
    Ok(texts.iter().map(kept).collect())
}

/// Keeps a token that a run renewed, for the hosts of the one before it; also on the server, whose copy is no good any
/// more where a token is good once.
pub(crate) async fn renew(
    account: &Rc<Account>,
    batch: &mut Batch,
    connection: Id,
    path: &str,
    value: String,
) -> Result<(), Fault> {
    let kept = of(account, connection).await?.kept;
    let before = kept.get(path).or_else(|| kept.values().next());
    let Some(hosts) = before.map(|kept| kept.hosts.clone()) else {
        return Err(Fault::Invalid("Its secrets are not on this device any more.".to_owned()));
    };
    let sealed = seal(account, &place(connection, path), &Kept { value, hosts }).await?;
    batch.put(Store::Secrets, &pair(connection.to_string(), &text(path)), bytes(&sealed));
    if !account.is_local() {
        batch.append_json(Store::Errands, &Errand::Secret { connection, path: path.to_owned() });
    }
    Ok(())
}

/// The hosts that a connection's or client's secrets are entered for: of its base URL, and of where it gets tokens.
pub(crate) async fn home(account: &Rc<Account>, holder: Id) -> Result<Vec<String>, Fault> {
    let (kind, value) = export::value(account, holder).await?;
    // A listener's is held against what comes, and sent nowhere.
    if kind == Kind::Export {
        return Ok(Vec::new());
    }
    let mut hosts = hosts_of(kind, &value);
    if hosts.is_empty() {
        return Err(Fault::Invalid(
            "A secret goes to the host of the connection's base URL only, and there is none yet. Enter the base URL, then the secret."
                .to_owned(),
        ));
    }
    // A connection's refresh token goes to where its client gets tokens.
    if let Some(client) = value.pointer("/http/_iClientId").and_then(Value::as_str).and_then(|id| id.parse().ok()) {
        match export::value(account, client).await {
            Ok((kind, value)) => hosts.extend(hosts_of(kind, &value)),
            Err(Fault::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let mut seen = BTreeSet::new();
    hosts.retain(|host| seen.insert(host.clone()));
    Ok(hosts)
}

/// The host that comes first among those that secrets go to.
pub(crate) fn host_of(kind: Kind, value: &Value) -> Option<String> {
    hosts_of(kind, value).into_iter().next()
}

/// In lower case, with its port when that is not the usual one, and with `http://` before it where what is sent can be
/// read on the way.
fn hosts_of(kind: Kind, value: &Value) -> Vec<String> {
    let host = |address: &str| {
        let url = Url::new(address).ok()?;
        let open = if url.protocol() == "http:" { "http://" } else { "" };
        Some(url.host()).filter(|host| !host.is_empty()).map(|host| format!("{open}{host}"))
    };
    secret_addresses(kind, value).into_iter().filter_map(host).collect()
}

/// Which secrets a run gets, and the hosts they may all go to.
///
/// One that was entered for another host than the connection has now stays here, unless that leaves none: then the run
/// is to say that they must be entered again.
pub(crate) fn for_run(mut kept: BTreeMap<String, Kept>, home: Option<&str>) -> (BTreeMap<String, String>, Vec<String>) {
    let fits = |kept: &Kept| home.is_none_or(|home| kept.hosts.iter().any(|host| host == home));
    if kept.values().any(fits) {
        kept.retain(|_, kept| fits(kept));
    }
    let mut hosts = kept.values().next().map(|first| first.hosts.clone()).unwrap_or_default();
    hosts.retain(|host| kept.values().all(|kept| kept.hosts.contains(host)));
    (kept.into_iter().map(|(path, kept)| (path, kept.value)).collect(), hosts)
}

/// Which secrets are kept here, and, when the server can be asked, there.
pub(crate) async fn paths(account: &Rc<Account>, connection: Id) -> Result<Vec<String>, Fault> {
    let mut paths: Vec<String> = of(account, connection).await?.kept.into_keys().collect();
    if !account.is_local() && account.link.borrow().link == tombolo_wire::store::Link::Online {
        // What the server cannot tell now is shown the next time.
        paths.extend(api::secret_paths(account.id, connection).await.unwrap_or_default());
    }
    paths.sort_unstable();
    paths.dedup();
    Ok(paths)
}

/// The secrets of a connection that are kept here.
pub(crate) async fn of(account: &Rc<Account>, connection: Id) -> Result<Found, Fault> {
    let wanted = [(Store::Secrets, range(&connection.to_string()))];
    let entries = account.storage.entries(&wanted).await?.pop().unwrap_or_default();
    let mut found = Found::default();
    for (key, value) in entries {
        if let (Some(path), Some(sealed)) = (text_of(&key, 1), bytes_of(&value)) {
            match open(account, &place(connection, &path), &sealed).await? {
                Some(kept) => drop(found.kept.insert(path, kept)),
                None => found.unreadable.push(path),
            }
        }
    }
    Ok(found)
}

/// What a sealed secret is bound to: it opens nowhere else.
fn place(connection: Id, path: &str) -> String {
    format!("{connection} {path}")
}

async fn seal(account: &Rc<Account>, place: &str, kept: &Kept) -> Result<Vec<u8>, Fault> {
    let key = key(account).await?;
    let nonce: [u8; NONCE_BYTES] = env::random();
    let plain = serde_json::to_vec(kept).map_err(|error| Fault::Browser(error.to_string()))?;
    let sealed = subtle()?.encrypt_with_object_and_u8_array(&sealing(&nonce, place)?, &key, &plain).map_err(browser)?;
    let sealed = Uint8Array::new(&JsFuture::from(sealed).await.map_err(browser)?).to_vec();
    Ok([nonce.as_slice(), sealed.as_slice()].concat())
}

/// Opens what [`seal`] made; `None` for anything else.
async fn open(account: &Rc<Account>, place: &str, sealed: &[u8]) -> Result<Option<Kept>, Fault> {
    let key = key(account).await?;
    let Some((nonce, sealed)) = sealed.split_at_checked(NONCE_BYTES) else {
        return Ok(None);
    };
    let plain = subtle()?.decrypt_with_object_and_u8_array(&sealing(nonce, place)?, &key, sealed).map_err(browser)?;
    let Ok(plain) = JsFuture::from(plain).await else {
        return Ok(None);
    };
    let text = String::from_utf8(Uint8Array::new(&plain).to_vec());
    Ok(text.ok().and_then(|text| serde_json::from_str(&text).ok()))
}

/// The seed of the key that signs bundles of this device; made by the first tab that needs it. One that cannot be read any
/// more is made anew: its fingerprint is another one then, and everybody sees that.
pub(crate) async fn signing_seed(account: &Rc<Account>) -> Result<[u8; 32], Fault> {
    let turn = locks::take("tombolo-signing", Ask::InTurn, || ()).await;
    let seed = find_or_make_seed(account).await;
    if let Some(turn) = turn {
        turn.release();
    }
    seed
}

async fn find_or_make_seed(account: &Rc<Account>) -> Result<[u8; 32], Fault> {
    const PLACE: &str = "signing key";
    if let Some(sealed) = account.registry.signing().await?
        && let Some(seed) = open(account, PLACE, &sealed).await?.and_then(|kept| digits(&kept.value))
    {
        return Ok(seed);
    }
    let seed: [u8; 32] = env::random();
    let value = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let sealed = seal(account, PLACE, &Kept { value, hosts: Vec::new() }).await?;
    account.registry.keep_signing(&sealed).await?;
    Ok(seed)
}

/// 32 bytes from their hexadecimal digits.
fn digits(text: &str) -> Option<[u8; 32]> {
    let byte = |at: usize| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok();
    let bytes: Vec<u8> = (0..32).filter_map(byte).collect();
    bytes.try_into().ok()
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
    let wanted = algorithm()?;
    Reflect::set(&wanted, &"length".into(), &256.into()).map_err(browser)?;
    let made = subtle()?.generate_key_with_object(&wanted, false, &uses).map_err(browser)?;
    let key: CryptoKey = JsFuture::from(made).await.map_err(browser)?.dyn_into().map_err(browser)?;
    account.registry.keep_key(&key).await?;
    Ok(key)
}

fn algorithm() -> Result<Object, Fault> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into()).map_err(browser)?;
    Ok(algorithm)
}

fn sealing(nonce: &[u8], place: &str) -> Result<Object, Fault> {
    let algorithm = algorithm()?;
    Reflect::set(&algorithm, &"iv".into(), &Uint8Array::from(nonce)).map_err(browser)?;
    Reflect::set(&algorithm, &"additionalData".into(), &Uint8Array::from(place.as_bytes())).map_err(browser)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(value: &str, hosts: &[&str]) -> Kept {
        Kept { value: value.to_owned(), hosts: hosts.iter().map(|host| (*host).to_owned()).collect() }
    }

    #[test]
    fn a_seed_survives_being_written_as_digits() {
        let seed: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 8).unwrap());
        let text: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digits(&text), Some(seed));
        assert_eq!(digits("00ff"), None);
    }

    #[test]
    fn secrets_for_the_present_host_go_along_and_those_for_another_stay() {
        let all = BTreeMap::from([
            ("/token".to_owned(), kept("t", &["new.example"])),
            ("/password".to_owned(), kept("p", &["old.example"])),
        ]);
        let (secrets, hosts) = for_run(all, Some("new.example"));
        assert_eq!(secrets, BTreeMap::from([("/token".to_owned(), "t".to_owned())]));
        assert_eq!(hosts, ["new.example"]);
    }

    #[test]
    fn a_changed_base_address_does_not_change_where_a_secret_may_go() {
        let all = BTreeMap::from([("/token".to_owned(), kept("t", &["old.example"]))]);
        let (secrets, hosts) = for_run(all, Some("new.example"));
        assert_eq!((secrets.len(), hosts), (1, vec!["old.example".to_owned()]));
    }

    #[test]
    fn secrets_for_different_hosts_may_go_to_none_of_them_together() {
        let all = BTreeMap::from([
            ("/a".to_owned(), kept("a", &["one.example", "both.example"])),
            ("/b".to_owned(), kept("b", &["two.example", "both.example"])),
        ]);
        assert_eq!(for_run(all, None).1, ["both.example"]);
    }
}
