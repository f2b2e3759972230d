//! What follows a flow: the flows that it names, and single sources of flows, are started once it has run to its end.
//!
//! Not behind a test run, which writes nothing, nor behind records that are tried again, whose flow has been followed.
//! One that does not start is an error of the last step, so that somebody hears of it; what was written stays written.

use super::shared::Shared;
use crate::plan::Entry;

/// Starts them, in the order in which the flow names them, without waiting for their ends.
pub(super) async fn start(shared: &Shared<'_>) {
    let plan = shared.plan;
    if plan.test_mode || matches!(plan.entry, Entry::Retry(..)) {
        return;
    }
    for next in &plan.next {
        let started = match shared.host.flows() {
            Some(flows) => flows.start(next.flow, next.sources.clone()).await.map(drop),
            None => Err("Flows cannot be started where this one runs.".to_owned()),
        };
        let last = plan.steps.iter().map(|step| step.place).max().or_else(|| plan.sources.len().checked_sub(1));
        if let (Err(why), Some(place)) = (started, last) {
            // Counted and told there; the run itself has done what it had to.
            drop(shared.step_failed(
                place,
                "next_flow",
                format!("The flow that follows this one was not started. {why}"),
            ));
        }
    }
}
