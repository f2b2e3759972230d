//! What turns one JSON into another, said as intents: the fields that differ and no others.
//!
//! Whoever edits a copy of a resource as a whole writes nothing over what others changed meanwhile elsewhere in it. A
//! list that differs is written as one; documents match its rows with those that are there.

use serde_json::Value;

use crate::{Intent, path};

/// What has to be done to `before` for it to be `after`.
#[must_use]
pub fn intents(before: &Value, after: &Value) -> Vec<Intent> {
    let mut found = Vec::new();
    walk(before, after, "", &mut found);
    found
}

fn walk(before: &Value, after: &Value, place: &str, found: &mut Vec<Intent>) {
    match (before, after) {
        (Value::Object(had), Value::Object(have)) if place.is_empty() || !(had.is_empty() || have.is_empty()) => {
            for (name, value) in have {
                let here = path::join(place, name);
                match had.get(name) {
                    Some(old) => walk(old, value, &here, found),
                    None => found.push(Intent::Set { path: here, value: value.clone() }),
                }
            }
            for name in had.keys().filter(|name| !have.contains_key(*name)) {
                found.push(Intent::Remove { path: path::join(place, name) });
            }
        }
        _ if before == after => {}
        _ => found.push(Intent::Set { path: place.to_owned(), value: after.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_fields_that_differ_are_written() {
        let before =
            json!({"name": "a", "http": {"method": "GET", "uri": "/x", "gone": 1}, "list": [1, 2], "kept": {"x/y": 1}});
        let after = json!({"name": "b", "http": {"method": "GET", "uri": "/y"}, "list": [2], "kept": {"x/y": 2}, "new": {"a": 1}});
        let set = |path: &str, value: Value| Intent::Set { path: path.into(), value };
        assert_eq!(
            intents(&before, &after),
            [
                set("/name", json!("b")),
                set("/http/uri", json!("/y")),
                Intent::Remove { path: "/http/gone".into() },
                set("/list", json!([2])),
                set("/kept/x~1y", json!(2)),
                set("/new", json!({"a": 1})),
            ]
        );
        assert!(intents(&before, &before).is_empty());
        assert_eq!(intents(&json!({"a": {"b": 1}}), &json!({"a": {}})), [set("/a", json!({}))]);
        assert_eq!(intents(&json!({"a": 1}), &json!({})), [Intent::Remove { path: "/a".into() }]);
    }
}
