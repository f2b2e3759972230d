//! The items that a list is built of: which paths begin at them, and what templates see.
//!
//! Inside a list that is built of `$.orders[*].lines[*]`, a path still begins at the root, and each list on the way
//! means its one item: `$.orders.lines.sku` is the line's, `$.orders.id` its order's, `$.customer` the record's.
//! Paths are told apart when they are compiled; only for templates is such a record made.

use tombolo_model::{Record, Val};

use super::TOO_MANY;
use crate::path::{Path, PathError, Segment};
use crate::room::Room;

/// The most items that one record may become: lists in lists that each go through a list multiply.
const MOST_ITEMS: usize = 1_000_000;

/// Where the items of a list are, without its `[*]`. That of rows, which have no name, is `[*]`.
pub(crate) type Key = Vec<Segment>;

/// The record, and the items of lists that are gone through: the last is the innermost.
#[derive(Debug)]
pub(crate) struct Items<'r> {
    at: Vec<&'r Val>,
    /// How many more items may be built of this record.
    left: usize,
    /// For what is copied.
    room: Room,
}

impl<'r> Items<'r> {
    pub(crate) fn of(record: &'r Val) -> Self {
        Self { at: vec![record], left: MOST_ITEMS, room: Room::default() }
    }

    pub(crate) fn get(&self, item: usize) -> Option<&'r Val> {
        self.at.get(item).copied()
    }

    pub(crate) fn last(&self) -> Option<&'r Val> {
        self.at.last().copied()
    }

    /// How many there are, the record among them.
    pub(crate) fn depth(&self) -> usize {
        self.at.len()
    }

    /// Calls with more items.
    pub(crate) fn within<E>(
        &mut self,
        more: &[&'r Val],
        call: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let depth = self.at.len();
        self.at.extend_from_slice(more);
        let called = call(self);
        self.at.truncate(depth);
        called
    }

    /// Counts a value that is copied, and why it may not be.
    pub(crate) fn afford(&mut self, value: &Val) -> Result<(), String> {
        if self.depth() > 1 && matches!(value, Val::List(_) | Val::Map(_)) && !self.spend_all(value) {
            return Err(TOO_MANY.to_owned());
        }
        self.room.take(value, 1).map_err(|full| format!("{full}."))
    }

    fn spend_all(&mut self, value: &Val) -> bool {
        match value {
            Val::List(items) => self.spend() && items.iter().all(|item| self.spend_all(item)),
            Val::Map(record) => self.spend() && record.values().iter().all(|value| self.spend_all(value)),
            _ => self.spend(),
        }
    }

    /// Counts an item that is built; whether it still may be.
    pub(crate) fn spend(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }
}

/// A path to many values: to lists, each item of which leads on to the next.
#[derive(Debug, Clone)]
pub(crate) struct Many {
    /// The item at which it begins.
    from: usize,
    parts: Vec<Part>,
}

/// A stretch of such a path, and which of what is there it goes through.
#[derive(Debug, Clone)]
enum Part {
    /// All items of the list.
    All(Path),
    /// The one that the path numbers: what is around the next part.
    One(Path),
}

/// The item at which a path begins, and the rest of it. Keys are those of the items around, from outside in.
pub(crate) fn begin(keys: &[Key], path: Vec<Segment>) -> (usize, Vec<Segment>) {
    let best = keys.iter().enumerate().filter_map(|(item, key)| Some((key.len(), item, after(key, &path)?)));
    match best.max_by_key(|(length, item, _)| (*length, *item)) {
        Some((1.., item, rest)) => (item, rest.to_vec()),
        _ => (0, path),
    }
}

/// What follows the key in a path; nothing when it leads elsewhere, or to an item that it numbers.
fn after<'p>(key: &Key, mut path: &'p [Segment]) -> Option<&'p [Segment]> {
    for wanted in key {
        path = without_each(path);
        if *wanted == Segment::Each {
            continue;
        }
        match path.split_first() {
            Some((first, rest)) if first == wanted => path = rest,
            // The list in which it has a number is its one item too.
            None | Some((Segment::Name(_), _)) if matches!(wanted, Segment::Index(_)) => {}
            _ => return None,
        }
    }
    let rest = without_each(path);
    (!matches!(rest.first(), Some(Segment::Index(_)))).then_some(rest)
}

fn without_each(path: &[Segment]) -> &[Segment] {
    let each = path.iter().take_while(|segment| **segment == Segment::Each).count();
    &path[each..]
}

