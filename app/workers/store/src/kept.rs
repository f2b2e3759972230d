//! State and the data of lookup caches of an account that has no server.
//!
//! The same limits and sentences as on a server, so that a flow does not learn of them when it moves there. Invariant: a
//! write is answered when it is strictly stored, all of it or nothing.

use std::rc::Rc;

use tombolo_model::kept::{
    CACHE_BYTES, CACHE_ENTRIES, Kept, KeptAsk, KeptReply, STATE_KEYS, check_entries, check_state,
};
use tombolo_model::{Id, Kind};
use wasm_bindgen::JsValue;

use crate::account::Account;
use crate::api;
use crate::fault::Fault;
use crate::locks::{self, Ask};
use crate::storage::read::json;
use crate::storage::{Batch, Store, pair, range, text, text_of};

/// The resource that a question is about; nothing for the account's own state.
pub(crate) const fn owner(ask: &KeptAsk) -> Option<(Kind, Id)> {
    match ask {
        KeptAsk::State { owner, .. } | KeptAsk::StateKeys { owner } | KeptAsk::PutState { owner, .. } => *owner,
        KeptAsk::CacheValues { cache, .. } | KeptAsk::CacheEntries { cache, .. } | KeptAsk::PutCache { cache, .. } => {
            Some((Kind::LookupCache, *cache))
        }
        KeptAsk::Start { flow, .. } => Some((Kind::Flow, *flow)),
    }
}

/// Reads or writes on this device.
pub(crate) async fn answer(account: &Rc<Account>, ask: KeptAsk) -> Result<KeptReply, Fault> {
    Ok(match ask {
        KeptAsk::State { owner, key } => {
            let value = account.storage.get(Store::States, &state_key(owner, &key)).await?;
            KeptReply::State(Kept(value.map(|value| json(Store::States, &value)).transpose()?))
        }
        KeptAsk::StateKeys { owner } => KeptReply::Keys(keys(account, owner).await?),
        KeptAsk::PutState { owner, key, value } => match check_state(&key, &value) {
            Ok(()) => put_state(account, state_key(owner, &key), value).await?,
            Err(said) => KeptReply::No(said),
        },
        KeptAsk::CacheValues { cache, keys } => {
            let keys: Vec<JsValue> = keys.iter().map(|key| pair(cache.to_string(), &text(key))).collect();
            let found = account.storage.get_many(Store::CacheEntries, &keys).await?;
            let read =
                |value: Option<JsValue>| value.map(|value| json(Store::CacheEntries, &value)).transpose().map(Kept);
            KeptReply::Values(found.into_iter().map(read).collect::<Result<_, _>>()?)
        }
        KeptAsk::CacheEntries { cache, start, most } => entries(account, cache, &start, most as usize).await?,
        KeptAsk::PutCache { cache, entries } => match check_entries(entries.iter().map(|(key, _)| key.as_str())) {
            Ok(()) => put_entries(account, cache, entries).await?,
            Err(said) => KeptReply::No(said),
        },
        KeptAsk::Start { flow, .. } => KeptReply::No(format!("The flow {flow} is not started this way.")),
    })
}

/// Deletes the state of a resource, and of a lookup cache its data.
pub(crate) fn forget(batch: &mut Batch, kind: Kind, id: Id) {
    if let Some(all) = range(&owner_text(Some((kind, id)))) {
        batch.delete(Store::States, &all);
    }
    if kind == Kind::LookupCache {
        forget_entries(batch, id);
    }
}

/// Deletes all data of a lookup cache.
pub(crate) fn forget_entries(batch: &mut Batch, cache: Id) {
    if let Some(all) = range(&cache.to_string()) {
        batch.delete(Store::CacheEntries, &all);
    }
    batch.delete(Store::Meta, &size_key(cache));
}

/// Under which key it is kept how many bytes a lookup cache has.
pub(crate) fn size_key(cache: Id) -> JsValue {
    text(format!("cache_bytes:{cache}"))
}

fn owner_text(owner: Option<(Kind, Id)>) -> String {
    owner.map_or_else(String::new, |(kind, id)| format!("{}/{id}", kind.collection()))
}

fn state_key(owner: Option<(Kind, Id)>, key: &str) -> JsValue {
    pair(owner_text(owner), &text(key))
}

