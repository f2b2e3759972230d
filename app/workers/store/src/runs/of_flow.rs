//! The errors of a flow over all its runs that are kept here.

use std::rc::Rc;

use tombolo_model::Id;
use tombolo_wire::store::FlowErrors;
use tombolo_wire::sync::RunErrorRow;

use super::{errors, list};
use crate::account::Account;
use crate::fault::Fault;

/// The errors of all runs of a flow, those of the newest run first, and its runs.
pub(crate) async fn flow_errors(account: &Rc<Account>, flow: Id, limit: usize) -> Result<FlowErrors, Fault> {
    let runs = list(account, Some(flow), usize::MAX).await?;
    let mut found = FlowErrors::default();
    for row in runs.iter().filter(|row| row.steps.iter().any(|step| step.errors > 0) || row.error.is_some()) {
        for error in errors(account, row.id).await? {
            if found.errors.len() == limit {
                found.more = true;
                break;
            }
            found.errors.push(RunErrorRow { run: row.id, n: error.n, error });
        }
    }
    found.runs = runs;
    Ok(found)
}
