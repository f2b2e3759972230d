//! Secrets as the store sees them: sealed. Opening them is left to [`crate::vault`].

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

/// The place of what is no secret: to which hosts a token may go that a connection gets by the client it names.
pub const CLIENT_HOSTS: &str = "/http/_iClientId";

/// A secret that only the vault's key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// The connection it belongs to.
    pub connection: Id,
    /// The field, for example `/http/auth/token/token`.
    pub path: String,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
    /// The hosts it may be sent to (decision 24); authenticated with it.
    pub hosts: Vec<String>,
}

/// Sealed secrets.
#[async_trait]
pub trait Vault {
    /// Keeps a secret that somebody entered in place of the one before it; its connection is not offline any more.
    async fn put_secret(&self, account: Id, secret: &SealedSecret, by: Id, now_ms: i64) -> Result<(), StoreError>;

    /// Keeps a secret in place of `old`, unless that has changed meanwhile; says whether it did.
    async fn renew_secret(
        &self,
        account: Id,
        secret: &SealedSecret,
        old: Option<&SealedSecret>,
        by: Id,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Removes a secret; says whether there was one.
    async fn delete_secret(&self, account: Id, connection: Id, path: &str) -> Result<bool, StoreError>;

    /// How many secrets of an account belong to nothing that is there.
    async fn loose_secrets(&self, account: Id) -> Result<u32, StoreError>;

    /// Removes secrets that have belonged to nothing since before this; says how many.
    async fn remove_loose_secrets(&self, before_ms: i64, most: u32) -> Result<u64, StoreError>;

    /// Removes all secrets of a connection.
    async fn delete_secrets(&self, account: Id, connection: Id) -> Result<(), StoreError>;

    /// The secrets of some connections.
    async fn secrets(&self, account: Id, connections: &[Id]) -> Result<Vec<SealedSecret>, StoreError>;
}
