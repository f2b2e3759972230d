//! Percent-encoding (RFC 3986), the only one there is: templates and the engine's own addresses use it.

/// As JavaScript's `encodeURIComponent`: everything but letters, digits and `-_.!~*'()`.
#[must_use]
pub fn uri_component(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    percent(text, b"-_.!~*'()", &mut out);
    out
}

/// As JavaScript's `decodeURIComponent`; nothing for what was never encoded.
pub(crate) fn decode_uri_component(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok().filter(|digits| !digits.starts_with('+'))?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

pub(crate) fn percent(text: &str, plain: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_encoded_as_in_javascript() {
        assert_eq!(uri_component("a b/ü+(1)'!"), "a%20b%2F%C3%BC%2B(1)'!");
    }

    #[test]
    fn what_was_encoded_is_decoded_and_nothing_else() {
        assert_eq!(decode_uri_component("a%20b%2F%C3%BC+").as_deref(), Some("a b/ü+"));
        for text in ["%", "%2", "%zz", "%+1", "%C3"] {
            assert_eq!(decode_uri_component(text), None, "{text}");
        }
    }
}
