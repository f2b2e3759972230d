//! The data of lookup caches: of an account that is on this device alone in its database, of any other on the server.
//!
//! What a joined account's caches hold is never kept here as well, so that it is one truth: without the server they are
//! neither read nor written, and the fault says so. What was made before the account was joined goes there as an errand.
//!
//! Invariant: the size that is noted for a cache here is that of its entries; both are written in one transaction, by one
//! tab at a time.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tombolo_model::Id;
use tombolo_wire::store::{CachePage, Link};

use crate::account::Account;
use crate::api;
use crate::fault::Fault;
use crate::locks::{self, Ask};
use crate::storage::read::json as read_json;
use crate::storage::{Batch, Store, pair, range, range_after, text, text_of};

/// The most entries of one call.
const MOST_ENTRIES: usize = 1_000;
/// The most bytes of one call.
const MOST_BYTES: usize = 5 * 1024 * 1024;
/// The longest key.
const KEY_BYTES: usize = 1_024;
/// The most that one cache holds.
const CACHE_BYTES: u64 = 50 * 1024 * 1024;
const MIB: u64 = 1024 * 1024;

/// An entry as it is stored: the key is in its text too, so that reading a page is one request.
type Entry = (String, Value);

/// What is in a cache of this device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Size {
    bytes: u64,
    entries: u64,
}

/// Reads a page: keys that begin with `start`, behind `after`.
pub(crate) async fn read(
    account: &Rc<Account>,
    cache: Id,
    start: &str,
    after: Option<&str>,
) -> Result<CachePage, Fault> {
    if !account.is_local() {
        return read_there(account, cache, start, after).await;
    }
    let size: Size = account.storage.get_json(Store::Meta, &size_key(cache)).await?.unwrap_or_default();
    let wanted = range_after(&cache.to_string(), after.unwrap_or(start), after.is_some());
    let found = account.storage.first(Store::CacheData, wanted.as_ref(), MOST_ENTRIES + 1).await?;
    let mut entries: Vec<Entry> = Vec::with_capacity(found.len());
    for value in &found {
        let entry: Entry = read_json(Store::CacheData, value)?;
        if !entry.0.starts_with(start) {
            break;
        }
        entries.push(entry);
    }
    let more = entries.len() > MOST_ENTRIES;
    entries.truncate(MOST_ENTRIES);
    Ok(CachePage { entries, more, size_bytes: size.bytes, count: Some(size.entries) })
}

/// Writes entries in place of those with the same keys, and takes others away: all of it or nothing.
pub(crate) async fn write(account: &Rc<Account>, cache: Id, put: Vec<Entry>, delete: Vec<String>) -> Result<(), Fault> {
    check(&put, &delete)?;
    if account.is_local() {
        return write_here(account, cache, &put, &delete).await;
    }
    online(account)?;
    if !put.is_empty() {
        send(account, cache, &put).await?;
    }
    if !delete.is_empty() {
        let path = format!("/v1/lookupcaches/{cache}/data");
        api::rest(account.id, "DELETE", &path, Some(&json!({ "keys": delete }))).await?;
    }
    Ok(())
}

/// Takes all entries away.
pub(crate) async fn purge(account: &Rc<Account>, cache: Id) -> Result<(), Fault> {
    if !account.is_local() {
        online(account)?;
        return api::rest(account.id, "DELETE", &format!("/v1/lookupcaches/{cache}/data/purge"), None).await.map(drop);
    }
    let _turn = turn(cache).await;
    let mut batch = Batch::new();
    if let Some(all) = range(&cache.to_string()) {
        batch.delete(Store::CacheData, &all);
    }
    batch.delete(Store::Meta, &size_key(cache));
    Ok(account.storage.write(&batch).await?)
}

