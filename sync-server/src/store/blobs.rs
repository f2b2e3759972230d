//! Files, content-addressed within an account: nobody can ask whether another account has a file.

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

/// The size of the parts a file is kept in, so that no query holds a whole one in memory.
pub const PART_BYTES: usize = 1024 * 1024;

/// A stored file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobRow {
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its size.
    pub size_bytes: u64,
}

/// Where a file came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobSource {
    /// A device brought it; a document may name it.
    Upload,
    /// A run made it; only runs name it.
    Run,
}

/// Files.
#[async_trait]
pub trait Blobs {
    /// Finds a complete file.
    async fn blob(&self, account: Id, sha256: &[u8; 32]) -> Result<Option<BlobRow>, StoreError>;

    /// Writes one part. Two writers of one file write the same bytes, so the order does not matter.
    async fn put_blob_part(&self, account: Id, sha256: &[u8; 32], n: u32, bytes: &[u8]) -> Result<(), StoreError>;

    /// Says that all parts are there; until then nobody sees the file. One that was there already and comes from a device
    /// now counts as brought by a device.
    async fn finish_blob(&self, account: Id, blob: BlobRow, from: BlobSource, now_ms: i64) -> Result<(), StoreError>;

    /// Removes a finished file that was made by runs, when no run has it any more; says whether it did. Its parts stay.
    async fn forget_blob(&self, account: Id, sha256: &[u8; 32]) -> Result<bool, StoreError>;

    /// Removes at most so many parts of a file that is not finished; says whether there may be more.
    async fn remove_parts(&self, account: Id, sha256: &[u8; 32], most: u32) -> Result<bool, StoreError>;

    /// Removes the parts of files that were never finished; only while nobody writes any.
    async fn sweep_parts(&self) -> Result<(), StoreError>;

    /// Reads one part; absent after the last.
    async fn blob_part(&self, account: Id, sha256: &[u8; 32], n: u32) -> Result<Option<Vec<u8>>, StoreError>;
}
