//! Template source to tokens, by the rules of handlebars.js 4.7's lexer and in its order.
//!
//! Invariant: the tokens cover the source, or there is an error with a place.

mod word;

use std::borrow::Cow;

use tombolo_model::excerpt;
use word::{bracketed, closing, ends_name, is_name, is_word, literal, quoted, raw_end};

use crate::TemplateError;
use crate::js::is_space;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Content,
    Comment,
    OpenSub,
    CloseSub,
    OpenRawBlock,
    CloseRawBlock,
    EndRawBlock,
    OpenPartial,
    OpenPartialBlock,
    OpenBlock {
        decorator: bool,
    },
    OpenEnd,
    Inverse,
    OpenInverse,
    OpenChain,
    OpenUnescaped,
    CloseUnescaped,
    Open {
        raw: bool,
        decorator: bool,
    },
    Close,
    Equals,
    /// `literal` when it stands in brackets.
    Id {
        literal: bool,
    },
    Separator,
    Str,
    Number,
    Bool(bool),
    Null,
    Undefined,
    Data,
    OpenParams,
    CloseParams,
    End,
}

#[derive(Debug, Clone)]
pub(crate) struct Token<'s> {
    pub(crate) kind: Kind,
    pub(crate) text: Cow<'s, str>,
    /// `~` after the opening or before the closing braces.
    pub(crate) open: bool,
    pub(crate) close: bool,
    /// In characters from 1.
    pub(crate) at: usize,
    /// In bytes.
    pub(crate) from: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Tag,
    /// After `\{{`.
    Escaped,
    Raw,
}

/// Each part of a tag is one; they take far more memory than their text.
const MOST_TOKENS: usize = 500_000;

pub(crate) fn tokens(source: &str) -> Result<Vec<Token<'_>>, TemplateError> {
    let mut lexer = Lexer { source, place: 0, counted: (0, 1), states: Vec::new(), tag: 0, made: Vec::new() };
    while lexer.place < source.len() {
        match lexer.states.last() {
            None => lexer.text(),
            Some(State::Escaped) => lexer.escaped(),
            Some(State::Raw) => lexer.raw()?,
            Some(State::Tag) => lexer.tag()?,
        }
        if lexer.made.len() > MOST_TOKENS {
            return Err(TemplateError::TooLarge { at: lexer.at(lexer.place), most: MOST_TOKENS });
        }
    }
    if lexer.states.iter().any(|state| *state != State::Escaped) {
        return Err(lexer.open_at_the_end());
    }
    lexer.push(Kind::End, "", 0);
    Ok(lexer.made)
}

