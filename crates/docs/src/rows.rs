//! Rows that a person, or a whole array at once, puts in order.

use std::collections::{BTreeMap, BTreeSet};

use automerge::ScalarValue;
use serde_json::Value;
use tombolo_model::{RowId, path, shapes};

use crate::edit::{Lookup, Writer};
use crate::view::Node;
use crate::{EditError, key, position};

/// A position right after a row (deleted ones count, so that a restored row comes back to its place);
/// the beginning when `after` is absent, the end when it is unknown. `moving` is not its own neighbour.
pub(crate) fn position_after(list: Option<&Node>, after: Option<&str>, moving: Option<&str>) -> String {
    let ordered: Vec<(&RowId, &str)> = list.map_or_else(Vec::new, |list| {
        let rows = list.ordered().into_iter().filter(|(id, _)| Some(id.as_str()) != moving);
        rows.filter_map(|(id, row)| Some((id, row.position.as_deref()?))).collect()
    });
    let at = match after {
        None => 0,
        Some(after) => ordered.iter().position(|(id, _)| *id == after).map_or(ordered.len(), |index| index + 1),
    };
    let low = at.checked_sub(1).map(|before| ordered[before].1);
    // Rows that share a position cannot be parted by one write; the new row then follows all of them.
    let high = ordered[at..].iter().map(|(_, here)| *here).find(|here| low.is_none_or(|low| *here > low));
    position::between(low, high)
}

/// Makes a list hold these items: kept rows keep their ids, so that an edit made meanwhile finds them.
pub(crate) fn replace(
    writer: &mut Writer<'_, '_>,
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
    let matched = pair(&have, items, natural);
    for (id, _) in have.iter().enumerate().filter(|(index, _)| !matched.contains(&Some(*index))).map(|(_, row)| row) {
        writer.leaf(&key::deleted(list, id), ScalarValue::Boolean(true))?;
    }
    if items.is_empty() {
        return writer.leaf(list, crate::scalar::from_json(&Value::Array(Vec::new())));
    }
    let staying = longest_rising(&matched);
    let mut low: Option<String> = None;
    for (index, item) in items.iter().enumerate() {
        let stays = matched[index].filter(|_| staying.contains(&index)).and_then(|row| have[row].1.position.clone());
        let at = stays.unwrap_or_else(|| {
            let next =
                (index + 1..items.len()).filter(|later| staying.contains(later)).find_map(|later| matched[later]);
            position::between(low.as_deref(), next.and_then(|row| have[row].1.position.as_deref()))
        });
        match matched[index] {
            Some(row) => {
                let id = have[row].0;
                writer.leaf(&key::position(list, id), ScalarValue::Str(at.as_str().into()))?;
                writer.set(lookup, &path::join(list, id), item, row_ids)?;
            }
            None => writer.row(list, &row_ids(), &at, item, row_ids)?,
        }
        low = Some(at);
    }
    Ok(())
}

/// For each item the row that it is, if any: by natural key, then by the same content, then by its place.
fn pair(have: &[(&RowId, &Node)], items: &[Value], natural: &[&str]) -> Vec<Option<usize>> {
    let mut matched = vec![None; items.len()];
    let mut free: BTreeSet<usize> = (0..have.len()).collect();
    let signature = |field: &dyn Fn(&str) -> Option<Value>| {
        let key: Vec<Option<Value>> = natural.iter().map(|name| field(name)).collect();
        key.iter().any(Option::is_some).then(|| format!("{key:?}"))
    };
    let mut known: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, (_, row)) in have.iter().enumerate().rev() {
        if let Some(key) = signature(&|name| row.below.get(name).and_then(|field| field.leaf.clone())) {
            known.entry(key).or_default().push(index);
        }
    }
    for (index, item) in items.iter().enumerate() {
        if let Some(row) = signature(&|name| item.get(name).cloned()).and_then(|key| known.get_mut(&key)?.pop()) {
            matched[index] = Some(row);
            free.remove(&row);
        }
    }
    // Without a natural key, an item in an unchanged place is the row that stands there.
    for (index, slot) in matched.iter_mut().enumerate().filter(|(_, slot)| slot.is_none()) {
        let keyed = signature(&|name| items[index].get(name).cloned()).is_some();
        if !keyed && free.remove(&index) {
            *slot = Some(index);
        }
    }
    matched
}

/// The items whose rows keep their order: only the others get new positions.
fn longest_rising(matched: &[Option<usize>]) -> BTreeSet<usize> {
    let known: Vec<(usize, usize)> =
        matched.iter().enumerate().filter_map(|(item, row)| Some((item, (*row)?))).collect();
    let mut before = vec![None; known.len()];
    let mut tails: Vec<usize> = Vec::new();
    for (at, (_, row)) in known.iter().enumerate() {
        let length = tails.partition_point(|tail| known[*tail].1 < *row);
        before[at] = length.checked_sub(1).map(|shorter| tails[shorter]);
        if length == tails.len() { tails.push(at) } else { tails[length] = at }
    }
    let mut staying = BTreeSet::new();
    let mut at = tails.last().copied();
    while let Some(here) = at {
        staying.insert(known[here].0);
        at = before[here];
    }
    staying
}
