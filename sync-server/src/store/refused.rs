//! Changes that were refused to members, who ask the administrators to take them over.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::rest::{OfferRefused, RefusedLine, RefusedStatus};

use super::StoreError;

/// A change that a member offers.
#[derive(Debug, Clone)]
pub struct NewRefused {
    /// Its id.
    pub id: Id,
    /// Where.
    pub account: Id,
    /// Whose it is.
    pub by: Id,
    /// The change.
    pub offer: OfferRefused,
    /// When it is offered.
    pub now_ms: i64,
    /// So many may wait of one member.
    pub most_of_member: u32,
    /// So many may wait in the account.
    pub most: u32,
}

/// An offered change with what writes it.
#[derive(Debug, Clone)]
pub struct RefusedRow {
    /// What is shown of it.
    pub line: RefusedLine,
    /// What writes it; absent once it is decided.
    pub offer: Option<OfferRefused>,
}

/// Refused changes.
#[async_trait]
pub trait Refused {
    /// Keeps an offered change; the same one again takes the place of what it was, decided or not. False when too many
    /// wait.
    async fn offer_refused(&self, new: &NewRefused) -> Result<bool, StoreError>;

    /// The newest of an account: those of one member, or all that wait and all of this member.
    async fn refused(&self, account: Id, member: Id, all: bool, most: u32) -> Result<Vec<RefusedLine>, StoreError>;

    /// One of them; absent when there is none.
    async fn one_refused(&self, account: Id, change: Id) -> Result<Option<RefusedRow>, StoreError>;

    /// Decides one that waits, once. False when it does not wait any more.
    async fn decide_refused(
        &self,
        account: Id,
        change: Id,
        status: RefusedStatus,
        by: Id,
        now_ms: i64,
    ) -> Result<bool, StoreError>;
}
