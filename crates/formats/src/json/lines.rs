//! JSON Lines: one object after the other, without a list around them (<https://jsonlines.org>).
//!
//! A file that begins with an object may also be one object with the list of records inside, for which the
//! resource path was forgotten. So the first object is kept until a second one shows what the file is.

use tombolo_model::{KeyPool, Val};

use super::element::{Element, parse};
use super::list::{ListReader, not_a_list};
use crate::error::{FormatError, MAX_RECORD_BYTES, Row};

/// A push parser.
pub(super) struct LinesReader {
    /// It was said that the file is of this kind.
    sure: bool,
    element: Element,
    within: bool,
    first: Option<Vec<u8>>,
    records: u64,
    bytes: u64,
    pool: KeyPool,
}

impl LinesReader {
    /// Makes a parser for what comes behind so many bytes.
    pub(super) fn new(sure: bool, bytes: u64) -> Self {
        Self {
            sure,
            element: Element::default(),
            within: false,
            first: None,
            records: 0,
            bytes,
            pool: KeyPool::default(),
        }
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
                    _ => self.begin(out),
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
        match self.first.take() {
            Some(first) => match parse(&first, 0, &mut self.pool) {
                // An object with a list in it is taken for the one around the records; any other is a record.
                Ok(record) if record.values().iter().all(|value| !matches!(value, Val::List(_))) => {
                    out.push(Ok(record));
                    Ok(())
                }
                _ => Err(not_a_list(&top_keys(&first))),
            },
            None => Ok(()),
        }
    }

    /// Begins a value; with the second one the first goes out.
    fn begin(&mut self, out: &mut Vec<Row>) {
        self.within = true;
        self.sure |= self.records > 0;
        if let Some(first) = self.first.take() {
            out.push(parse(&first, 0, &mut self.pool));
        }
    }

    fn complete(&mut self, piece: &[u8], out: &mut Vec<Row>) {
        self.within = false;
        let index = self.records;
        self.records += 1;
        if self.sure {
            let row = self.element.complete(piece, |text| parse(text, index, &mut self.pool));
            out.push(row);
        } else {
            self.first = Some(self.element.complete(piece, <[u8]>::to_vec));
        }
    }

    fn too_big(&mut self, piece: &[u8]) -> FormatError {
        if self.sure {
            return FormatError::RecordTooBig { record: self.records + 1, most: MAX_RECORD_BYTES };
        }
        // Nobody's record is that big: it is the object around the list.
        not_a_list(&self.element.complete(piece, top_keys))
    }
}

fn top_keys(text: &[u8]) -> Vec<String> {
    let mut walker = ListReader::new(Vec::new(), false);
    // The keys seen before anything wrong are all that is wanted.
    drop(walker.push(text, &mut Vec::new()));
    walker.into_top_keys()
}
