//! The claim on a scheduled run: whoever writes the row starts the run, and nobody else can. A flow has a schedule, and each of
//! its sources may have one of its own; what is due of a flow at the same time is one run.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;

use super::StoreError;

/// Names what one schedule of a flow starts at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TickKey {
    /// Whose flow.
    pub account: Id,
    /// Which flow.
    pub flow: Id,
    /// The source whose own schedule it is; nothing: the flow's.
    pub source: Option<Id>,
    /// The time the schedule names, not the time it was noticed at.
    pub nominal_ms: i64,
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The account's last sequence number.
    pub sequence: u64,
    /// The ticks that nobody had claimed.
    pub ticks: Vec<TickKey>,
}

/// Claims.
#[async_trait]
pub trait Ticks {
    /// Claims ticks of one flow for a run and keeps the run's row, all or nothing. Those that somebody else has are left out.
    ///
    /// Absent: all of them are taken, and the run must not be started.
    async fn claim_ticks(&self, ticks: &[TickKey], run: &RunRow, now_ms: i64) -> Result<Option<Claimed>, StoreError>;

    /// The newest claimed tick of a flow's schedule, or of that of a source, in nominal time.
    async fn last_tick(&self, account: Id, flow: Id, source: Option<Id>) -> Result<Option<i64>, StoreError>;
}
