//! JSON Lines: one object after the other, without a list around them (<https://jsonlines.org>).
//!
//! One object alone is one record. Where that one is bigger than a record may be and has lists in it, the file is one
//! object with the list of records inside, for which the resource path was forgotten.

use super::element::Element;
use super::list::{ListReader, not_a_list};
use super::maker::Maker;
use crate::error::{FormatError, MAX_RECORD_BYTES, Row};

/// A push parser.
pub(super) struct LinesReader {
    element: Element,
    within: bool,
    /// Where the next byte is in the file.
    bytes: u64,
    /// Where the record in the making begins.
    begins: u64,
    maker: Maker,
    /// The keys of the first object, which is too big and has lists in it.
    keys: Vec<String>,
    /// Its error, until something follows it.
    held: Option<Row>,
}

impl LinesReader {
    /// Makes a parser for what comes behind so many bytes.
    pub(super) fn new(bytes: u64, maker: Maker) -> Self {
        Self { element: Element::default(), within: false, bytes, begins: bytes, maker, keys: Vec::new(), held: None }
    }

    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> Result<(), FormatError> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if !self.within {
                match byte {
                    b' ' | b'\t' | b'\r' | b'\n' => {
                        at += 1;
                        self.bytes += 1;
                        continue;
                    }
                    b'}' | b']' | b',' => {
                        return Err(FormatError::NotJsonLines { record: self.maker.made(), byte: self.bytes });
                    }
                    _ => {
                        self.within = true;
                        self.begins = self.bytes;
                    }
                }
            }
            let (taken, complete) = self.element.take(&bytes[at..]);
            let piece = &bytes[at..at + taken];
            if self.element.len() + taken > MAX_RECORD_BYTES {
                if self.maker.made() == 0 && self.keys.is_empty() {
                    self.keys = keys_around_lists(self.element.text(piece));
                }
                self.element.forget();
            }
            if complete {
                self.complete(piece, out);
            } else {
                self.element.keep(piece);
            }
            at += taken;
            self.bytes += taken as u64;
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Row>) -> Result<(), FormatError> {
        if self.within {
            // A number or a word ends with the file; anything else is cut off.
            let (_, complete) = self.element.take(b"\n");
            if !complete {
                return Err(FormatError::Truncated { record: self.maker.made() + 1 });
            }
            self.complete(b"", out);
        }
        if self.held.is_some() { Err(not_a_list(&self.keys)) } else { Ok(()) }
    }

    fn complete(&mut self, piece: &[u8], out: &mut Vec<Row>) {
        self.within = false;
        out.extend(self.held.take());
        match self.element.complete(piece, |text| self.maker.row(text, self.begins)) {
            Some(row) => out.extend(row),
            None if self.maker.made() == 0 && !self.keys.is_empty() => {
                self.held = Some(self.maker.too_big(self.begins));
            }
            None => out.push(self.maker.too_big(self.begins)),
        }
    }

    /// Where it stopped: at the record in the making, or at what is none.
    pub(super) fn stopped_at(&self) -> u64 {
        if self.within { self.begins } else { self.bytes }
    }
}

fn keys_around_lists(text: &[u8]) -> Vec<String> {
    let mut walker = ListReader::new(Vec::new(), false, Maker::default(), 0);
    // The keys seen before anything wrong are all that is wanted.
    drop(walker.push(text, &mut Vec::new()));
    walker.into_keys_around_lists()
}