/// Sends what is here of a cache to the server: an errand of a cache that was made before the account was joined.
pub(crate) async fn bring(account: &Rc<Account>, cache: Id) -> Result<(), Fault> {
    let mut after: Option<String> = None;
    loop {
        let wanted = range_after(&cache.to_string(), after.as_deref().unwrap_or_default(), after.is_some());
        let found = account.storage.first(Store::CacheData, wanted.as_ref(), MOST_ENTRIES).await?;
        let entries: Vec<Entry> =
            found.iter().map(|value| read_json(Store::CacheData, value)).collect::<Result<_, _>>()?;
        let Some((last, _)) = entries.last() else { return Ok(()) };
        after = Some(last.clone());
        for some in parts(&entries) {
            send(account, cache, some).await?;
        }
    }
}

/// All that is here of all caches, by cache and key, for a file; and the caches of which something cannot be read.
pub(crate) async fn exported(account: &Rc<Account>) -> Result<(Map<String, Value>, Vec<String>), Fault> {
    let found = account.storage.entries(&[(Store::CacheData, None)]).await?.pop().unwrap_or_default();
    let (mut all, mut unreadable) = (Map::new(), Vec::new());
    for (key, value) in found {
        let Some(cache) = text_of(&key, 0) else { continue };
        match read_json::<Entry>(Store::CacheData, &value) {
            Ok((name, value)) => {
                let entries = all.entry(cache).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(entries) = entries {
                    entries.insert(name, value);
                }
            }
            Err(_) => unreadable.push(cache),
        }
    }
    unreadable.dedup();
    Ok((all, unreadable))
}

/// Entries in parts of which each is small enough for one request.
fn parts(mut entries: &[Entry]) -> Vec<&[Entry]> {
    let mut parts = Vec::new();
    while !entries.is_empty() {
        let mut bytes = 0;
        let fits = entries.iter().take_while(|entry| {
            bytes += length(entry);
            bytes <= MOST_BYTES
        });
        let (part, rest) = entries.split_at(fits.count().max(1));
        parts.push(part);
        entries = rest;
    }
    parts
}

async fn read_there(account: &Rc<Account>, cache: Id, start: &str, after: Option<&str>) -> Result<CachePage, Fault> {
    online(account)?;
    let asked = json!({ "startsWith": start, "startAfterKey": after });
    let page = api::rest(account.id, "POST", &format!("/v1/lookupcaches/{cache}/getData"), Some(&asked)).await?;
    let about = api::rest(account.id, "GET", &format!("/v1/lookupcaches/{cache}?include=size"), None).await?;
    let entry = |one: &Value| Some((one.get("key")?.as_str()?.to_owned(), one.get("value").cloned()?));
    let entries = page.get("data").and_then(Value::as_array).into_iter().flatten().filter_map(entry).collect();
    Ok(CachePage {
        entries,
        more: page.get("nextPageURL").is_some(),
        size_bytes: about.get("size").and_then(Value::as_u64).unwrap_or_default(),
        count: None,
    })
}

async fn send(account: &Rc<Account>, cache: Id, entries: &[Entry]) -> Result<(), Fault> {
    let data: Vec<Value> = entries.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let path = format!("/v1/lookupcaches/{cache}/data");
    api::rest(account.id, "POST", &path, Some(&json!({ "data": data }))).await.map(drop)
}

async fn write_here(account: &Rc<Account>, cache: Id, put: &[Entry], delete: &[String]) -> Result<(), Fault> {
    let _turn = turn(cache).await;
    let noted: Size = account.storage.get_json(Store::Meta, &size_key(cache)).await?.unwrap_or_default();
    // Of a key that comes twice the last one counts.
    let mut wanted: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for entry in put {
        let text = serde_json::to_string(entry).map_err(|error| Fault::Browser(error.to_string()))?;
        wanted.insert(&entry.0, Some(text));
    }
    wanted.extend(delete.iter().map(|key| (key.as_str(), None)));
    let place = |key: &str| pair(cache.to_string(), &text(key));
    let keys: Vec<_> = wanted.keys().map(|key| place(key)).collect();
    let before = account.storage.get_many(Store::CacheData, &keys).await?;
    let before = before.into_iter().map(|value| value.and_then(|value| value.as_string()).map(|text| text.len()));
    let after = wanted.values().map(|text| text.as_ref().map(String::len));
    let size = grown(noted, before.zip(after));
    if size.bytes > CACHE_BYTES && size.bytes > noted.bytes {
        let would = size.bytes.div_ceil(MIB);
        return Err(Fault::Invalid(format!(
            "A lookup cache holds at most 50 MB, and this would make it {would} MB. Nothing was added."
        )));
    }
    let mut batch = Batch::new();
    for (key, value) in &wanted {
        match value {
            Some(value) => batch.put(Store::CacheData, &place(key), text(value)),
            None => batch.delete(Store::CacheData, &place(key)),
        }
    }
    batch.put_json(Store::Meta, &size_key(cache), &size);
    Ok(account.storage.write(&batch).await?)
}

