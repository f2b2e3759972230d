//! A JSON value as the keys and values of the flat map.

use automerge::ScalarValue;
use serde_json::Value;
use tombolo_model::{Kind, RowId, Shape, path, shapes};

use crate::document::Actor;
use crate::{key, position, scalar};

/// What a key shall hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Leaf(ScalarValue),
    /// A text that is there from the beginning of what it is in: two people who made it later would each have one.
    NewText,
    Text(String),
}

/// Gathers the cells of values. Secret and derived places are left out; an empty text is absent.
pub(crate) struct Flattening<'r> {
    kind: Kind,
    actor: Actor,
    row_ids: &'r mut dyn FnMut() -> RowId,
    /// What was gathered, in the order in which it is written.
    pub(crate) cells: Vec<(String, Cell)>,
}

impl<'r> Flattening<'r> {
    pub(crate) fn new(kind: Kind, actor: Actor, row_ids: &'r mut dyn FnMut() -> RowId) -> Self {
        Self { kind, actor, row_ids, cells: Vec::new() }
    }

    /// Appends the cells of a value at a place.
    pub(crate) fn value(&mut self, place: &str, value: &Value) {
        let shape = shapes(self.kind).shape(place);
        match (shape, value) {
            (Shape::Secret | Shape::Derived, _) => {}
            (Shape::Text, Value::String(text)) => {
                if !text.is_empty() {
                    self.cells.push((place.to_owned(), Cell::Text(text.clone())));
                }
            }
            (Shape::Rows, Value::Array(items)) if !items.is_empty() => self.rows(place, items),
            (_, Value::Object(fields)) if !fields.is_empty() => {
                for (name, below) in fields {
                    self.value(&path::join(place, name), below);
                }
            }
            (_, Value::Object(_)) if place.is_empty() => {}
            _ => self.cells.push((place.to_owned(), Cell::Leaf(scalar::from_json(value)))),
        }
    }

    /// Appends the cells of one new row.
    pub(crate) fn row(&mut self, list: &str, id: &str, at: &str, value: &Value) {
        self.cells.push((key::position(list, id), Cell::Leaf(ScalarValue::Str(at.into()))));
        let place = path::join(list, id);
        for name in shapes(self.kind).texts_of_row(list) {
            self.cells.push((path::join(&place, name), Cell::NewText));
        }
        if !value.as_object().is_some_and(serde_json::Map::is_empty) {
            self.value(&place, value);
        }
    }

    fn rows(&mut self, list: &str, items: &[Value]) {
        let ids: Vec<RowId> = items.iter().map(|_| (self.row_ids)()).collect();
        let positions = position::spread(&self.actor, &ids);
        for ((item, id), at) in items.iter().zip(&ids).zip(&positions) {
            self.row(list, id, at, item);
        }
    }
}

/// A value as it comes out of a document again, for comparing: without what [`Flattening`] leaves out, its keys in
/// order. `None` when nothing of it is kept.
pub(crate) fn kept(kind: Kind, place: &str, value: &Value) -> Option<Value> {
    let shape = shapes(kind).shape(place);
    match value {
        _ if matches!(shape, Shape::Secret | Shape::Derived) => None,
        Value::String(text) if text.is_empty() && shape == Shape::Text => None,
        Value::Object(fields) if !fields.is_empty() => {
            let mut below: Vec<(&String, Value)> = fields
                .iter()
                .filter_map(|(name, below)| Some((name, kept(kind, &path::join(place, name), below)?)))
                .collect();
            below.sort_by_key(|(name, _)| *name);
            let below = below.into_iter().map(|(name, below)| (name.clone(), below));
            Some(Value::Object(below.collect()))
                .filter(|value| value.as_object().is_some_and(|fields| !fields.is_empty()))
        }
        Value::Array(items) if shape == Shape::Rows => {
            let row = |item: &Value| kept(kind, &path::join(place, "row"), item);
            let empty = || Value::Object(serde_json::Map::new());
            Some(Value::Array(items.iter().map(|item| row(item).unwrap_or_else(empty)).collect()))
        }
        other => Some(other.clone()),
    }
}