async fn keys(account: &Rc<Account>, owner: Option<(Kind, Id)>) -> Result<Vec<String>, Fault> {
    let wanted = [(Store::States, range(&owner_text(owner)))];
    let found = account.storage.entries(&wanted).await?;
    let mut keys: Vec<String> = found.into_iter().flatten().filter_map(|(key, _)| text_of(&key, 1)).collect();
    // The database sorts by UTF-16, a server by bytes.
    keys.sort_unstable();
    Ok(keys)
}

async fn put_state(account: &Rc<Account>, key: JsValue, value: Kept) -> Result<KeptReply, Fault> {
    let mut batch = Batch::new();
    match value.0 {
        Some(value) => {
            let is_new = account.storage.get(Store::States, &key).await?.is_none();
            let have = if is_new { account.storage.values(Store::States, None).await?.len() } else { 0 };
            if have >= STATE_KEYS as usize {
                let said = format!("The account has {STATE_KEYS} keys of state, and no more fit. Delete some first.");
                return Ok(KeptReply::No(said));
            }
            batch.put_json(Store::States, &key, &value);
        }
        None => batch.delete(Store::States, &key),
    }
    account.storage.write(&batch).await?;
    Ok(KeptReply::Done)
}

async fn entries(account: &Rc<Account>, cache: Id, start: &str, most: usize) -> Result<KeptReply, Fault> {
    let wanted = [(Store::CacheEntries, range(&cache.to_string()))];
    let found = account.storage.entries(&wanted).await?;
    let mut found: Vec<(String, JsValue)> = found
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((text_of(&key, 1)?, value)))
        .filter(|(key, _)| key.starts_with(start))
        .collect();
    // The database sorts by UTF-16, a server by bytes.
    found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    found.truncate(most.min(CACHE_ENTRIES));
    let read = |(key, value)| Ok::<_, Fault>((key, json(Store::CacheEntries, &value)?));
    Ok(KeptReply::Entries(found.into_iter().map(read).collect::<Result<_, _>>()?))
}

async fn put_entries(account: &Rc<Account>, cache: Id, entries: Vec<(String, Kept)>) -> Result<KeptReply, Fault> {
    // Two tabs that both found room would together have too much.
    let _turn = locks::take(&format!("tombolo-cache-{cache}"), Ask::InTurn, || ()).await;
    let size_key = size_key(cache);
    let mut size: usize = account.storage.get_json(Store::Meta, &size_key).await?.unwrap_or(0);
    let keys: Vec<JsValue> = entries.iter().map(|(key, _)| pair(cache.to_string(), &text(key))).collect();
    let before = account.storage.get_many(Store::CacheEntries, &keys).await?;
    let mut batch = Batch::new();
    let mut put = std::collections::BTreeMap::new();
    for (((key, value), place), old) in entries.into_iter().zip(keys).zip(before) {
        // Of a key that comes twice, the last value stays.
        let old_bytes = match put.insert(key.clone(), value.0.as_ref().map(|value| value.to_string().len())) {
            Some(earlier) => earlier,
            None => old.and_then(|old| old.as_string()).map(|old| old.len()),
        };
        size = size.saturating_sub(old_bytes.map_or(0, |bytes| bytes + key.len()));
        match value.0 {
            Some(value) => {
                size = size.saturating_add(key.len() + value.to_string().len());
                batch.put_json(Store::CacheEntries, &place, &value);
            }
            None => batch.delete(Store::CacheEntries, &place),
        }
    }
    if size > CACHE_BYTES && put.values().any(Option::is_some) {
        return Ok(KeptReply::CacheFull { cache, most_mb: CACHE_BYTES / (1024 * 1024) });
    }
    batch.put_json(Store::Meta, &size_key, &size);
    account.storage.write(&batch).await?;
    Ok(KeptReply::Done)
}

/// Whose state a stored key is of, and the key.
pub(crate) fn named(place: &JsValue) -> Option<(Option<(Kind, Id)>, String)> {
    let key = text_of(place, 1)?;
    let owner = text_of(place, 0)?;
    if owner.is_empty() {
        return Some((None, key));
    }
    let (collection, id) = owner.split_once('/')?;
    Some((Some((Kind::from_collection(collection)?, id.parse().ok()?)), key))
}

