//! Where a value is put: `order.lines[0].sku`.

use std::sync::Arc;

use tombolo_model::{Keys, Record, Val, excerpt};

use super::{PathError, Segment, Wide, dotted};
use crate::room::{Full, Room};

/// A place in a record; what is missing on the way there is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place(Vec<Segment>);

/// A list is not filled up to a number that somebody mistyped.
const MOST_INDEX: usize = 9_999;

/// Why a value cannot be put there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{at}” is {kind}, in which there is no “{name}”", at = excerpt(.at), name = excerpt(.name))]
pub(crate) struct Blocked {
    at: String,
    kind: &'static str,
    name: String,
}

/// Why nothing was put there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSet {
    #[error(transparent)]
    Blocked(#[from] Blocked),
    #[error(transparent)]
    Full(#[from] Full),
}

impl Place {
    /// `a.b[0].[c d]`, `lines[*].sku`.
    pub(crate) fn dotted(text: &str) -> Result<Self, PathError> {
        let segments = dotted(text)?;
        let far = |segment: &Segment| matches!(segment, Segment::Index(index) if *index > MOST_INDEX);
        if segments.is_empty() || segments.iter().any(far) {
            return Err(PathError::Syntax(text.to_owned()));
        }
        Ok(Self(segments))
    }

    /// The field of this name, whatever is in it; nothing without a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        (!name.is_empty() && !name.contains('[')).then(|| Self(vec![Segment::Name(name.into())]))
    }

    /// The field of the record in which it is.
    pub(crate) fn field(&self) -> Option<&str> {
        match self.0.first() {
            Some(Segment::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether a value is there, and not an empty text.
    pub(crate) fn is_set(&self, root: &Val) -> bool {
        Wide::of(&self.0).get(root).is_some_and(|value| !value.is_empty())
    }

    /// Puts a value there.
    ///
    /// Through `[*]` the items of a list go to those that are there, one each, and anything else goes to all of them.
    ///
    /// # Errors
    ///
    /// Returns [`NotSet`] when a value is in the way, or there is no room for a value in each item.
    pub(crate) fn set(&self, root: &mut Val, value: Val, room: &Room) -> Result<(), NotSet> {
        put(root, &self.0, value, "the record", room)
    }

    /// The value there, made absent when it was not there.
    pub(crate) fn reach<'v>(&self, root: &'v mut Val) -> Result<&'v mut Val, Blocked> {
        let (mut at, mut name) = (root, "the record");
        for segment in &self.0 {
            at = step(at, segment, name)?;
            name = called(segment);
        }
        Ok(at)
    }
}

fn put(at: &mut Val, segments: &[Segment], value: Val, name: &str, room: &Room) -> Result<(), NotSet> {
    let Some((first, rest)) = segments.split_first() else {
        *at = value;
        return Ok(());
    };
    if *first != Segment::Each {
        return put(step(at, first, name)?, rest, value, called(first), room);
    }
    let items = list(at, first, name)?;
    match value {
        Val::List(values) => {
            if items.len() < values.len() {
                items.resize(values.len(), Val::Absent);
            }
            let mut shapes = Shapes::default();
            for (item, value) in items.iter_mut().zip(values) {
                put(item, rest, value, name, room)?;
                shapes.share(item, rest);
            }
        }
        value => {
            if items.is_empty() {
                items.push(Val::Absent);
            }
            room.take(&value, items.len())?;
            let mut shapes = Shapes::default();
            for item in items {
                put(item, rest, value.clone(), name, room)?;
                shapes.share(item, rest);
            }
        }
    }
    Ok(())
}

/// The keys of the item before, and of the objects in it on the way: a list of a million items that were made one by one
/// has them once.
#[derive(Default)]
struct Shapes(Vec<Arc<Keys>>);

impl Shapes {
    fn share(&mut self, item: &mut Val, way: &[Segment]) {
        let mut at = item;
        for depth in 0..=way.len() {
            let Val::Map(record) = at else { return };
            match self.0.get_mut(depth) {
                Some(keys) if record.share_keys(keys) => {}
                Some(keys) => *keys = Arc::clone(record.keys()),
                None => self.0.push(Arc::clone(record.keys())),
            }
            let Some(Segment::Name(name)) = way.get(depth) else { return };
            let Some(below) = record.get_mut(name) else { return };
            at = below;
        }
    }
}

/// The value one step further; an object or a list is made where nothing is.
fn step<'v>(at: &'v mut Val, segment: &Segment, name: &str) -> Result<&'v mut Val, Blocked> {
    let index = match (segment, &*at) {
        (Segment::Index(index), _) => Some(*index),
        (Segment::Name(field), Val::List(_)) => field.parse().ok().filter(|index| *index <= MOST_INDEX),
        _ => None,
    };
    if let Some(index) = index {
        let items = list(at, segment, name)?;
        if items.len() <= index {
            items.resize(index + 1, Val::Null);
        }
        return Ok(&mut items[index]);
    }
    if matches!(at, Val::Absent | Val::Null) {
        *at = Val::Map(Record::default());
    }
    let kind = at.kind();
    match (at, segment) {
        (Val::Map(record), Segment::Name(field)) => Ok(record.field_mut(field)),
        _ => Err(blocked(name, kind, segment)),
    }
}

