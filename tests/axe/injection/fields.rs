//! Resources with a text in each field that the tables know.

use super::super::{filled, put};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tombolo_model::{Kind, Shape, shapes};

/// Fields whose value has to be one of a few, or the id of something.
fn is_free(field: &str) -> bool {
    !field.starts_with('_') && !matches!(field, "type" | "method" | "relativeURI" | "dataType")
}

/// Puts a value where a pattern of the table says: lists have one row, and any depth is none.
fn put_pattern(kind: Kind, value: &mut Value, pattern: &str, what: Value) {
    let segments: Vec<&str> = pattern.split('/').skip(1).filter(|segment| *segment != "**").collect();
    let (mut at, mut place) = (value, String::new());
    for (n, segment) in segments.iter().enumerate() {
        // A list has one row, whose number the pattern may leave out.
        if at.is_array() {
            at = &mut at[0];
            if *segment == "*" {
                place.push_str("/0");
                continue;
            }
        }
        let name = if *segment == "*" { "any" } else { segment };
        place = format!("{place}/{name}");
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[name];
        if at.is_null() && n + 1 < segments.len() {
            *at = if shapes(kind).shape(&place) == Shape::Rows { json!([{}]) } else { json!({}) };
        }
    }
    // What was put below it before stays.
    match (at, what) {
        (Value::Array(rows), Value::Array(made)) if rows.first().is_some_and(Value::is_object) => {
            let more = made.into_iter().filter_map(|row| if let Value::Object(row) = row { Some(row) } else { None });
            for (name, value) in more.flatten() {
                if rows[0][&name].is_null() {
                    rows[0][name] = value;
                }
            }
        }
        (at, what) => *at = what,
    }
}

/// A resource with this text in each place that the table of its kind has for texts and rows, besides its form; also the
/// patterns that were walked.
pub(super) fn loaded(kind: Kind, adaptor: &str, text: &str) -> (Value, BTreeSet<&'static str>) {
    let mut value = filled(kind, adaptor, text);
    let mut walked = BTreeSet::new();
    for rule in shapes(kind).rules() {
        match rule.shape {
            Shape::Rows => {
                let also = ["name", "description", "value", "default", "extract", "generate"];
                let fields = rule.natural_key.iter().filter(|key| is_free(key)).chain(&also);
                let row: Value = fields.map(|key| ((*key).to_owned(), json!(text))).collect();
                put_pattern(kind, &mut value, rule.pattern, json!([row]));
            }
            Shape::Text | Shape::Leaf => put_pattern(kind, &mut value, rule.pattern, json!(text)),
            Shape::Secret | Shape::Reference(_) | Shape::Derived | Shape::Blob => continue,
        }
        walked.insert(rule.pattern);
    }
    let rules = json!(["equals", ["string", ["extract", text]], text]);
    put(&mut value, "/filter", json!({ "type": "expression", "expression": { "version": "1", "rules": rules } }));
    put(&mut value, "/hooks/preSavePage/function", json!(text));
    (value, walked)
}

/// Checks that no text and no list of the tables was passed over, and that each text is there.
pub(super) fn are_all_walked() {
    let (mut walked, mut bare) = (0, Vec::new());
    for kind in Kind::ALL {
        let (value, patterns) = loaded(kind, "", "payload");
        for rule in shapes(kind).rules().filter(|rule| matches!(rule.shape, Shape::Text | Shape::Rows)) {
            assert!(patterns.contains(rule.pattern), "{kind} {}", rule.pattern);
            walked += 1;
        }
        for text in shapes(kind).texts() {
            let there = value.pointer(text).and_then(Value::as_str);
            if there.is_none_or(|there| !there.contains("payload")) {
                bare.push(format!("{kind} {text}: {}", value.pointer(text).unwrap_or(&Value::Null)));
            }
        }
    }
    assert!(walked > 80, "{walked}");
    assert!(bare.is_empty(), "{bare:#?}");
}
