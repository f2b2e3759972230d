//! Intents as writes into the map: one commit, or none at all.
//!
//! A value that is there already is not written again, so that a person who leaves a field untouched
//! never overwrites somebody else; a field in conflict is written, because that settles it.

use std::collections::BTreeSet;

use automerge::transaction::Transactable;
use automerge::{AutomergeError, ChangeHash, ObjType, ROOT, ReadDoc, ScalarValue, Value as AmValue};
use serde_json::Value;
use tombolo_model::{Intent, RowId, Shape, path, shapes};

use crate::flatten::{Cell, Flattening};
use crate::parts::{MOST_BYTES, Parts, Writer};
use crate::view::Node;
use crate::{Author, Chunk, Document, Splice, hash_from_hex, key, rows, texts};

/// Why an edit was not made. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The resource is no JSON object.
    #[error("a resource is a JSON object")]
    NotAnObject,
    /// A place that never is in a document.
    #[error("{0} is not kept in the resource: a secret belongs in the vault, and times are set by the server")]
    Protected(String),
    /// A row that is not there.
    #[error("{list} has no row {row}; it may have been deleted")]
    NoSuchRow {
        /// The list.
        list: String,
        /// The row.
        row: RowId,
    },
    /// A text that is not there.
    #[error("{0} is not a text")]
    NoSuchText(String),
    /// A stretch outside of the text.
    #[error("{path} has no stretch of {delete} at {at}: it is {length} long")]
    OutOfText {
        /// The text.
        path: String,
        /// Where.
        at: usize,
        /// How much.
        delete: usize,
        /// How long the text is.
        length: usize,
    },
    /// Splices at different heads, or among other intents, in one edit.
    #[error("an edit at older heads holds splices of one state only")]
    MixedHeads,
    /// Heads that this document never had.
    #[error("the document has no state {0}")]
    UnknownHeads(String),
    /// A text or a value that is longer than what a document holds (decision 5).
    #[error("{holder} can hold {most} KiB; this would make it {would} KiB", most = MOST_BYTES / 1024, would = thousands(bytes.div_ceil(1024)))]
    TooLong {
        /// What cannot hold it, at the beginning of a sentence.
        holder: &'static str,
        /// How long it would be.
        bytes: usize,
    },
    /// More than one change can hold, where one was asked for.
    #[error("this is too much for one change")]
    ManyChanges,
    /// There was nothing to write.
    #[error("nothing to write")]
    Empty,
    /// Automerge refused.
    #[error("the document could not be written: {0}")]
    Automerge(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl EditError {
    pub(crate) fn automerge(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Automerge(Box::new(error))
    }
}

impl From<AutomergeError> for EditError {
    fn from(error: AutomergeError) -> Self {
        Self::automerge(error)
    }
}

impl Document {
    /// Applies intents, in as many changes as a server takes them in; none when everything was there already.
    ///
    /// # Errors
    ///
    /// Returns [`EditError`] for the first intent that cannot be applied; then none is.
    pub fn edit_in_parts(
        &mut self,
        author: &Author,
        intents: &[Intent],
        row_ids: &mut dyn FnMut() -> RowId,
    ) -> Result<Vec<Chunk>, EditError> {
        self.apply_intents(author, intents, row_ids, Parts::Many)
    }

    /// Applies intents in one change, for who knows that they are short. `None` when everything was there already.
    ///
    /// # Errors
    ///
    /// Returns [`EditError`] as [`Self::edit_in_parts`] does, and where one change does not hold all.
    pub fn edit(
        &mut self,
        author: &Author,
        intents: &[Intent],
        row_ids: &mut dyn FnMut() -> RowId,
    ) -> Result<Option<Chunk>, EditError> {
        Ok(self.apply_intents(author, intents, row_ids, Parts::One)?.pop())
    }

    /// Writes a whole resource: only what differs, rows matched by natural key and then by likeness.
    ///
    /// # Errors
    ///
    /// Returns [`EditError`] as [`Self::edit_in_parts`] does.
    pub fn replace(
        &mut self,
        author: &Author,
        value: &Value,
        row_ids: &mut dyn FnMut() -> RowId,
    ) -> Result<Vec<Chunk>, EditError> {
        let whole = Intent::Set { path: String::new(), value: value.clone() };
        self.edit_in_parts(author, &[whole], row_ids)
    }

    fn apply_intents(
        &mut self,
        author: &Author,
        intents: &[Intent],
        row_ids: &mut dyn FnMut() -> RowId,
        parts: Parts,
    ) -> Result<Vec<Chunk>, EditError> {
        let at = self.older_heads(intents)?;
        if let Some(heads) = &at
            && let Some(present) = self.at_present(heads, &splices(intents))?
        {
            return self.write(author, None, parts, |writer| {
                present.iter().try_for_each(|one| writer.splice(&one.path, one.at, one.delete, &one.insert))
            });
        }
        let tree = if intents.iter().all(|intent| matches!(intent, Intent::Splice { .. })) {
            Node::default()
        } else {
            self.tree()
        };
        let lookup = Lookup { tree };
        self.write(author, at.as_deref(), parts, |writer| {
            intents.iter().try_for_each(|intent| writer.apply(&lookup, intent, row_ids))
        })
    }

    /// The heads that the splices were made at, when those are not the present ones.
    fn older_heads(&self, intents: &[Intent]) -> Result<Option<Vec<ChangeHash>>, EditError> {
        let mut states = BTreeSet::new();
        for intent in intents {
            states.insert(match intent {
                Intent::Splice { heads, .. } => {
                    let mut heads = heads.clone();
                    heads.sort_unstable();
                    heads
                }
                _ => Vec::new(),
            });
        }
        let present = self.heads_hex();
        states.retain(|heads| !heads.is_empty() && *heads != present);
        let mut states = states.into_iter();
        let Some(state) = states.next() else {
            return Ok(None);
        };
        if states.next().is_some() || !intents.iter().all(|intent| matches!(intent, Intent::Splice { .. })) {
            return Err(EditError::MixedHeads);
        }
        let known = |text: String| match hash_from_hex(&text) {
            Some(hash) if self.has(&hash) => Ok(ChangeHash(hash)),
            _ => Err(EditError::UnknownHeads(text)),
        };
        state.into_iter().map(known).collect::<Result<Vec<_>, _>>().map(Some)
    }
}

/// A number as people read it: `5,120`.
fn thousands(number: usize) -> String {
    match number / 1_000 {
        0 => number.to_string(),
        above => format!("{},{:03}", thousands(above), number % 1_000),
    }
}

fn splices(intents: &[Intent]) -> Vec<Splice> {
    let splice = |intent: &Intent| match intent {
        Intent::Splice { path, at, delete, insert, .. } => {
            Some(Splice { path: path.clone(), at: *at, delete: *delete, insert: insert.clone() })
        }
        _ => None,
    };
    intents.iter().filter_map(splice).collect()
}

/// The resource before the edit.
pub(crate) struct Lookup {
    pub(crate) tree: Node,
}

impl Lookup {
    pub(crate) fn node(&self, place: &str) -> Option<&Node> {
        let mut at = &self.tree;
        for segment in path::segments(place) {
            at = at.below.get(segment)?;
        }
        Some(at)
    }
}

/// A row holds its place by its position, so an empty one needs no cell of its own.
fn is_row(node: Option<&Node>) -> bool {
    node.is_some_and(|node| node.position.is_some())
}

impl Writer {
    /// The first change: the document's own keys, all texts, the value.
    pub(crate) fn first(&mut self, value: &Value, row_ids: &mut dyn FnMut() -> RowId) -> Result<(), EditError> {
        if !value.is_object() {
            return Err(EditError::NotAnObject);
        }
        self.tx.put(ROOT, key::KIND, self.kind.name())?;
        self.tx.put(ROOT, key::ID, self.id.to_string())?;
        self.tx.put(ROOT, key::SCHEMA, key::SCHEMA_VERSION)?;
        for text in shapes(self.kind).texts() {
            self.tx.put_object(ROOT, text, ObjType::Text)?;
        }
        self.cells(value, "", row_ids)
    }

    fn cells(&mut self, value: &Value, place: &str, row_ids: &mut dyn FnMut() -> RowId) -> Result<(), EditError> {
        let mut flat = Flattening::new(self.kind, self.actor, row_ids);
        flat.value(place, value);
        flat.cells.into_iter().try_for_each(|(place, cell)| self.cell(&place, cell))
    }

    fn apply(&mut self, lookup: &Lookup, intent: &Intent, row_ids: &mut dyn FnMut() -> RowId) -> Result<(), EditError> {
        match intent {
            Intent::Set { path, value } => self.set(lookup, path, value, row_ids),
            Intent::Remove { path } => self.remove(lookup, path),
            Intent::InsertRow { list, row, after, value } => {
                self.insert_row(lookup, list, row, after.as_deref(), value, row_ids)
            }
            Intent::MoveRow { list, row, after } => self.move_row(lookup, list, row, after.as_deref()),
            Intent::DeleteRow { list, row } => self.delete_row(lookup, list, row),
            Intent::RestoreRow { list, row } => self.restore_row(lookup, list, row),
            Intent::Splice { path, at, delete, insert, .. } => self.splice(path, *at, *delete, insert),
            Intent::Bin => self.leaf(key::BIN, ScalarValue::Boolean(true)),
            Intent::Unbin => self.leaf(key::BIN, ScalarValue::Boolean(false)),
        }
    }

    /// Makes a place hold exactly this value.
    pub(crate) fn set(
        &mut self,
        lookup: &Lookup,
        place: &str,
        value: &Value,
        row_ids: &mut dyn FnMut() -> RowId,
    ) -> Result<(), EditError> {
        let table = shapes(self.kind);
        if place.is_empty() && !value.is_object() {
            return Err(EditError::NotAnObject);
        }
        if table.protected(place) {
            return Err(EditError::Protected(place.to_owned()));
        }
        self.clear_above(lookup, place)?;
        let node = lookup.node(place);
        match value {
            Value::Array(items) if table.shape(place) == Shape::Rows => {
                rows::replace(self, lookup, place, items, row_ids)
            }
            Value::Object(fields) if !fields.is_empty() || place.is_empty() || is_row(node) => {
                if let Some(node) = node {
                    if node.leaf.is_some() {
                        self.tx.delete(ROOT, place)?;
                    }
                    let keep: BTreeSet<String> = fields.keys().map(|name| path::escape(name).into_owned()).collect();
                    self.clear_below(lookup, place, node, &keep)?;
                }
                for (name, below) in fields {
                    let here = path::join(place, name);
                    if !table.protected(&here) {
                        self.set(lookup, &here, below, row_ids)?;
                    }
                }
                Ok(())
            }
            _ => {
                if let Some(node) = node {
                    self.clear_below(lookup, place, node, &BTreeSet::new())?;
                }
                self.cells_or_nothing(place, value, row_ids)
            }
        }
    }

    fn cells_or_nothing(
        &mut self,
        place: &str,
        value: &Value,
        row_ids: &mut dyn FnMut() -> RowId,
    ) -> Result<(), EditError> {
        if value == &Value::String(String::new()) && shapes(self.kind).shape(place) == Shape::Text {
            return self.cell(place, Cell::Text(String::new()));
        }
        self.cells(value, place, row_ids)
    }

    /// Takes a place and everything below it away; rows are marked, so that an edit made meanwhile shows.
    pub(crate) fn remove(&mut self, lookup: &Lookup, place: &str) -> Result<(), EditError> {
        let Some(node) = lookup.node(place) else {
            return Ok(());
        };
        if node.leaf.is_some() {
            match texts::object(&self.tx, place)? {
                Some(text) => texts::write(self, &text, place, "")?,
                None => self.tx.delete(ROOT, place)?,
            }
        }
        self.clear_below(lookup, place, node, &BTreeSet::new())
    }

    /// Takes everything below a place away but what is to stay: rows get their mark, all else goes.
    fn clear_below(
        &mut self,
        lookup: &Lookup,
        place: &str,
        node: &Node,
        keep: &BTreeSet<String>,
    ) -> Result<(), EditError> {
        for (segment, below) in node.below.iter().filter(|(segment, _)| !keep.contains(*segment)) {
            if below.position.is_none() {
                self.remove(lookup, &format!("{place}/{segment}"))?;
            } else if !below.deleted {
                self.leaf(&key::deleted(place, segment), ScalarValue::Boolean(true))?;
            }
        }
        Ok(())
    }

    pub(crate) fn row(
        &mut self,
        list: &str,
        id: &str,
        at: &str,
        value: &Value,
        row_ids: &mut dyn FnMut() -> RowId,
    ) -> Result<(), EditError> {
        let mut flat = Flattening::new(self.kind, self.actor, row_ids);
        flat.row(list, id, at, value);
        flat.cells.into_iter().try_for_each(|(place, cell)| self.cell(&place, cell))
    }

    /// A leaf above a place would clash with it: it goes, unless it is an empty object or list.
    fn clear_above(&mut self, lookup: &Lookup, place: &str) -> Result<(), EditError> {
        path::parent(place).map_or(Ok(()), |above| self.clear_at_and_above(lookup, above))
    }

    /// Takes the leaves away that would clash with what is written below a place.
    pub(crate) fn clear_at_and_above(&mut self, lookup: &Lookup, place: &str) -> Result<(), EditError> {
        let mut at = Some(place);
        while let Some(here) = at.filter(|here| !here.is_empty()) {
            let clashes = lookup.node(here).and_then(|node| node.leaf.as_ref()).is_some_and(|leaf| {
                leaf.as_array().is_none_or(|items| !items.is_empty())
                    && leaf.as_object().is_none_or(|fields| !fields.is_empty())
            });
            if clashes && texts::object(&self.tx, here)?.is_none() {
                self.tx.delete(ROOT, here)?;
            }
            at = path::parent(here);
        }
        Ok(())
    }

    fn cell(&mut self, place: &str, cell: Cell) -> Result<(), EditError> {
        match cell {
            Cell::Leaf(value) => self.leaf(place, value),
            // A row that is put where it stands already keeps its texts.
            Cell::NewText => match texts::object(&self.tx, place)? {
                Some(_) => Ok(()),
                None => self.tx.put_object(ROOT, place, ObjType::Text).map(drop).map_err(EditError::from),
            },
            Cell::Text(text) => match texts::object(&self.tx, place)? {
                Some(object) => texts::write(self, &object, place, &text),
                // The text's object is missing: something else was written over it. The value still counts.
                None => self.leaf(place, ScalarValue::Str(text.into())),
            },
        }
    }

    fn splice(&mut self, place: &str, at: usize, delete: usize, insert: &str) -> Result<(), EditError> {
        if let Some(text) = texts::object(&self.tx, place)? {
            return texts::splice(self, &text, place, at, delete, insert);
        }
        if shapes(self.kind).shape(place) != Shape::Text {
            return Err(EditError::NoSuchText(place.to_owned()));
        }
        // The text's object is missing, as in a row of an older version: the value is typed in as a whole.
        let have = self.tx.get(ROOT, place)?.and_then(|(value, _)| value.as_str().map(ToOwned::to_owned));
        let text = texts::spliced(have.as_deref().unwrap_or_default(), place, at, delete, insert)?;
        self.leaf(place, ScalarValue::Str(text.into()))
    }

    pub(crate) fn leaf(&mut self, place: &str, value: ScalarValue) -> Result<(), EditError> {
        let present = self.tx.get_all(ROOT, place)?;
        if let [(AmValue::Scalar(have), _)] = present.as_slice()
            && **have == value
        {
            return Ok(());
        }
        let bytes = match &value {
            ScalarValue::Str(text) => text.len(),
            ScalarValue::Bytes(json) => json.len(),
            _ => 0,
        };
        self.make_room(place, bytes)?;
        Ok(self.tx.put(ROOT, place, value)?)
    }
}
