//! Percent-encoding (RFC 3986), the only one there is: templates and the engine's own addresses use it.

/// As JavaScript's `encodeURIComponent`: everything but letters, digits and `-_.!~*'()`.
#[must_use]
pub fn uri_component(text: &str) -> String {
    percent(text, b"-_.!~*'()")
}

/// As JavaScript's `encodeURI`.
pub(crate) fn uri(text: &str) -> String {
    percent(text, b"-_.!~*'();/?:@&=+$,#")
}

fn percent(text: &str, plain: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_encoded_as_in_javascript() {
        assert_eq!(uri_component("a b/ü+(1)'!"), "a%20b%2F%C3%BC%2B(1)'!");
        assert_eq!(uri("http://a/b c?d=é#%"), "http://a/b%20c?d=%C3%A9#%25");
    }
}
