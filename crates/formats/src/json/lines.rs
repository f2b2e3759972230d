//! JSON Lines: one object after the other, without a list around them (<https://jsonlines.org>).
//!
//! One object alone is one record. Where that one is bigger than a record may be, the file is one object with the list
//! of records inside, for which the resource path was forgotten.

use tombolo_model::KeyPool;

use super::element::{Element, parse};
use super::list::{ListReader, not_a_list};
use crate::error::{FormatError, MAX_RECORD_BYTES, Row};

/// A push parser.
pub(super) struct LinesReader {
    element: Element,
    within: bool,
    records: u64,
    bytes: u64,
    pool: KeyPool,
}

impl LinesReader {
    /// Makes a parser for what comes behind so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        Self { element: Element::default(), within: false, records: 0, bytes, pool: KeyPool::default() }
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
                        return Err(FormatError::NotJsonLines { record: self.records, byte: self.bytes });
                    }
                    _ => self.within = true,
                }
            }
            let (taken, complete) = self.element.take(&bytes[at..]);
            let piece = &bytes[at..at + taken];
            if self.element.len() + taken > MAX_RECORD_BYTES {
                return Err(self.too_big(piece));
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
                return Err(FormatError::Truncated { record: self.records + 1 });
            }
            self.complete(b"", out);
        }
        Ok(())
    }

    fn complete(&mut self, piece: &[u8], out: &mut Vec<Row>) {
        self.within = false;
        let index = self.records;
        self.records += 1;
        let row = self.element.complete(piece, |text| parse(text, index, &mut self.pool));
        out.push(row);
    }

    fn too_big(&mut self, piece: &[u8]) -> FormatError {
        let keys = self.element.complete(piece, top_keys);
        if self.records > 0 || keys.is_empty() {
            return FormatError::RecordTooBig { record: self.records + 1, most: MAX_RECORD_BYTES };
        }
        not_a_list(&keys)
    }
}

fn top_keys(text: &[u8]) -> Vec<String> {
    let mut walker = ListReader::new(Vec::new(), false);
    // The keys seen before anything wrong are all that is wanted.
    drop(walker.push(text, &mut Vec::new()));
    walker.into_top_keys()
}
