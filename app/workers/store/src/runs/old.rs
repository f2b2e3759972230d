//! Takes runs off the device that their account keeps no longer: what the server removed would else lie here for ever.
//!
//! How long that is, and what time it is, says the server; away from it everything stays until it is asked.

use std::rc::Rc;

use tombolo_model::Id;
use tombolo_wire::rest::AccountSettings;
use tombolo_wire::run::RunRow;
use tombolo_wire::store::Event;

use super::{OF_A_RUN, list};
use crate::account::Account;
use crate::api;
use crate::fault::Fault;
use crate::port;
use crate::storage::{Batch, Store, range, text};
use crate::tabs::Say;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Asks and removes; what fails is tried another day.
pub(crate) async fn forget_old(account: &Rc<Account>) {
    if let Err(error) = forget(account).await {
        web_sys::console::debug_1(&format!("old runs stay for now: {error}").into());
    }
}

async fn forget(account: &Rc<Account>) -> Result<(), Fault> {
    let path = format!("/api/accounts/{}/settings", account.id);
    let settings: AccountSettings = api::call("GET", &path, None::<&()>).await?;
    // What the server has not heard of yet is not old there.
    if !account.storage.values(Store::RunOutbox, None).await?.is_empty() {
        return Ok(());
    }
    let before_ms = settings.now_ms - i64::from(settings.retention_days) * DAY_MS;
    let (mut batch, mut gone) = (Batch::new(), Vec::<Id>::new());
    for row in list(account, None, usize::MAX).await?.iter().filter(|row| is_old(row, before_ms)) {
        gone.push(row.id);
        batch.delete(Store::Runs, &text(row.id.to_string()));
        for store in OF_A_RUN {
            if let Some(range) = range(&row.id.to_string()) {
                batch.delete(store, &range);
            }
        }
    }
    account.storage.write(&batch).await?;
    if !gone.is_empty() {
        account.say(&Say::RunsGone { runs: gone.clone() });
        port::event(Event::RunsGone { runs: gone });
    }
    Ok(())
}

/// As the server judges it: one that has not said how it ended waits longer.
fn is_old(row: &RunRow, before_ms: i64) -> bool {
    row.started_ms < before_ms - if row.ended_ms.is_none() { 7 * DAY_MS } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_wire::run::{RunOrigin, RunPlace, RunStatus};

    #[test]
    fn a_run_is_old_on_a_device_when_its_account_keeps_it_no_longer() {
        let run = |started_ms: i64, ended_ms: Option<i64>| RunRow {
            id: Id::from_parts(1, [1; 8]),
            flow: Id::from_parts(1, [2; 8]),
            flow_name: String::new(),
            status: RunStatus::Completed,
            place: RunPlace::Server,
            offline: false,
            started_ms,
            ended_ms,
            steps: Vec::new(),
            error: None,
            heads: [].into(),
            origin: RunOrigin::default(),
            n: 1,
        };
        let before = 100 * DAY_MS;
        assert!(is_old(&run(before - 1, Some(1)), before) && !is_old(&run(before, Some(1)), before));
        assert!(!is_old(&run(before - DAY_MS, None), before) && is_old(&run(before - 8 * DAY_MS, None), before));
    }
}