/// The most bytes of entries in one request.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Takes a key of state to the server. A value that is there already stays: other devices and runs go by it.
pub(crate) async fn bring_state(account: &Rc<Account>, owner: Option<(Kind, Id)>, key: &str) -> Result<(), Fault> {
    let path = path(account);
    let Some(value) = account.storage.get(Store::States, &state_key(owner, key)).await? else { return Ok(()) };
    let value = Kept(Some(json(Store::States, &value)?));
    let there = api::call("POST", &path, Some(&KeptAsk::State { owner, key: key.to_owned() })).await?;
    match there {
        KeptReply::State(Kept(None)) => {}
        KeptReply::State(there) if there == value => return Ok(()),
        // It stays in the local account, which therefore stays.
        KeptReply::State(_) => {
            let message = format!(
                "The state “{key}” of this device was not taken over: the account has another value for it. Set it there if this device's was the right one; it is kept here, where you get by signing out."
            );
            return Err(Fault::Refused { code: "refused".to_owned(), message });
        }
        other => return done(other),
    }
    done(api::call("POST", &path, Some(&KeptAsk::PutState { owner, key: key.to_owned(), value })).await?)
}

/// Takes the entries of a cache to the server, some at a time. One that is there already stays: runs and colleagues have
/// gone on from it since this device had it.
pub(crate) async fn bring_entries(account: &Rc<Account>, cache: Id) -> Result<(), Fault> {
    let wanted = [(Store::CacheEntries, range(&cache.to_string()))];
    let (mut some, mut bytes, mut differ) = (Vec::new(), 0, false);
    for (key, value) in account.storage.entries(&wanted).await?.into_iter().flatten() {
        let Some(key) = text_of(&key, 1) else { continue };
        bytes += key.len() + value.as_string().map_or(0, |value| value.len());
        some.push((key, Kept(Some(json(Store::CacheEntries, &value)?))));
        if some.len() == CACHE_ENTRIES || bytes > MOST_BYTES {
            bytes = 0;
            differ |= bring_some(account, cache, std::mem::take(&mut some)).await?;
        }
    }
    if !some.is_empty() {
        differ |= bring_some(account, cache, some).await?;
    }
    if !differ {
        return Ok(());
    }
    // They stay in the local account, which therefore stays.
    let message = format!(
        "Some entries of the lookup cache {cache} were not taken over: the account has other values for their keys. They are kept here, where you get by signing out."
    );
    Err(Fault::Refused { code: "refused".to_owned(), message })
}

/// Takes those of some entries to the server that it lacks; says whether it has others in place of some.
async fn bring_some(account: &Rc<Account>, cache: Id, some: Vec<(String, Kept)>) -> Result<bool, Fault> {
    let path = path(account);
    let keys = some.iter().map(|(key, _)| key.clone()).collect();
    let there = match api::call("POST", &path, Some(&KeptAsk::CacheValues { cache, keys })).await? {
        KeptReply::Values(there) if there.len() == some.len() => there,
        other => return done(other).map(|()| true),
    };
    let (entries, differ) = lacking(some, &there);
    if !entries.is_empty() {
        done(api::call("POST", &path, Some(&KeptAsk::PutCache { cache, entries })).await?)?;
    }
    Ok(differ)
}

/// The entries that are not there, and whether some are there otherwise.
fn lacking(mut some: Vec<(String, Kept)>, there: &[Kept]) -> (Vec<(String, Kept)>, bool) {
    let differ = some.iter().zip(there).any(|((_, here), there)| there.0.is_some() && there != here);
    let mut there = there.iter();
    some.retain(|_| there.next().is_none_or(|there| there.0.is_none()));
    (some, differ)
}

fn path(account: &Account) -> String {
    format!("/api/accounts/{}/kept", account.id)
}

/// What the server will never do is refused, and said.
fn done(reply: KeptReply) -> Result<(), Fault> {
    let message = match reply {
        KeptReply::No(said) => said,
        KeptReply::NoCache(cache) => format!("The server has no lookup cache {cache} for the data of this device."),
        KeptReply::CacheFull { most_mb, .. } => {
            format!("The data of a lookup cache did not fit on the server, which takes {most_mb} MB of each.")
        }
        _ => return Ok(()),
    };
    Err(Fault::Refused { code: "refused".to_owned(), message })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn entries_that_the_server_has_are_never_written_over_by_those_that_a_device_brings() {
        let entry = |key: &str, value: u32| (key.to_owned(), Kept(Some(json!(value))));
        let here = || vec![entry("new", 1), entry("same", 2), entry("other", 3)];
        let there = [Kept(None), Kept(Some(json!(2))), Kept(Some(json!(30)))];
        assert_eq!(lacking(here(), &there), (vec![entry("new", 1)], true));
        let there = [Kept(None), Kept(Some(json!(2))), Kept(None)];
        assert_eq!(lacking(here(), &there), (vec![entry("new", 1), entry("other", 3)], false));
    }
}