struct Lexer<'s> {
    source: &'s str,
    place: usize,
    /// A place in bytes and the same in characters: places are asked in order, so each character is counted once.
    counted: (usize, usize),
    states: Vec<State>,
    /// Where the tag began.
    tag: usize,
    made: Vec<Token<'s>>,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        &self.source[self.place..]
    }

    fn at(&mut self, place: usize) -> usize {
        let (byte, character) = self.counted;
        if place < byte {
            return self.source[..place].chars().count() + 1;
        }
        self.counted = (place, character + self.source[byte..place].chars().count());
        self.counted.1
    }

    fn push(&mut self, kind: Kind, text: impl Into<Cow<'s, str>>, length: usize) {
        self.push_strip(kind, text, length, (false, false));
    }

    fn push_strip(&mut self, kind: Kind, text: impl Into<Cow<'s, str>>, length: usize, (open, close): (bool, bool)) {
        let from = self.place;
        let at = self.at(from);
        self.made.push(Token { kind, text: text.into(), open, close, at, from });
        self.place += length;
    }

    /// Up to the next tag. One backslash makes it plain text; two are one that stays.
    fn text(&mut self) {
        let rest = self.rest();
        let Some(open) = rest.find("{{") else {
            return self.push(Kind::Content, rest, rest.len());
        };
        let before = &rest[..open];
        let (content, state) = if before.ends_with("\\\\") {
            (&before[..open - 1], State::Tag)
        } else if let Some(content) = before.strip_suffix('\\') {
            (content, State::Escaped)
        } else {
            (before, State::Tag)
        };
        if content.is_empty() {
            self.place += open;
        } else {
            self.push(Kind::Content, content, open);
        }
        self.tag = self.place;
        self.states.push(state);
    }

    fn escaped(&mut self) {
        let rest = self.rest();
        let from = rest.char_indices().nth(2).map_or(rest.len(), |(from, _)| from);
        let end = rest[from..].find("{{").map_or(rest.len(), |open| {
            let mut end = from + open;
            // The backslashes in front belong to the next tag.
            for _ in 0..2 {
                if end > from && rest.as_bytes()[end - 1] == b'\\' {
                    end -= 1;
                }
            }
            end
        });
        self.push(Kind::Content, &rest[..end], end);
        self.states.pop();
    }

    fn raw(&mut self) -> Result<(), TemplateError> {
        let rest = self.rest();
        if let Some(name) = raw_end(rest) {
            self.states.pop();
            let length = name.len() + 9;
            if self.states.last() == Some(&State::Raw) {
                self.push(Kind::Content, &rest[..length], length);
            } else {
                self.push(Kind::EndRawBlock, name, length);
            }
            return Ok(());
        }
        if rest.starts_with("{{{{") && !rest.starts_with("{{{{/") {
            self.states.push(State::Raw);
            self.push(Kind::Content, "{{{{", 4);
            return Ok(());
        }
        let first = rest.chars().next().map_or(0, char::len_utf8);
        match rest[first..].find("{{{{") {
            Some(open) => {
                self.push(Kind::Content, &rest[..first + open], first + open);
                Ok(())
            }
            None => Err(self.open_at_the_end()),
        }
    }

    /// What is open when the template ends: a tag, or a raw block.
    fn open_at_the_end(&mut self) -> TemplateError {
        let at = self.at(self.tag);
        let tag = &self.source[self.tag..];
        let name = tag.strip_prefix("{{{{").filter(|tag| !tag.contains("{{{{/")).and_then(|tag| tag.split_once("}}}}"));
        match name.and_then(|(name, _)| name.split_whitespace().next()) {
            Some(name) => TemplateError::OpenRawBlock { at, name: within(name) },
            None => TemplateError::Unclosed { at },
        }
    }

    fn tag(&mut self) -> Result<(), TemplateError> {
        let rest = self.rest();
        if rest.starts_with("{{{{") {
            self.push(Kind::OpenRawBlock, "", 4);
            return Ok(());
        }
        // Elsewhere it is the end of a tag and a brace of the text, as in `{"a":{{{b}}}}`; handlebars.js refuses that.
        if rest.starts_with("}}}}") && self.source[self.tag..].starts_with("{{{{") {
            self.states.pop();
            self.states.push(State::Raw);
            self.push(Kind::CloseRawBlock, "", 4);
            return Ok(());
        }
        if let Some(inside) = rest.strip_prefix("{{") {
            return self.opening(inside);
        }
        if let Some((kind, length, tilde)) = closing(rest) {
            self.states.pop();
            self.push_strip(kind, "", length, (false, tilde));
            return Ok(());
        }
        self.word(rest)
    }

    /// What comes after `{{`.
    fn opening(&mut self, inside: &'s str) -> Result<(), TemplateError> {
        let (tilde, body) = match inside.strip_prefix('~') {
            Some(body) => (true, body),
            None => (false, inside),
        };
        let start = 2 + usize::from(tilde);
        if let Some(comment) = body.strip_prefix('!') {
            return self.comment(comment, tilde);
        }
        let word = body.trim_start_matches(is_space);
        let inverse = body.strip_prefix('^').or_else(|| word.strip_prefix("else"));
        if let Some(after) = inverse {
            let end = after.trim_start_matches(is_space);
            let close = end.starts_with("~}}");
            if close || end.starts_with("}}") {
                let whole = self.rest().len() - end.len() + 2 + usize::from(close);
                self.states.pop();
                self.push_strip(Kind::Inverse, "", whole, (tilde, close));
                return Ok(());
            }
        }
        let (kind, length) = if body.starts_with("#>") {
            (Kind::OpenPartialBlock, 2)
        } else if body.starts_with("#*") {
            (Kind::OpenBlock { decorator: true }, 2)
        } else if let Some(after) = word.strip_prefix("else").filter(|after| !after.starts_with(is_word)) {
            (Kind::OpenChain, body.len() - after.len())
        } else {
            match body.chars().next() {
                Some('>') => (Kind::OpenPartial, 1),
                Some('#') => (Kind::OpenBlock { decorator: false }, 1),
                Some('/') => (Kind::OpenEnd, 1),
                Some('^') => (Kind::OpenInverse, 1),
                Some('{') => (Kind::OpenUnescaped, 1),
                Some('&') => (Kind::Open { raw: true, decorator: false }, 1),
                Some('*') => (Kind::Open { raw: false, decorator: true }, 1),
                _ => (Kind::Open { raw: false, decorator: false }, 0),
            }
        };
        self.push_strip(kind, "", start + length, (tilde, false));
        Ok(())
    }

    fn comment(&mut self, comment: &'s str, tilde: bool) -> Result<(), TemplateError> {
        let ends: &[&str] = if comment.starts_with("--") { &["--}}", "--~}}"] } else { &["}}"] };
        let found = ends.iter().filter_map(|end| comment.find(end).map(|at| (at, end.len()))).min();
        let Some((at, length)) = found else {
            return Err(TemplateError::Unclosed { at: self.at(self.tag) });
        };
        let whole = self.rest().len() - comment.len() + at + length;
        let close = self.rest()[..whole].ends_with("~}}");
        self.states.pop();
        self.push_strip(Kind::Comment, "", whole, (tilde, close));
        Ok(())
    }

    /// What stands between the braces.
    fn word(&mut self, rest: &'s str) -> Result<(), TemplateError> {
        let space = rest.len() - rest.trim_start_matches(is_space).len();
        if space > 0 {
            self.place += space;
            return Ok(());
        }
        if let Some((text, length)) = quoted(rest) {
            self.push(Kind::Str, text, length);
            return Ok(());
        }
        if let Some((text, length)) = bracketed(rest) {
            self.push(Kind::Id { literal: true }, text, length);
            return Ok(());
        }
        let single = match rest.as_bytes().first() {
            Some(b'(') => Some(Kind::OpenSub),
            Some(b')') => Some(Kind::CloseSub),
            Some(b'=') => Some(Kind::Equals),
            Some(b'@') => Some(Kind::Data),
            Some(b'|') => Some(Kind::CloseParams),
            Some(b'/') => Some(Kind::Separator),
            Some(b'.') if !rest.starts_with("..") && !ends_name(&rest[1..]) => Some(Kind::Separator),
            _ => None,
        };
        if let Some(kind) = single {
            self.push(kind, "", 1);
            return Ok(());
        }
        if rest.starts_with('.') {
            let length = if rest.starts_with("..") { 2 } else { 1 };
            self.push(Kind::Id { literal: false }, &rest[..length], length);
            return Ok(());
        }
        if let Some((kind, length)) = literal(rest) {
            self.push(kind, &rest[..length], length);
            return Ok(());
        }
        let length = rest.find(|character| !is_name(character)).unwrap_or(rest.len());
        if length > 0 && ends_name(&rest[length..]) {
            self.push(Kind::Id { literal: false }, &rest[..length], length);
            return Ok(());
        }
        let at = self.at(self.tag);
        let end = self.source[self.tag..].find("}}");
        Err(match end {
            None => TemplateError::Unclosed { at },
            Some(end) => TemplateError::Syntax { at, text: within(&self.source[self.tag..self.tag + end + 2]) },
        })
    }
}

