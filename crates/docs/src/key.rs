//! The keys of the one map, beside the resource's own paths.
//!
//! A `~` that is not followed by `0` or `1` cannot stand in a JSON Pointer, so no field of a resource
//! ever collides with a row's marks; and a resource's paths begin with a slash, so none collides with
//! the document's own keys.

/// The kind of the resource.
pub(crate) const KIND: &str = "kind";
/// Its id, so that a change cannot be replayed into another document.
pub(crate) const ID: &str = "id";
/// The version of this layout.
pub(crate) const SCHEMA: &str = "schema";
/// In the recycle bin.
pub(crate) const BIN: &str = "bin";

/// The place of a row among its neighbours.
pub(crate) const POSITION: &str = "~pos";
/// The mark of a deleted row.
pub(crate) const DELETED: &str = "~deleted";

/// The version that this code writes.
pub(crate) const SCHEMA_VERSION: i64 = 1;

pub(crate) fn position(list: &str, row: &str) -> String {
    format!("{list}/{row}/{POSITION}")
}

pub(crate) fn deleted(list: &str, row: &str) -> String {
    format!("{list}/{row}/{DELETED}")
}

/// Whether a key is a row's mark and not a field of the resource.
pub(crate) fn is_mark(key: &str) -> bool {
    key.ends_with(POSITION) || key.ends_with(DELETED)
}
