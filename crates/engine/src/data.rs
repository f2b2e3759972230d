//! What outlives a run: state that scripts keep, and the data of lookup caches.
//!
//! A host that keeps such things answers through [`DataStore`]; one that does not is told apart from one that has nothing
//! under a key. What a script may ask, and how much at once, is decided by the run and not here.

mod asked;
mod memory;

use futures::future::LocalBoxFuture;
use serde_json::Value;
use tombolo_model::{Id, Kind};

pub use asked::Asked;
pub use memory::{DataChange, MemoryData};

/// Whose state a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateOwner {
    /// The account's: `/v1/state/{key}`.
    Account,
    /// That of one resource: `/v1/{collection}/{id}/state/{key}`.
    Resource(Kind, Id),
}

/// Keeps state and the data of lookup caches.
///
/// A write is kept when its future has ended well, also where the run fails later. Keys are compared as they are.
pub trait DataStore {
    /// The value of a key; nothing where there is none.
    fn state<'a>(&'a self, owner: StateOwner, key: &'a str) -> DataAnswer<'a, Option<Value>>;
    /// Writes a key, or with no value takes it away.
    fn put_state<'a>(&'a self, owner: StateOwner, key: &'a str, value: Option<Value>) -> DataAnswer<'a, ()>;
    /// The keys, sorted.
    fn state_keys(&self, owner: StateOwner) -> DataAnswer<'_, Vec<String>>;
    /// The values of keys of a cache, in their order; nothing in the place of a key that it has not.
    fn cache_values<'a>(&'a self, cache: Id, keys: &'a [&'a str]) -> DataAnswer<'a, Vec<Option<Value>>>;
    /// The first `most` entries of a cache whose key begins with `start`, sorted by key.
    fn cache_entries<'a>(&'a self, cache: Id, start: &'a str, most: usize) -> DataAnswer<'a, Vec<(String, Value)>>;
    /// Writes entries of a cache, all or none; one without a value is taken away.
    fn put_cache(&self, cache: Id, entries: Vec<(String, Option<Value>)>) -> DataAnswer<'_, ()>;
}

/// What a store answers.
pub type DataAnswer<'a, T> = LocalBoxFuture<'a, Result<T, DataError>>;

/// Why something was not read or kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// There is no such cache.
    #[error("The data of the lookup cache {0} is not here: it was deleted, or you may not see it.")]
    NoCache(Id),
    /// The cache would grow beyond what it may have.
    #[error("The lookup cache {cache} would have more than {most_mb} MB: take entries away first.")]
    CacheFull {
        /// The cache.
        cache: Id,
        /// The most that it may have.
        most_mb: usize,
    },
    /// Whoever keeps them did not do it; said in sentences.
    #[error("{0}")]
    No(String),
    /// The disk, the browser or the server refused.
    #[error("What is kept beside the flow could not be {action}: {reason}.")]
    Refused {
        /// `read` or `written`.
        action: &'static str,
        /// What was said.
        reason: String,
    },
}
