//! How much memory values take, before they are held.
//!
//! Rules are read as `serde_json::Value`, which takes ten times the memory of a record's value: what is small is made one,
//! and what could be a page of records never is.

use serde_json::Value;
use tombolo_model::{Record, Val};

use super::EvalError;

/// What a list keeps for an item, and what it and an object take beside what they hold.
const ITEM_BYTES: usize = 40;
const BLOCK_BYTES: usize = 24;
/// What a text takes beside the place of its value, when it is longer than this.
const INLINE_BYTES: usize = 24;

/// About what a record takes in a list of records.
pub(super) fn of_record(record: &Record) -> usize {
    ITEM_BYTES + BLOCK_BYTES + record.iter().map(|(_, value)| of(value)).sum::<usize>()
}

/// About what a value takes in a list of values.
fn of(value: &Val) -> usize {
    match value {
        Val::Str(text) if text.len() > INLINE_BYTES => ITEM_BYTES + text.len(),
        Val::List(items) => ITEM_BYTES + BLOCK_BYTES + items.iter().map(of).sum::<usize>(),
        Val::Map(record) => of_record(record),
        _ => ITEM_BYTES,
    }
}

/// The value of rules or settings, as what reads those wants it.
///
/// # Errors
///
/// Returns the error for people when it would take more than `most` bytes.
pub(super) fn small(value: &Val, most: usize, place: &str) -> Result<Value, EvalError> {
    let mut left = most;
    if !fits(value, &mut left) {
        let what = place.trim_start_matches('/');
        let most = most >> 20;
        let message = format!(
            "The {what} would take more than {most} MB of memory. Leave out what is not needed, or split what is long."
        );
        return Err(EvalError::at("too_big", message, place));
    }
    Ok(Value::from(value))
}

/// Takes what a value needs as `serde_json::Value`; whether there was as much.
fn fits(value: &Val, left: &mut usize) -> bool {
    let mut take = |bytes: usize| left.checked_sub(bytes).map(|rest| *left = rest).is_some();
    match value {
        Val::Str(text) => take(16 + text.len()),
        Val::List(items) => take(16 + 80 * items.len()) && items.iter().all(|item| fits(item, left)),
        Val::Map(record) => {
            // A map makes room for four fields at once.
            take(80 + 104 * record.values().len().max(4))
                && record.iter().all(|(name, value)| {
                    let name_bytes = 32 + name.len();
                    left.checked_sub(name_bytes).map(|rest| *left = rest).is_some() && fits(value, left)
                })
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_small_is_made_a_value_and_what_is_not_is_refused() {
        let rules = json!({"rules": ["and", ["equals", ["extract", "a"], 1]], "text": "x".repeat(100)});
        assert_eq!(small(&Val::from(&rules), 4_000, "/rules").unwrap(), rules);
        let refused = small(&Val::from(&rules), 1_000, "/rules").unwrap_err();
        assert_eq!((refused.code.as_str(), refused.path.as_deref()), ("too_big", Some("/rules")));
        let many = Val::List(vec![Val::Map(Record::default()); 1_000]);
        assert!(small(&many, 100_000, "/options").unwrap_err().message.starts_with("The options would take"));
        let record = |text: &str| Val::from(&json!({"a": text, "b": [1]}));
        let bytes = |value: &Val| of(value);
        assert!(bytes(&record(&"x".repeat(1_000))) >= bytes(&record("x")) + 1_000);
    }
}
