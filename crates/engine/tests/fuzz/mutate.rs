//! Makes inputs of the kept ones: bytes are cut, doubled and mixed, JSON is changed value by value.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// What a target's files are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Anything, and what its parser looks for. The first line is JSON: how it is read.
    Bytes(&'static [&'static str]),
    /// One JSON value, whose texts may hold what its target looks for.
    Json(&'static [&'static str]),
}

/// How bytes are changed at a place.
#[derive(Debug, Clone)]
enum Cut {
    Remove(usize),
    Insert(Vec<u8>),
    Repeat(usize, usize),
    Flip(u8),
    /// A stretch of another file.
    Take(usize, usize, usize),
}

/// How JSON is changed at a value.
#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Remove,
    Double,
    Rename(String),
    /// Within lists or objects.
    Wrap(usize, bool),
    Text(Cut),
    /// A value of another file.
    Take(usize, usize),
    Swap(usize),
}

/// Inputs made of the kept ones.
pub(crate) fn inputs(kind: Kind, seeds: &[Vec<u8>]) -> BoxedStrategy<Vec<u8>> {
    let seeds = seeds.to_vec();
    let which = any::<prop::sample::Index>();
    match kind {
        Kind::Bytes(tokens) => {
            let changes = vec((any::<usize>(), cut(tokens)), 0..16);
            let made = move |(which, changes): (prop::sample::Index, Vec<(usize, Cut)>)| {
                let mut bytes = seeds[which.index(seeds.len())].clone();
                for (at, change) in &changes {
                    change_bytes(&mut bytes, *at, change, &seeds);
                }
                bytes
            };
            (which, changes).prop_map(made).boxed()
        }
        Kind::Json(tokens) => {
            let values: Vec<Value> = seeds.iter().map(|seed| serde_json::from_slice(seed).unwrap()).collect();
            let changes = vec((any::<usize>(), change(tokens)), 0..12);
            let made = move |(which, changes): (prop::sample::Index, Vec<(usize, Change)>)| {
                let mut value = values[which.index(values.len())].clone();
                for (at, one) in &changes {
                    change_json(&mut value, *at, one, &values);
                }
                value.to_string().into_bytes()
            };
            (which, changes).prop_map(made).boxed()
        }
    }
}

fn cut(tokens: &'static [&'static str]) -> impl Strategy<Value = Cut> {
    let length = 1..12_usize;
    prop_oneof![
        2 => length.clone().prop_map(Cut::Remove),
        4 => select(tokens).prop_map(|token| Cut::Insert(token.as_bytes().to_vec())),
        1 => vec(any::<u8>(), 1..5).prop_map(Cut::Insert),
        1 => "\\PC{1,4}".prop_map(|text| Cut::Insert(text.into_bytes())),
        1 => (length, 1..40_usize).prop_map(|(length, times)| Cut::Repeat(length, times)),
        1 => any::<u8>().prop_map(Cut::Flip),
        2 => (any::<usize>(), any::<usize>(), 1..60_usize).prop_map(|(which, from, length)| Cut::Take(which, from, length)),
    ]
}

fn change(tokens: &'static [&'static str]) -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => odd(tokens).prop_map(Change::Replace),
        1 => Just(Change::Remove),
        1 => Just(Change::Double),
        1 => select(NAMES).prop_map(|name| Change::Rename(name.to_owned())),
        1 => select(tokens).prop_map(|name| Change::Rename(name.to_owned())),
        1 => (1..100_usize, any::<bool>()).prop_map(|(levels, list)| Change::Wrap(levels, list)),
        4 => cut(tokens).prop_map(Change::Text),
        3 => (any::<usize>(), any::<usize>()).prop_map(|(which, at)| Change::Take(which, at)),
        1 => any::<usize>().prop_map(Change::Swap),
    ]
}

const NAMES: &[&str] = &["__proto__", "constructor", "prototype", "", "a.b", "a[0]", "é", "0", "length", "[*]", "$"];

