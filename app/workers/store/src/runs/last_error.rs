//! The last error of a step, for whoever tries its rules on the record that it failed on.

use std::rc::Rc;

use tombolo_model::Id;
use tombolo_wire::run::{RunError, is_of_step};
use wasm_bindgen::JsValue;

use super::{error_number, readable};
use crate::account::Account;
use crate::fault::Fault;
use crate::storage::{Store, range};

/// The last error of a step in a run that has its record.
pub(crate) async fn last_error(account: &Rc<Account>, run: Id, step: Id) -> Result<Option<RunError>, Fault> {
    let Some(range) = range(&run.to_string()) else { return Ok(None) };
    let wanted = |key: &JsValue, value: &JsValue| {
        let error = readable::<RunError>(account, Store::RunErrors, value)?;
        let is_wanted = error.record.is_some() && is_of_step(&error.step, step);
        is_wanted.then(|| RunError { n: error_number(key).unwrap_or_default(), ..error })
    };
    Ok(account.storage.last(Store::RunErrors, &range, wanted).await?)
}
