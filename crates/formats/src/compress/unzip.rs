//! zip archives from front to back, as they come: each file in turn.
//!
//! The directory at the end is not waited for. So a file that was stored without its size in front cannot be
//! read; programs that write such archives compress what they store.

use super::inflate::Inflater;
use super::{Part, u16_at, u32_at, u64_at};
use crate::error::FormatError;

/// Reads an archive that is pushed in piece by piece.
pub struct ZipReader {
    place: Place,
    held: Vec<u8>,
    bytes: u64,
    /// Where the header of the file at hand begins.
    began: u64,
    files: u64,
}

enum Place {
    Header,
    Body(Body),
    /// The sizes and the checksum stand behind the data.
    Descriptor(Body),
    /// The directory, which repeats what is known.
    Directory,
}

struct Body {
    /// Folders and what some systems add are read over.
    skipped: bool,
    crc: u32,
    /// The sizes have eight bytes.
    wide: bool,
    described: bool,
    data: Data,
}

enum Data {
    Deflated(Box<Inflater>),
    Stored { left: u64, crc: crc32fast::Hasher },
}

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;

impl Default for ZipReader {
    fn default() -> Self {
        Self { place: Place::Header, held: Vec::new(), bytes: 0, began: 0, files: 0 }
    }
}

type Sink<'s> = &'s mut dyn FnMut(Part<'_>) -> Result<(), FormatError>;

impl ZipReader {
    /// Takes the next piece of the archive and hands on the files in it.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::BadCompression`], [`FormatError::InflatesTooMuch`], and what the sink returns.
    pub fn push(&mut self, mut bytes: &[u8], sink: Sink<'_>) -> Result<(), FormatError> {
        while !bytes.is_empty() {
            let place = std::mem::replace(&mut self.place, Place::Directory);
            let taken = match place {
                Place::Directory => return Ok(()),
                Place::Header => self.header(bytes, sink)?,
                Place::Body(body) => self.body(body, bytes, sink)?,
                Place::Descriptor(body) => self.descriptor(body, bytes, sink)?,
            };
            self.bytes += taken as u64;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Says that the archive is over.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::BadCompression`] when it is cut off or holds no file.
    pub fn finish(&mut self) -> Result<(), FormatError> {
        match self.place {
            Place::Directory if self.files > 0 => Ok(()),
            Place::Directory => Err(bad(self.began, "there is no file in it")),
            _ => Err(bad(self.bytes, "it is cut off")),
        }
    }

    fn header(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<usize, FormatError> {
        self.place = Place::Header;
        let before = self.held.len();
        self.began = self.bytes - before as u64;
        // Enough for the fixed part and the longest name and extra field.
        let more = bytes.len().min(30 + 2 * 65_535 - before);
        self.held.extend_from_slice(&bytes[..more]);
        if self.held.len() < 4 {
            return Ok(more);
        }
        match u32_at(&self.held, 0) {
            LOCAL => {}
            CENTRAL | END => {
                self.place = Place::Directory;
                self.held.clear();
                return Ok(more);
            }
            _ => return Err(bad(self.began, "no file of an archive begins here")),
        }
        let variable = usize::from(u16_at(&self.held, 26)) + usize::from(u16_at(&self.held, 28));
        if self.held.len() < 30 || self.held.len() < 30 + variable {
            return Ok(more);
        }
        let header = std::mem::take(&mut self.held);
        let body = self.read_header(&header)?;
        let length = 30 + variable;
        if !body.skipped {
            self.files += 1;
            sink(Part::Begin)?;
        }
        self.place = Place::Body(body);
        if let Place::Body(Body { data: Data::Stored { left: 0, .. }, .. }) = &self.place {
            // Nothing will come that would end it.
            let place = std::mem::replace(&mut self.place, Place::Directory);
            if let Place::Body(body) = place {
                self.ended(body, sink)?;
            }
        }
        Ok(length - before)
    }

    fn read_header(&self, header: &[u8]) -> Result<Body, FormatError> {
        let flags = u16_at(header, 6);
        if flags & 1 != 0 {
            return Err(bad(self.began, "it is encrypted"));
        }
        let described = flags & 8 != 0;
        let name_length = usize::from(u16_at(header, 26));
        let name = header.get(30..30 + name_length).unwrap_or_default();
        let extra = header.get(30 + name_length..).unwrap_or_default();
        let wide = wide_size(extra);
        let size = match u32_at(header, 18) {
            u32::MAX => wide.unwrap_or_default(),
            size => u64::from(size),
        };
        let data = match u16_at(header, 8) {
            8 => Data::Deflated(Box::new(Inflater::new("zip"))),
            0 if described && size == 0 => return Err(bad(self.began, "a file is stored without its size in front")),
            0 => Data::Stored { left: size, crc: crc32fast::Hasher::new() },
            _ => return Err(bad(self.began, "a file is compressed in a way that is not known; use deflate")),
        };
        let skipped = name.ends_with(b"/") || name.starts_with(b"__MACOSX/") || name.ends_with(b".DS_Store");
        Ok(Body { skipped, crc: u32_at(header, 14), wide: wide.is_some(), described, data })
    }

    fn body(&mut self, mut body: Body, bytes: &[u8], sink: Sink<'_>) -> Result<usize, FormatError> {
        let skipped = body.skipped;
        let mut give = |made: &[u8]| if skipped { Ok(()) } else { sink(Part::Bytes(made)) };
        let (taken, over) = match &mut body.data {
            Data::Deflated(inflater) => inflater.push(bytes, self.bytes, &mut give)?,
            Data::Stored { left, crc } => {
                let taken = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                crc.update(&bytes[..taken]);
                give(&bytes[..taken])?;
                *left -= taken as u64;
                (taken, *left == 0)
            }
        };
        if over {
            self.ended(body, sink)?;
        } else {
            self.place = Place::Body(body);
        }
        Ok(taken)
    }

    fn ended(&mut self, body: Body, sink: Sink<'_>) -> Result<(), FormatError> {
        if body.described {
            self.place = Place::Descriptor(body);
            return Ok(());
        }
        self.complete(&body, body.crc, sink)
    }

    fn descriptor(&mut self, body: Body, bytes: &[u8], sink: Sink<'_>) -> Result<usize, FormatError> {
        let before = self.held.len();
        // Who writes as it goes knows only here that the sizes need eight bytes.
        let beyond = |inflater: &Inflater| inflater.sizes().0.max(inflater.sizes().1) >= u64::from(u32::MAX);
        let wide = body.wide || matches!(&body.data, Data::Deflated(inflater) if beyond(inflater));
        let sizes = if wide { 16 } else { 8 };
        let more = bytes.len().min(8 + sizes - before);
        self.held.extend_from_slice(&bytes[..more]);
        let signed = u32_at(&self.held, 0) == DESCRIPTOR;
        let length = sizes + if signed { 8 } else { 4 };
        if self.held.len() < length {
            self.place = Place::Descriptor(body);
            return Ok(more);
        }
        let crc = u32_at(&self.held, if signed { 4 } else { 0 });
        self.held.clear();
        self.complete(&body, crc, sink)?;
        Ok(length - before)
    }

    fn complete(&mut self, body: &Body, want: u32, sink: Sink<'_>) -> Result<(), FormatError> {
        let have = match &body.data {
            Data::Deflated(inflater) => inflater.crc(),
            Data::Stored { crc, .. } => crc.clone().finalize(),
        };
        if have != want {
            return Err(bad(self.began, "the checksum of a file is wrong"));
        }
        self.place = Place::Header;
        if body.skipped { Ok(()) } else { sink(Part::End) }
    }
}

/// The byte is where something begins, never where a piece of the archive does: pieces have any size.
fn bad(byte: u64, reason: &'static str) -> FormatError {
    FormatError::BadCompression { kind: "zip", byte, reason }
}

/// The compressed size in the extra field for big files.
fn wide_size(mut extra: &[u8]) -> Option<u64> {
    while extra.len() >= 4 {
        let length = usize::from(u16_at(extra, 2));
        if u16_at(extra, 0) == 1 {
            return Some(if length >= 16 { u64_at(extra, 12) } else { 0 });
        }
        extra = extra.get(4 + length..).unwrap_or_default();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::ZipWriter;
    use super::*;

    pub(crate) fn read(bytes: &[u8], piece: usize) -> Result<Vec<Vec<u8>>, FormatError> {
        let mut reader = ZipReader::default();
        let mut files = Vec::new();
        let mut ended = 0;
        for part in bytes.chunks(piece) {
            reader.push(part, &mut |part| {
                match part {
                    Part::Begin => files.push(Vec::new()),
                    Part::Bytes(bytes) => files.last_mut().unwrap().extend_from_slice(bytes),
                    Part::End => ended += 1,
                }
                Ok(())
            })?;
        }
        reader.finish()?;
        assert_eq!(ended, files.len());
        Ok(files)
    }

    fn archive() -> Vec<u8> {
        let mut writer = ZipWriter::default();
        let mut out = Vec::new();
        for (name, text) in [("a.csv", "a,b\n1,2\n".repeat(500)), ("empty/", String::new()), ("b.csv", "x".into())] {
            writer.begin(name, &mut out);
            writer.push(text.as_bytes(), &mut out);
            writer.end(&mut out);
        }
        writer.finish(&mut out);
        out
    }

    #[test]
    fn each_file_of_an_archive_comes_out_by_itself() {
        let want = vec!["a,b\n1,2\n".repeat(500).into_bytes(), b"x".to_vec()];
        for piece in [1, 9, 100_000] {
            assert_eq!(read(&archive(), piece).unwrap(), want);
        }
    }

    #[test]
    fn stored_files_are_read_by_their_size() {
        let mut bytes = Vec::new();
        for text in [&b"hello"[..], b""] {
            let size = u32::try_from(text.len()).unwrap();
            bytes.extend_from_slice(&LOCAL.to_le_bytes());
            bytes.extend_from_slice(&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend_from_slice(&crc32fast::hash(text).to_le_bytes());
            bytes.extend_from_slice(&[size.to_le_bytes(), size.to_le_bytes()].concat());
            bytes.extend_from_slice(&[1, 0, 0, 0, b'f']);
            bytes.extend_from_slice(text);
        }
        bytes.extend_from_slice(&CENTRAL.to_le_bytes());
        for piece in [1, 64] {
            assert_eq!(read(&bytes, piece).unwrap(), [b"hello".to_vec(), vec![]]);
        }
    }

    #[test]
    fn an_archive_cut_off_in_a_file_is_said_to_be() {
        let bytes = archive();
        let directory = bytes.windows(4).position(|four| u32_at(four, 0) == CENTRAL).unwrap();
        for length in 0..directory {
            assert!(matches!(read(&bytes[..length], 64), Err(FormatError::BadCompression { .. })), "{length}");
        }
        assert!(matches!(read(b"a,b,c\n", 64), Err(FormatError::BadCompression { byte: 0, .. })));
        let mut wrong = bytes;
        wrong[45] ^= 4;
        assert!(read(&wrong, 64).is_err());
    }
}
