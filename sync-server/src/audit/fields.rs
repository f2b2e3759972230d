//! Field by field, from what to what.

use serde_json::Value;
use tombolo_docs::Document;
use tombolo_model::{MASK, shapes};
use tombolo_wire::rest::FieldChange;

use crate::nesting::is_deeper;

/// A value that is larger than this is shown by its beginning.
const MOST_BYTES: usize = 16 * 1024;
/// A value that is nested deeper is shown as text: a row that cannot be parsed again would hide all others.
const MOST_LEVELS: usize = 32;
/// More fields than this are not listed one by one.
const MOST_FIELDS: usize = 500;

/// The fields in which two states of a resource differ.
pub(super) fn changed(before: &Document, after: &Document) -> Vec<FieldChange> {
    let table = shapes(after.kind());
    let differences = before.differences(after).into_iter().filter(|found| found.path.starts_with('/'));
    let fields = differences.map(|found| {
        let mask = |value: Option<Value>| {
            let value = value?;
            if table.protected(&found.path) { Some(MASK.into()) } else { shown(&value) }
        };
        FieldChange { old_value: mask(found.here), new_value: mask(found.there), field_path: found.path.clone() }
    });
    fields.take(MOST_FIELDS).collect()
}

/// A value as it goes into the log.
pub(super) fn shown(value: &Value) -> Option<Value> {
    let text = value.to_string();
    if text.len() <= MOST_BYTES {
        let deep = is_deeper(value, MOST_LEVELS);
        return Some(if deep { text.into() } else { value.clone() });
    }
    let whole = value.as_str().unwrap_or(&text);
    let beginning: String = whole.chars().take(MOST_BYTES / 4).collect();
    Some(format!("{beginning}… ({} bytes)", text.len()).into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tombolo_docs::Author;
    use tombolo_model::{Id, Intent, Kind};

    use super::*;

    #[test]
    fn what_is_nested_deep_is_told_as_text() {
        let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(shown(&deep).unwrap().as_str().map(str::len), Some(401));
        assert_eq!(shown(&json!({ "a": [1] })), Some(json!({ "a": [1] })));
    }

    #[test]
    fn a_change_names_its_fields_with_what_was_there_and_what_is() {
        let author = Author { actor: [1; 16], time_ms: 0 };
        let value = json!({ "name": "Orders", "disabled": false, "pageGenerators": [{ "_exportId": "a" }] });
        let id = Id::from_parts(1, [1; 8]);
        let (document, chunk) = Document::create(Kind::Flow, id, &value, &author, &mut || "r1".to_owned()).unwrap();
        let mut after = Document::load([chunk.bytes.as_slice()]).unwrap().document;
        let intents = [
            Intent::Set { path: "/name".to_owned(), value: json!("Invoices") },
            Intent::Set { path: "/pageGenerators/r1/_exportId".to_owned(), value: json!("b") },
        ];
        after.edit(&author, &intents, &mut || "r2".to_owned()).unwrap();
        let found: Vec<_> = changed(&document, &after)
            .into_iter()
            .map(|field| (field.field_path, field.old_value, field.new_value))
            .collect();
        assert_eq!(
            found,
            [
                ("/name".to_owned(), Some(json!("Orders")), Some(json!("Invoices"))),
                ("/pageGenerators/r1/_exportId".to_owned(), Some(json!("a")), Some(json!("b"))),
            ]
        );
    }

    #[test]
    fn a_large_value_is_shown_by_its_beginning() {
        let long = json!("x".repeat(100_000));
        let text = shown(&long).unwrap();
        assert!(text.as_str().unwrap().ends_with("… (100002 bytes)") && text.to_string().len() < MOST_BYTES);
    }
}