impl Many {
    /// Compiles a path, and appends the keys of the items that it goes through.
    pub(crate) fn compile(text: &str, path: Vec<Segment>, keys: &mut Vec<Key>) -> Result<Self, PathError> {
        let (from, rest) = begin(keys, path);
        let mut key = keys.get(from).cloned().unwrap_or_default();
        let mut parts = Vec::new();
        for (at, part) in rest.split(|segment| *segment == Segment::Each).enumerate() {
            if at > 0 {
                if key.is_empty() {
                    key.push(Segment::Each);
                }
                keys.push(key.clone());
            }
            let mut begin = 0;
            for (place, pair) in part.windows(2).enumerate() {
                if let [Segment::Index(_), Segment::Name(_)] = pair {
                    key.extend_from_slice(&part[begin..=place]);
                    keys.push(key.clone());
                    parts.push(Part::One(Path::one(part[begin..=place].to_vec(), text)?));
                    begin = place + 1;
                }
            }
            key.extend_from_slice(&part[begin..]);
            parts.push(Part::All(Path::one(part[begin..].to_vec(), text)?));
        }
        if parts.last().is_some_and(|last| matches!(last, Part::All(path) if !path.is_root())) {
            keys.push(key);
        }
        Ok(Self { from, parts })
    }

    /// Calls for each value, which is then the last of the items. Whether a list was there, be it an empty one.
    pub(crate) fn each<'r, E>(
        &self,
        items: &mut Items<'r>,
        call: &mut dyn FnMut(&mut Items<'r>) -> Result<(), E>,
    ) -> Result<bool, E> {
        let Some(at) = items.get(self.from) else { return Ok(false) };
        each(&self.parts, at, items, call)
    }
}

fn each<'r, E>(
    parts: &[Part],
    at: &'r Val,
    items: &mut Items<'r>,
    call: &mut dyn FnMut(&mut Items<'r>) -> Result<(), E>,
) -> Result<bool, E> {
    let Some((first, rest)) = parts.split_first() else { return Ok(false) };
    let first = match first {
        Part::All(path) => path,
        Part::One(path) => {
            let Some(one) = path.get(at) else { return Ok(false) };
            items.at.push(one);
            let called = each(rest, one, items, call);
            items.at.pop();
            return called;
        }
    };
    if rest.is_empty() && first.is_root() {
        // Already the last of the items.
        return call(items).map(|()| true);
    }
    let found = match first.get(at) {
        Some(Val::List(list)) => list.as_slice(),
        // One value where a list may be is a list of one.
        Some(one) if rest.is_empty() && !one.is_empty() => std::slice::from_ref(one),
        _ => return Ok(false),
    };
    for item in found {
        items.at.push(item);
        let called = if rest.is_empty() { call(items) } else { each(rest, item, items, call).map(|_| ()) };
        items.at.pop();
        called?;
    }
    Ok(true)
}

/// The record with the one item in the place of each list: what templates see. Of its fields only those are there that
/// somebody reads: copying all of a long record for each of its items would take for ever.
pub(crate) fn composed(keys: &[Key], items: &Items<'_>, reads: &dyn Fn(&str) -> bool) -> Val {
    let Some(record) = items.get(0) else { return Val::Absent };
    let of_rows = keys.iter().any(|key| key.first() == Some(&Segment::Each));
    let mut place = if of_rows { vec![Segment::Each] } else { Key::new() };
    let own = keys.iter().zip(&items.at).skip(1).rfind(|(key, _)| **key == place);
    let Val::Map(fields) = own.map_or(record, |(_, item)| item) else {
        return compose(record, &mut place, keys, &items.at);
    };
    let mut made = Record::new(fields.keys().clone(), Vec::new());
    for (name, field) in fields.iter().filter(|(name, _)| reads(name)) {
        place.push(Segment::Name(name.into()));
        made.set(name, compose(field, &mut place, keys, &items.at));
        place.pop();
    }
    Val::Map(made)
}

fn compose(value: &Val, place: &mut Key, keys: &[Key], items: &[&Val]) -> Val {
    if let (Val::List(_), Some((number, item))) = (value, numbered(place, keys, items)) {
        place.push(number.clone());
        let made = compose(item, place, keys, items);
        place.pop();
        return made;
    }
    let own = keys.iter().zip(items).skip(1).rfind(|(key, _)| *key == place);
    let value = own.map_or(value, |(_, item)| item);
    if !keys.iter().any(|key| key.len() > place.len() && key.starts_with(place)) {
        return value.clone();
    }
    match value {
        Val::Map(record) => {
            let mut made = Record::new(record.keys().clone(), Vec::new());
            for (name, field) in record.iter() {
                place.push(Segment::Name(name.into()));
                made.set(name, compose(field, place, keys, items));
                place.pop();
            }
            Val::Map(made)
        }
        Val::List(list) => {
            let parts = list.iter().enumerate().map(|(index, item)| {
                place.push(Segment::Index(index));
                let made = compose(item, place, keys, items);
                place.pop();
                made
            });
            Val::List(parts.collect())
        }
        other => other.clone(),
    }
}

/// The item that stands for a list because the path numbers it, and its number.
fn numbered<'k, 'r>(place: &[Segment], keys: &'k [Key], items: &[&'r Val]) -> Option<(&'k Segment, &'r Val)> {
    let (key, item) = keys
        .iter()
        .zip(items)
        .skip(1)
        .rfind(|(key, _)| !place.is_empty() && key.len() == place.len() + 1 && key.starts_with(place))?;
    key.last().filter(|last| matches!(last, Segment::Index(_))).map(|number| (number, *item))
}
