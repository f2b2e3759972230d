//! JSON Pointers (RFC 6901): the one way this product names a place inside a resource.

use std::borrow::Cow;

/// Writes one key so that it can stand between slashes.
#[must_use]
pub fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { Cow::Owned(key.replace('~', "~0").replace('/', "~1")) } else { Cow::Borrowed(key) }
}

/// Reads one key as it stands between slashes.
#[must_use]
pub fn unescape(segment: &str) -> Cow<'_, str> {
    if segment.contains('~') {
        Cow::Owned(segment.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(segment)
    }
}

/// The segments of a pointer, still escaped; none for the empty pointer.
pub fn segments(path: &str) -> impl DoubleEndedIterator<Item = &str> + Clone {
    path.strip_prefix('/').into_iter().flat_map(|rest| rest.split('/'))
}

/// The keys of a pointer, unescaped.
#[must_use]
pub fn split(path: &str) -> Vec<String> {
    segments(path).map(|segment| unescape(segment).into_owned()).collect()
}

/// Appends a key, escaping it.
#[must_use]
pub fn join(path: &str, key: &str) -> String {
    format!("{path}/{}", escape(key))
}

/// The pointer of what contains this place; nothing for the whole resource.
#[must_use]
pub fn parent(path: &str) -> Option<&str> {
    path.rfind('/').map(|at| &path[..at])
}

/// The last segment, still escaped.
#[must_use]
pub fn last(path: &str) -> Option<&str> {
    path.rfind('/').map(|at| &path[at + 1..])
}

/// Whether `path` is `ancestor` or lies below it.
#[must_use]
pub fn within(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_key_survives_a_pointer() {
        for key in ["", "a", "a/b", "~", "~1", "a~0b/", "ключ"] {
            assert_eq!(split(&join("", key)), [key]);
        }
        assert_eq!(split(""), Vec::<String>::new());
        assert_eq!(parent("/a/b"), Some("/a"));
        assert_eq!(parent(""), None);
    }

    #[test]
    fn a_place_is_within_itself_and_not_within_a_longer_name() {
        assert!(within("/a/b", "/a") && within("/a", "/a") && within("/a", ""));
        assert!(!within("/ab", "/a"));
    }
}
