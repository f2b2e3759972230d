//! gzip (RFC 1952): one file, often in several members that follow one another.

use super::deflate::Deflater;
use super::inflate::Inflater;
use super::{Part, u16_at, u32_at};
use crate::error::FormatError;

/// Reads gzip that is pushed in piece by piece.
pub struct GzipReader {
    place: Place,
    /// The bytes of a header or trailer so far.
    held: Vec<u8>,
    inflater: Inflater,
    bytes: u64,
    begun: bool,
}

enum Place {
    Header,
    Body,
    Trailer,
    /// Behind a member only zeros stood so far, or nothing.
    Behind,
}

/// A header is never longer: extra fields, a name and a comment.
const LONGEST_HEADER: usize = 128 * 1024;

impl Default for GzipReader {
    fn default() -> Self {
        let inflater = Inflater::new("gzip");
        Self { place: Place::Header, held: Vec::new(), inflater, bytes: 0, begun: false }
    }
}

impl GzipReader {
    /// Takes the next piece of the file and hands on what it becomes.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::BadCompression`], [`FormatError::InflatesTooMuch`], and what the sink returns.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        sink: &mut dyn FnMut(Part<'_>) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        if !std::mem::replace(&mut self.begun, true) {
            sink(Part::Begin)?;
        }
        while let Some(first) = bytes.first() {
            let taken = match self.place {
                Place::Header => self.header(bytes)?,
                Place::Body => {
                    let (taken, over) = self.inflater.push(bytes, self.bytes, &mut |made| sink(Part::Bytes(made)))?;
                    if over {
                        self.place = Place::Trailer;
                    }
                    taken
                }
                Place::Trailer => self.trailer(bytes)?,
                Place::Behind if *first == 0 => 1,
                Place::Behind => {
                    self.place = Place::Header;
                    0
                }
            };
            self.bytes += taken as u64;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Says that the file is over.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::BadCompression`] when it is cut off.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Part<'_>) -> Result<(), FormatError>) -> Result<(), FormatError> {
        match self.place {
            Place::Behind => sink(Part::End),
            _ => Err(bad(self.bytes, "it is cut off")),
        }
    }

    fn header(&mut self, bytes: &[u8]) -> Result<usize, FormatError> {
        let before = self.held.len();
        let begin = self.bytes - before as u64;
        let more = bytes.len().min(LONGEST_HEADER - before.min(LONGEST_HEADER));
        self.held.extend_from_slice(&bytes[..more]);
        let magic = [0x1f, 0x8b, 8];
        if !self.held.iter().zip(magic).all(|(have, want)| *have == want) {
            return Err(bad(begin, "it does not begin as one"));
        }
        match header_length(&self.held) {
            None if self.held.len() >= LONGEST_HEADER => Err(bad(begin, "its header does not end")),
            None => Ok(more),
            Some(length) => {
                self.held.clear();
                self.inflater = self.inflater.following();
                self.place = Place::Body;
                Ok(length - before)
            }
        }
    }

    fn trailer(&mut self, bytes: &[u8]) -> Result<usize, FormatError> {
        let begin = self.bytes - self.held.len() as u64;
        let more = bytes.len().min(8 - self.held.len());
        self.held.extend_from_slice(&bytes[..more]);
        if self.held.len() == 8 {
            let length = self.inflater.sizes().1 & u64::from(u32::MAX);
            if u32_at(&self.held, 0) != self.inflater.crc() || u64::from(u32_at(&self.held, 4)) != length {
                return Err(bad(begin, "its checksum is wrong"));
            }
            self.held.clear();
            self.place = Place::Behind;
        }
        Ok(more)
    }
}

/// The byte is where something begins, never where a piece of the file does: pieces have any size.
fn bad(byte: u64, reason: &'static str) -> FormatError {
    FormatError::BadCompression { kind: "gzip", byte, reason }
}

/// The length of a whole header; nothing while it is not whole.
fn header_length(bytes: &[u8]) -> Option<usize> {
    let flags = *bytes.get(3)?;
    let mut length = 10;
    if flags & 4 != 0 {
        bytes.get(length + 1)?;
        length += 2 + usize::from(u16_at(bytes, length));
    }
    for text in [8, 16] {
        if flags & text != 0 {
            length += 1 + bytes.get(length..)?.iter().position(|byte| *byte == 0)?;
        }
    }
    if flags & 2 != 0 {
        length += 2;
    }
    (bytes.len() >= length).then_some(length)
}

/// Writes gzip. No name and no time stand in it: the same data becomes the same bytes.
pub struct GzipWriter {
    deflater: Deflater,
    begun: bool,
}

impl Default for GzipWriter {
    fn default() -> Self {
        Self { deflater: Deflater::new(), begun: false }
    }
}

impl GzipWriter {
    /// Appends what the bytes become; some of it may come later.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.begun, true) {
            out.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
        }
        self.deflater.push(bytes, out);
    }

    /// Appends the end of the file.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.push(b"", out);
        self.deflater.finish(out);
        out.extend_from_slice(&self.deflater.crc().to_le_bytes());
        let [a, b, c, d, ..] = self.deflater.sizes().0.to_le_bytes();
        out.extend_from_slice(&[a, b, c, d]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zipped(bytes: &[u8]) -> Vec<u8> {
        let mut writer = GzipWriter::default();
        let mut out = Vec::new();
        for piece in bytes.chunks(10_000) {
            writer.push(piece, &mut out);
        }
        writer.finish(&mut out);
        out
    }

    fn read(bytes: &[u8], piece: usize) -> Result<Vec<u8>, FormatError> {
        let mut reader = GzipReader::default();
        let mut made = Vec::new();
        let mut sink = |part: Part<'_>| {
            if let Part::Bytes(bytes) = part {
                made.extend_from_slice(bytes);
            }
            Ok(())
        };
        for part in bytes.chunks(piece) {
            reader.push(part, &mut sink)?;
        }
        reader.finish(&mut sink)?;
        Ok(made)
    }

    #[test]
    fn what_is_compressed_comes_out_again() {
        let text: Vec<u8> = (0..40_000_u32).flat_map(|at| format!("{},", at * 7919 % 1009).into_bytes()).collect();
        let bytes = zipped(&text);
        assert!(bytes.len() * 2 < text.len());
        for piece in [1, 7, 100_000] {
            assert_eq!(read(&bytes, piece).unwrap(), text);
        }
        assert_eq!(read(&zipped(b""), 3).unwrap(), b"");
        let two = [zipped(b"one,"), zipped(b"two"), vec![0; 9]].concat();
        assert_eq!(read(&two, 5).unwrap(), b"one,two", "members follow one another");
    }

    #[test]
    fn headers_with_names_and_comments_are_read_over() {
        let plain = zipped(b"x");
        let named = [
            &[0x1f, 0x8b, 8, 4 | 8 | 16 | 2, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9][..],
            b"a.csv\0",
            b"hi\0",
            &[1, 2],
            &plain[10..],
        ];
        assert_eq!(read(&named.concat(), 1).unwrap(), b"x");
    }

    #[test]
    fn a_damaged_or_cut_off_file_is_said_to_be() {
        let bytes = zipped(b"some text, some text, some text");
        for length in 0..bytes.len() {
            assert!(matches!(read(&bytes[..length], 64), Err(FormatError::BadCompression { .. })), "{length}");
        }
        for at in [0, 12, bytes.len() - 6, bytes.len() - 1] {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1;
            assert!(read(&wrong, 64).is_err(), "{at}");
        }
        assert!(matches!(read(b"a,b\n", 64), Err(FormatError::BadCompression { byte: 0, .. })));
    }

    #[test]
    fn a_bomb_is_ended_by_the_limit() {
        let mut writer = GzipWriter::default();
        let mut bomb = Vec::new();
        for _ in 0..40 {
            writer.push(&vec![0; 1024 * 1024], &mut bomb);
        }
        writer.finish(&mut bomb);
        let mut reader = GzipReader::default();
        let mut largest = 0;
        let error = bomb.chunks(super::super::COMPRESSED_PIECE_BYTES).find_map(|piece| {
            let mut made = 0;
            let pushed = reader.push(piece, &mut |part| {
                if let Part::Bytes(bytes) = part {
                    made += bytes.len();
                }
                Ok(())
            });
            largest = largest.max(made);
            pushed.err()
        });
        assert!(matches!(error, Some(FormatError::InflatesTooMuch { .. })), "{error:?}");
        assert!(largest < 4 * 1024 * 1024, "{largest} bytes of one piece");
    }

    #[test]
    fn a_bomb_in_many_members_is_ended_by_the_limit_too() {
        let member = zipped(&vec![0; 1024 * 1024]);
        assert!(matches!(read(&member.repeat(40), 2048), Err(FormatError::InflatesTooMuch { .. })));
        assert!(read(&member.repeat(20), 2048).is_ok());
    }

    #[test]
    fn rows_that_say_the_same_all_day_are_no_bomb() {
        let same = ",0.0".repeat(23);
        let row = |at: usize| format!("2026-11-29T00:00:{:02}Z,pump-7,OK,OK{same}\n", at / 5_000);
        let rows: String = (0..300_000).map(row).collect();
        let bytes = zipped(rows.as_bytes());
        assert!(rows.len() > 32 * 1024 * 1024 && rows.len() / bytes.len() > 250, "{}", rows.len() / bytes.len());
        assert_eq!(read(&bytes, 2048).unwrap().len(), rows.len());
    }
}
