//! Documents as rows of a list: what the server knows of each without opening it.

use async_trait::async_trait;
use tombolo_model::{Home, Id, Kind};

use super::StoreError;

/// A document's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Which.
    pub id: Id,
    /// What it is.
    pub kind: Kind,
    /// Its heads, one behind the other: what is made of it is good as long as they are these.
    pub heads: Vec<u8>,
    /// When its first change was accepted.
    pub created_ms: i64,
    /// When its last change was accepted.
    pub modified_ms: i64,
    /// Whose change that was; absent when its changes are gone.
    pub modified_by: Option<Id>,
    /// The integration that owns it.
    pub owner: Option<Id>,
    /// The integrations that it is registered with.
    pub registered: Vec<Id>,
}

impl ListRow {
    /// For asking about rights.
    #[must_use]
    pub fn home(&self) -> Home<'_> {
        Home { owner: self.owner, registered: &self.registered }
    }
}

/// Lists of documents. What was deleted for good is in none.
#[async_trait]
pub trait Listing {
    /// The documents of an account by id, of one kind or of all.
    async fn list(&self, account: Id, kind: Option<Kind>) -> Result<Vec<ListRow>, StoreError>;

    /// One document's row; absent when the account has none of this id.
    async fn listed(&self, account: Id, document: Id) -> Result<Option<ListRow>, StoreError>;

    /// Which resources have which secrets: id and field.
    async fn secret_paths(&self, account: Id) -> Result<Vec<(Id, String)>, StoreError>;
}
