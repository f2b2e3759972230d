//! The audit log of an account: entries chained by their hashes.

use std::fmt;

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::rest::{AuditAction, AuditEntry, AuditQuery, AuditSource, FieldChange};

use super::StoreError;

/// By what road something was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Road {
    /// Which.
    pub source: AuditSource,
    /// The name of the API token; empty where there is none.
    pub token: String,
}

impl Road {
    /// By a person in the app.
    #[must_use]
    pub const fn app() -> Self {
        Self { source: AuditSource::Ui, token: String::new() }
    }
}

/// What the chain of the log is made with: without it no row and no end of the log can be forged.
#[derive(Clone)]
pub struct AuditKey([u8; 32]);

impl AuditKey {
    /// A key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey(…)")
    }
}

/// Something that was done, before it has its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// When.
    pub time_ms: i64,
    /// Who; absent for the server itself.
    pub user: Option<Id>,
    /// By what road.
    pub road: Road,
    /// The type of what it was done to.
    pub kind: String,
    /// Which.
    pub resource: Option<Id>,
    /// Its name then.
    pub name: String,
    /// What was done.
    pub action: AuditAction,
    /// The fields, secrets masked.
    pub fields: Vec<FieldChange>,
}

/// A change of a document that the log does not have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unaudited {
    /// Its number in the account's sequence.
    pub sequence: u64,
    /// Which document.
    pub document: Id,
    /// Who.
    pub user: Id,
    /// When it was accepted.
    pub time_ms: i64,
    /// By what road.
    pub road: Road,
    /// The session that wrote it: a request of the REST API has one of its own.
    pub actor: Vec<u8>,
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFault {
    /// The account.
    pub account: Id,
    /// The entry.
    pub n: u64,
    /// What is wrong with it, in words.
    pub what: String,
}

/// The audit log.
#[async_trait]
pub trait Audit {
    /// Appends entries in this order.
    async fn audit(&self, account: Id, events: &[AuditEvent]) -> Result<(), StoreError>;

    /// Changes that were accepted and are not in the log yet, oldest first.
    async fn unaudited(&self, account: Id, limit: u32) -> Result<Vec<Unaudited>, StoreError>;

    /// Appends what was made of all changes up to a number, unless somebody else has meanwhile; says whether it did.
    async fn audit_up_to(&self, account: Id, from: u64, upto: u64, events: &[AuditEvent]) -> Result<bool, StoreError>;

    /// Where the reading of changes has come to.
    async fn audited(&self, account: Id) -> Result<u64, StoreError>;

    /// A document's changes up to a number, oldest first.
    async fn changes_up_to(&self, account: Id, document: Id, upto: u64) -> Result<Vec<Vec<u8>>, StoreError>;

    /// Entries, newest first: at most `limit`. One whose row cannot be read is among them and says so.
    async fn audit_entries(&self, account: Id, query: &AuditQuery, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;

    /// Recomputes the chain of every account; gives what does not fit, at most one fault an account.
    async fn verify_audit(&self) -> Result<Vec<AuditFault>, StoreError>;
}
