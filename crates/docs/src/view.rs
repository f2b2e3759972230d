//! The resource as JSON, made from the flat map; never fails.
//!
//! A node whose children carry positions and are not all deleted is a list of rows. A clash of shapes (a leaf here, fields below)
//! shows the fields and a problem: it can only come from two people writing at once.

use std::collections::BTreeMap;
use std::ops::Range;

use automerge::{ObjType, ROOT, ReadDoc, Value as AmValue};
use serde_json::{Map, Value};
use tombolo_model::{Problem, RowId, View, path, validate};

use crate::{Document, key, scalar};

/// One segment of the tree.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) leaf: Option<Value>,
    pub(crate) position: Option<String>,
    pub(crate) deleted: bool,
    pub(crate) below: BTreeMap<String, Self>,
}

impl Document {
    /// What a screen shows of the resource.
    #[must_use]
    pub fn view(&self) -> View {
        let mut made = Projection::default();
        let value = made.value("", &self.tree()).unwrap_or_else(|| Value::Object(Map::new()));
        let mut problems = made.problems;
        problems.extend(validate(self.kind, &value));
        View {
            value,
            rows: made.rows,
            problems,
            conflicts: self.conflicts(),
            binned: self.binned(),
            heads: self.heads_hex(),
        }
    }

    /// The resource as JSON alone: cheaper than [`Self::view`] when nobody looks.
    #[must_use]
    pub fn value(&self) -> Value {
        Projection::default().value("", &self.tree()).unwrap_or_else(|| Value::Object(Map::new()))
    }

    /// The map as a tree of path segments.
    pub(crate) fn tree(&self) -> Node {
        self.tree_of(key::below(""))
    }

    fn tree_of(&self, keys: Range<String>) -> Node {
        let mut root = Node::default();
        for item in self.am.map_range(&ROOT, keys) {
            let value = match item.value.clone().into_value() {
                AmValue::Scalar(value) => scalar::to_json(&value),
                AmValue::Object(ObjType::Text) => match self.am.text(item.id()) {
                    Ok(text) if !text.is_empty() => Value::String(text),
                    _ => continue,
                },
                AmValue::Object(_) => continue,
            };
            root.put(&item.key, value);
        }
        root
    }

    /// What is below a place, when anything is.
    pub(crate) fn node_value(&self, place: &str) -> Option<Value> {
        let tree = if place.is_empty() { self.tree() } else { self.tree_of(key::around(place)) };
        let mut at = &tree;
        for segment in path::segments(place) {
            at = at.below.get(segment)?;
        }
        project(place, at)
    }
}

/// The value of a node; nothing when all of it is deleted.
pub(crate) fn project(place: &str, node: &Node) -> Option<Value> {
    Projection::default().value(place, node)
}

impl Node {
    fn put(&mut self, place: &str, value: Value) {
        let mut at = self;
        let mut segments = path::segments(place).peekable();
        while let Some(segment) = segments.next() {
            if segments.peek().is_none() {
                match segment {
                    key::POSITION => return at.position = value.as_str().map(ToOwned::to_owned),
                    key::DELETED => return at.deleted = value == Value::Bool(true),
                    _ => {}
                }
            }
            at = at.below.entry(segment.to_owned()).or_default();
        }
        at.leaf = Some(value);
    }

    /// Whether a row stands in it: where all were deleted, something else may have been written in their place.
    pub(crate) fn is_list(&self) -> bool {
        self.below.values().any(|row| row.position.is_some() && !row.deleted)
    }

    /// The rows in order, deleted ones too. A row whose position is missing (its edit came before its
    /// creation, from a damaged store) stands first.
    pub(crate) fn ordered(&self) -> Vec<(&RowId, &Self)> {
        let mut rows: Vec<_> = self.below.iter().collect();
        rows.sort_by(|(left_id, left), (right_id, right)| (&left.position, left_id).cmp(&(&right.position, right_id)));
        rows
    }
}

#[derive(Debug, Default)]
struct Projection {
    rows: BTreeMap<String, Vec<RowId>>,
    problems: Vec<Problem>,
}

impl Projection {
    /// The value of a node; nothing when all of it is deleted.
    fn value(&mut self, place: &str, node: &Node) -> Option<Value> {
        if node.below.is_empty() {
            return match &node.leaf {
                // A row without fields is an empty object.
                None if node.position.is_some() => Some(Value::Object(Map::new())),
                leaf => leaf.clone(),
            };
        }
        let made = if node.is_list() { self.list(place, node) } else { self.object(place, node) };
        let empty = |value: &Value| match value {
            Value::Object(fields) => fields.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        match (&node.leaf, made) {
            (Some(leaf), Some(made)) => {
                if !empty(leaf) {
                    self.clash(place, leaf);
                }
                Some(made)
            }
            (Some(leaf), None) => Some(leaf.clone()),
            (None, made) => made,
        }
    }

    fn list(&mut self, place: &str, node: &Node) -> Option<Value> {
        let mut ids = Vec::new();
        let mut items = Vec::new();
        for (id, row) in node.ordered() {
            if row.deleted {
                continue;
            }
            items.push(self.value(&path::join(place, id), row).unwrap_or_else(|| Value::Object(Map::new())));
            ids.push(id.clone());
        }
        if items.is_empty() {
            return None;
        }
        self.rows.insert(place.to_owned(), ids);
        Some(Value::Array(items))
    }

    fn object(&mut self, place: &str, node: &Node) -> Option<Value> {
        let mut fields = Map::new();
        // A list that became an object keeps its deleted rows.
        let fields_only = node.below.iter().filter(|(_, below)| below.position.is_none());
        for (segment, below) in fields_only {
            let here = format!("{place}/{segment}");
            if let Some(value) = self.value(&here, below) {
                fields.insert(path::unescape(segment).into_owned(), value);
            }
        }
        (!fields.is_empty()).then_some(Value::Object(fields))
    }

    fn clash(&mut self, place: &str, leaf: &Value) {
        let message = format!(
            "Somebody wrote {leaf} here while somebody else wrote the fields below. The fields are shown; write the place anew to settle it."
        );
        self.problems.push(Problem::new(place, "shape_clash", message));
    }
}
