//! State and the data of lookup caches, as runs ask for them: of the process of a run on this server, or of a device that
//! runs a flow.
//!
//! Whether somebody may have what they ask for is judged before, by [`about`] and whoever calls [`answer`]. Invariant: what
//! is too much is refused as a whole, with a sentence.

use std::collections::HashMap;

use serde_json::Value;
use tombolo_model::kept::{
    CACHE_BYTES, CACHE_ENTRIES, Kept, KeptAsk, KeptReply, STATE_KEYS, check_entries, check_state,
};
use tombolo_model::{Id, Kind};

use crate::app::App;
use crate::clock;
use crate::store::{KeptState, StoreError, Upserted};

/// The most bytes of a cache, and of all caches of an account.
pub(crate) const MOST_BYTES: (u64, u64) = (CACHE_BYTES as u64, 1024 * 1024 * 1024);
/// The most bytes of one answer: a whole cache.
const ANSWER_BYTES: usize = CACHE_BYTES + 16 * 1024 * 1024;

/// Whose it is that a question is about, nothing for the account's own; and whether it writes.
pub(crate) fn about(ask: &KeptAsk) -> (Option<(Kind, Id)>, bool) {
    match ask {
        KeptAsk::State { owner, .. } | KeptAsk::StateKeys { owner } => (*owner, false),
        KeptAsk::PutState { owner, .. } => (*owner, true),
        KeptAsk::CacheValues { cache, .. } | KeptAsk::CacheEntries { cache, .. } => {
            (Some((Kind::LookupCache, *cache)), false)
        }
        KeptAsk::PutCache { cache, .. } => (Some((Kind::LookupCache, *cache)), true),
        KeptAsk::Start { flow, .. } => (Some((Kind::Flow, *flow)), true),
    }
}

/// Reads or writes what somebody may.
///
/// # Errors
///
/// Returns the store's error.
pub(crate) async fn answer(app: &App, account: Id, ask: KeptAsk) -> Result<KeptReply, StoreError> {
    let owner = |owner: Option<(Kind, Id)>| owner.map(|(_, id)| id);
    Ok(match ask {
        KeptAsk::State { owner: of, key } => {
            KeptReply::State(Kept(app.store.state_value(account, owner(of), &key).await?))
        }
        KeptAsk::StateKeys { owner: of } => KeptReply::Keys(app.store.state_keys(account, owner(of)).await?),
        KeptAsk::PutState { owner: of, key, value } => match check_state(&key, &value) {
            Ok(()) => put_state(app, account, owner(of), (&key, value)).await?,
            Err(said) => KeptReply::No(said),
        },
        KeptAsk::CacheValues { keys, .. } if keys.len() > CACHE_ENTRIES => too_many(),
        KeptAsk::CacheValues { cache, keys } => {
            match app.store.cache_values(account, cache, &keys, ANSWER_BYTES).await? {
                Some(found) => values(&keys, &found.into_iter().collect()),
                None => too_large(),
            }
        }
        KeptAsk::CacheEntries { cache, start, most } => {
            let most = most.min(u32::try_from(CACHE_ENTRIES).unwrap_or(u32::MAX));
            let (entries, _) = app.store.cache_entries(account, cache, &start, None, (most, ANSWER_BYTES)).await?;
            KeptReply::Entries(entries)
        }
        KeptAsk::PutCache { cache, entries } => match check_entries(entries.iter().map(|(key, _)| key.as_str())) {
            Ok(()) => put_cache(app, account, cache, entries).await?,
            Err(said) => KeptReply::No(said),
        },
        KeptAsk::Start { flow, .. } => KeptReply::No(format!("The flow {flow} is not started this way.")),
    })
}

/// The values of keys, in their order. One that is asked for often is there as often, and counts so.
fn values(keys: &[String], found: &HashMap<String, Value>) -> KeptReply {
    let sizes: HashMap<&String, usize> = found.iter().map(|(key, value)| (key, value.to_string().len())).collect();
    let bytes: usize = keys.iter().filter_map(|key| sizes.get(key)).sum();
    if bytes > ANSWER_BYTES {
        return too_large();
    }
    KeptReply::Values(keys.iter().map(|key| Kept(found.get(key).cloned())).collect())
}

fn too_large() -> KeptReply {
    KeptReply::No(format!(
        "These entries of the lookup cache are more than {} MB together: ask for fewer keys at once.",
        ANSWER_BYTES / (1024 * 1024)
    ))
}

fn too_many() -> KeptReply {
    KeptReply::No(format!("A lookup cache reads and writes {CACHE_ENTRIES} entries at once: ask for fewer."))
}

async fn put_state(
    app: &App,
    account: Id,
    owner: Option<Id>,
    (key, value): (&str, Kept),
) -> Result<KeptReply, StoreError> {
    let Some(value) = value.0 else {
        app.store.delete_state(account, owner, Some(key)).await?;
        return Ok(KeptReply::Done);
    };
    Ok(match app.store.put_state(account, owner, key, &value, STATE_KEYS, clock::now_ms()).await? {
        KeptState::Created | KeptState::Replaced => KeptReply::Done,
        KeptState::Full => {
            KeptReply::No(format!("The account has {STATE_KEYS} keys of state, and no more fit. Delete some first."))
        }
    })
}

async fn put_cache(app: &App, account: Id, cache: Id, entries: Vec<(String, Kept)>) -> Result<KeptReply, StoreError> {
    let (mut put, mut gone) = (Vec::new(), Vec::new());
    for (key, value) in entries {
        match value.0 {
            Some(value) => put.push((key, value)),
            None => gone.push(key),
        }
    }
    if !put.is_empty() && !gone.is_empty() {
        // Two transactions would not be all or nothing.
        return Ok(KeptReply::No("Entries are written or taken away, not both at once: ask twice.".to_owned()));
    }
    if put.is_empty() {
        app.store.delete_cache(account, cache, Some(&gone), clock::now_ms()).await?;
        return Ok(KeptReply::Done);
    }
    Ok(match app.store.upsert_cache(account, cache, &put, MOST_BYTES, clock::now_ms()).await? {
        Upserted::Kept(_) => KeptReply::Done,
        Upserted::CacheFull(_) => KeptReply::CacheFull { cache, most_mb: CACHE_BYTES / (1024 * 1024) },
        Upserted::AccountFull(_) => KeptReply::No(
            "All lookup caches of an account together hold at most 1 GB: take entries away first.".to_owned(),
        ),
    })
}
