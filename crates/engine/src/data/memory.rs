//! State and lookup caches in memory: for a run whose host has nowhere else to put them, and for tests.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use futures::future::{FutureExt, ready};
use serde_json::Value;
use tombolo_model::kept::CACHE_BYTES;
use tombolo_model::{Id, Kind};

use super::{DataAnswer, DataError, DataStore, StateOwner};

/// Keeps everything until it is dropped.
#[derive(Debug, Default)]
pub struct MemoryData {
    state: RefCell<BTreeMap<(StateOwner, String), Value>>,
    caches: RefCell<BTreeMap<Id, Cache>>,
    changed: Cell<bool>,
}

#[derive(Debug, Default)]
struct Cache {
    entries: BTreeMap<String, Value>,
    bytes: usize,
}

impl MemoryData {
    /// Has the caches that came with a flow, and their data (`data`, an object of key and value).
    pub fn of<'v>(resources: impl Iterator<Item = (Id, Kind, &'v Value)>) -> Self {
        let made = Self::default();
        for (id, _, value) in resources.filter(|(_, kind, _)| *kind == Kind::LookupCache) {
            let data = value.get("data").and_then(Value::as_object);
            made.fill(id, data.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
        }
        made
    }

    /// Puts entries into a cache, however many; the cache is made where there is none.
    pub fn fill(&self, cache: Id, entries: impl Iterator<Item = (String, Value)>) {
        let mut caches = self.caches.borrow_mut();
        let cache = caches.entry(cache).or_default();
        for (key, value) in entries {
            cache.put(key, Some(value));
        }
    }

    /// Puts a key of state in.
    pub fn remember(&self, owner: StateOwner, key: String, value: Value) {
        self.state.borrow_mut().insert((owner, key), value);
    }

    /// All of the state, sorted.
    #[must_use]
    pub fn whole_state(&self) -> Vec<(StateOwner, String, Value)> {
        let state = self.state.borrow();
        state.iter().map(|((owner, key), value)| (*owner, key.clone(), value.clone())).collect()
    }

    /// All of the caches.
    #[must_use]
    pub fn whole_caches(&self) -> BTreeMap<Id, BTreeMap<String, Value>> {
        self.caches.borrow().iter().map(|(id, cache)| (*id, cache.entries.clone())).collect()
    }

    /// Whether a run wrote something.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.changed.get()
    }
}

impl Cache {
    fn put(&mut self, key: String, value: Option<Value>) {
        if let Some(old) = self.entries.remove(&key) {
            self.bytes = self.bytes.saturating_sub(bytes_of(&key, &old));
        }
        if let Some(value) = value {
            self.bytes = self.bytes.saturating_add(bytes_of(&key, &value));
            self.entries.insert(key, value);
        }
    }
}

fn bytes_of(key: &str, value: &Value) -> usize {
    key.len() + value.to_string().len()
}

impl DataStore for MemoryData {
    fn state<'a>(&'a self, owner: StateOwner, key: &'a str) -> DataAnswer<'a, Option<Value>> {
        let found = self.state.borrow().get(&(owner, key.to_owned())).cloned();
        ready(Ok(found)).boxed_local()
    }

    fn put_state<'a>(&'a self, owner: StateOwner, key: &'a str, value: Option<Value>) -> DataAnswer<'a, ()> {
        self.changed.set(true);
        let mut state = self.state.borrow_mut();
        match value {
            Some(value) => state.insert((owner, key.to_owned()), value),
            None => state.remove(&(owner, key.to_owned())),
        };
        ready(Ok(())).boxed_local()
    }

    fn state_keys(&self, owner: StateOwner) -> DataAnswer<'_, Vec<String>> {
        let state = self.state.borrow();
        let keys = state.keys().filter(|(of, _)| *of == owner).map(|(_, key)| key.clone()).collect();
        ready(Ok(keys)).boxed_local()
    }

    fn cache_values<'a>(&'a self, cache: Id, keys: &'a [&'a str]) -> DataAnswer<'a, Vec<Option<Value>>> {
        let caches = self.caches.borrow();
        let found = caches.get(&cache).ok_or(DataError::NoCache(cache));
        let values = found.map(|cache| keys.iter().map(|key| cache.entries.get(*key).cloned()).collect());
        ready(values).boxed_local()
    }

    fn cache_entries<'a>(&'a self, cache: Id, start: &'a str, most: usize) -> DataAnswer<'a, Vec<(String, Value)>> {
        let caches = self.caches.borrow();
        let found = caches.get(&cache).ok_or(DataError::NoCache(cache)).map(|cache| {
            let from = cache.entries.range(start.to_owned()..).take_while(|(key, _)| key.starts_with(start));
            from.take(most).map(|(key, value)| (key.clone(), value.clone())).collect()
        });
        ready(found).boxed_local()
    }

    fn put_cache(&self, cache: Id, entries: Vec<(String, Option<Value>)>) -> DataAnswer<'_, ()> {
        let mut caches = self.caches.borrow_mut();
        let Some(found) = caches.get_mut(&cache) else { return ready(Err(DataError::NoCache(cache))).boxed_local() };
        let more: usize = entries.iter().filter_map(|(key, value)| Some(bytes_of(key, value.as_ref()?))).sum();
        if found.bytes.saturating_add(more) > CACHE_BYTES {
            let full = DataError::CacheFull { cache, most_mb: CACHE_BYTES / (1024 * 1024) };
            return ready(Err(full)).boxed_local();
        }
        self.changed.set(true);
        for (key, value) in entries {
            found.put(key, value);
        }
        ready(Ok(())).boxed_local()
    }
}
