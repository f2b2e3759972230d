//! A JSON value as the keys and values of the flat map.

use automerge::ScalarValue;
use serde_json::Value;
use tombolo_model::{Kind, RowId, Shape, path, shapes};

use crate::{key, position, scalar};

/// What a key shall hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Leaf(ScalarValue),
    Text(String),
}

/// Appends the cells of a value at a place. Secret and derived places are left out; an empty text is absent.
pub(crate) fn flatten(
    kind: Kind,
    place: &str,
    value: &Value,
    row_ids: &mut dyn FnMut() -> RowId,
    out: &mut Vec<(String, Cell)>,
) {
    let shape = shapes(kind).shape(place);
    match (shape, value) {
        (Shape::Secret | Shape::Derived, _) => {}
        (Shape::Text, Value::String(text)) => {
            if !text.is_empty() {
                out.push((place.to_owned(), Cell::Text(text.clone())));
            }
        }
        (Shape::Rows, Value::Array(items)) if !items.is_empty() => {
            for (item, at) in items.iter().zip(position::spread(items.len())) {
                row(kind, place, &row_ids(), &at, item, row_ids, out);
            }
        }
        (_, Value::Object(fields)) if !fields.is_empty() => {
            for (name, below) in fields {
                flatten(kind, &path::join(place, name), below, row_ids, out);
            }
        }
        (_, Value::Object(_)) if place.is_empty() => {}
        _ => out.push((place.to_owned(), Cell::Leaf(scalar::from_json(value)))),
    }
}

/// Appends the cells of one row.
pub(crate) fn row(
    kind: Kind,
    list: &str,
    id: &str,
    at: &str,
    value: &Value,
    row_ids: &mut dyn FnMut() -> RowId,
    out: &mut Vec<(String, Cell)>,
) {
    out.push((key::position(list, id), Cell::Leaf(ScalarValue::Str(at.into()))));
    if !value.as_object().is_some_and(serde_json::Map::is_empty) {
        flatten(kind, &path::join(list, id), value, row_ids, out);
    }
}
