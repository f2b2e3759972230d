//! Where a text stops to be JSON.

/// The byte of a text, from 0, that its parser refused; the length of the text where that ended too soon.
///
/// Parsers count lines and bytes in a line, and nobody who looks at the text counts the bytes of its letters.
#[must_use]
pub fn stopped_at(text: &[u8], error: &serde_json::Error) -> usize {
    let lines = error.line().saturating_sub(1);
    let mut ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    let start = lines.checked_sub(1).map_or(0, |line| ends.nth(line).map_or(text.len(), |at| at + 1));
    let behind = start.saturating_add(error.column());
    // A line end that is refused is counted as the beginning of the next line.
    let at = if error.is_eof() { behind } else { behind.saturating_sub(1) };
    at.min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyPool, Val};

    fn rest(text: &str) -> &str {
        let error = Val::parse(text.as_bytes(), &mut KeyPool::default()).unwrap_err();
        &text[stopped_at(text.as_bytes(), &error)..]
    }

    #[test]
    fn the_byte_is_that_of_the_fault_wherever_it_stands() {
        assert_eq!(rest("{\"a\": tru}"), "}");
        assert_eq!(rest("{\n \"é\": \"日本\",\n \"ü\": tru}\n"), "}\n");
        assert_eq!(rest("[1,2,]"), "]");
        assert_eq!(rest("[1]\n x"), "x");
        assert_eq!(rest("[\"a\nb\"]"), "\nb\"]", "the line end in a text");
        assert_eq!(rest("[\n\"a\nb\"]"), "\nb\"]");
        assert_eq!(rest("[\"é"), "");
        assert_eq!(rest("\n\n"), "");
        let long = format!("[\n{}  \"é\" \"x\"]", "\"ü\",\n".repeat(50_000));
        assert_eq!(rest(&long), "\"x\"]");
    }
}
