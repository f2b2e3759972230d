//! The data of lookup caches: keys and JSON values, in a table of their own because they are too many for a document.

use async_trait::async_trait;
use serde_json::Value;
use tombolo_model::Id;

use super::StoreError;

/// How much a cache holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheSize {
    /// Keys and values as text.
    pub size_bytes: u64,
    /// How many.
    pub entries: u64,
}

/// What came of adding entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upserted {
    /// All are kept.
    Kept(CacheSize),
    /// The cache would be larger than it may be; nothing was kept.
    CacheFull(u64),
    /// All caches of the account together would be; nothing was kept.
    AccountFull(u64),
}

/// Entries of lookup caches.
#[async_trait]
pub trait Caches {
    /// Adds entries, in place of those with the same keys; all of them or, beyond the limits in bytes, none.
    async fn upsert_cache(
        &self,
        account: Id,
        cache: Id,
        entries: &[(String, Value)],
        most: (u64, u64),
        now_ms: i64,
    ) -> Result<Upserted, StoreError>;

    /// Entries by key: behind `after`, beginning with `prefix`, at most so many and about so many bytes.
    /// The last says whether there are more.
    async fn cache_entries(
        &self,
        account: Id,
        cache: Id,
        prefix: &str,
        after: Option<&str>,
        most: (u32, usize),
    ) -> Result<(Vec<(String, Value)>, bool), StoreError>;

    /// The entries of these keys, those that there are; absent when they are more than so many bytes together.
    async fn cache_values(
        &self,
        account: Id,
        cache: Id,
        keys: &[String],
        most_bytes: usize,
    ) -> Result<Option<Vec<(String, Value)>>, StoreError>;

    /// Removes the entries of these keys, or all; says how many there were.
    async fn delete_cache(
        &self,
        account: Id,
        cache: Id,
        keys: Option<&[String]>,
        now_ms: i64,
    ) -> Result<u64, StoreError>;

    /// How much each cache of an account holds.
    async fn cache_sizes(&self, account: Id) -> Result<Vec<(Id, CacheSize)>, StoreError>;
}
