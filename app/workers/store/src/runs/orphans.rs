//! Ends runs that go on no longer: their person has lost the right to them, or their tab was closed.

use std::rc::Rc;

use tombolo_model::Id;
use tombolo_wire::run::{RunRow, RunStatus};

use super::start::may_run_here;
use super::{cancel_here, failed, offer_soon, put_row, run_lock, show};
use crate::account::Account;
use crate::fault::Fault;
use crate::locks;
use crate::storage::{Batch, Store, text};

/// Ends every run of this tab: its person has lost the right to them. What they have delivered stays told.
pub(crate) fn end_all(account: &Rc<Account>) {
    let runs: Vec<Id> = account.running.borrow().keys().copied().collect();
    for run in runs {
        cancel_here(account, run);
    }
}

/// Ends the runs of this tab when its person may not run flows on a device any more.
pub(crate) fn end_forbidden(account: &Rc<Account>) {
    if !may_run_here(account.info.borrow().role) {
        end_all(account);
    }
}

/// Marks runs of tabs that were closed as failed. What cannot be marked now is marked by the next leader.
pub(crate) async fn end_orphans(account: &Rc<Account>) {
    drop(end_all_orphans(account).await);
}

async fn end_all_orphans(account: &Rc<Account>) -> Result<(), Fault> {
    let marks = web_sys::IdbKeyRange::bound(&"run:".into(), &"run:~".into());
    let entries = account.storage.entries(&[(Store::Meta, marks.ok().map(Into::into))]).await?;
    for (key, _) in entries.into_iter().flatten() {
        let name = key.as_string().unwrap_or_default();
        let Some(run) = name.strip_prefix("run:").and_then(|id| id.parse::<Id>().ok()) else {
            continue;
        };
        if account.running.borrow().contains_key(&run) || locks::is_held(&run_lock(run)).await {
            continue;
        }
        let row: Option<RunRow> = account.storage.get_json(Store::Runs, &text(run.to_string())).await?;
        let mut batch = Batch::new();
        batch.delete(Store::Meta, &key);
        let ended = row.filter(|row| matches!(row.status, RunStatus::Running | RunStatus::Queued)).map(|row| {
            let said = row.cut_off("The tab that ran it was closed or loaded anew.");
            let row = failed(row, "tab_closed", &said);
            put_row(account, &mut batch, &row);
            row
        });
        account.storage.write(&batch).await?;
        if let Some(row) = ended {
            show(account, row);
            offer_soon(account);
        }
    }
    Ok(())
}
