//! Rows that a person, or a whole array at once, puts in order.
//!
//! Invariant: after a write the rows stand in the order that was wanted, also where two devices had given
//! neighbours the same position: what must follow is moved as well.

use automerge::{ROOT, ReadDoc, ScalarValue};
use serde_json::Value;
use tombolo_model::{RowId, path, shapes};

use crate::edit::Lookup;
use crate::matching::{longest_rising, pair};
use crate::parts::Writer;
use crate::view::Node;
use crate::{EditError, key, position, scalar};

impl Writer {
    /// Puts a new row after another one.
    pub(crate) fn insert_row(
        &mut self,
        lookup: &Lookup,
        list: &str,
        id: &str,
        after: Option<&str>,
        value: &Value,
        row_ids: &mut dyn FnMut() -> RowId,
    ) -> Result<(), EditError> {
        if shapes(self.kind).protected(list) {
            return Err(EditError::Protected(list.to_owned()));
        }
        self.clear_at_and_above(lookup, list)?;
        let at = self.place_after(list, after, id)?;
        self.row(list, id, &at, value, row_ids)
    }

    pub(crate) fn move_row(
        &mut self,
        lookup: &Lookup,
        list: &str,
        id: &str,
        after: Option<&str>,
    ) -> Result<(), EditError> {
        self.present(lookup, list, id)?;
        let at = self.place_after(list, after, id)?;
        self.position(list, id, &at)
    }

    pub(crate) fn delete_row(&mut self, lookup: &Lookup, list: &str, id: &str) -> Result<(), EditError> {
        self.present(lookup, list, id)?;
        self.leaf(&key::deleted(list, id), ScalarValue::Boolean(true))?;
        let others = lookup.node(list).is_some_and(|node| {
            node.below.iter().any(|(other, row)| other != id && row.position.is_some() && !row.deleted)
        });
        if others { Ok(()) } else { self.leaf(list, scalar::from_json(&Value::Array(Vec::new()))) }
    }

    pub(crate) fn restore_row(&mut self, lookup: &Lookup, list: &str, id: &str) -> Result<(), EditError> {
        self.present(lookup, list, id)?;
        self.leaf(&key::deleted(list, id), ScalarValue::Boolean(false))
    }

    fn present(&self, lookup: &Lookup, list: &str, id: &str) -> Result<(), EditError> {
        let there = lookup.node(list).and_then(|node| node.below.get(id)).is_some_and(|row| row.position.is_some());
        if there || self.tx.get(ROOT, key::position(list, id))?.is_some() {
            return Ok(());
        }
        Err(EditError::NoSuchRow { list: list.to_owned(), row: id.to_owned() })
    }

    fn position(&mut self, list: &str, id: &str, at: &str) -> Result<(), EditError> {
        self.leaf(&key::position(list, id), ScalarValue::Str(at.into()))
    }

    /// A position for a row right after another one (deleted ones count, so that a restored row comes back to its
    /// place); the beginning when `after` is absent, the end when it is unknown. A row is not its own neighbour.
    ///
    /// Reads the transaction: a row that the same edit made may be the one to follow.
    fn place_after(&mut self, list: &str, after: Option<&str>, row: &str) -> Result<String, EditError> {
        let mut ordered = self.rows_now(list);
        ordered.retain(|(_, id)| id != row);
        let at = match after {
            None => 0,
            Some(after) => ordered.iter().position(|(_, id)| id == after).map_or(ordered.len(), |index| index + 1),
        };
        let low = at.checked_sub(1).map(|before| ordered[before].0.as_str());
        let following = &ordered[at..];
        let made = self.between(low, following.iter().map(|(here, _)| here.as_str()), row);
        let mut last = (made.clone(), row.to_owned());
        for (index, next) in following.iter().enumerate() {
            if *next > last {
                break;
            }
            let later = following[index..].iter().map(|(here, _)| here.as_str());
            let moved = self.between(Some(&last.0), later, &next.1);
            self.position(list, &next.1, &moved)?;
            last = (moved, next.1.clone());
        }
        Ok(made)
    }

    /// A position for a row after `low` and before the first of the `later` ones that is greater.
    fn between<'a>(&self, low: Option<&str>, mut later: impl Iterator<Item = &'a str>, row: &str) -> String {
        let high = later.find(|here| low.is_none_or(|low| *here > low));
        position::between(low, high) + &position::tail(&self.actor, row)
    }

    /// Position and id of all rows as they are in the transaction, in order.
    fn rows_now(&self, list: &str) -> Vec<(String, RowId)> {
        let mut rows: Vec<(String, RowId)> = self
            .tx
            .map_range(ROOT, key::below(list))
            .filter_map(|item| {
                let id = key::row_marked(&item.key, key::POSITION)?.strip_prefix(list)?.strip_prefix('/')?;
                let position = item.value.clone().into_value().as_str()?.to_owned();
                (!id.contains('/')).then(|| (position, id.to_owned()))
            })
            .collect();
        rows.sort_unstable();
        rows
    }
}

/// Makes a list hold these items: kept rows keep their ids, so that an edit made meanwhile finds them.
pub(crate) fn replace(
    writer: &mut Writer,
    lookup: &Lookup,
    list: &str,
    items: &[Value],
    row_ids: &mut dyn FnMut() -> RowId,
) -> Result<(), EditError> {
    let node = lookup.node(list);
    let have: Vec<(&RowId, &Node)> = node.map_or_else(Vec::new, |node| {
        node.ordered().into_iter().filter(|(_, row)| row.position.is_some() && !row.deleted).collect()
    });
    let natural = shapes(writer.kind).rule(list).map_or(&[][..], |rule| rule.natural_key);
    let matched = pair(writer.kind, list, natural, &have, items);
    for (id, _) in have.iter().enumerate().filter(|(index, _)| !matched.contains(&Some(*index))).map(|(_, row)| row) {
        writer.leaf(&key::deleted(list, id), ScalarValue::Boolean(true))?;
    }
    for (segment, _) in node.iter().flat_map(|node| &node.below).filter(|(_, below)| below.position.is_none()) {
        writer.remove(lookup, &format!("{list}/{segment}"))?;
    }
    if items.is_empty() {
        return writer.leaf(list, scalar::from_json(&Value::Array(Vec::new())));
    }
    writer.clear_at_and_above(lookup, list)?;
    let staying = longest_rising(&matched);
    // A staying row that does not come after what now stands before it (it had the position of a neighbour) moves.
    let stood = |index: usize| {
        let (id, row) = matched[index].filter(|_| staying.contains(&index)).map(|row| have[row])?;
        Some((row.position.as_deref()?, id.as_str()))
    };
    let mut low: Option<(String, RowId)> = None;
    for (index, item) in items.iter().enumerate() {
        let id = matched[index].map_or_else(&mut *row_ids, |row| have[row].0.clone());
        let before = low.as_ref().map(|(at, id)| (at.as_str(), id.as_str()));
        let at = match stood(index).filter(|here| before.is_none_or(|before| *here > before)) {
            Some((at, _)) => at.to_owned(),
            None => {
                let later = (index + 1..items.len()).filter_map(|later| stood(later).map(|(at, _)| at));
                writer.between(before.map(|(at, _)| at), later, &id)
            }
        };
        if matched[index].is_some() {
            writer.position(list, &id, &at)?;
            writer.set(lookup, &path::join(list, &id), item, row_ids)?;
        } else {
            writer.row(list, &id, &at, item, row_ids)?;
        }
        low = Some((at, id));
    }
    Ok(())
}
