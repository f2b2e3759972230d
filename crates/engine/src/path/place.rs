//! Where a value is put: `order.lines[0].sku`.

use tombolo_model::{Record, Val};

use super::{PathError, Segment, Wide, dotted};
use crate::mapper::items::MOST_COPIED_BYTES;
use crate::size::size_bytes;

/// A place in a record; what is missing on the way there is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place(Vec<Segment>);

/// A list is not filled up to a number that somebody mistyped.
const MOST_INDEX: usize = 9_999;

/// Why a value cannot be put there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Blocked {
    /// Something else is in the way.
    #[error("“{at}” is {kind}, in which there is no “{name}”")]
    By {
        /// What it is called.
        at: String,
        /// What it is.
        kind: &'static str,
        /// What is not in it.
        name: String,
    },
    /// It would be copied for very many items.
    #[error("there would be more than 64 MB of copies of it, one for each item")]
    TooMuch,
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
    pub(crate) fn set(&self, root: &mut Val, value: Val) -> Result<(), Blocked> {
        let mut left = MOST_COPIED_BYTES;
        put(root, &self.0, value, "the record", &mut left)
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

/// `left` is how many more bytes may be copied.
fn put(at: &mut Val, segments: &[Segment], value: Val, name: &str, left: &mut usize) -> Result<(), Blocked> {
    let Some((first, rest)) = segments.split_first() else {
        *at = value;
        return Ok(());
    };
    if *first != Segment::Each {
        return put(step(at, first, name)?, rest, value, called(first), left);
    }
    let items = list(at, first, name)?;
    match value {
        Val::List(values) => {
            if items.len() < values.len() {
                items.resize(values.len(), Val::Absent);
            }
            for (item, value) in items.iter_mut().zip(values) {
                put(item, rest, value, name, left)?;
            }
        }
        value => {
            if items.is_empty() {
                items.push(Val::Absent);
            }
            let copies = size_bytes(&value).saturating_mul(items.len() - 1);
            *left = left.checked_sub(copies).ok_or(Blocked::TooMuch)?;
            for item in items {
                put(item, rest, value.clone(), name, left)?;
            }
        }
    }
    Ok(())
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
    Blocked::By { at: at.to_owned(), kind, name }
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
        Place::dotted(place).unwrap().set(&mut record, parse(value)).map_err(|error| error.to_string())?;
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
    fn a_value_in_the_way_is_named_and_kept() {
        assert_eq!(set(r#"{"a":"x"}"#, "a.b", "1").unwrap_err(), "“a” is a text, in which there is no “b”");
        assert_eq!(set(r#"{"a":{"b":1}}"#, "a[0]", "1").unwrap_err(), "“a” is an object, in which there is no “0”");
        assert!(set(r#"{"a":[]}"#, "a.b", "1").unwrap_err().contains("a list"));
        assert!(Place::dotted("a[100000]").is_err() && Place::dotted("").is_err());
    }
}
