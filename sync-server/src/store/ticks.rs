//! The claim on a scheduled run: whoever writes the row starts the run, and nobody else can.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;

use super::StoreError;

/// Names one scheduled start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TickKey {
    /// Whose flow.
    pub account: Id,
    /// Which flow.
    pub flow: Id,
    /// The time the schedule names, not the time it was noticed at.
    pub nominal_ms: i64,
}

/// Claims.
#[async_trait]
pub trait Ticks {
    /// Claims a tick for a run and keeps the run's row, both or neither.
    ///
    /// Returns the account's last sequence number; absent: the tick is taken, and the run must not be started.
    async fn claim_tick(&self, tick: TickKey, run: &RunRow, now_ms: i64) -> Result<Option<u64>, StoreError>;

    /// The newest claimed tick of a flow, in nominal time.
    async fn last_tick(&self, account: Id, flow: Id) -> Result<Option<i64>, StoreError>;
}
