//! An archive in memory, read by its directory: for workbooks, whose parts refer to one another.

use std::collections::HashMap;

use super::inflate::Inflater;
use super::{u16_at, u32_at};
use crate::error::FormatError;

/// Where the files of an archive are.
pub(crate) struct ZipIndex {
    bytes: Vec<u8>,
    files: HashMap<String, Found>,
    /// As they stand in the directory, doubles too.
    names: Vec<String>,
}

#[derive(Clone, Copy)]
struct Found {
    method: u16,
    crc: u32,
    packed: usize,
    offset: usize,
}

impl ZipIndex {
    pub(crate) fn new(bytes: Vec<u8>, kind: &'static str) -> Result<Self, FormatError> {
        let bad = |byte: usize, reason| FormatError::BadCompression { kind, byte: byte as u64, reason };
        let from = bytes.len().saturating_sub(22 + 65_535);
        let end = memchr::memmem::rfind(&bytes[from..], b"PK\x05\x06").map(|at| from + at);
        let end = end.ok_or_else(|| bad(bytes.len(), "its directory is missing; it may have been cut off"))?;
        let mut at = size(u32_at(&bytes, end + 16));
        let (mut files, mut names) = (HashMap::new(), Vec::new());
        for _ in 0..u16_at(&bytes, end + 10) {
            if bytes.get(at..at + 4) != Some(b"PK\x01\x02") {
                return Err(bad(at, "its directory is damaged"));
            }
            let (name, extra, comment) = (u16_at(&bytes, at + 28), u16_at(&bytes, at + 30), u16_at(&bytes, at + 32));
            let found = Found {
                method: u16_at(&bytes, at + 10),
                crc: u32_at(&bytes, at + 16),
                packed: size(u32_at(&bytes, at + 20)),
                offset: size(u32_at(&bytes, at + 42)),
            };
            let after = at + 46 + usize::from(name);
            let text = bytes.get(at + 46..after).ok_or_else(|| bad(at, "its directory is damaged"))?;
            let name_in_words = String::from_utf8_lossy(text).replace('\\', "/");
            names.push(name_in_words.clone());
            files.insert(name_in_words, found);
            at = after + usize::from(extra) + usize::from(comment);
        }
        Ok(Self { bytes, files, names })
    }

    /// The names, in the order of the directory.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Opens a file; nothing when there is none of that name.
    pub(crate) fn open(&self, name: &str, kind: &'static str) -> Result<Option<Entry>, FormatError> {
        let Some(found) = self.files.get(name) else { return Ok(None) };
        let at = found.offset;
        let bad = |reason| FormatError::BadCompression { kind, byte: at as u64, reason };
        if self.bytes.get(at..at + 4) != Some(b"PK\x03\x04") {
            return Err(bad("a file is not where the directory says"));
        }
        if u16_at(&self.bytes, at + 6) & 1 != 0 {
            return Err(bad("it is encrypted; remove the password"));
        }
        let start = at + 30 + usize::from(u16_at(&self.bytes, at + 26)) + usize::from(u16_at(&self.bytes, at + 28));
        let end = start.saturating_add(found.packed);
        if end > self.bytes.len() {
            return Err(bad("a file is cut off"));
        }
        let data = match found.method {
            0 => Data::Stored(crc32fast::Hasher::new()),
            8 => Data::Deflated(Inflater::new(kind)),
            _ => return Err(bad("a file is compressed in a way that is not known")),
        };
        Ok(Some(Entry { begin: at, at: start, end, crc: found.crc, kind, data }))
    }
}

/// No archive in memory is bigger, and sums of a few such numbers fit into 32 bits.
const MOST: usize = 1 << 30;

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(MOST).min(MOST)
}

/// A file of an archive while it is read.
pub(crate) struct Entry {
    /// Where its header stands.
    begin: usize,
    at: usize,
    end: usize,
    /// The checksum of its bytes, as the directory has it.
    crc: u32,
    kind: &'static str,
    data: Data,
}

enum Data {
    Stored(crc32fast::Hasher),
    Deflated(Inflater),
}

impl Entry {
    /// Hands on the next bytes, made from a few of the archive; says whether there are more.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::BadCompression`] also when all of it is there and it is not what was packed: a file that
    /// ends early may look like a whole one.
    pub(crate) fn next(
        &mut self,
        index: &ZipIndex,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), FormatError>,
    ) -> Result<bool, FormatError> {
        let end = self.end.min(self.at + super::COMPRESSED_PIECE_BYTES);
        let bytes = &index.bytes[self.at..end];
        let over = match &mut self.data {
            Data::Stored(crc) => {
                crc.update(bytes);
                sink(bytes)?;
                end == self.end
            }
            Data::Deflated(inflater) => inflater.push(bytes, self.at as u64, sink)?.1,
        };
        self.at = end;
        if !over && self.at < self.end {
            return Ok(true);
        }
        let crc = match &self.data {
            Data::Stored(crc) => crc.clone().finalize(),
            Data::Deflated(inflater) => inflater.crc(),
        };
        let bad = |reason| FormatError::BadCompression { kind: self.kind, byte: self.begin as u64, reason };
        if !over {
            return Err(bad("a file is cut off"));
        }
        if crc != self.crc {
            return Err(bad("the checksum of a file is wrong"));
        }
        Ok(false)
    }
}
