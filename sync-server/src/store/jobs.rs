//! Runs as lists that are asked for: by flow, by state, by time.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;

use super::StoreError;

/// Which runs are wanted.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Of these flows; of all when absent.
    pub flows: Option<Vec<Id>>,
    /// In one of these states, as they are called in rows; in any when empty.
    pub states: Vec<String>,
    /// Started at this time or later.
    pub from_ms: Option<i64>,
    /// Started at this time or earlier.
    pub to_ms: Option<i64>,
    /// With an id from this one to that one.
    pub ids: Option<(Id, Id)>,
}

/// Runs by what is asked.
#[async_trait]
pub trait Jobs {
    /// The runs that a filter takes in, newest first: so many of them behind those that are skipped.
    async fn jobs(&self, account: Id, filter: &JobFilter, skip: u32, limit: u32) -> Result<Vec<RunRow>, StoreError>;

    /// The runs that tried errors of earlier ones again, or are over with some: of a flow, or of all; newest first.
    async fn retries(&self, account: Id, flow: Option<Id>) -> Result<Vec<RunRow>, StoreError>;

    /// When each flow of an account was started last.
    async fn last_starts(&self, account: Id) -> Result<Vec<(Id, i64)>, StoreError>;
}
