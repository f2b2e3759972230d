//! Another address for somebody, which counts once it was shown that letters to it are read.

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

/// What came of another address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It counts from now on.
    Done {
        /// The one before.
        old: String,
        /// The new one.
        new: String,
    },
    /// There is no such change, or it is too old.
    Unknown,
    /// Somebody else has the address.
    Taken,
}

/// Changes of addresses.
#[async_trait]
pub trait Addresses {
    /// Keeps that somebody wants another address, in place of an earlier wish; says whether nobody has it.
    async fn wish_address(&self, user: Id, email: &str, token: &[u8; 32], now_ms: i64) -> Result<bool, StoreError>;

    /// The address that somebody has wished for since then.
    async fn wished_address(&self, user: Id, since_ms: i64) -> Result<Option<String>, StoreError>;

    /// Forgets the wish.
    async fn forget_address(&self, user: Id) -> Result<(), StoreError>;

    /// Fulfils a wish that was made since then, by its token. `proved`: the token was in a letter to the new address
    /// alone.
    async fn move_address(&self, user: Id, token: &[u8; 32], proved: bool, since_ms: i64) -> Result<Moved, StoreError>;
}
