//! The `Link` header (RFC 8288), as far as paging reads it.

/// The target of the first link with this relation.
pub(crate) fn next_link<'h>(header: &'h str, relation: &str) -> Option<&'h str> {
    let mut rest = header;
    loop {
        let start = rest.find('<')?;
        let end = start + rest[start..].find('>')?;
        let target = &rest[start + 1..end];
        let (parameters, after) = parameters(&rest[end + 1..]);
        if has_relation(parameters, relation) {
            return Some(target);
        }
        rest = after;
    }
}

/// What stands between one target and the comma before the next one.
fn parameters(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

fn has_relation(parameters: &str, relation: &str) -> bool {
    parameters.split(';').any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else {
            return false;
        };
        name.trim().eq_ignore_ascii_case("rel")
            && value.trim().trim_matches('"').split_whitespace().any(|have| have.eq_ignore_ascii_case(relation))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_with_the_relation_is_found_among_others() {
        let header = r#"<http://a/?p=1,2>; rel="prev"; title="a, b", <http://a/?p=3>; rel="last next""#;
        assert_eq!(next_link(header, "next"), Some("http://a/?p=3"));
        assert_eq!(next_link(header, "prev"), Some("http://a/?p=1,2"));
        assert_eq!(next_link(header, "first"), None);
        assert_eq!(next_link("<http://a/>;rel=next", "next"), Some("http://a/"));
        assert_eq!(next_link("nonsense", "next"), None);
    }
}
