//! How big a value is: about the bytes of its JSON, counted without writing them.

use tombolo_model::Val;

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

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |power| power as usize + 1)
}

#[cfg(test)]
mod tests {
    use tombolo_model::KeyPool;

    use super::*;

    #[test]
    fn a_size_is_about_that_of_the_json() {
        for text in [
            r#"{"id":10,"name":"a b","tags":["x","y"],"more":{"n":null,"t":true,"f":false}}"#,
            r#"[0,9,10,-99,18446744073709551615]"#,
            r#"[0.123456789012345]"#,
        ] {
            let size = size_bytes(&Val::parse(text.as_bytes(), &mut KeyPool::default()).unwrap());
            assert!(size.abs_diff(text.len()) <= 4, "{text}: {size}");
        }
    }
}
