//! How big a value is: about the bytes of its JSON, counted without writing them, and about the memory that it takes.
//!
//! What goes out is bounded by the first. What is held together is bounded by the second: a list of empty lists is short in
//! JSON and long in memory.

use std::collections::HashSet;
use std::sync::Arc;

use tombolo_model::{Keys, Record, Val};

/// The bytes of a value's JSON, but for escapes.
pub(crate) fn size_bytes(value: &Val) -> usize {
    match value {
        Val::Absent => 0,
        Val::Null | Val::Bool(true) => 4,
        Val::Bool(false) => 5,
        Val::Int(number) => digits(number.unsigned_abs()) + usize::from(*number < 0),
        Val::Uint(number) => digits(*number),
        // Floats are seldom written longer.
        Val::Float(_) => 18,
        Val::Str(text) => text.len() + 2,
        Val::List(items) => 2 + items.iter().map(|item| size_bytes(item) + 1).sum::<usize>(),
        Val::Map(record) => 2 + record.iter().map(|(name, value)| name.len() + size_bytes(value) + 4).sum::<usize>(),
    }
}

/// About what a value takes, without the names of its fields: the smallest takes a place, however short it is in JSON.
pub(crate) fn memory_bytes(value: &Val) -> usize {
    with_shapes(value, &mut |_| 0)
}

/// The same, with every shape in the value named to whoever counts them.
pub(crate) fn memory_beside_shapes(value: &Val, shape: &mut impl FnMut(&Arc<Keys>)) -> usize {
    with_shapes(value, &mut |record| {
        shape(record.keys());
        0
    })
}

/// About what values take that are held together; a shape that they share takes it once.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    bytes: usize,
    /// The shapes that are counted. They live as long as the values, so no other one gets the place of one of them.
    shapes: HashSet<*const Keys>,
}

impl Memory {
    /// Counts one more, which is held from now on.
    pub(crate) fn add(&mut self, value: &Val) {
        let shapes = &mut self.shapes;
        let bytes = with_shapes(value, &mut |record| {
            let keys = record.keys();
            if shapes.insert(Arc::as_ptr(keys)) { keys.memory_bytes() } else { 0 }
        });
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// What all of them take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What a value takes, `shape` being asked for the names of each record in it.
fn with_shapes(value: &Val, shape: &mut impl FnMut(&Record) -> usize) -> usize {
    let mut inside: usize = 0;
    let mut add = |bytes: usize| inside = inside.saturating_add(bytes);
    match value {
        Val::Str(text) => add(text.len()),
        Val::List(items) => items.iter().for_each(|item| add(with_shapes(item, shape))),
        Val::Map(record) => {
            add(shape(record));
            record.values().iter().for_each(|value| add(with_shapes(value, shape)));
        }
        _ => {}
    }
    inside.saturating_add(size_of::<Val>())
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |power| power as usize + 1)
}

#[cfg(test)]
mod tests {
    use tombolo_model::KeyPool;

    use super::*;

    fn parse(text: &str, keys: &mut KeyPool) -> Val {
        Val::parse(text.as_bytes(), keys).unwrap()
    }

    #[test]
    fn the_smallest_values_take_a_place_and_a_shape_is_counted_once() {
        let place = size_of::<Val>();
        let mut keys = KeyPool::default();
        assert_eq!(memory_bytes(&parse("[[],[],1,null]", &mut keys)), 5 * place);
        let mut held = Memory::default();
        for text in [r#"{"name":1}"#, r#"{"name":2}"#, r#"{"name":[]}"#] {
            held.add(&parse(text, &mut keys));
        }
        let one_shape = held.bytes() - 6 * place;
        held.add(&parse(r#"{"other":1}"#, &mut keys));
        assert!(one_shape >= "name".len() && held.bytes() - 8 * place > one_shape + "other".len(), "{held:?}");
    }

    #[test]
    fn names_that_are_data_are_counted_with_each_record() {
        let (mut keys, mut held) = (KeyPool::default(), Memory::default());
        let long = "x".repeat(1000);
        for n in 0..100 {
            held.add(&parse(&format!(r#"{{"{long}{n}":1}}"#), &mut keys));
        }
        assert!(held.bytes() > 100_000, "{}", held.bytes());
    }

    #[test]
    fn a_size_is_about_that_of_the_json() {
        for text in [
            r#"{"id":10,"name":"a b","tags":["x","y"],"more":{"n":null,"t":true,"f":false}}"#,
            r#"[0,9,10,-99,18446744073709551615]"#,
            r#"[0.123456789012345]"#,
        ] {
            let size = size_bytes(&parse(text, &mut KeyPool::default()));
            assert!(size.abs_diff(text.len()) <= 4, "{text}: {size}");
        }
    }
}
