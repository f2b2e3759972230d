//! Rows of a mapping that are made of a sample: the destination of a pasted record, a row of a field of the source, and
//! sources for rows by their names. Plain functions.

use serde_json::{Value, json};
use tombolo_model::{View, path};

use super::rows::is_mapped;
use super::schema::{is_schema, rows_of_schema};
use super::tree::{Leaf, below, type_for};
use crate::state::value_at;

/// How many rows a sample makes at most, and how deep they go.
const MOST: usize = 2_000;
const DEEP: usize = 12;

/// The rows that make a record like this one, or as a JSON Schema describes it. With `sources` each reads the field that it was made of.
pub(super) fn rows_of(sample: &Value, sources: bool) -> Vec<Value> {
    if !sources && is_schema(sample) {
        return rows_of_schema(sample, DEEP, &mut { MOST });
    }
    let (record, root) = match sample {
        Value::Array(rows) => (rows.first(), "$[*]"),
        other => (Some(other), "$"),
    };
    let mut left = MOST;
    record.map(|record| rows(record, root, sources, DEEP, &mut left)).unwrap_or_default()
}

fn rows(record: &Value, at: &str, sources: bool, deep: usize, left: &mut usize) -> Vec<Value> {
    let mut made = Vec::new();
    for (key, value) in record.as_object().into_iter().flatten() {
        if *left == 0 {
            break;
        }
        *left -= 1;
        made.push(row(key, value, &below(at, key), sources, deep, left));
    }
    made
}

fn row(key: &str, value: &Value, at: &str, sources: bool, deep: usize, left: &mut usize) -> Value {
    let kind = type_for(value);
    let mut made = json!({"generate": key, "dataType": kind, "status": "Active"});
    let extract = |path: String| if sources { path } else { String::new() };
    match (kind, value) {
        ("object", value) if deep > 0 && value.as_object().is_some_and(|fields| !fields.is_empty()) => {
            made["mappings"] = rows(value, at, sources, deep - 1, left).into();
        }
        ("objectarray", Value::Array(items)) if deep > 0 => {
            let from = format!("{at}[*]");
            let inner = items.first().map(|first| rows(first, &from, sources, deep - 1, left)).unwrap_or_default();
            made["buildArrayHelper"] = json!([{"extract": extract(from), "mappings": inner}]);
        }
        _ => made["extract"] = extract(at.to_owned()).into(),
    }
    made
}

/// A new row for a field of the source.
pub(super) fn row_for(leaf: &Leaf, record: &Value) -> Value {
    let value = find(record, &leaf.path);
    let mut left = MOST;
    row(&leaf.name, value.unwrap_or(&Value::Null), &leaf.path, true, DEEP, &mut left)
}

/// The value of a field of the tree: of lists the first item.
fn find<'v>(record: &'v Value, wanted: &str) -> Option<&'v Value> {
    fn search<'v>(value: &'v Value, at: &str, wanted: &str) -> Option<&'v Value> {
        value.as_object()?.iter().find_map(|(key, value)| {
            let here = below(at, key);
            if here == wanted {
                return Some(value);
            }
            if !wanted.starts_with(&here) {
                return None;
            }
            match value {
                Value::Array(items) => search(items.first()?, &format!("{here}[*]"), wanted),
                inner => search(inner, &here, wanted),
            }
        })
    }
    match record {
        Value::Array(rows) => search(rows.first()?, "$[*]", wanted),
        other => search(other, "$", wanted),
    }
}

/// A name without what people write differently: `Order_ID` and `orderId` are one.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// For each row that has no source and whose name the source has too: the path of its source in the document, and what
/// goes there. Inside a list that is built of a source array its fields come first.
pub(super) fn by_name(view: &View, base: &str, tree: &[Leaf]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let values = value_at(view, base).and_then(Value::as_array).cloned().unwrap_or_default();
    match_list(view, base, &values, ("$", ""), tree, &mut found);
    found
}

/// `around` is the path of the source that the rows stand in, and the name of the object that they are in.
fn match_list(
    view: &View,
    list: &str,
    values: &[Value],
    around: (&str, &str),
    tree: &[Leaf],
    found: &mut Vec<(String, String)>,
) {
    let Some(ids) = view.rows.get(list) else { return };
    for (id, row) in ids.iter().zip(values) {
        let here = path::join(list, id);
        let name = row.get("generate").and_then(Value::as_str).unwrap_or_default();
        let inner = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        match_list(view, &format!("{here}/mappings"), &inner(row, "mappings"), (around.0, name), tree, found);
        let entries = format!("{here}/buildArrayHelper");
        for (entry, value) in view.rows.get(&entries).into_iter().flatten().zip(inner(row, "buildArrayHelper")) {
            let from = value.get("extract").and_then(Value::as_str).unwrap_or(around.0);
            let list = format!("{}/mappings", path::join(&entries, entry));
            match_list(view, &list, &inner(&value, "mappings"), (from, name), tree, found);
        }
        if !name.is_empty() && !is_mapped(row) {
            found.extend(best(name, around, tree).map(|leaf| (format!("{here}/extract"), leaf.path.clone())));
        }
    }
}

