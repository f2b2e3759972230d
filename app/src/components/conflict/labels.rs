//! What people call a row, by what is in it.

use serde_json::Value;

/// What a row is called by what is in it.
pub(super) fn row_name(row: &Value) -> Option<String> {
    ["generate", "name", "label"]
        .iter()
        .filter_map(|field| row.get(field).and_then(Value::as_str))
        .find(|name| !name.is_empty())
        .map(ToOwned::to_owned)
}

/// What a row holds, in one line.
pub(super) fn row_words(row: &Value) -> String {
    let text = |field: &str| row.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text("extract"), row_name(row)) {
        (Some(from), Some(name)) => format!("{name}, from {}", from.strip_prefix("$.").unwrap_or(from)),
        (Some(from), None) => format!("from {}", from.strip_prefix("$.").unwrap_or(from)),
        (None, Some(name)) => name,
        (None, None) => row.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_is_called_by_what_it_writes() {
        assert_eq!(row_words(&json!({"generate": "amount", "extract": "$.grand_total"})), "amount, from grand_total");
        assert_eq!(row_words(&json!({"name": "Retry"})), "Retry");
        assert_eq!(row_name(&json!({"generate": "", "extract": "$.a"})), None);
    }
}