/// The size after entries of some lengths took the place of others.
fn grown(mut size: Size, changes: impl Iterator<Item = (Option<usize>, Option<usize>)>) -> Size {
    for (before, after) in changes {
        size.bytes = size.bytes.saturating_sub(before.unwrap_or_default() as u64) + after.unwrap_or_default() as u64;
        size.entries = size.entries.saturating_sub(u64::from(before.is_some())) + u64::from(after.is_some());
    }
    size
}

fn check(put: &[Entry], delete: &[String]) -> Result<(), Fault> {
    let invalid = |message: &str| Err(Fault::Invalid(message.to_owned()));
    if put.len() > MOST_ENTRIES || delete.len() > MOST_ENTRIES {
        return invalid("At most 1,000 entries are written at once. Send the others after these.");
    }
    let keys = put.iter().map(|(key, _)| key).chain(delete);
    for key in keys {
        if key.is_empty() {
            return invalid("Each entry has a key that is not empty.");
        }
        if key.len() > KEY_BYTES {
            return invalid("A key has at most 1,024 bytes. Choose a shorter one.");
        }
    }
    if put.iter().map(length).sum::<usize>() > MOST_BYTES {
        return invalid("At most 5 MB are written at once. Send the others after these.");
    }
    Ok(())
}

fn length((key, value): &Entry) -> usize {
    key.len() + value.to_string().len()
}

fn size_key(cache: Id) -> wasm_bindgen::JsValue {
    text(format!("cache_size:{cache}"))
}

/// One tab writes to a cache at a time: the size that it notes is counted from the one before.
async fn turn(cache: Id) -> Option<locks::Held> {
    locks::take(&format!("tombolo-cache-{cache}"), Ask::InTurn, || ()).await
}

fn online(account: &Account) -> Result<(), Fault> {
    if account.link.borrow().link == Link::Online {
        return Ok(());
    }
    Err(Fault::NotNow {
        code: "offline".to_owned(),
        message:
            "The data of lookup caches is kept on the server of this account, which cannot be reached now. It can be \
                  read and changed when the connection is back."
                .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_cache_follows_what_is_put_and_taken() {
        let noted = Size { bytes: 30, entries: 2 };
        let changes = [(None, Some(5)), (Some(10), Some(4)), (Some(20), None), (None, None)];
        assert_eq!(grown(noted, changes.into_iter()), Size { bytes: 9, entries: 2 });
    }

    #[test]
    fn entries_go_in_parts_of_a_request_each() {
        let entry = |bytes: usize| ("k".to_owned(), Value::from("x".repeat(bytes)));
        let entries = [entry(3_000_000), entry(3_000_000), entry(6_000_000), entry(1)];
        assert_eq!(parts(&entries).iter().map(|part| part.len()).collect::<Vec<_>>(), [1, 1, 1, 1]);
        assert_eq!(parts(&[entry(1), entry(2)]).len(), 1);
    }

    #[test]
    fn what_no_cache_takes_is_said_before_anything_is_written() {
        assert!(check(&[(String::new(), Value::Null)], &[]).is_err());
        assert!(check(&[("k".repeat(1_025), Value::Null)], &[]).is_err());
        assert!(check(&[], &vec!["k".to_owned(); 1_001]).is_err());
        assert!(check(&[("k".into(), Value::Null)], &["l".into()]).is_ok());
    }
}
