//! Removing what is not needed any more, some of it at a time: a removal that takes long would make writers wait.
//!
//! What is old is decided by the callers.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::rest::RetentionPreview;

use super::StoreError;

/// Removals. Those that take `most` answer how many rows went; fewer than `most` means that none are left.
#[async_trait]
pub trait Retention {
    /// Removes sessions that expired before this time.
    async fn remove_sessions(&self, expired_before_ms: i64, most: u32) -> Result<u64, StoreError>;

    /// Removes invitations that were made before this time.
    async fn remove_invitations(&self, made_before_ms: i64, most: u32) -> Result<u64, StoreError>;

    /// Removes claims on ticks before this time. The last of each schedule stays: nothing before it is caught up.
    async fn remove_ticks(&self, before_ms: i64, most: u32) -> Result<u64, StoreError>;

    /// Runs (account, id) that are older than their account keeps them, and have ended. One of the server
    /// that has not said in a week how it ended does not say it any more, nor one of a device after 30 days.
    async fn old_runs(&self, now_ms: i64, most: u32) -> Result<Vec<(Id, Id)>, StoreError>;

    /// What of an account goes when it keeps only what was started after this time.
    async fn before(&self, account: Id, started_before_ms: i64, now_ms: i64) -> Result<RetentionPreview, StoreError>;

    /// Removes refused changes that were decided before this time.
    async fn remove_refused(&self, decided_before_ms: i64, most: u32) -> Result<u64, StoreError>;

    /// Removes errors of a run.
    async fn remove_run_errors(&self, account: Id, run: Id, most: u32) -> Result<u64, StoreError>;

    /// Removes a run, what is left of its errors, and its claims on files.
    ///
    /// The account's sequence has a gap there, as it has where a run was before its newer row: readers go by the
    /// number up to which they have read, and no number is given twice.
    async fn remove_run(&self, account: Id, run: Id) -> Result<(), StoreError>;

    /// Files (account, hash) that runs made and no run has any more.
    async fn unused_blobs(&self, most: u32) -> Result<Vec<(Id, [u8; 32])>, StoreError>;
}
