//! Settings that change what a flow does and that this version does not run.
//!
//! They stop the run before it begins: a flow from elsewhere must not quietly do something else here.

use serde_json::Value;
use tombolo_model::Problem;

pub(super) type Table = &'static [(&'static str, &'static str)];

pub(super) const STEP: Table = &[("/_toolId", "tools"), ("/tool", "tools")];
pub(super) const EXPORT: Table = &[("/file/decrypt", "encrypted files")];
pub(super) const IMPORT: Table =
    &[("/file/encrypt", "encrypted files"), ("/blobKeyPath", "files that pass through as they are")];

pub(super) const CONNECTION: Table = &[
    ("/http/clientCertificates", "client certificates"),
    ("/http/disableStrictSSL", "certificates that are not checked"),
];
pub(super) const ICLIENT: Table = &[
    ("/oauth2/enableJWT", "signed assertions of OAuth clients"),
    ("/enableJWT", "signed assertions of OAuth clients"),
];
pub(super) const ASYNC_HELPER: Table = &[("/http/submit/transform", "transformations of what was submitted")];

/// Appends a problem for each setting of the table that is set.
pub(super) fn check(table: Table, value: &Value, problems: &mut Vec<Problem>) {
    check_at(table, value, "", problems);
}

/// As [`check`], for a value at a place.
pub(super) fn check_at(table: Table, value: &Value, place: &str, problems: &mut Vec<Problem>) {
    for (pointer, what) in table {
        if value.pointer(pointer).is_some_and(is_set) {
            let message = format!("This version runs flows without {what}: remove this setting.");
            problems.push(Problem::new(format!("{place}{pointer}"), "unsupported", message));
        }
    }
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && text != "none",
        Value::Array(items) => items.iter().any(is_set),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}
