//! What came to listeners: kept before it is acknowledged, handed to one run of each flow that reads the listener, and gone
//! in the transaction that keeps how that run ended, unless the run had not come to read it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;

use super::StoreError;

/// So many bytes of the last that came are kept to be shown.
pub const SHOWN_BYTES: usize = 256 * 1024;

/// Something that came to a listener.
#[derive(Debug, Clone)]
pub struct NewReceived<'a> {
    /// The listener.
    pub export: Id,
    /// As its sender names it: what has the same name is the same.
    pub event: Option<&'a str>,
    /// What its sender says it is.
    pub media_type: &'a str,
    /// As it came.
    pub body: &'a [u8],
    /// When.
    pub received_ms: i64,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It waits for a run.
    New,
    /// It had come before.
    Known,
    /// Too much waits already.
    Full,
    /// A flow that reads it is on its way to another account.
    Leaving,
    /// A flow that read it is gone.
    NoFlow,
}

/// What a run reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The account's last sequence number.
    pub sequence: u64,
    /// The listeners to which it came.
    pub exports: Vec<Id>,
    /// How much was forgotten that came to listeners which the flow does not read any more.
    pub dropped: u64,
}

/// The body of something that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRow {
    /// Its place in the order in which everything came.
    pub n: i64,
    /// What its sender says it is.
    pub media_type: String,
    /// As it came.
    pub body: Vec<u8>,
}

/// The last that came to a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastReceived {
    /// What its sender says it is.
    pub media_type: String,
    /// Its beginning, at most [`SHOWN_BYTES`].
    pub body: Vec<u8>,
    /// All of it had so many bytes.
    pub size_bytes: u64,
    /// When.
    pub received_ms: i64,
}

/// What came to listeners.
#[async_trait]
pub trait Inbox {
    /// The accounts that have an export of this id, the oldest first; of very many, some.
    async fn accounts_with_export(&self, export: Id) -> Result<Vec<Id>, StoreError>;

    /// Keeps what came, once for each flow; all or nothing.
    async fn receive(&self, account: Id, flows: &[Id], new: &NewReceived<'_>) -> Result<Kept, StoreError>;

    /// The flows (account, id) for which something waits.
    async fn waiting(&self) -> Result<Vec<(Id, Id)>, StoreError>;

    /// Hands what waits for a flow to a run, in its order and not too much at once, and keeps the run's row, all or nothing.
    /// Absent when nothing waits. `reads` are the exports of the flow: what came to others is forgotten.
    async fn take_received(&self, account: Id, run: &RunRow, reads: &[Id]) -> Result<Option<Taken>, StoreError>;

    /// The numbers of what a run reads, by listener.
    async fn received_by(&self, account: Id, run: Id) -> Result<BTreeMap<Id, Vec<i64>>, StoreError>;

    /// One of them.
    async fn received(&self, account: Id, n: i64) -> Result<Option<ReceivedRow>, StoreError>;

    /// Takes back what a run was handed and has not read, for another one. That it ended is counted when it may do so at
    /// most so many times; what has ended so many runs unread is given up with its name, and it is said how many are.
    async fn release_received(&self, account: Id, run: Id, most_ends: Option<u32>) -> Result<u64, StoreError>;

    /// The same for all runs: no run goes on after a start.
    async fn release_all_received(&self) -> Result<(), StoreError>;

    /// Forgets what waits for a flow that is gone.
    async fn drop_received(&self, account: Id, flow: Id) -> Result<(), StoreError>;

    /// The last that came to a listener.
    async fn last_received(&self, account: Id, export: Id) -> Result<Option<LastReceived>, StoreError>;

    /// Removes what came before this: names of what has been read, what waits in vain, and what is shown of
    /// before, or of listeners that are gone. Says how many.
    async fn remove_received(&self, done_before_ms: i64, before_ms: i64, most: u32) -> Result<u64, StoreError>;
}
