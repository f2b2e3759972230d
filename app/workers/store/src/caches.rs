//! The data of a lookup cache for its screen, page by page: of an account that is on this device alone from its database,
//! of any other from the server.
//!
//! What a joined account's caches hold is not kept here as well, so that it is one truth: without the server they are
//! neither read nor written here, and the fault says so. What runs and scripts ask of caches is answered in `kept.rs`.

use std::rc::Rc;

use serde_json::{Map, Value, json};
use tombolo_model::Id;
use tombolo_model::kept::{CACHE_ENTRIES, Kept, KeptAsk, KeptReply};
use tombolo_wire::store::{CachePage, Link};

use crate::account::Account;
use crate::fault::Fault;
use crate::locks::{self, Ask};
use crate::storage::read::json as read_json;
use crate::storage::{Batch, Store, range, range_after, text_of};
use crate::{api, kept};

/// The most bytes of one call.
const MOST_BYTES: usize = 5 * 1024 * 1024;

/// A key and its value.
type Entry = (String, Value);

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
    let wanted = range_after(&cache.to_string(), after.unwrap_or(start), after.is_some());
    let found = account.storage.first(Store::CacheEntries, wanted.as_ref(), CACHE_ENTRIES + 1).await?;
    let mut entries: Vec<Entry> = Vec::with_capacity(found.len());
    for (place, value) in &found {
        let Some(key) = text_of(place, 1).filter(|key| key.starts_with(start)) else { break };
        entries.push((key, read_json(Store::CacheEntries, value)?));
    }
    let more = entries.len() > CACHE_ENTRIES;
    entries.truncate(CACHE_ENTRIES);
    let size: usize = account.storage.get_json(Store::Meta, &kept::size_key(cache)).await?.unwrap_or(0);
    let count = account.storage.count(Store::CacheEntries, range(&cache.to_string()).as_ref()).await?;
    Ok(CachePage { entries, more, size_bytes: size as u64, count: Some(count as u64) })
}

/// Writes entries in place of those with the same keys, and takes others away. On a device all of it or nothing; a server
/// is asked for one after the other, and when the second fails the error says so.
pub(crate) async fn write(account: &Rc<Account>, cache: Id, put: Vec<Entry>, delete: Vec<String>) -> Result<(), Fault> {
    check(&put)?;
    if !account.is_local() {
        return write_there(account, cache, put, delete).await;
    }
    let put = put.into_iter().map(|(key, value)| (key, Kept(Some(value))));
    let entries = put.chain(delete.into_iter().map(|key| (key, Kept(None)))).collect();
    said(kept::answer(account, KeptAsk::PutCache { cache, entries }).await?)
}

/// Takes all entries away.
pub(crate) async fn purge(account: &Rc<Account>, cache: Id) -> Result<(), Fault> {
    if !account.is_local() {
        online(account)?;
        return api::rest(account.id, "DELETE", &format!("/v1/lookupcaches/{cache}/data/purge"), None).await.map(drop);
    }
    let _turn = locks::take(&format!("tombolo-cache-{cache}"), Ask::InTurn, || ()).await;
    let mut batch = Batch::new();
    kept::forget_entries(&mut batch, cache);
    Ok(account.storage.write(&batch).await?)
}

/// All that is here of all caches, by cache and key, for a file; and the caches of which something cannot be read.
pub(crate) async fn exported(account: &Rc<Account>) -> Result<(Map<String, Value>, Vec<String>), Fault> {
    let found = account.storage.entries(&[(Store::CacheEntries, None)]).await?.pop().unwrap_or_default();
    let (mut all, mut unreadable) = (Map::new(), Vec::new());
    for (place, value) in found {
        let (Some(cache), Some(key)) = (text_of(&place, 0), text_of(&place, 1)) else { continue };
        match read_json::<Value>(Store::CacheEntries, &value) {
            Ok(value) => {
                if let Value::Object(entries) = all.entry(cache).or_insert_with(|| Value::Object(Map::new())) {
                    entries.insert(key, value);
                }
            }
            Err(_) => unreadable.push(cache),
        }
    }
    unreadable.dedup();
    Ok((all, unreadable))
}

/// What came of a write, in words where it came to nothing.
fn said(reply: KeptReply) -> Result<(), Fault> {
    match reply {
        KeptReply::No(said) => Err(Fault::Invalid(said)),
        KeptReply::CacheFull { most_mb, .. } => {
            Err(Fault::Invalid(format!("A lookup cache holds at most {most_mb} MB. Nothing was added.")))
        }
        _ => Ok(()),
    }
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

async fn write_there(account: &Rc<Account>, cache: Id, put: Vec<Entry>, delete: Vec<String>) -> Result<(), Fault> {
    online(account)?;
    let path = format!("/v1/lookupcaches/{cache}/data");
    let wrote = !put.is_empty();
    if !put.is_empty() {
        let data: Vec<Value> = put.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        api::rest(account.id, "POST", &path, Some(&json!({ "data": data }))).await?;
    }
    if !delete.is_empty() {
        let deleted = api::rest(account.id, "DELETE", &path, Some(&json!({ "keys": delete }))).await;
        deleted.map_err(|fault| if wrote { half(&fault) } else { fault })?;
    }
    Ok(())
}

/// The server takes what is written and what is deleted one after the other, as its public API has it.
fn half(fault: &Fault) -> Fault {
    Fault::Invalid(format!("The new entry is written, the old one was not deleted ({fault}). Delete it by hand."))
}

fn check(put: &[Entry]) -> Result<(), Fault> {
    let bytes: usize = put.iter().map(|(key, value)| key.len() + value.to_string().len()).sum();
    if bytes > MOST_BYTES {
        return Err(Fault::Invalid("At most 5 MB are written at once. Send the others after these.".to_owned()));
    }
    Ok(())
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
    fn a_key_that_was_written_and_whose_old_one_stays_is_told() {
        let said = half(&Fault::Offline("no answer".into())).to_string();
        assert!(
            said.contains("is written") && said.contains("was not deleted") && said.contains("no answer"),
            "{said}"
        );
    }

    #[test]
    fn what_a_cache_does_not_take_is_said_in_words() {
        let full = said(KeptReply::CacheFull { cache: Id::from_parts(1, [1; 8]), most_mb: 50 });
        assert!(matches!(full, Err(Fault::Invalid(why)) if why.contains("50 MB")));
        assert!(said(KeptReply::No("Why.".to_owned())).is_err());
        assert!(said(KeptReply::Done).is_ok());
        assert!(check(&[("k".to_owned(), Value::from("x".repeat(MOST_BYTES)))]).is_err());
        assert!(check(&[("k".to_owned(), Value::Null)]).is_ok());
    }
}
