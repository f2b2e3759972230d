//! The errors of a flow that are open, where it resolves errors by their trace keys.

use std::rc::Rc;

use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::run::{KeyedError, MOST_OPEN, OpenErrors};

use crate::account::Account;
use crate::fault::Fault;

/// Those of the newest runs; nothing where the flow does not resolve errors.
pub(super) async fn errors(account: &Rc<Account>, value: &Value, flow: Id) -> Result<Option<OpenErrors>, Fault> {
    if value.get("autoResolveMatchingTraceKeys").and_then(Value::as_bool) != Some(true) {
        return Ok(None);
    }
    let runs = super::list(account, Some(flow), usize::MAX).await?;
    let mut keyed: Vec<KeyedError> = Vec::new();
    for run in runs.iter().filter(|run| run.steps.iter().any(|step| step.errors > 0)) {
        if keyed.len() >= MOST_OPEN {
            break;
        }
        let errors = super::errors(account, run.id).await?;
        keyed.extend(errors.iter().filter_map(|error| KeyedError::of(run.id, error.n, error)));
    }
    Ok(Some(OpenErrors::of(keyed, &runs, &super::marks(account).await?)))
}
