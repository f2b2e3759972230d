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
pub const BIN: &str = "bin";

/// The last segment under which a row's place among its neighbours stands.
pub const POSITION: &str = "~pos";
/// The last segment under which the mark of a deleted row stands.
pub const DELETED: &str = "~deleted";

/// The version that this code writes.
pub(crate) const SCHEMA_VERSION: i64 = 1;

pub(crate) fn position(list: &str, row: &str) -> String {
    format!("{list}/{row}/{POSITION}")
}

pub(crate) fn deleted(list: &str, row: &str) -> String {
    format!("{list}/{row}/{DELETED}")
}

/// The row (`list/id`) whose mark of this name a key is.
#[must_use]
pub fn row_marked<'k>(key: &'k str, mark: &str) -> Option<&'k str> {
    key.strip_suffix(mark)?.strip_suffix('/')
}

/// The bounds of all keys below a place: `0` is the byte that follows the slash.
pub(crate) fn below(place: &str) -> std::ops::Range<String> {
    format!("{place}/")..format!("{place}0")
}

/// Bounds around a place's own key and all below it; others that merely begin alike are in between.
pub(crate) fn around(place: &str) -> std::ops::Range<String> {
    place.to_owned()..format!("{place}0")
}

/// Whether a key is a row's mark and not a field of the resource.
pub(crate) fn is_mark(key: &str) -> bool {
    key.ends_with(POSITION) || key.ends_with(DELETED)
}
