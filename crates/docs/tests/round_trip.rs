//! What goes into a document comes out of it, whatever it is.
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};
use tombolo_docs::{Author, Document};
use tombolo_model::{Id, Kind, Shape, path, shapes};

const AUTHOR: Author = Author { actor: [7; 16], time_ms: 5 };

fn ids() -> impl FnMut() -> String {
    let mut count = 0;
    move || {
        count += 1;
        format!("r{count}")
    }
}

fn through(kind: Kind, value: &Value) -> Document {
    Document::create(kind, Id::from_parts(1, [0; 8]), value, &AUTHOR, &mut ids()).unwrap().0
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |number| Number::from_f64(number).map(Value::Number)),
        "[ -~é😀/~]{1,12}".prop_map(Value::from),
    ]
}

/// A key that the table knows, or one that nobody has ever heard of.
fn keys(kind: Kind) -> impl Strategy<Value = String> {
    let mut known: Vec<String> =
        shapes(kind).rules().flat_map(|rule| path::split(rule.pattern)).filter(|key| !key.contains('*')).collect();
    known.extend(["name", "a/b", "~x", "é", "0", "~pos", "~deleted"].map(String::from));
    known.sort();
    known.dedup();
    prop_oneof![3 => prop::sample::select(known), 1 => "[a-z/~]{1,6}"]
}

fn resource(kind: Kind) -> impl Strategy<Value = Value> {
    let value = scalar().prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((keys(kind), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    prop::collection::vec((keys(kind), value), 0..10).prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

/// What a document may leave out: protected places and empty texts.
fn expected(kind: Kind, place: &str, value: &Value) -> Option<Value> {
    let table = shapes(kind);
    match value {
        _ if matches!(table.shape(place), Shape::Secret | Shape::Derived) => None,
        Value::String(text) if text.is_empty() && table.shape(place) == Shape::Text => None,
        Value::Object(fields) if !fields.is_empty() => {
            let kept: Map<String, Value> = fields
                .iter()
                .filter_map(|(key, below)| Some((key.clone(), expected(kind, &path::join(place, key), below)?)))
                .collect();
            (!kept.is_empty() || place.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) if table.shape(place) == Shape::Rows && !items.is_empty() => {
            let row = |item: &Value| expected(kind, &path::join(place, "r1"), item).unwrap_or_else(|| json!({}));
            Some(Value::Array(items.iter().map(row).collect()))
        }
        other => Some(other.clone()),
    }
}

/// Numbers as they are, key order forgotten.
fn canonical(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let mut keys: Vec<_> = fields.iter().collect();
                keys.sort_by_key(|(key, _)| (*key).clone());
                Value::Object(keys.into_iter().map(|(key, below)| (key.clone(), sorted(below))).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
            other => other.clone(),
        }
    }
    sorted(value).to_string()
}

#[test]
fn integers_and_floats_stay_apart() {
    let value = json!({"name": "x", "a": 1, "b": 1.0, "c": u64::MAX, "d": -1, "e": [], "f": {}, "g": null, "h": [1, {"i": 2.0}]});
    assert_eq!(canonical(&through(Kind::Flow, &value).value()), canonical(&value));
}

#[test]
fn an_empty_row_written_again_writes_nothing() {
    let value = json!({"routers": [{}]});
    let mut document = through(Kind::Flow, &value);
    let again = document.replace(&AUTHOR, &value, &mut ids()).unwrap();
    assert!(again.is_empty());
    assert_eq!(canonical(&document.value()), canonical(&value));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_kind_keeps_what_it_is_given(
        (kind, value) in prop::sample::select(Kind::ALL.to_vec()).prop_flat_map(|kind| (Just(kind), resource(kind))),
    ) {
        let document = through(kind, &value);
        let want = expected(kind, "", &value).unwrap();
        prop_assert_eq!(canonical(&document.value()), canonical(&want));
        let saved = document.save();
        prop_assert_eq!(canonical(&Document::load([saved.as_slice()]).unwrap().document.value()), canonical(&want));
    }

    #[test]
    fn writing_a_whole_resource_over_another_leaves_the_new_one(
        (kind, before, after) in prop::sample::select(vec![Kind::Flow, Kind::Import, Kind::Export, Kind::Script])
            .prop_flat_map(|kind| (Just(kind), resource(kind), resource(kind))),
    ) {
        let mut document = through(kind, &before);
        let mut next = { let mut count = 10_000; move || { count += 1; format!("r{count}") } };
        document.replace(&AUTHOR, &after, &mut next).unwrap();
        prop_assert_eq!(canonical(&document.value()), canonical(&expected(kind, "", &after).unwrap()));
        let again = document.replace(&AUTHOR, &after, &mut next).unwrap();
        prop_assert!(again.is_empty(), "writing the same again writes nothing");
    }
}
