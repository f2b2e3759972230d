//! Cuts XML into tags and texts; knows nothing of records.
//!
//! A token is handed on when it is complete; what is incomplete is kept until more comes, up to the size of a
//! record. Lines and columns are counted, so that everything wrong has a place.

use memchr::{memchr, memchr_iter, memchr2, memchr3, memmem};

use crate::error::{FormatError, MAX_RECORD_BYTES};

/// What a token is.
pub(crate) enum Token<'t> {
    /// A tag that opens, and whether it closes itself.
    Open { name: &'t str, attributes: &'t str, empty: bool },
    /// A tag that closes.
    Close { name: &'t str },
    /// A text as it stands there, with references.
    Text(&'t str),
    /// A text in which nothing is markup.
    Data(&'t str),
}

/// Takes tokens; says what is wrong with one, or why the file cannot be read on.
pub(crate) trait Handler {
    fn token(&mut self, token: Token<'_>) -> Result<(), Wrong>;
    /// The record that is being read, from 1.
    fn record(&self) -> u64;
    /// A text without an end in sight: whether it may be passed over, with the record that it is in.
    fn passes_over(&mut self) -> bool {
        false
    }
}

/// Why a token is refused.
pub(crate) enum Wrong {
    /// It breaks the rules of XML; gets its place.
    Reason(&'static str),
    Error(FormatError),
}

impl From<&'static str> for Wrong {
    fn from(reason: &'static str) -> Self {
        Self::Reason(reason)
    }
}

#[derive(Debug)]
pub(crate) struct Scanner {
    held: Vec<u8>,
    /// Up to where the token at hand was searched for its end.
    from: usize,
    /// The quote that is open in the tag at hand.
    quote: Option<u8>,
    /// How many elements are open.
    depth: u64,
    line: u64,
    column: u64,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Open,
    Close,
    Data,
    /// Comments, instructions, a document type without declarations.
    Nothing,
}

const COMMENT: &[u8] = b"<!--";
const DATA: &[u8] = b"<![CDATA[";
const DOCTYPE: &[u8] = b"<!DOCTYPE";

impl Scanner {
    pub(crate) fn new() -> Self {
        Self { held: Vec::new(), from: 0, quote: None, depth: 0, line: 1, column: 1 }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], handler: &mut impl Handler) -> Result<(), FormatError> {
        if self.held.is_empty() {
            let taken = self.run(bytes, handler)?;
            self.held.extend_from_slice(&bytes[taken..]);
        } else {
            let mut joined = std::mem::take(&mut self.held);
            joined.extend_from_slice(bytes);
            let taken = self.run(&joined, handler)?;
            joined.drain(..taken);
            self.held = joined;
        }
        if self.held.len() > MAX_RECORD_BYTES && !self.pass_over(handler) {
            return Err(FormatError::RecordTooBig { record: handler.record(), most: MAX_RECORD_BYTES });
        }
        Ok(())
    }

    /// Drops the beginning of a text or comment that is too long; whether the handler can do without.
    fn pass_over(&mut self, handler: &mut impl Handler) -> bool {
        let begins = match self.held.get(1) {
            _ if self.held[0] != b'<' => b"",
            Some(b'!') if self.held.starts_with(COMMENT) => COMMENT,
            Some(b'!') if self.held.starts_with(DATA) => DATA,
            _ => return false,
        };
        // The record is lost when some of its text is; a comment is nobody's.
        if begins != COMMENT && !handler.passes_over() {
            return false;
        }
        // What its end may have begun with stays, from a letter's first byte on.
        let mut from = self.held.len() - 8;
        while self.held[from] & 0xC0 == 0x80 && from + 3 < self.held.len() {
            from += 1;
        }
        let dropped: Vec<u8> = self.held.drain(begins.len()..from).collect();
        self.count(&dropped);
        self.from = begins.len();
        true
    }

    /// Says that the file is over; whether nothing was cut off.
    pub(crate) fn is_complete(&self) -> bool {
        self.depth == 0 && self.held.trim_ascii().is_empty()
    }

    /// How much of a token that goes on is held.
    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        self.held.len()
    }

    /// What is wrong here.
    pub(crate) fn wrong(&self, reason: &'static str) -> FormatError {
        FormatError::NotXml { line: self.line, column: self.column, reason }
    }

    fn run(&mut self, bytes: &[u8], handler: &mut impl Handler) -> Result<usize, FormatError> {
        let mut at = 0;
        while at < bytes.len() {
            let Some((kind, length)) = self.end(&bytes[at..])? else { break };
            let token = &bytes[at..at + length];
            (self.from, self.quote) = (0, None);
            match hand_on(kind, token, handler) {
                Ok(()) => {}
                Err(Wrong::Reason(reason)) => return Err(self.wrong(reason)),
                Err(Wrong::Error(error)) => return Err(error),
            }
            match kind {
                Kind::Open if !token.ends_with(b"/>") => self.depth += 1,
                Kind::Close => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.count(token);
            at += length;
        }
        Ok(at)
    }

    /// The kind and length of the token that begins here; nothing while its end is not there.
    fn end(&mut self, rest: &[u8]) -> Result<Option<(Kind, usize)>, FormatError> {
        if rest[0] != b'<' {
            let found = memchr(b'<', &rest[self.from..]).map(|at| (Kind::Text, self.from + at));
            self.from = rest.len();
            return Ok(found);
        }
        Ok(match rest.get(1) {
            None => None,
            Some(b'/') => self.behind(rest, b">", 2).map(|end| (Kind::Close, end)),
            Some(b'?') => self.behind(rest, b"?>", 2).map(|end| (Kind::Nothing, end)),
            Some(b'!') if rest.starts_with(COMMENT) => self.behind(rest, b"-->", 4).map(|end| (Kind::Nothing, end)),
            Some(b'!') if rest.starts_with(DATA) => self.behind(rest, b"]]>", 9).map(|end| (Kind::Data, end)),
            Some(b'!') if rest.starts_with(DOCTYPE) => self.doctype(rest)?.map(|end| (Kind::Nothing, end)),
            Some(b'!') if [COMMENT, DATA, DOCTYPE].iter().any(|begin| begin.starts_with(rest)) => None,
            Some(b'!') => return Err(self.wrong("unknown markup begins with <!")),
            Some(_) => self.tag(rest).map(|end| (Kind::Open, end)),
        })
    }

    /// Where the token ends that ends with these bytes.
    fn behind(&mut self, rest: &[u8], end: &[u8], least: usize) -> Option<usize> {
        let from = self.from.max(least).min(rest.len());
        let found = memmem::find(&rest[from..], end).map(|at| from + at + end.len());
        self.from = (rest.len() + 1).saturating_sub(end.len());
        found
    }

    /// Where a tag ends: at the next > in no quotes.
    fn tag(&mut self, rest: &[u8]) -> Option<usize> {
        let mut at = self.from.max(1);
        while at < rest.len() {
            let tail = &rest[at..];
            let found = match self.quote {
                Some(quote) => memchr(quote, tail),
                None => memchr3(b'>', b'"', b'\'', tail),
            };
            let Some(found) = found else { break };
            at += found + 1;
            match (self.quote, tail[found]) {
                (Some(_), _) => self.quote = None,
                (None, b'>') => return Some(at),
                (None, quote) => self.quote = Some(quote),
            }
        }
        self.from = rest.len();
        None
    }

    /// Where a document type ends. Declarations inside are refused: entities grow without bound.
    fn doctype(&mut self, rest: &[u8]) -> Result<Option<usize>, FormatError> {
        match memchr2(b'>', b'[', &rest[self.from..]) {
            None => {
                self.from = rest.len();
                Ok(None)
            }
            Some(at) if rest[self.from + at] == b'[' => {
                Err(FormatError::DeclaresEntities { line: self.line, column: self.column })
            }
            Some(at) => Ok(Some(self.from + at + 1)),
        }
    }

    fn count(&mut self, token: &[u8]) {
        let mut last = None;
        for at in memchr_iter(b'\n', token) {
            self.line += 1;
            last = Some(at);
        }
        match last {
            Some(at) => self.column = (token.len() - at) as u64,
            None => self.column += token.len() as u64,
        }
    }
}

fn hand_on(kind: Kind, token: &[u8], handler: &mut impl Handler) -> Result<(), Wrong> {
    if matches!(kind, Kind::Nothing) {
        return Ok(());
    }
    let text = std::str::from_utf8(token).map_err(|_| "bytes that are no UTF-8; choose the encoding of the file")?;
    handler.token(match kind {
        Kind::Text => Token::Text(text),
        Kind::Data => Token::Data(text.get(9..text.len() - 3).unwrap_or_default()),
        Kind::Close => Token::Close { name: text.get(2..text.len() - 1).unwrap_or_default().trim_ascii_end() },
        Kind::Open | Kind::Nothing => {
            let inner = text.get(1..text.len() - 1).unwrap_or_default();
            let empty = inner.ends_with('/');
            let inner = inner.strip_suffix('/').unwrap_or(inner);
            let end = inner.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inner.len());
            let (name, attributes) = inner.split_at(end);
            Token::Open { name, attributes, empty }
        }
    })
}
