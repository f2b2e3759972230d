//! Documents as changes in the account's sequence (decision 11).

use async_trait::async_trait;
use tombolo_model::{Home, Id, Kind, Rights};
use tombolo_sync::gate::{Incoming, Verdict};
use tombolo_sync::server::{AccountState, Numbered};
use tombolo_wire::sync::{ManifestEntry, Snapshot};

use super::{Road, StoreError};

/// Changes of one document that somebody wants stored.
#[derive(Debug)]
pub struct Push {
    /// Which account.
    pub account: Id,
    /// Who pushes.
    pub user: Id,
    /// Which document.
    pub document: Id,
    /// What, scanned and inspected.
    pub changes: Vec<Incoming>,
    /// By what road it comes.
    pub road: Road,
    /// Brought back to a server that was restored from a backup.
    pub recovering: bool,
    /// Now.
    pub now_ms: i64,
}

/// What came of a push; it is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// What the gate said.
    pub verdict: Verdict,
    /// The account's sequence afterwards; absent when nothing was stored.
    pub sequence: Option<u64>,
    /// Documents belong elsewhere now: those who see the account through single integrations compare anew.
    pub sight_changed: bool,
}

/// What bounds what is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// The integrations that are seen; absent: everything ([`Rights::sight`]).
    pub within: Option<Vec<Id>>,
    /// The integrations whose connections and iClients are; absent: all ([`Rights::opens`]).
    pub opens: Option<Vec<Id>>,
}

impl Sight {
    /// Everything is read.
    pub const ALL: Self = Self { within: None, opens: None };
}

impl From<&Rights> for Sight {
    fn from(rights: &Rights) -> Self {
        Self { within: rights.sight(), opens: rights.opens() }
    }
}

/// Where a resource belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceHome {
    /// What kind it is.
    pub kind: Kind,
    /// The integration that owns it.
    pub owner: Option<Id>,
    /// The integrations that it is registered with.
    pub registered: Vec<Id>,
}

impl ResourceHome {
    /// For asking about rights.
    #[must_use]
    pub fn home(&self) -> Home<'_> {
        Home { owner: self.owner, registered: &self.registered }
    }
}

/// A stretch of an account's sequence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stretch {
    /// In the order of their numbers.
    pub entries: Vec<Numbered>,
    /// Everything up to here is in it.
    pub upto: u64,
    /// There is more behind it.
    pub more: bool,
}

/// A document with everything the server has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// What kind it is.
    pub kind: Kind,
    /// Raw changes, each after those it builds on.
    pub changes: Vec<Vec<u8>>,
    /// When the last of them was accepted.
    pub modified_ms: i64,
}

/// How long after a restore devices are believed that they bring back what others wrote: any device can say so, and then who
/// made a change is not asked. What it brings is written down as its person's all the same.
pub const BRINGS_BACK_MS: i64 = 90 * 24 * 3_600_000;

/// Documents and their changes.
#[async_trait]
pub trait Changes {
    /// Judges a push and stores it, in one transaction with the role of this moment.
    ///
    /// Pushes that come at the same time share one fsync; the numbers are given inside the transaction,
    /// so that nobody reads a sequence with a hole in it.
    async fn push(&self, push: Push) -> Result<Pushed, StoreError>;

    /// Where the account stands for this person; absent when they are no member. For [`BRINGS_BACK_MS`] after a restore devices
    /// bring back what others wrote.
    async fn state(&self, account: Id, user: Id, now_ms: i64) -> Result<Option<AccountState>, StoreError>;

    /// Where a document belongs; absent when there is none, or none any more.
    async fn home(&self, account: Id, document: Id) -> Result<Option<ResourceHome>, StoreError>;

    /// What has a higher number than `after`, as far as it is in sight: little more than `most_bytes`, and when there is
    /// nothing, `upto` says how far was looked.
    async fn entries(&self, account: Id, sight: &Sight, after: u64, most_bytes: usize) -> Result<Stretch, StoreError>;

    /// Whole documents behind `after` in the order of their ids, and whether they are all: at least one if there is any,
    /// and several only within `most_bytes`.
    async fn documents(
        &self,
        account: Id,
        sight: &Sight,
        after: Option<Id>,
        most_bytes: usize,
    ) -> Result<(Vec<Snapshot>, bool), StoreError>;

    /// These whole documents, those that exist, and whether they are all that exist; the size as above.
    async fn fetch(
        &self,
        account: Id,
        sight: &Sight,
        documents: &[Id],
        most_bytes: usize,
    ) -> Result<(Vec<Snapshot>, bool), StoreError>;

    /// Ids and heads behind `after`, and whether they are all.
    async fn manifest(
        &self,
        account: Id,
        sight: &Sight,
        after: Option<Id>,
        limit: usize,
    ) -> Result<(Vec<ManifestEntry>, bool), StoreError>;

    /// One document; absent when the account has none of this id.
    async fn document(&self, account: Id, document: Id) -> Result<Option<StoredDocument>, StoreError>;

    /// The documents of one kind in all accounts or in one.
    async fn documents_of(&self, account: Option<Id>, kind: Kind) -> Result<Vec<(Id, Id)>, StoreError>;
}
