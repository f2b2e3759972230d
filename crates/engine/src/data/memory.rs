//! State and lookup caches in memory: for a run whose host has nowhere else to put them, and for tests.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;

use futures::future::{FutureExt, ready};
use serde_json::Value;
use tombolo_model::kept::CACHE_BYTES;
use tombolo_model::{Id, Kind};

use super::{DataAnswer, DataError, DataStore, StateOwner};

/// Keeps everything until it is dropped.
#[derive(Default)]
pub struct MemoryData {
    state: RefCell<BTreeMap<(StateOwner, String), Value>>,
    caches: RefCell<BTreeMap<Id, Cache>>,
    changed: Cell<bool>,
    keep: RefCell<Option<Keep>>,
}

/// Keeps a write where it outlives the memory; or says why it could not.
type Keep = Box<dyn Fn(&DataChange<'_>) -> Result<(), String>>;

/// A write.
#[derive(Debug, Clone, Copy)]
pub enum DataChange<'a> {
    /// A key of state; without a value it goes.
    State {
        /// Whose.
        owner: StateOwner,
        /// The key.
        key: &'a str,
        /// What it is now.
        value: Option<&'a Value>,
    },
    /// Entries of a lookup cache; one without a value goes.
    Cache {
        /// Which.
        cache: Id,
        /// The entries.
        entries: &'a [(String, Option<Value>)],
    },
}

impl fmt::Debug for MemoryData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryData").field("state", &self.state).field("caches", &self.caches).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Cache {
    entries: BTreeMap<String, Value>,
    bytes: usize,
    /// It is no longer as it came with the flow.
    written: bool,
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

    /// Makes a cache as an earlier run left it, with these entries and no others, however many.
    pub fn replace(&self, cache: Id, entries: impl Iterator<Item = (String, Value)>) {
        self.caches.borrow_mut().insert(cache, Cache { written: true, ..Cache::default() });
        self.fill(cache, entries);
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

    /// The caches that a run wrote to, now or earlier. The others are as they come with the flow.
    #[must_use]
    pub fn written_caches(&self) -> BTreeMap<Id, BTreeMap<String, Value>> {
        let caches = self.caches.borrow();
        caches.iter().filter(|(_, cache)| cache.written).map(|(id, cache)| (*id, cache.entries.clone())).collect()
    }

    /// Has each write kept elsewhere before it is answered: one that is not kept has failed.
    pub fn kept_by(&self, keep: impl Fn(&DataChange<'_>) -> Result<(), String> + 'static) {
        *self.keep.borrow_mut() = Some(Box::new(keep));
    }

    /// Takes over a write that an earlier run kept.
    pub fn repeat(&self, change: DataChange<'_>) {
        match change {
            DataChange::State { owner, key, value } => self.set(owner, key, value.cloned()),
            DataChange::Cache { cache, entries } => self.write(cache, entries.to_vec()),
        }
        self.changed.set(true);
    }

    fn keep(&self, change: &DataChange<'_>) -> Result<(), DataError> {
        let keep = self.keep.borrow();
        let kept = keep.as_ref().map_or(Ok(()), |keep| keep(change));
        kept.map_err(|reason| DataError::Refused { action: "written", reason })?;
        self.changed.set(true);
        Ok(())
    }

    fn set(&self, owner: StateOwner, key: &str, value: Option<Value>) {
        let key = (owner, key.to_owned());
        match value {
            Some(value) => self.state.borrow_mut().insert(key, value),
            None => self.state.borrow_mut().remove(&key),
        };
    }

    fn write(&self, cache: Id, entries: Vec<(String, Option<Value>)>) {
        let mut caches = self.caches.borrow_mut();
        let found = caches.entry(cache).or_default();
        found.written = true;
        for (key, value) in entries {
            found.put(key, value);
        }
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

impl Cache {
    /// How many bytes it would have with these entries; of one key the last one counts.
    fn bytes_after(&self, entries: &[(String, Option<Value>)]) -> usize {
        let last: BTreeMap<&str, Option<&Value>> =
            entries.iter().map(|(key, value)| (key.as_str(), value.as_ref())).collect();
        let size = |key: &str, value: Option<&Value>| value.map_or(0, |value| bytes_of(key, value));
        let gone: usize = last.keys().map(|key| size(key, self.entries.get(*key))).sum();
        let come: usize = last.iter().map(|(key, value)| size(key, *value)).sum();
        self.bytes.saturating_sub(gone).saturating_add(come)
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
        let kept = self.keep(&DataChange::State { owner, key, value: value.as_ref() });
        if kept.is_ok() {
            self.set(owner, key, value);
        }
        ready(kept).boxed_local()
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
        ready(self.put(cache, entries)).boxed_local()
    }
}

impl MemoryData {
    fn put(&self, cache: Id, entries: Vec<(String, Option<Value>)>) -> Result<(), DataError> {
        let (before, after) = {
            let caches = self.caches.borrow();
            let found = caches.get(&cache).ok_or(DataError::NoCache(cache))?;
            (found.bytes, found.bytes_after(&entries))
        };
        // One that came with more than it may have can still become smaller.
        if after > CACHE_BYTES.max(before) {
            return Err(DataError::CacheFull { cache, most_mb: CACHE_BYTES / (1024 * 1024) });
        }
        self.keep(&DataChange::Cache { cache, entries: &entries })?;
        self.write(cache, entries);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use serde_json::json;

    use super::*;

    fn cache() -> Id {
        Id::from_parts(7, [0; 8])
    }

    fn megabytes(count: usize) -> Option<Value> {
        Some(Value::String("x".repeat(count * 1024 * 1024)))
    }

    #[test]
    fn a_full_cache_can_be_rewritten_and_emptied() {
        let data = MemoryData::default();
        data.fill(cache(), (0..6).map(|at| (at.to_string(), megabytes(10).unwrap_or_default())));
        let put = |entries: Vec<(&str, Option<Value>)>| {
            block_on(data.put_cache(cache(), entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
        };
        let full = Err(DataError::CacheFull { cache: cache(), most_mb: 50 });
        assert_eq!(put(vec![("new", Some(json!(1)))]), full);
        assert_eq!(put(vec![("0", megabytes(11))]), full);
        // 60 MB as it came: the same or less is taken.
        assert_eq!(put(vec![("0", megabytes(10)), ("1", megabytes(9))]), Ok(()));
        assert_eq!(put(vec![("0", None), ("1", None), ("2", megabytes(10))]), Ok(()));
        assert_eq!(put(vec![("new", megabytes(9)), ("new", megabytes(9))]), Ok(()));
        assert_eq!(put(vec![("more", megabytes(9))]), full);
        assert_eq!(put(vec![("2", None), ("3", None), ("4", None), ("5", None), ("new", None)]), Ok(()));
        assert_eq!(data.written_caches(), BTreeMap::from([(cache(), BTreeMap::new())]));
        assert_eq!(data.caches.borrow()[&cache()].bytes, 0);
    }

    #[test]
    fn a_write_that_is_not_kept_has_failed_and_is_not_there() {
        let data = MemoryData::default();
        data.fill(cache(), std::iter::empty());
        data.kept_by(|_| Err("the disk is full".to_owned()));
        let state = block_on(data.put_state(StateOwner::Account, "k", Some(json!(1))));
        let written = block_on(data.put_cache(cache(), vec![("k".to_owned(), Some(json!(1)))]));
        for said in [state, written] {
            assert!(said.is_err_and(|error| error.to_string().contains("written: the disk is full")));
        }
        assert!(data.whole_state().is_empty() && data.written_caches().is_empty() && !data.is_changed());
    }
}