/// Values that programs are seldom written for.
fn odd(tokens: &'static [&'static str]) -> impl Strategy<Value = Value> {
    const TEXTS: &[&str] =
        &["", " ", "__proto__", "é😀\u{0}\u{301}", "NaN", "-0", "1e999", "0x10", "true", "null", "{{", "$.a[*].b"];
    const NUMBERS: &[&str] =
        &["0", "-0.0", "-1", "1.5", "9007199254740993", "-9223372036854775808", "18446744073709551615", "1e308"];
    prop_oneof![
        select(TEXTS).prop_map(|text| json!(text)),
        select(tokens).prop_map(|text| json!(text)),
        select(NUMBERS).prop_map(|text| serde_json::from_str(text).unwrap()),
        select(vec![
            json!(null),
            json!(true),
            json!(false),
            json!([]),
            json!({}),
            json!([[]]),
            json!([null, {"a": [1]}])
        ]),
        (1..3000_usize).prop_map(|length| json!("ab".repeat(length))),
    ]
}

fn change_bytes(bytes: &mut Vec<u8>, at: usize, change: &Cut, seeds: &[Vec<u8>]) {
    let at = at % (bytes.len() + 1);
    let end = |length: &usize| (at + length).min(bytes.len());
    match change {
        Cut::Remove(length) => drop(bytes.drain(at..end(length))),
        Cut::Insert(more) => drop(bytes.splice(at..at, more.iter().copied())),
        Cut::Repeat(length, times) => {
            let again = bytes[at..end(length)].repeat(*times);
            bytes.splice(at..at, again);
        }
        Cut::Flip(bits) => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= bits;
            }
        }
        Cut::Take(which, from, length) => {
            let Some(other) = seeds.get(which % seeds.len().max(1)) else { return };
            let from = from % (other.len() + 1);
            let taken = other[from..(from + length).min(other.len())].to_vec();
            bytes.splice(at..at, taken);
        }
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at a place, counted from the root.
fn place<'v>(value: &'v mut Value, at: &mut usize) -> Option<&'v mut Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| place(item, at)),
        Value::Object(fields) => fields.values_mut().find_map(|field| place(field, at)),
        _ => None,
    }
}

fn taken(values: &[Value], which: usize, at: usize) -> Value {
    let mut value = values[which % values.len()].clone();
    let mut at = at % count(&value);
    place(&mut value, &mut at).map_or(Value::Null, |found| found.take())
}

fn change_json(root: &mut Value, at: usize, change: &Change, values: &[Value]) {
    let mut place_at = at % count(root);
    let Some(found) = place(root, &mut place_at) else { return };
    match change {
        Change::Replace(other) => *found = other.clone(),
        Change::Take(which, from) => *found = taken(values, *which, *from),
        Change::Text(cut) => {
            if let Value::String(text) = found {
                let mut bytes = std::mem::take(text).into_bytes();
                change_bytes(&mut bytes, at / 7, cut, &[]);
                *text = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
        Change::Wrap(levels, list) => {
            for _ in 0..*levels {
                let inner = found.take();
                *found = if *list { json!([inner]) } else { json!({"a": inner}) };
            }
        }
        Change::Swap(with) => {
            let other = taken(std::slice::from_ref(root), 0, *with);
            let mut place_at = at % count(root);
            if let Some(found) = place(root, &mut place_at) {
                *found = other;
            }
        }
        Change::Remove | Change::Double | Change::Rename(_) => change_within(found, at, change),
    }
}

/// Changes a list or object rather than the value itself.
fn change_within(found: &mut Value, at: usize, change: &Change) {
    match (found, change) {
        (Value::Array(items), Change::Remove) if !items.is_empty() => drop(items.remove(at % items.len())),
        (Value::Array(items), Change::Double) if !items.is_empty() => items.push(items[at % items.len()].clone()),
        (Value::Object(fields), _) if !fields.is_empty() => {
            let name = fields.keys().nth(at % fields.len()).cloned().unwrap_or_default();
            match change {
                Change::Remove => drop(fields.shift_remove(&name)),
                Change::Double => {
                    let same = fields[&name].clone();
                    fields.insert("double".to_owned(), same);
                }
                Change::Rename(other) => {
                    let same = fields.shift_remove(&name).unwrap_or_default();
                    fields.insert(other.clone(), same);
                }
                _ => {}
            }
        }
        _ => {}
    }
}
