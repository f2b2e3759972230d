//! Errors of a flow over all its runs.

use async_trait::async_trait;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::run::RunError;

use super::StoreError;

/// Which errors are wanted.
#[derive(Debug, Clone, Default)]
pub struct FailureFilter {
    /// Of this flow; of all when absent.
    pub flow: Option<Id>,
    /// Of this run; of all when absent.
    pub run: Option<Id>,
    /// Of this export or import, wherever the flow has it; of all steps when absent.
    pub step: Option<String>,
    /// Where they came from.
    pub source: Option<String>,
    /// From this time or later.
    pub from_ms: Option<i64>,
    /// From this time or earlier.
    pub to_ms: Option<i64>,
    /// Behind this one in the list.
    pub after: Option<(Id, u64)>,
    /// Without their messages and trace keys, which are most of what many errors take in memory.
    pub brief: bool,
}

/// An error without its record.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureRow {
    /// The flow.
    pub flow: Id,
    /// The run.
    pub run: Id,
    /// Its number there.
    pub n: u64,
    /// What happened.
    pub error: RunError,
    /// Whether its record is kept.
    pub has_record: bool,
}

/// Errors over all runs.
#[async_trait]
pub trait Failures {
    /// Errors, those of the newest run first, each run's in order.
    async fn failures(&self, account: Id, filter: &FailureFilter, limit: u32) -> Result<Vec<FailureRow>, StoreError>;

    /// One error with its record: the one that somebody has put in its place, where somebody has.
    async fn failure(&self, account: Id, run: Id, n: u64) -> Result<Option<RunError>, StoreError>;

    /// How many bytes the records have that were put in place of others, this error's left out.
    async fn retry_data_bytes(&self, account: Id, but: (Id, u64)) -> Result<u64, StoreError>;

    /// Puts a record in place of the one that failed, for when it is tried again. Says whether there is such an error.
    async fn put_retry_data(
        &self,
        account: Id,
        (run, n): (Id, u64),
        record: &Value,
        now_ms: i64,
    ) -> Result<bool, StoreError>;
}