fn list<'v>(at: &'v mut Val, segment: &Segment, name: &str) -> Result<&'v mut Vec<Val>, Blocked> {
    if matches!(at, Val::Absent | Val::Null) {
        *at = Val::List(Vec::new());
    }
    let kind = at.kind();
    match at {
        Val::List(items) => Ok(items),
        _ => Err(blocked(name, kind, segment)),
    }
}

fn blocked(at: &str, kind: &'static str, segment: &Segment) -> Blocked {
    let name = match segment {
        Segment::Index(index) => index.to_string(),
        other => called(other).to_owned(),
    };
    Blocked { at: at.to_owned(), kind, name }
}

fn called(segment: &Segment) -> &str {
    match segment {
        Segment::Name(name) => name,
        Segment::Index(_) | Segment::Each => "an item",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::KeyPool;

    fn set(record: &str, place: &str, value: &str) -> Result<String, String> {
        let parse = |text: &str| Val::parse(text.as_bytes(), &mut KeyPool::default()).unwrap();
        let mut record = parse(record);
        Place::dotted(place)
            .unwrap()
            .set(&mut record, parse(value), &Room::default())
            .map_err(|error| error.to_string())?;
        Ok(record.to_json())
    }

    #[test]
    fn what_is_missing_on_the_way_is_made() {
        for (record, place, value, want) in [
            ("{}", "a", "1", r#"{"a":1}"#),
            (r#"{"a":{"c":2}}"#, "a.b", "1", r#"{"a":{"c":2,"b":1}}"#),
            (r#"{"a":null}"#, "a.b c[1].[d.e]", "1", r#"{"a":{"b c":[null,{"d.e":1}]}}"#),
            (r#"{"a":[{"b":1}]}"#, "a.0.b", "2", r#"{"a":[{"b":2}]}"#),
            (r#"{"a":[{"b":1},{}]}"#, "a[*].c", "[7,8,9]", r#"{"a":[{"b":1,"c":7},{"c":8},{"c":9}]}"#),
            (r#"{"a":[{"b":1},{}]}"#, "a[*].c", "7", r#"{"a":[{"b":1,"c":7},{"c":7}]}"#),
            ("{}", "a[*].c", "7", r#"{"a":[{"c":7}]}"#),
            ("{}", "a[*]", "[1,2]", r#"{"a":[1,2]}"#),
            ("{}", "__proto__.x", "1", r#"{"__proto__":{"x":1}}"#),
        ] {
            assert_eq!(set(record, place, value).as_deref(), Ok(want), "{place}");
        }
    }

    #[test]
    fn items_that_are_made_one_by_one_share_their_keys() {
        let mut record = Val::Map(Record::default());
        for (place, value) in [("a[*].b", "[1,2,3]"), ("a[*].o.x", "[4,5,6]"), ("a[*].c", "7")] {
            let value = Val::parse(value.as_bytes(), &mut KeyPool::default()).unwrap();
            Place::dotted(place).unwrap().set(&mut record, value, &Room::default()).unwrap();
        }
        assert_eq!(record.pointer("/a/2").map(Val::to_json).as_deref(), Some(r#"{"b":3,"o":{"x":6},"c":7}"#));
        let keys = |place: &str| match record.pointer(place) {
            Some(Val::Map(record)) => Arc::as_ptr(record.keys()),
            other => panic!("{other:?}"),
        };
        assert_eq!((keys("/a/0"), keys("/a/0/o")), (keys("/a/2"), keys("/a/2/o")));
    }

    #[test]
    fn a_value_in_the_way_is_named_and_kept() {
        assert_eq!(set(r#"{"a":"x"}"#, "a.b", "1").unwrap_err(), "“a” is a text, in which there is no “b”");
        assert_eq!(set(r#"{"a":{"b":1}}"#, "a[0]", "1").unwrap_err(), "“a” is an object, in which there is no “0”");
        assert!(set(r#"{"a":[]}"#, "a.b", "1").unwrap_err().contains("a list"));
        assert!(Place::dotted("a[100000]").is_err() && Place::dotted("").is_err());
    }
}
