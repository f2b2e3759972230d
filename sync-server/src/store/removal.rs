//! The end of an account, step by step: one that holds years of data is not gone in one transaction that everybody waits
//! for.

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

/// What went with an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Sessions of people who had no other account and went with it.
    pub sessions: Vec<[u8; 32]>,
}

/// Removing an account. What a stop leaves behind is among the [`Removal::closed_accounts`] of the next start.
#[async_trait]
pub trait Removal {
    /// Accounts whose time has come, those that are half gone first.
    async fn closed_accounts(&self, now_ms: i64) -> Result<Vec<Id>, StoreError>;

    /// Shuts an account for good, in one short transaction: its members, tokens, invitations and transfers go, nothing of
    /// it can be started or read, and nobody can keep it any more. Its owner goes where they are a member of no other.
    /// Absent when its time has not come, or not any more.
    async fn shut_account(&self, account: Id, now_ms: i64) -> Result<Option<Removed>, StoreError>;

    /// Removes at most so many rows of each table of an account that is shut, a transaction for each table, and the
    /// account itself when none are left. Says whether it is gone.
    async fn remove_some_of(&self, account: Id, most: u32) -> Result<bool, StoreError>;
}
