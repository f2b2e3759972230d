//! Secrets as the store sees them: sealed. Opening them is left to [`crate::vault`].

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

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
    /// Keeps a secret in place of the one before it.
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

    /// The secrets of some connections.
    async fn secrets(&self, account: Id, connections: &[Id]) -> Result<Vec<SealedSecret>, StoreError>;
}
