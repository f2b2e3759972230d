//! What the server keeps, and the one trait behind which it is kept.
//!
//! Decides the questions a store must answer; how it keeps the rows is left to the implementation
//! (`SQLite` today, written so that PostgreSQL can follow without touching a caller). Rights are judged by the
//! callers, except where judging and writing must be one step: see [`Changes::push`].
//!
//! Invariant: what a method has returned `Ok` for is on the disk, and "absent" is never an error.

mod accounts;
mod addresses;
mod audit;
mod bell;
mod bin;
mod blobs;
mod caches;
mod changes;
mod failures;
mod feedback;
mod inbox;
mod jobs;
mod listing;
mod mails;
mod outages;
mod people;
mod refused;
mod removal;
mod retention;
mod runs;
mod security;
mod settings;
mod sso;
mod states;
mod tags;
mod template_zips;
mod ticks;
mod tokens;
mod transfers;
mod vault;

use std::error::Error as StdError;

use async_trait::async_trait;
use thiserror::Error;

pub use accounts::{
    Accepted, Accounts, Invitation, Invited, MemberChange, MemberRow, Membership, NewInvitation, RoleChange,
};
pub use addresses::{Addresses, Moved};
pub use audit::{Audit, AuditEvent, AuditFault, Road, Unaudited};
pub use bell::Bells;
pub use bin::{Bin, Unchanged};
pub use blobs::{BlobRow, BlobSource, Blobs, PART_BYTES};
pub use caches::{CacheSize, Caches, Upserted};
pub use changes::{BRINGS_BACK_MS, Changes, Push, Pushed, ResourceHome, Sight, StoredDocument, Stretch};
pub use failures::{FailureFilter, FailureRow, Failures};
pub use feedback::{Feedback, FeedbackRow, Profiles};
pub use inbox::{Inbox, Kept, LastReceived, NewReceived, ReceivedRow, SHOWN_BYTES, Taken};
pub use jobs::{JobFilter, Jobs};
pub use listing::{ListRow, Listing};
pub use mails::{DueMail, MailRow, Mails, NewMail};
pub use outages::Outages;
pub use people::{NewUser, People, SessionRow, SignUp, UserRow};
pub use refused::{NewRefused, Refused, RefusedRow};
pub use removal::{Removal, Removed};
pub use retention::Retention;
pub use runs::{NewRunFile, RunFileRow, Runs};
pub use security::{Factor, LAST_PASSWORDS, OpenSession, Security};
pub use settings::Settings;
pub use sso::{Demands, Proofs, Sso, SsoClientRow, SsoKept, SsoLinked};
pub use states::{KeptState, States};
pub use tags::{KeptTag, TagRow, Tags};
pub use template_zips::TemplateZips;
pub use ticks::{Claimed, TickKey, Ticks};
pub use tokens::{BinnedToken, NewToken, TokenRow, Tokens};
pub use transfers::{Arrival, HandOver, HandedOver, NewTransfer, TRANSFER_MS, TransferRow, Transfers};
pub use vault::{CLIENT_HOSTS, SealedSecret, Vault};

/// Why the store could not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database answered with an error: the file is damaged, it is locked.
    #[error("the database failed while {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the database said.
        #[source]
        source: Cause,
    },
    /// There is no room left; what was being done has left nothing behind.
    #[error("the disk is full: {doing} is not possible")]
    Full {
        /// What was being done.
        doing: &'static str,
        /// What the database said.
        #[source]
        source: Cause,
    },
    /// A row cannot be read back.
    #[error("a row of {table} cannot be read")]
    Damaged {
        /// Which table.
        table: &'static str,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },
    /// Something cannot be written as a row.
    #[error("a row of {table} cannot be written")]
    Unwritable {
        /// Which table.
        table: &'static str,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },
    /// The tables are those of a later release.
    #[error("the database is of version {found}, this program knows {known}: start the newer program")]
    Newer {
        /// The version of the tables.
        found: i64,
        /// The highest that this program knows.
        known: i64,
    },
    /// The store was closed meanwhile.
    #[error("the store is closed")]
    Closed,
}

/// What lies behind an error, whatever the store is made of.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// Everything the server keeps.
#[async_trait]
pub trait Store:
    People
    + Accounts
    + Audit
    + Bells
    + Bin
    + Feedback
    + Profiles
    + Transfers
    + Security
    + Mails
    + Addresses
    + Settings
    + Removal
    + Refused
    + Changes
    + Runs
    + Vault
    + Blobs
    + Ticks
    + Retention
    + Listing
    + Tokens
    + Outages
    + States
    + Tags
    + TemplateZips
    + Caches
    + Jobs
    + Failures
    + Inbox
    + Sso
    + Send
    + Sync
    + 'static
{
    /// The number that changes when a backup is restored (decision 12).
    async fn epoch(&self) -> Result<u64, StoreError>;

    /// When a backup was restored last; 0 when none was.
    async fn restored_ms(&self) -> Result<i64, StoreError>;

    /// Answers when the store can be written and read; for `/healthz`.
    async fn check(&self) -> Result<(), StoreError>;

    /// Finishes what is in flight and closes the store.
    async fn close(&self);
}
