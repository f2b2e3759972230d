//! What scripts give to `integrator-api`, read.

use std::collections::BTreeMap;

use serde_json::Value;

/// An id that is given as such, or as `{_id}`.
pub(super) fn id(asked: &Value) -> Option<&str> {
    asked.as_str().or_else(|| field(asked, "_id"))
}

/// A text of an object; an empty one is none.
pub(super) fn field<'v>(asked: &'v Value, name: &str) -> Option<&'v str> {
    asked.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// Puts ids in the place of aliases. The first text that `state` gets is a key.
pub(super) fn with_ids(object: &str, mut arguments: Vec<Value>, aliases: &BTreeMap<String, String>) -> Vec<Value> {
    let put = |said: &mut Value| {
        if let Some(id) = said.as_str().and_then(|name| aliases.get(name)) {
            *said = Value::from(id.as_str());
        }
    };
    match arguments.first_mut() {
        Some(Value::Object(fields)) => {
            for key in ["_id", "_connectionId"] {
                if let Some(said) = fields.get_mut(key) {
                    put(said);
                }
            }
        }
        Some(said) if object != "state" => put(said),
        _ => {}
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_alias_becomes_the_id_that_it_stands_for_and_keys_stay() {
        let aliases = BTreeMap::from([("orders".to_owned(), "1".to_owned())]);
        let made = |object: &str, first: Value| with_ids(object, vec![first, json!("orders")], &aliases);
        assert_eq!(made("exports", json!("orders")), [json!("1"), json!("orders")]);
        assert_eq!(
            made("imports", json!({"_id": "orders", "data": "orders"}))[0],
            json!({"_id": "1", "data": "orders"})
        );
        assert_eq!(made("", json!({"_connectionId": "orders"}))[0], json!({"_connectionId": "1"}));
        assert_eq!(made("state", json!("orders"))[0], "orders");
        assert_eq!(made("exports", json!("other"))[0], "other");
        assert_eq!(with_ids("state", Vec::new(), &aliases), Vec::<Value>::new());
    }
}
