//! What belongs to an account as a whole: its policy, its owner, its limits, and that it is to go.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::rest::{AccountOwner, Amounts, Policy};

use super::StoreError;

/// The account as a whole.
#[async_trait]
pub trait Settings {
    /// Its policy; the usual one where none was set.
    async fn policy(&self, account: Id) -> Result<Policy, StoreError>;

    /// Puts another in its place. Invitations that it lets in no more stay ([`super::MemberRow::held`]).
    async fn keep_policy(&self, account: Id, policy: &Policy) -> Result<(), StoreError>;

    /// Its owner; absent when there is no such account.
    async fn owner_of(&self, account: Id) -> Result<Option<AccountOwner>, StoreError>;

    /// When it goes; absent when it stays.
    async fn closing(&self, account: Id) -> Result<Option<i64>, StoreError>;

    /// Says when it goes, or that it stays. False when it is half gone, or there is no such account.
    async fn set_closing(&self, account: Id, at_ms: Option<i64>) -> Result<bool, StoreError>;

    /// For how many days what runs leave behind is kept; 0 when there is no such account.
    async fn retention_days(&self, account: Id) -> Result<u32, StoreError>;

    /// Says for how many.
    async fn keep_retention(&self, account: Id, days: u32) -> Result<(), StoreError>;

    /// What the account may have.
    async fn limits(&self, account: Id) -> Result<Amounts, StoreError>;

    /// Puts other limits in place of all.
    async fn keep_limits(&self, account: Id, limits: &Amounts) -> Result<(), StoreError>;

    /// What it has, of what the tables say: members, tokens, and what files and caches take.
    async fn counted(&self, account: Id, now_ms: i64) -> Result<Amounts, StoreError>;
}
