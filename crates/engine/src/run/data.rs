//! State and lookup caches, as a run may use them.
//!
//! A test run writes nothing: what its scripts put is seen by it alone, and forgotten with it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;
use tombolo_model::{Id, Val, excerpt};

use super::shared::Shared;
use crate::data::{DataError, DataStore, StateOwner};

/// The most entries of a cache that are read or written at once.
pub(super) const MAX_ENTRIES: usize = tombolo_model::kept::CACHE_ENTRIES;

/// What a test run puts over what is kept; nothing in the place of what it took away.
#[derive(Default)]
pub(super) struct Overlay {
    state: RefCell<BTreeMap<(StateOwner, String), Option<Value>>>,
    caches: RefCell<BTreeMap<Id, BTreeMap<String, Option<Value>>>>,
}

impl Shared<'_> {
    fn store(&self) -> Result<&dyn DataStore, String> {
        self.host.data().ok_or_else(|| "State cannot be kept where this flow runs.".to_owned())
    }

    /// The value of a key of state.
    pub(super) async fn state(&self, owner: StateOwner, key: &str) -> Result<Option<Value>, String> {
        let laid = self.overlay.state.borrow().get(&(owner, key.to_owned())).cloned();
        match laid {
            Some(value) => Ok(value),
            None => self.store()?.state(owner, key).await.map_err(said),
        }
    }

    /// Writes a key of state, or takes it away.
    pub(super) async fn put_state(&self, owner: StateOwner, key: &str, value: Option<Value>) -> Result<(), String> {
        let store = self.store()?;
        if self.plan.test_mode {
            self.overlay.state.borrow_mut().insert((owner, key.to_owned()), value);
            return Ok(());
        }
        store.put_state(owner, key, value).await.map_err(said)
    }

    /// The keys of state.
    pub(super) async fn state_keys(&self, owner: StateOwner) -> Result<Vec<String>, String> {
        let mut keys = self.store()?.state_keys(owner).await.map_err(said)?;
        for ((_, key), value) in self.overlay.state.borrow().iter().filter(|((of, _), _)| *of == owner) {
            keys.retain(|have| have != key);
            if value.is_some() {
                keys.push(key.clone());
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }

    /// The values of some keys of a cache: those that came with the flow where the host keeps none.
    pub(super) async fn cache_values(&self, cache: &str, keys: &[&str]) -> Result<Vec<Val>, String> {
        let Some((store, id)) = self.kept(cache)? else {
            let data = self.came_with(cache)?;
            return Ok(keys.iter().map(|key| data.get(*key).cloned().unwrap_or(Val::Absent)).collect());
        };
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MAX_ENTRIES) {
            found.extend(store.cache_values(id, keys).await.map_err(said)?);
        }
        let caches = self.overlay.caches.borrow();
        let laid = caches.get(&id);
        let values = keys.iter().zip(found).map(|(key, value)| {
            let value = laid.and_then(|laid| laid.get(*key)).cloned().unwrap_or(value);
            value.as_ref().map_or(Val::Absent, Val::from)
        });
        Ok(values.collect())
    }

    /// Entries of a cache whose key begins with `start`, sorted by key.
    pub(super) async fn cache_entries(&self, cache: &str, start: &str) -> Result<Vec<(String, Value)>, String> {
        let Some((store, id)) = self.kept(cache)? else {
            let data = self.came_with(cache)?;
            let mut found: Vec<_> = data.iter().filter(|(key, _)| key.starts_with(start)).collect();
            // A map has no order, and two runs must see the same.
            found.sort_unstable_by_key(|(key, _)| *key);
            return Ok(found.into_iter().take(MAX_ENTRIES).map(|(key, value)| (key.clone(), value.into())).collect());
        };
        let found = store.cache_entries(id, start, MAX_ENTRIES).await.map_err(said)?;
        let caches = self.overlay.caches.borrow();
        let Some(laid) = caches.get(&id) else { return Ok(found) };
        let mut found: BTreeMap<String, Value> = found.into_iter().collect();
        for (key, value) in laid.iter().filter(|(key, _)| key.starts_with(start)) {
            match value {
                Some(value) => found.insert(key.clone(), value.clone()),
                None => found.remove(key),
            };
        }
        Ok(found.into_iter().take(MAX_ENTRIES).collect())
    }

    /// Writes entries of a cache.
    pub(super) async fn put_cache(&self, cache: &str, entries: Vec<(String, Option<Value>)>) -> Result<(), String> {
        let Some((store, id)) = self.kept(cache)? else {
            return Err("Lookup caches cannot be written where this flow runs.".to_owned());
        };
        if self.plan.test_mode {
            // Whether there is such a cache is asked all the same.
            store.cache_values(id, &[]).await.map_err(said)?;
            self.overlay.caches.borrow_mut().entry(id).or_default().extend(entries);
            return Ok(());
        }
        store.put_cache(id, entries).await.map_err(said)
    }

    /// Where the host keeps a cache; nothing where it keeps none at all.
    fn kept(&self, cache: &str) -> Result<Option<(&dyn DataStore, Id)>, String> {
        let Some(store) = self.host.data() else { return Ok(None) };
        let id =
            cache.parse().map_err(|_| format!("“{cache}” is no id of a lookup cache.", cache = excerpt(&cache)))?;
        Ok(Some((store, id)))
    }

    fn came_with(&self, cache: &str) -> Result<&std::collections::HashMap<String, Val>, String> {
        self.plan.caches.get(cache).ok_or_else(|| {
            format!("The data of the lookup cache {cache} is not here: open the cache, and check its entries.")
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn said(error: DataError) -> String {
    error.to_string()
}
