//! State: JSON that programs keep under keys of their own, for an account or below one of its resources.

use async_trait::async_trait;
use serde_json::Value;
use tombolo_model::Id;

use super::StoreError;

/// What came of keeping a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptState {
    /// The key is new.
    Created,
    /// It had a value before.
    Replaced,
    /// The account has as many keys as it may have; nothing was kept.
    Full,
}

/// State. The owner is a resource, or nothing for what belongs to the account.
#[async_trait]
pub trait States {
    /// The keys, in order.
    async fn state_keys(&self, account: Id, owner: Option<Id>) -> Result<Vec<String>, StoreError>;

    /// The value of a key.
    async fn state_value(&self, account: Id, owner: Option<Id>, key: &str) -> Result<Option<Value>, StoreError>;

    /// Keeps a value; a new key only while the account has less than `most`.
    async fn put_state(
        &self,
        account: Id,
        owner: Option<Id>,
        key: &str,
        value: &Value,
        most: u32,
        now_ms: i64,
    ) -> Result<KeptState, StoreError>;

    /// Removes a key, or all keys of an owner; says how many there were.
    async fn delete_state(&self, account: Id, owner: Option<Id>, key: Option<&str>) -> Result<u64, StoreError>;
}
