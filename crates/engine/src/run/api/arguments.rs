//! What scripts give to `integrator-api`, read.

use serde_json::Value;

/// An id that is given as such, or as `{_id}`.
pub(super) fn id(asked: &Value) -> Option<&str> {
    asked.as_str().or_else(|| field(asked, "_id"))
}

/// A text of an object; an empty one is none.
pub(super) fn field<'v>(asked: &'v Value, name: &str) -> Option<&'v str> {
    asked.get(name)?.as_str().filter(|text| !text.is_empty())
}
