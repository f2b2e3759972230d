//! API tokens as the store sees them: the hash of their text, and what they are good for.

use async_trait::async_trait;
use serde_json::Value;
use tombolo_model::Id;

use super::StoreError;

/// A token that somebody has just made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Which account it lets in.
    pub account: Id,
    /// Its id.
    pub id: Id,
    /// The SHA-256 of its text.
    pub hash: [u8; 32],
    /// Who makes it.
    pub user: Id,
    /// It follows this person's rights.
    pub personal: bool,
    /// Whoever makes it has shown no password, only what a provider says of them.
    pub sso: bool,
    /// Name, description and scope.
    pub body: Value,
    /// When it goes by itself.
    pub purge_ms: Option<i64>,
    /// Now.
    pub now_ms: i64,
}

/// A token without its text, which nobody has any more but its holder.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenRow {
    /// Which account it lets in.
    pub account: Id,
    /// Its id.
    pub id: Id,
    /// Who made it.
    pub user: Id,
    /// It follows this person's rights.
    pub personal: bool,
    /// Whoever made it had shown no password, only what a provider said of them.
    pub sso: bool,
    /// Name, description and scope.
    pub body: Value,
    /// It lets nobody in.
    pub revoked: bool,
    /// When it goes by itself.
    pub purge_ms: Option<i64>,
    /// When it was made.
    pub created_ms: i64,
    /// When it was changed.
    pub modified_ms: i64,
    /// When it last let somebody in, to the minute.
    pub used_ms: Option<i64>,
}

/// A token in the recycle bin. It was revoked before it came there.
#[derive(Debug, Clone, PartialEq)]
pub struct BinnedToken {
    /// The token as it was.
    pub token: TokenRow,
    /// Since when it lies there.
    pub deleted_ms: i64,
    /// Who put it there.
    pub deleted_by: Id,
}

/// API tokens. One whose time is over is as good as absent everywhere, and one in the recycle bin everywhere but there.
#[async_trait]
pub trait Tokens {
    /// Keeps a new token.
    async fn add_token(&self, token: &NewToken) -> Result<(), StoreError>;

    /// The token of a text, revoked or not.
    async fn token_by_hash(&self, hash: &[u8; 32], now_ms: i64) -> Result<Option<TokenRow>, StoreError>;

    /// One token of an account.
    async fn token(&self, account: Id, id: Id, now_ms: i64) -> Result<Option<TokenRow>, StoreError>;

    /// The tokens of an account, oldest first.
    async fn tokens(&self, account: Id, now_ms: i64) -> Result<Vec<TokenRow>, StoreError>;

    /// Keeps what a token is good for from now on; says whether there still is one.
    async fn keep_token(&self, token: &TokenRow) -> Result<bool, StoreError>;

    /// Notes that a token lets somebody in.
    async fn use_token(&self, account: Id, id: Id, now_ms: i64) -> Result<(), StoreError>;

    /// Puts a token that is revoked into the recycle bin; says whether there was one.
    async fn delete_token(&self, account: Id, id: Id, by: Id, now_ms: i64) -> Result<bool, StoreError>;

    /// The tokens of an account that lie in the recycle bin, last deleted first.
    async fn binned_tokens(&self, account: Id, now_ms: i64) -> Result<Vec<BinnedToken>, StoreError>;

    /// Takes a token out of the recycle bin, as revoked as it was; says whether it lay there.
    async fn restore_token(&self, account: Id, id: Id, now_ms: i64) -> Result<bool, StoreError>;

    /// Removes a token for good that lies in the recycle bin; says whether it lay there.
    async fn purge_token(&self, account: Id, id: Id) -> Result<bool, StoreError>;

    /// Removes those whose time was over before this, and those that were deleted before it; says how many.
    async fn remove_tokens(&self, before_ms: i64, most: u32) -> Result<u64, StoreError>;
}
