//! What messages quote of texts that people and systems write, which may be as long as they like.

use std::borrow::Cow;

/// As many characters of a text stand in a message.
const MOST_CHARS: usize = 80;

/// As much of a text as a message quotes: of a long one the beginning, and `…`.
#[must_use]
pub fn excerpt<T: AsRef<str> + ?Sized>(text: &T) -> Cow<'_, str> {
    let text = text.as_ref();
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_quoted_by_its_beginning() {
        let (short, long) = ("ü".repeat(MOST_CHARS), "ü".repeat(MOST_CHARS + 1));
        assert_eq!(excerpt(&short), short);
        assert_eq!(excerpt(&long), format!("{short}…"));
    }
}
