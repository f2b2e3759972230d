//! How deep JSON is nested: what is written and read by recursion has to end before the stack does.

use serde_json::Value;

/// Whether a value has more than so many levels; a text or number has none.
pub(crate) fn is_deeper(value: &Value, levels: usize) -> bool {
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        let inner: Box<dyn Iterator<Item = &Value>> = match value {
            Value::Array(items) => Box::new(items.iter()),
            Value::Object(fields) => Box::new(fields.values()),
            _ => continue,
        };
        if depth == levels {
            return true;
        }
        open.extend(inner.map(|value| (value, depth + 1)));
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn levels_are_counted_along_the_deepest_way() {
        let value = json!({"a": 1, "b": [{"c": []}]});
        assert!(is_deeper(&value, 3));
        assert!(!is_deeper(&value, 4));
        assert!(!is_deeper(&json!("x"), 0));
    }
}
