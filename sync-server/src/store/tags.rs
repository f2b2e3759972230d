//! Tags that an account has for its errors.

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// Stays when it is renamed.
    pub id: Id,
    /// Its name, by which errors have it.
    pub tag: String,
    /// When it was made.
    pub created_ms: i64,
    /// When it was named so.
    pub modified_ms: i64,
}

/// What came of keeping a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptTag {
    /// It is kept.
    Kept,
    /// Another one has this name, in whatever case.
    Taken,
    /// The account has as many as it may have.
    Full,
}

/// Tags.
#[async_trait]
pub trait Tags {
    /// The tags of an account, by name.
    async fn tags(&self, account: Id) -> Result<Vec<TagRow>, StoreError>;

    /// Keeps a tag, in place of the one with the same id; a new one only while the account has less than `most`.
    async fn keep_tag(&self, account: Id, tag: &TagRow, most: u32) -> Result<KeptTag, StoreError>;

    /// Removes a tag.
    async fn remove_tag(&self, account: Id, tag: Id) -> Result<(), StoreError>;
}
