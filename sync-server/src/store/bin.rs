//! Deleting for good.

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

/// A document that has not been changed for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchanged {
    /// In which account.
    pub account: Id,
    /// Which.
    pub document: Id,
}

/// What becomes of documents in the recycle bin. Whether one is there is written in it, so the store is told which.
#[async_trait]
pub trait Bin {
    /// Deletes documents for good, all in one transaction: their changes and what is kept beside them go, and their ids stay
    /// taken for ever, so that no device that was away brings one back. One that has other heads by now has been changed
    /// or taken out of the bin meanwhile, and stays. Answers which went, and the account's sequence afterwards.
    async fn purge(&self, account: Id, documents: &[(Id, Vec<u8>)], now_ms: i64) -> Result<(Vec<Id>, u64), StoreError>;

    /// The documents whose last change was accepted after `after_ms` and not after `upto_ms`.
    async fn unchanged(&self, after_ms: i64, upto_ms: i64) -> Result<Vec<Unchanged>, StoreError>;
}
