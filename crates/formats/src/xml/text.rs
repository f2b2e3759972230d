//! Texts of XML: character references to characters and back, attributes of a tag.

use std::borrow::Cow;

use memchr::memchr;

/// A text with its references replaced and its line ends made LF.
pub(crate) fn unescape(text: &str) -> Result<Cow<'_, str>, &'static str> {
    let text = if memchr(b'\r', text.as_bytes()).is_some() {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    if memchr(b'&', text.as_bytes()).is_none() {
        return Ok(text);
    }
    let mut made = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        made.push_str(&rest[..at]);
        let name = &rest[at + 1..];
        let end = memchr(b';', name.as_bytes()).ok_or("an & stands alone; it is written &amp;")?;
        made.push(reference(&name[..end])?);
        rest = &name[end + 1..];
    }
    made.push_str(rest);
    Ok(Cow::Owned(made))
}

fn reference(name: &str) -> Result<char, &'static str> {
    Ok(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#').ok_or("an entity that XML does not know; such are not expanded")?;
            let number = match digits.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            number.ok().and_then(char::from_u32).filter(|found| is_allowed(*found)).ok_or("a number of no character")?
        }
    })
}

/// Whether XML 1.0 can hold the character at all.
pub(crate) fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Appends a text with what XML reads as markup replaced; also what it would read as other blanks.
pub(crate) fn escape(text: &str, attribute: bool, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' if attribute => {
                let number = u32::from(character);
                out.push_str(&format!("&#{number};"));
            }
            other => out.push(other),
        }
    }
}

/// Whether a text can be the name of an element or attribute.
pub(crate) fn is_name(text: &str) -> bool {
    let first = |c: char| c.is_alphabetic() || c == '_';
    let later = |c: char| first(c) || c.is_numeric() || matches!(c, '-' | '.' | ':' | '\u{b7}');
    text.starts_with(first) && text.chars().all(later)
}

/// Calls with each attribute of a tag: its name and its value.
pub(crate) fn attributes(mut text: &str, mut each: impl FnMut(&str, Cow<'_, str>)) -> Result<(), &'static str> {
    let mut names = Vec::new();
    loop {
        text = text.trim_ascii_start();
        if text.is_empty() {
            names.sort_unstable();
            let twice = names.windows(2).any(|pair| pair[0] == pair[1]);
            return if twice { Err("an attribute stands twice in a tag") } else { Ok(()) };
        }
        let (name, rest) = text.split_once('=').ok_or("an attribute has no value")?;
        let name = name.trim_ascii_end();
        if !is_name(name) {
            return Err("something that is no attribute stands in a tag");
        }
        names.push(name);
        let rest = rest.trim_ascii_start();
        let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''));
        let rest = quote.and_then(|quote| rest.strip_prefix(quote)).ok_or("the value of an attribute has no quotes")?;
        let end = quote.and_then(|quote| rest.find(quote)).ok_or("the value of an attribute does not end")?;
        let raw = &rest[..end];
        if raw.contains('<') {
            return Err("a < stands in an attribute; it is written &lt;");
        }
        // Line ends and tabs that are not written as numbers are blanks there.
        let raw = if raw.contains(['\t', '\n', '\r']) {
            Cow::Owned(raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " "))
        } else {
            Cow::Borrowed(raw)
        };
        match &raw {
            Cow::Borrowed(raw) => each(name, unescape(raw)?),
            Cow::Owned(raw) => each(name, Cow::Owned(unescape(raw)?.into_owned())),
        }
        text = &rest[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_characters() {
        assert_eq!(unescape("a&lt;&#233;&#xe9;&amp;lt;\r\n").unwrap(), "a<éé&lt;\n");
        for text in ["&nbsp;", "&", "&#0;", "&#x110000;", "&#;", "&#xd800;"] {
            assert!(unescape(text).is_err(), "{text}");
        }
    }

    #[test]
    fn attributes_are_read_with_either_quote() {
        let mut found = Vec::new();
        attributes(" a='1\" 2' b = \"x\ny&quot;\" ", |name, value| found.push(format!("{name}={value}"))).unwrap();
        assert_eq!(found, ["a=1\" 2", "b=x y\""]);
        for text in [" a", " a=1", " a='1", " 1='2'", " a='<'", " b='1' a='1' b='2'"] {
            assert!(attributes(text, |_, _| {}).is_err(), "{text}");
        }
    }
}
