//! Integrations on their way to another account.

use async_trait::async_trait;
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::{Transfer, TransferContents, TransferStatus};

use super::StoreError;

/// How long an offer waits.
pub const TRANSFER_MS: i64 = 14 * 24 * 3_600 * 1_000;

/// An offer.
#[derive(Debug, Clone)]
pub struct NewTransfer {
    /// Which.
    pub id: Id,
    /// Whose.
    pub account: Id,
    /// Who offers.
    pub by: Id,
    /// Lower case.
    pub email: String,
    /// The SHA-256 of the token in the link.
    pub token: [u8; 32],
    /// What goes.
    pub contents: TransferContents,
    /// Now.
    pub now_ms: i64,
}

/// A transfer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRow {
    /// As both sides see it; `incoming` is false.
    pub shown: Transfer,
    /// The account that hands over.
    pub account: Id,
    /// Who offers.
    pub by: Id,
    /// Who has shown the link, and has the address.
    pub to_user: Option<Id>,
    /// The account that takes it.
    pub to_account: Option<Id>,
}

/// A resource as it arrives: its current values in a fresh document (decision 26).
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Its id with the sender.
    pub from: Id,
    /// Its id with the recipient: the same, unless that is in use there.
    pub to: Id,
    /// What kind.
    pub kind: Kind,
    /// The integration that owns it with the recipient.
    pub owner: Option<Id>,
    /// The integrations that it is registered with there.
    pub registered: Vec<Id>,
    /// The sender's heads that these values were read at; another state ends the hand-over.
    pub heads: Vec<[u8; 32]>,
    /// The sender keeps theirs.
    pub copied: bool,
    /// The changes of the fresh document, scanned.
    pub changes: Vec<tombolo_sync::gate::Incoming>,
    /// Files that it names.
    pub files: Vec<[u8; 32]>,
}

/// Everything that is handed over in one step.
#[derive(Debug, Clone)]
pub struct HandOver {
    /// The transfer.
    pub transfer: Id,
    /// From.
    pub from: Id,
    /// To.
    pub to: Id,
    /// By whom it was taken; the new changes are theirs.
    pub user: Id,
    /// The resources.
    pub arrivals: Vec<Arrival>,
    /// What there is to do afterwards, in words.
    pub afterwards: Vec<String>,
    /// Now.
    pub now_ms: i64,
}

/// What came of a hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedOver {
    /// All of it is done; the sequences of both accounts now.
    Done {
        /// The sender's.
        from: u64,
        /// The recipient's.
        to: u64,
    },
    /// Something was changed meanwhile, or an id is in use: nothing was done, and it may be tried with new values.
    Changed,
    /// The transfer was not accepted, or not any more: nothing was done.
    NotAccepted,
}

/// Transfers.
#[async_trait]
pub trait Transfers {
    /// Keeps an offer; `false` when an integration of it is in an open one already, and nothing is kept.
    async fn offer_transfer(&self, transfer: &NewTransfer) -> Result<bool, StoreError>;

    /// The transfers from and to an account, and what waits for this person; newest first, offers that nobody took in
    /// time as expired.
    async fn transfers(&self, account: Id, user: Id, now_ms: i64) -> Result<Vec<TransferRow>, StoreError>;

    /// One transfer.
    async fn transfer(&self, transfer: Id, now_ms: i64) -> Result<Option<TransferRow>, StoreError>;

    /// The transfer behind a secret link, when the person has its address: from now on it is in their list.
    async fn claim_transfer(&self, token: &[u8; 32], user: Id, now_ms: i64) -> Result<Option<TransferRow>, StoreError>;

    /// Moves a transfer on, when it is in this state and still good; says whether it was.
    async fn move_transfer(
        &self,
        transfer: Id,
        from: TransferStatus,
        to: TransferStatus,
        to_account: Option<Id>,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Ends an accepted transfer without handing over.
    async fn fail_transfer(&self, transfer: Id, why: &str, now_ms: i64) -> Result<(), StoreError>;

    /// Accepted and not handed over: to be gone on with after a restart.
    async fn accepted_transfers(&self) -> Result<Vec<Id>, StoreError>;

    /// Whether a flow is on its way to another account.
    async fn is_leaving(&self, account: Id, flow: Id) -> Result<bool, StoreError>;

    /// The names of these ids that an account has, or had, in use.
    async fn taken_ids(&self, account: Id, ids: &[Id]) -> Result<Vec<Id>, StoreError>;

    /// The heads of a document that is there.
    async fn heads(&self, account: Id, document: Id) -> Result<Option<Vec<[u8; 32]>>, StoreError>;

    /// Hands everything over in ONE transaction, or nothing.
    async fn hand_over(&self, hand_over: &HandOver) -> Result<HandedOver, StoreError>;
}
