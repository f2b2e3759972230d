//! What waits for a person whichever account they have open, and what of it they have read.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::rest::WaitingInvitation;

use super::{StoreError, TransferRow};

/// The bell of each person.
#[async_trait]
pub trait Bells {
    /// Gives a person the invitations and offers for their address, once they have shown that letters to it are
    /// theirs. Nothing happens before.
    async fn claim_by_address(&self, user: Id) -> Result<(), StoreError>;

    /// Gives a person the invitation behind a link that they have shown, when it is for their address.
    async fn claim_invitation(&self, token: &[u8; 32], user: Id) -> Result<(), StoreError>;

    /// The invitations that a person has and that are still good, the newest first.
    async fn waiting_invitations(&self, user: Id, now_ms: i64) -> Result<Vec<WaitingInvitation>, StoreError>;

    /// The offers that a person has and that are still good, the newest first.
    async fn waiting_transfers(&self, user: Id, now_ms: i64) -> Result<Vec<TransferRow>, StoreError>;

    /// The SHA-256 of the token of the invitation into an account that a person has.
    async fn waiting_token(&self, account: Id, user: Id) -> Result<Option<[u8; 32]>, StoreError>;

    /// The names of what a person has read, as far as they are kept.
    async fn read_items(&self, user: Id) -> Result<Vec<String>, StoreError>;

    /// Keeps that a person has read these; of each person the newest `most` are kept.
    async fn mark_read(&self, user: Id, items: &[String], most: u32) -> Result<(), StoreError>;
}
