//! What belongs to an account as a whole: its policy, its owner, and that it is to go.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::rest::{AccountOwner, Policy};

use super::StoreError;

/// What went with an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Sessions of people who had no other account and went with it.
    pub sessions: Vec<[u8; 32]>,
}

/// The account as a whole.
#[async_trait]
pub trait Settings {
    /// Its policy; the usual one where none was set.
    async fn policy(&self, account: Id) -> Result<Policy, StoreError>;

    /// Puts another in its place.
    async fn keep_policy(&self, account: Id, policy: &Policy) -> Result<(), StoreError>;

    /// Its owner; absent when there is no such account.
    async fn owner_of(&self, account: Id) -> Result<Option<AccountOwner>, StoreError>;

    /// When it goes; absent when it stays.
    async fn closing(&self, account: Id) -> Result<Option<i64>, StoreError>;

    /// Says when it goes, or that it stays.
    async fn set_closing(&self, account: Id, at_ms: Option<i64>) -> Result<(), StoreError>;

    /// Accounts whose time has come.
    async fn closed_accounts(&self, now_ms: i64) -> Result<Vec<Id>, StoreError>;

    /// Removes everything of an account, and its owner where they are a member of no other, in one transaction. Absent
    /// when its time has not come, or not any more.
    async fn remove_account(&self, account: Id, now_ms: i64) -> Result<Option<Removed>, StoreError>;
}
