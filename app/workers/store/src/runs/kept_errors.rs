//! Errors of runs on their way into a batch: where one names an earlier one whose record is kept no longer, that goes
//! without it from then on.

use std::collections::BTreeMap;

use tombolo_model::Id;
use tombolo_wire::run::{MOST_ERRORS, RunError};
use tombolo_wire::sync::RunErrorRow;
use wasm_bindgen::JsValue;

use crate::account::Account;
use crate::storage::read::json;
use crate::storage::{Batch, StorageError, Store, number, pair};

/// Puts errors into a batch; nothing is in it where what they forget cannot be read.
pub(super) async fn put_errors(
    account: &Account,
    batch: &mut Batch,
    errors: &mut [RunErrorRow],
) -> Result<(), StorageError> {
    let keys: Vec<JsValue> = forget(errors).into_iter().map(|(run, n)| key(run, n)).collect();
    let found = if keys.is_empty() { Vec::new() } else { account.storage.get_many(Store::RunErrors, &keys).await? };
    for (key, value) in keys.iter().zip(found) {
        // One that is damaged is said where it is shown.
        let error = value.and_then(|value| json::<RunError>(Store::RunErrors, &value).ok());
        if let Some(error) = error.filter(|error| error.record.is_some()) {
            batch.put_json(Store::RunErrors, key, &RunError { record: None, ..error });
        }
    }
    for row in errors.iter() {
        batch.put_json(Store::RunErrors, &key(row.run, row.n), &row.error);
    }
    Ok(())
}

/// Deletes late errors whose records are kept no longer, as the server does that has told of them.
pub(super) fn drop_late(batch: &mut Batch, errors: &[RunErrorRow]) {
    for (run, n) in late(errors) {
        batch.delete(Store::RunErrors, &key(run, n));
    }
}

fn late(errors: &[RunErrorRow]) -> impl Iterator<Item = (Id, u64)> {
    errors.iter().filter_map(|row| Some((row.run, row.error.forgets.filter(|n| *n > MOST_ERRORS)?)))
}

fn key(run: Id, n: u64) -> JsValue {
    pair(run.to_string(), &number(n))
}

/// Takes the records of those that others of these forget; returns which are forgotten and not among them.
fn forget(errors: &mut [RunErrorRow]) -> Vec<(Id, u64)> {
    let mut forgotten: Vec<(Id, u64)> = errors.iter().filter_map(|row| Some((row.run, row.error.forgets?))).collect();
    if !forgotten.is_empty() {
        let places: BTreeMap<(Id, u64), usize> =
            errors.iter().enumerate().map(|(at, row)| ((row.run, row.n), at)).collect();
        forgotten.retain(|key| match places.get(key) {
            Some(at) => {
                errors[*at].error.record = None;
                false
            }
            None => true,
        });
    }
    forgotten
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_forgotten_loses_its_record_here_or_is_named() {
        let row = |run: u32, n: u64, forgets: Option<u64>| {
            let error = RunError { record: Some(json!({"n": n})), forgets, ..RunError::default() };
            RunErrorRow { run: Id::from_parts(run, [0; 8]), n, error }
        };
        let mut errors = [row(1, 7, Some(3)), row(1, 8, None), row(1, 9, Some(7)), row(2, 3, Some(1))];
        let named = [(1, 3), (2, 1)].map(|(run, n)| (Id::from_parts(run, [0; 8]), n));
        assert_eq!(forget(&mut errors), named);
        assert_eq!(errors.map(|row| row.error.record.is_some()), [false, true, true, true]);
    }

    #[test]
    fn only_late_errors_go_with_their_records() {
        let run = Id::from_parts(1, [0; 8]);
        let rows = [None, Some(MOST_ERRORS), Some(MOST_ERRORS + 1)].map(|forgets| {
            let error = RunError { forgets, ..RunError::default() };
            RunErrorRow { run, n: MOST_ERRORS + 9, error }
        });
        assert_eq!(late(&rows).collect::<Vec<_>>(), [(run, MOST_ERRORS + 1)]);
    }
}
