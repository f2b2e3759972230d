//! Reads values of a view: rows by their ids, plain lists by their indices. Plain functions.

use serde_json::Value;
use tombolo_model::{RowId, View};

/// The value at a path in which rows are addressed by id.
pub(crate) fn value_at<'v>(view: &'v View, path: &str) -> Option<&'v Value> {
    let mut at = &view.value;
    let mut here = String::new();
    for segment in tombolo_model::path::segments(path) {
        at = match at {
            Value::Array(items) => {
                let index = match view.rows.get(&here) {
                    Some(rows) => rows.iter().position(|row| row == segment)?,
                    None => segment.parse().ok()?,
                };
                items.get(index)?
            }
            other => other.get(&*tombolo_model::path::unescape(segment))?,
        };
        here.push('/');
        here.push_str(segment);
    }
    Some(at)
}

/// The text at a path; empty when there is none.
pub(crate) fn text_at(view: &View, path: &str) -> String {
    match value_at(view, path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.first().and_then(Value::as_str).unwrap_or_default().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The rows of a list with their values.
pub(crate) fn list_rows(view: &View, list: &str) -> Vec<(RowId, Value)> {
    let ids = view.rows.get(list).cloned().unwrap_or_default();
    let items = value_at(view, list).and_then(Value::as_array).cloned().unwrap_or_default();
    ids.into_iter().zip(items).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_are_found_by_id_and_plain_lists_by_index() {
        let view = View {
            value: json!({"a": [{"b": [{"c": 1}]}], "plain": ["x", "y"]}),
            rows: [("/a".to_owned(), vec!["r1".to_owned()]), ("/a/r1/b".to_owned(), vec!["r2".to_owned()])].into(),
            ..View::default()
        };
        assert_eq!(value_at(&view, "/a/r1/b/r2/c"), Some(&json!(1)));
        assert_eq!(value_at(&view, "/a/0/b"), None);
        assert_eq!(text_at(&view, "/plain"), "x");
        assert_eq!(text_at(&view, "/plain/1"), "y");
        assert_eq!(list_rows(&view, "/a").len(), 1);
    }
}