/// What is in a tag, for a message.
pub(crate) fn within(tag: &str) -> String {
    excerpt(tag.trim_start_matches('{').trim_end_matches('}').trim()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<Kind> {
        tokens(source).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn a_raw_value_may_stand_before_a_brace_of_the_text() {
        let open = [Kind::Content, Kind::OpenUnescaped, Kind::Id { literal: false }, Kind::CloseUnescaped];
        assert_eq!(kinds(r#"{"a":{{{b}}}}"#), [&open[..], &[Kind::Content, Kind::End]].concat());
    }

    #[test]
    fn places_count_characters() {
        let tokens = tokens("é{{a}}ü{{b c}}").unwrap();
        let places: Vec<_> = tokens.iter().map(|token| token.at).collect();
        assert_eq!(places, [1, 2, 4, 5, 7, 8, 10, 12, 13, 15]);
    }

    #[test]
    fn a_tag_that_does_not_end_is_refused_with_its_place() {
        for source in ["é{{a", "é{{a }", "é{{!-- }}", "é{{{{a}}}} {{{{/b", "é{{\"a"] {
            assert_eq!(tokens(source).unwrap_err(), TemplateError::Unclosed { at: 2 }, "{source}");
        }
        let raw = |name: &str| TemplateError::OpenRawBlock { at: 2, name: name.to_owned() };
        for source in ["é{{{{raw}}}}x", "é{{{{raw a}}}}", "é{{{{raw}}}} {{b}}"] {
            assert_eq!(tokens(source).unwrap_err(), raw("raw"), "{source}");
        }
        assert!(raw("raw").to_string().ends_with("Add “{{{{/raw}}}}”."), "{}", raw("raw"));
        for source in ["{{\"a}}", "{{a % b}}", "{{'}}"] {
            assert!(matches!(tokens(source).unwrap_err(), TemplateError::Syntax { at: 1, .. }), "{source}");
        }
    }
}
