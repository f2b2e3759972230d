//! Lists of keys, each kept once.

use std::collections::HashMap;
use std::sync::Arc;

/// The keys of a shape of record, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    names: Vec<Box<str>>,
    /// For wide records; comparing a handful of names is quicker than hashing one.
    places: Option<HashMap<Box<str>, usize>>,
}

/// More names than this are found by their hash.
pub(super) const WIDE: usize = 12;

impl Keys {
    /// Makes a shape; the names are distinct.
    pub fn new<N: Into<Box<str>>>(names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<Box<str>> = names.into_iter().map(Into::into).collect();
        let places =
            (names.len() > WIDE).then(|| names.iter().cloned().enumerate().map(|(at, name)| (name, at)).collect());
        Self { names, places }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Where a name stands.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(name).copied(),
            None => self.names.iter().position(|have| **have == *name),
        }
    }

    /// About what the names take in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let name_bytes = if self.places.is_some() { WIDE_NAME_BYTES } else { NAME_BYTES };
        SHAPE_BYTES + self.names.iter().map(|name| name.len() + name_bytes).sum::<usize>()
    }

    pub(super) fn name(&self, at: usize) -> Option<&str> {
        self.names.get(at).map(|name| &**name)
    }

    /// Appends a name that is not there.
    pub(super) fn push(&mut self, name: &str) {
        self.names.push(name.into());
        match &mut self.places {
            Some(places) => drop(places.insert(name.into(), self.names.len() - 1)),
            None if self.names.len() > WIDE => *self = Self::new(std::mem::take(&mut self.names)),
            None => {}
        }
    }

    pub(super) fn with(&self, name: &str) -> Self {
        Self::new(self.names.iter().cloned().chain([name.into()]))
    }
}

/// The shapes seen so far. Records of a source usually have one shape at each depth, so the last one seen
/// there is tried first and nothing is allocated when it fits.
#[derive(Debug, Default)]
pub struct KeyPool {
    last: Vec<Option<Arc<Keys>>>,
    known: HashMap<Vec<Box<str>>, Arc<Keys>>,
    /// About what the known shapes take.
    known_bytes: usize,
    /// About what the values and shapes that were read take.
    taken: usize,
    /// What they may take; nothing for no limit.
    room: Option<usize>,
}

/// What is read would take more memory than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its values would take more than {} MB of memory", .most >> 20)]
pub struct NoRoom {
    most: usize,
}

/// Beyond this many shapes, or this much memory, they are data and not a structure: forgotten, so that memory does
/// not grow.
const MOST: usize = 4096;
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// What a name takes beside its letters.
const NAME_BYTES: usize = 32;
/// The same in a shape that finds its names by their hash, and what any shape takes.
const WIDE_NAME_BYTES: usize = 150;
const SHAPE_BYTES: usize = 128;

impl KeyPool {
    /// One for values that may take about so many bytes together.
    #[must_use]
    pub fn with_room(bytes: usize) -> Self {
        Self { room: Some(bytes), ..Self::default() }
    }

    /// Says that what was read took more than there was room for.
    ///
    /// # Errors
    ///
    /// Returns [`NoRoom`] when it did.
    pub fn within(&self) -> Result<(), NoRoom> {
        match self.room {
            Some(most) if self.taken > most => Err(NoRoom { most }),
            _ => Ok(()),
        }
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<(), NoRoom> {
        self.taken = self.taken.saturating_add(bytes);
        self.within()
    }

    /// What was taken for a while is there again.
    pub(super) fn give(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_sub(bytes);
    }

    pub(super) fn guess(&self, depth: usize) -> Option<Arc<Keys>> {
        self.last.get(depth).cloned().flatten()
    }

    /// The shape of these distinct names, for an object at this depth of a record.
    pub fn keep(&mut self, depth: usize, names: Vec<Box<str>>) -> Arc<Keys> {
        if let Some(Some(last)) = self.last.get(depth)
            && last.names().eq(names.iter().map(|name| &**name))
        {
            return Arc::clone(last);
        }
        if self.known.len() > MOST || self.known_bytes > MOST_BYTES {
            self.known.clear();
            self.known_bytes = 0;
        }
        let keys = match self.known.get(&names) {
            Some(keys) => Arc::clone(keys),
            None => {
                let keys = Arc::new(Keys::new(names.iter().cloned()));
                self.known_bytes += names.iter().map(|name| name.len() + NAME_BYTES).sum::<usize>();
                self.taken += keys.memory_bytes();
                self.known.insert(names, Arc::clone(&keys));
                keys
            }
        };
        if self.last.len() <= depth {
            self.last.resize(depth + 1, None);
        }
        self.last[depth] = Some(Arc::clone(&keys));
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Val;

    #[test]
    fn shapes_that_are_data_are_forgotten_by_their_size() {
        let mut pool = KeyPool::default();
        for shape in 0..200 {
            pool.keep(0, (0..2_000).map(|name| format!("{shape}-{name}").into()).collect());
            assert!(pool.known_bytes <= MOST_BYTES + 2_000 * (NAME_BYTES + 10), "{}", pool.known_bytes);
        }
        assert!(pool.known.len() < 200);
    }

    #[test]
    fn what_would_take_more_than_its_room_is_refused() {
        let read = |text: &str, room: usize| Val::parse(text.as_bytes(), &mut KeyPool::with_room(room));
        for text in [
            format!("[{}0]", "0,".repeat(1_000)),
            format!("[{}[]]", "{},".repeat(1_000)),
            format!("\"{}\"", "x".repeat(50_000)),
            format!("[{}]", (0..300).map(|name| format!("{{\"{name}\":1}}")).collect::<Vec<_>>().join(",")),
            format!("{{{}}}", (0..300).map(|name| format!("\"{name}\":1")).collect::<Vec<_>>().join(",")),
        ] {
            let error = read(&text, 40_000).unwrap_err().to_string();
            assert!(error.contains("more than 0 MB of memory"), "{error}");
            assert!(read(&text, 200_000).is_ok(), "{text:.60}");
        }
        // Two shapes in turn cost nothing anew.
        let turns = format!("[{}]", vec![r#"{"a":1},{"b":1}"#; 100].join(","));
        assert!(read(&turns, 25_000).is_ok());
    }
}
