//! Values that a run makes for each record: their keys are made once and shared, as those of all records are.

use std::sync::{Arc, LazyLock};

use tombolo_model::{Keys, Record, Val};

static RECORD: LazyLock<Arc<Keys>> = LazyLock::new(|| Arc::new(Keys::new(["record"])));
static ROWS: LazyLock<Arc<Keys>> = LazyLock::new(|| Arc::new(Keys::new(["rows"])));
static ERROR: LazyLock<Arc<Keys>> = LazyLock::new(|| Arc::new(Keys::new(["code", "message"])));
static FOUND: LazyLock<Arc<Keys>> = LazyLock::new(|| Arc::new(Keys::new(["data", "errors", "ignored", "statusCode"])));

/// A record under the name `record`, or the rows of a group under `rows`.
pub(super) fn wrapped(value: &Val) -> Val {
    let keys = if matches!(value, Val::List(_)) { &ROWS } else { &RECORD };
    Val::Map(Record::new(Arc::clone(keys), vec![value.clone()]))
}

/// Errors as hooks have them.
pub(super) fn errors_val(errors: &[(String, String)]) -> Val {
    let one = |(code, message): &(String, String)| {
        Val::Map(Record::new(Arc::clone(&ERROR), vec![Val::text(code), Val::text(message)]))
    };
    Val::List(errors.iter().map(one).collect())
}

/// What a lookup found for a record, as results mappings read it.
pub(super) fn found(data: Vec<Val>, errors: &[(String, String)], status_code: Option<u16>) -> Val {
    let status = status_code.map_or(Val::Null, |status| Val::Int(status.into()));
    Val::Map(Record::new(Arc::clone(&FOUND), vec![Val::List(data), errors_val(errors), Val::Bool(false), status]))
}
