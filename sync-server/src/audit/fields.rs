//! Field by field, from what to what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tombolo_model::{Kind, MASK, shapes};
use tombolo_wire::rest::FieldChange;

use crate::nesting::is_deeper;

/// A value that is larger than this is shown by its beginning.
const MOST_BYTES: usize = 16 * 1024;
/// A value that is nested deeper is shown as text: a row that cannot be parsed again would hide all others.
const MOST_LEVELS: usize = 32;
/// More fields than this are not listed one by one.
const MOST_FIELDS: usize = 500;
/// Of a text that is longer, the place is shown at which it was changed.
const LONG: usize = 1_024;
/// With so many letters around it.
const AROUND: usize = 80;

/// The fields in which two states of a resource of this kind differ.
pub(super) fn changed(
    kind: Kind,
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
) -> Vec<FieldChange> {
    let table = shapes(kind);
    let mask = || Some(Value::from(MASK));
    let all: Vec<_> = differing(before, after).collect();
    let fields = all.iter().take(MOST_FIELDS).map(|(path, old, new)| {
        if table.protected(path) {
            let (old_value, new_value) = (old.and_then(|_| mask()), new.and_then(|_| mask()));
            return FieldChange { field_path: (*path).to_owned(), old_value, new_value };
        }
        line(path, *old, *new)
    });
    let mut fields: Vec<FieldChange> = fields.collect();
    if let Some(more) = all.len().checked_sub(MOST_FIELDS).filter(|more| *more > 0) {
        let new_value = Some(Value::String(format!("and {more} more fields: the history has them")));
        fields.push(FieldChange { field_path: "…".to_owned(), old_value: None, new_value });
    }
    fields
}

/// The places at which two states differ, with what is there.
pub(super) fn differing<'a>(
    before: &'a BTreeMap<String, Value>,
    after: &'a BTreeMap<String, Value>,
) -> impl Iterator<Item = (&'a str, Option<&'a Value>, Option<&'a Value>)> {
    let places: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let both = places.into_iter().map(|place| (place.as_str(), before.get(place), after.get(place)));
    // What does not begin so is the document's own: whether it is in the bin.
    both.filter(|(place, old, new)| place.starts_with('/') && old != new)
}

/// A field that had one value and has another.
pub(super) fn line(path: &str, old: Option<&Value>, new: Option<&Value>) -> FieldChange {
    let long = |value: &Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| text.len() > LONG);
    let (old_value, new_value) = match (old, new) {
        (Some(Value::String(one)), Some(Value::String(other))) if long(&old) && long(&new) => {
            let (one, other) = places(one, other);
            (shown(&one.into()), shown(&other.into()))
        }
        _ => (old.and_then(shown), new.and_then(shown)),
    };
    FieldChange { field_path: path.to_owned(), old_value, new_value }
}

/// Where two long texts differ, with some letters around.
fn places(old: &str, new: &str) -> (String, String) {
    let begin = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - begin;
    let end = old.bytes().rev().zip(new.bytes().rev()).take(most).take_while(|(a, b)| a == b).count();
    let cut = |text: &str| {
        let from = text.floor_char_boundary(begin.saturating_sub(AROUND));
        let to = text.ceil_char_boundary((text.len() - end).saturating_add(AROUND).min(text.len()));
        let dots = |there: bool| if there { "…" } else { "" };
        format!("{}{}{}", dots(from > 0), text.get(from..to).unwrap_or(text), dots(to < text.len()))
    };
    (cut(old), cut(new))
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
    use tombolo_docs::{Author, Document};
    use tombolo_model::{Id, Intent};

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
        let found: Vec<_> = changed(Kind::Flow, &document.flat(), &after.flat())
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

    #[test]
    fn of_a_long_text_the_place_is_shown_at_which_it_was_changed() {
        let long = format!("{}ü{}", "a".repeat(50_000), "b".repeat(50_000));
        let other = long.replace('ü', "evil()");
        let told = line("/content", Some(&json!(long)), Some(&json!(other)));
        let around = |middle: &str| format!("…{}{middle}{}…", "a".repeat(AROUND), "b".repeat(AROUND));
        assert_eq!((told.old_value, told.new_value), (Some(json!(around("ü"))), Some(json!(around("evil()")))));
        let twice = line("/content", Some(&json!("ab".repeat(1_000))), Some(&json!("ab".repeat(1_001))));
        assert!(twice.new_value.unwrap().as_str().unwrap().len() < 300);
    }

    #[test]
    fn that_there_are_more_fields_than_are_listed_is_said() {
        let after: BTreeMap<String, Value> = (0..600).map(|n| (format!("/f{n:03}"), json!(n))).collect();
        let told = changed(Kind::Flow, &BTreeMap::new(), &after);
        assert_eq!(told.len(), 501);
        assert!(told[500].new_value.as_ref().unwrap().as_str().unwrap().starts_with("and 100 more"));
    }
}