fn best<'l>(name: &str, (from, object): (&str, &str), tree: &'l [Leaf]) -> Option<&'l Leaf> {
    let wanted = plain(name);
    let same: Vec<&Leaf> = tree.iter().filter(|leaf| leaf.open.is_none() && plain(&leaf.name) == wanted).collect();
    let parent = |leaf: &Leaf| leaf.path.strip_suffix(&format!(".{}", leaf.name)).unwrap_or_default().to_owned();
    let within = same.iter().find(|leaf| parent(leaf) == from);
    let named = || {
        let of = |leaf: &&&Leaf| {
            !object.is_empty() && plain(parent(leaf).rsplit('.').next().unwrap_or_default()) == plain(object)
        };
        same.iter().find(of)
    };
    // In a list a field of another list has no place.
    let lone = || same.iter().find(|leaf| !leaf.path.contains("[*]")).filter(|_| from == "$");
    within.or_else(named).or_else(lone).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tree::leaves;
    use super::*;

    fn order() -> Value {
        json!({"id": 7, "place": {"city": "Rome"}, "lines": [{"sku": "A", "qty": 2}], "tags": ["x"]})
    }

    #[test]
    fn a_pasted_record_makes_the_rows_of_a_destination() {
        let rows = rows_of(&order(), false);
        let of = |name: &str| rows.iter().find(|row| row["generate"] == name).cloned().unwrap();
        assert_eq!(of("id"), json!({"generate": "id", "dataType": "number", "status": "Active", "extract": ""}));
        assert_eq!(of("place")["mappings"][0]["generate"], "city");
        assert_eq!(of("lines")["buildArrayHelper"][0]["mappings"].as_array().map(Vec::len), Some(2));
        assert_eq!(of("tags")["dataType"], "stringarray");
        assert!(rows_of(&json!(5), false).is_empty());
        let wide: Value = Value::Object((0..9_000).map(|at| (format!("f{at}"), json!(1))).collect());
        assert_eq!(rows_of(&wide, false).len(), MOST);
    }

    #[test]
    fn every_field_of_a_record_can_be_passed_on_as_it_is() {
        let rows = rows_of(&order(), true);
        let of = |name: &str| rows.iter().find(|row| row["generate"] == name).cloned().unwrap();
        assert_eq!(of("place")["mappings"][0]["extract"], "$.place.city");
        assert_eq!(of("lines")["buildArrayHelper"][0]["extract"], "$.lines[*]");
        let inner: BTreeSet<_> = of("lines")["buildArrayHelper"][0]["mappings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["extract"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(inner, ["$.lines[*].qty".to_owned(), "$.lines[*].sku".to_owned()].into());
    }

    #[test]
    fn a_field_of_the_tree_becomes_a_row_with_its_type() {
        let tree = leaves(&order(), &BTreeSet::new(), "");
        let row = |path: &str| row_for(tree.iter().find(|leaf| leaf.path == path).unwrap(), &order());
        assert_eq!(
            row("$.lines[*].qty"),
            json!({"generate": "qty", "dataType": "number", "status": "Active", "extract": "$.lines[*].qty"})
        );
        assert_eq!(row("$.place")["mappings"][0]["extract"], "$.place.city");
    }

    #[test]
    fn rows_get_their_sources_by_name_within_what_they_stand_in() {
        let value = json!({"mappings": [
            {"generate": "ID"},
            {"generate": "place", "dataType": "object", "mappings": [{"generate": "City"}]},
            {"generate": "items", "dataType": "objectarray", "buildArrayHelper": [{"extract": "$.lines[*]", "mappings": [{"generate": "s_k_u"}, {"generate": "id"}]}]},
            {"generate": "qty"},
            {"generate": "tags", "extract": "fixed"},
        ]});
        let rows = [
            ("/mappings", vec!["i", "p", "l", "q", "t"]),
            ("/mappings/p/mappings", vec!["c"]),
            ("/mappings/l/buildArrayHelper", vec!["e"]),
            ("/mappings/l/buildArrayHelper/e/mappings", vec!["s", "n"]),
        ];
        let rows = rows.map(|(list, rows)| (list.to_owned(), rows.into_iter().map(str::to_owned).collect()));
        let view = View { value, rows: rows.into(), ..View::default() };
        let found = by_name(&view, "/mappings", &leaves(&order(), &BTreeSet::new(), ""));
        let of = |path: &str| found.iter().find(|(at, _)| at == path).map(|(_, source)| source.as_str());
        assert_eq!(of("/mappings/i/extract"), Some("$.id"));
        assert_eq!(of("/mappings/p/mappings/c/extract"), Some("$.place.city"));
        assert_eq!(of("/mappings/l/buildArrayHelper/e/mappings/s/extract"), Some("$.lines[*].sku"));
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
