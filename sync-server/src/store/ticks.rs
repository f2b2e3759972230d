//! The claim on a scheduled run: whoever writes the row starts the run, and nobody else can.

use async_trait::async_trait;
use tombolo_model::Id;

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
    /// Claims a tick for a run. `false`: it is taken, and the run must not be started.
    async fn claim_tick(&self, tick: TickKey, run: Id, now_ms: i64) -> Result<bool, StoreError>;

    /// The newest claimed tick of a flow, in nominal time.
    async fn last_tick(&self, account: Id, flow: Id) -> Result<Option<i64>, StoreError>;
}
