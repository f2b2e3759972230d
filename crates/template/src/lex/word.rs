//! The words between the braces, each recognised at the beginning of a text; the length is in bytes.

use std::borrow::Cow;

use super::Kind;
use crate::js::is_space;

pub(super) fn closing(rest: &str) -> Option<(Kind, usize, bool)> {
    let shapes =
        [("}}}", Kind::CloseUnescaped), ("}~}}", Kind::CloseUnescaped), ("}}", Kind::Close), ("~}}", Kind::Close)];
    let (shape, kind) = shapes.into_iter().find(|(shape, _)| rest.starts_with(shape))?;
    Some((kind, shape.len(), shape.contains('~')))
}

pub(super) fn raw_end(rest: &str) -> Option<&str> {
    let name = rest.strip_prefix("{{{{/")?;
    let length = name.find(|character| !is_name(character))?;
    (length > 0 && name[length..].starts_with("}}}}")).then(|| &name[..length])
}

pub(super) fn quoted(rest: &str) -> Option<(Cow<'_, str>, usize)> {
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let mut escaped = false;
    let mut end = None;
    for (at, character) in rest.char_indices().skip(1) {
        // A backslash counts only before this quote, and the last quote that can end the text does.
        if character == quote && !(escaped && rest[at + 1..].contains(quote)) {
            end = Some(at);
            break;
        }
        escaped = character == '\\';
    }
    let end = end?;
    let inner = &rest[1..end];
    let mark = format!("\\{quote}");
    let text = if inner.contains(&mark) { inner.replace(&mark, &quote.to_string()).into() } else { inner.into() };
    Some((text, end + 1))
}

pub(super) fn bracketed(rest: &str) -> Option<(Cow<'_, str>, usize)> {
    let inner = rest.strip_prefix('[')?;
    let mut from = 0;
    loop {
        let end = from + inner[from..].find(']')?;
        if inner[..end].ends_with('\\') && inner[end + 1..].contains(']') {
            from = end + 1;
            continue;
        }
        let text = &inner[..end];
        let text =
            if text.contains('\\') { text.replace("\\]", "]").replace("\\\\", "\\").into() } else { text.into() };
        return Some((text, end + 2));
    }
}

pub(super) fn literal(rest: &str) -> Option<(Kind, usize)> {
    let ends = |length: usize| {
        rest[length..].chars().next().is_some_and(|next| matches!(next, '~' | '}' | ')') || is_space(next))
    };
    let words = [
        ("true", Kind::Bool(true)),
        ("false", Kind::Bool(false)),
        ("undefined", Kind::Undefined),
        ("null", Kind::Null),
    ];
    if let Some((word, kind)) = words.into_iter().find(|(word, _)| rest.starts_with(word) && ends(word.len())) {
        return Some((kind, word.len()));
    }
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(rest.starts_with('-'));
    let whole = digits(&rest[sign..]);
    if whole > 0 {
        let mut length = sign + whole;
        if let Some(fraction) = rest[length..].strip_prefix('.').map(digits).filter(|fraction| *fraction > 0) {
            length += 1 + fraction;
        }
        if ends(length) {
            return Some((Kind::Number, length));
        }
    }
    let after = rest.strip_prefix("as")?;
    let bar = after.trim_start_matches(is_space);
    (bar.len() < after.len() && bar.starts_with('|')).then(|| (Kind::OpenParams, rest.len() - bar.len() + 1))
}

pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

pub(super) fn is_name(character: char) -> bool {
    !is_space(character)
        && !matches!(
            character,
            '!' | '"' | '#' | '%'..=',' | '.' | '/' | ';'..='>' | '@' | '['..='^' | '`' | '{'..='~'
        )
}

pub(super) fn ends_name(rest: &str) -> bool {
    rest.chars().next().is_some_and(|next| matches!(next, '=' | '~' | '}' | '/' | '.' | ')' | '|') || is_space(next))
}
