//! In which fields two states of a resource differ. Plain functions, tested natively.

use serde_json::Value;
use tombolo_model::path;

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Differs {
    /// Where it is.
    pub(crate) place: String,
    /// What was in it, if anything.
    pub(crate) before: Option<Value>,
    /// What is in it, if anything.
    pub(crate) after: Option<Value>,
}

/// The fields that differ, in the order of their names. Lists of one length are told row by row, others as wholes.
pub(crate) fn differences(before: &Value, after: &Value) -> Vec<Differs> {
    let mut found = Vec::new();
    walk(Some(before), Some(after), "", &mut found);
    found.sort_by(|one, other| one.place.cmp(&other.place));
    found
}

fn walk(before: Option<&Value>, after: Option<&Value>, place: &str, found: &mut Vec<Differs>) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let gone = old.keys().filter(|name| !new.contains_key(*name));
            for name in new.keys().chain(gone) {
                walk(old.get(name), new.get(name), &path::join(place, name), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new)))
            if old.len() == new.len() && new.iter().any(Value::is_object) =>
        {
            for (at, (one, other)) in old.iter().zip(new).enumerate() {
                walk(Some(one), Some(other), &format!("{place}/{at}"), found);
            }
        }
        // What came or went as an object is told by its fields.
        (None, Some(Value::Object(new))) if !new.is_empty() => {
            new.iter().for_each(|(name, value)| walk(None, Some(value), &path::join(place, name), found));
        }
        (Some(Value::Object(old)), None) if !old.is_empty() => {
            old.iter().for_each(|(name, value)| walk(Some(value), None, &path::join(place, name), found));
        }
        _ if before == after => {}
        _ => found.push(Differs { place: place.to_owned(), before: before.cloned(), after: after.cloned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn two_versions_are_told_apart_field_by_field() {
        let before = json!({"name": "a", "http": {"uri": "/x", "gone": 1}, "rows": [{"a": 1}, {"a": 2}], "list": [1]});
        let after = json!({"name": "b", "http": {"uri": "/x", "auth": {"type": "basic"}}, "rows": [{"a": 1}, {"a": 3}], "list": [1, 2]});
        let told: Vec<_> =
            differences(&before, &after).into_iter().map(|one| (one.place, one.before, one.after)).collect();
        assert_eq!(
            told,
            [
                ("/http/auth/type".to_owned(), None, Some(json!("basic"))),
                ("/http/gone".to_owned(), Some(json!(1)), None),
                ("/list".to_owned(), Some(json!([1])), Some(json!([1, 2]))),
                ("/name".to_owned(), Some(json!("a")), Some(json!("b"))),
                ("/rows/1/a".to_owned(), Some(json!(2)), Some(json!(3))),
            ]
        );
        assert!(differences(&before, &before).is_empty());
    }
}
