//! Writes zip archives from front to back, without names of people, times or systems in them.

use super::deflate::Deflater;

/// Writes one file after the other.
#[derive(Default)]
pub struct ZipWriter {
    written: u64,
    file: Option<(Written, Deflater)>,
    files: Vec<Written>,
}

#[derive(Clone)]
struct Written {
    name: String,
    offset: u64,
    crc: u32,
    packed: u64,
    size: u64,
}

/// The sizes and the checksum follow the data, and names are UTF-8.
const FLAGS: u16 = 8 | 1 << 11;
/// The first of January 1980, which is how such files say nothing.
const DATE: u16 = 1 << 5 | 1;

/// Numbers from here on do not fit into four bytes, and so many files not into two: the largest says so.
const WIDE: u64 = u32::MAX as u64;
const MANY: usize = u16::MAX as usize;

impl ZipWriter {
    /// Begins a file.
    pub fn begin(&mut self, name: &str, out: &mut Vec<u8>) {
        self.end(out);
        let file = Written { name: name.to_owned(), offset: self.written, crc: 0, packed: 0, size: 0 };
        let before = out.len();
        out.extend_from_slice(b"PK\x03\x04");
        fixed(&file, out);
        two(0, out);
        out.extend_from_slice(name.as_bytes());
        self.written += (out.len() - before) as u64;
        self.file = Some((file, Deflater::new()));
    }

    /// Appends bytes to the file.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let before = out.len();
        if let Some((_, deflater)) = &mut self.file {
            deflater.push(bytes, out);
        }
        self.written += (out.len() - before) as u64;
    }

    /// Ends the file.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        let before = out.len();
        if let Some((mut file, mut deflater)) = self.file.take() {
            deflater.finish(out);
            file.crc = deflater.crc();
            (file.size, file.packed) = deflater.sizes();
            out.extend_from_slice(b"PK\x07\x08");
            out.extend_from_slice(&file.crc.to_le_bytes());
            // What reads along finds out by the size itself how long the sizes are.
            if file.is_wide() {
                eight(file.packed, out);
                eight(file.size, out);
            } else {
                four(file.packed, out);
                four(file.size, out);
            }
            self.files.push(file);
        }
        self.written += (out.len() - before) as u64;
    }

    /// Appends the directory.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.end(out);
        let offset = self.written;
        let before = out.len();
        for file in &self.files {
            // Those of the numbers that do not fit, in this order.
            let missing = [file.size, file.packed, file.offset].into_iter().filter(|number| *number >= WIDE);
            let missing: Vec<u64> = missing.collect();
            out.extend_from_slice(b"PK\x01\x02");
            two(20, out);
            fixed(file, out);
            two(if missing.is_empty() { 0 } else { 4 + 8 * missing.len() }, out);
            // Comment, disk, kinds of attributes.
            out.extend_from_slice(&[0; 10]);
            four(file.offset, out);
            out.extend_from_slice(file.name.as_bytes());
            if !missing.is_empty() {
                two(1, out);
                two(8 * missing.len(), out);
                missing.iter().for_each(|number| eight(*number, out));
            }
        }
        let length = (out.len() - before) as u64;
        self.end_of_directory(offset, length, out);
    }

    fn end_of_directory(&self, offset: u64, length: u64, out: &mut Vec<u8>) {
        let count = self.files.len();
        if count >= MANY || length >= WIDE || offset >= WIDE {
            out.extend_from_slice(b"PK\x06\x06");
            eight(44, out);
            two(45, out);
            two(45, out);
            out.extend_from_slice(&[0; 8]);
            [count as u64, count as u64, length, offset].into_iter().for_each(|number| eight(number, out));
            out.extend_from_slice(b"PK\x06\x07\0\0\0\0");
            eight(offset + length, out);
            out.extend_from_slice(&1_u32.to_le_bytes());
        }
        out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        two(count, out);
        two(count, out);
        four(length, out);
        four(offset, out);
        two(0, out);
    }
}

impl Written {
    /// Whether its sizes need eight bytes each.
    fn is_wide(&self) -> bool {
        self.packed >= WIDE || self.size >= WIDE
    }
}

/// What the header of a file and its line in the directory have in common.
fn fixed(file: &Written, out: &mut Vec<u8>) {
    two(20, out);
    out.extend_from_slice(&FLAGS.to_le_bytes());
    two(8, out);
    two(0, out);
    out.extend_from_slice(&DATE.to_le_bytes());
    out.extend_from_slice(&file.crc.to_le_bytes());
    four(file.packed, out);
    four(file.size, out);
    two(file.name.len(), out);
}

/// Two bytes; of a number that does not fit, that it does not.
fn two(number: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes());
}

/// Four bytes; of a number that does not fit, that it does not.
fn four(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

fn eight(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&number.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::{u16_at, u32_at, u64_at};
    use super::*;

    fn directory(writer: &mut ZipWriter) -> Vec<u8> {
        let mut out = Vec::new();
        writer.finish(&mut out);
        out
    }

    #[test]
    fn an_archive_of_very_many_files_says_how_many() {
        let file = Written { name: "a".into(), offset: 0, crc: 7, packed: 1, size: 1 };
        let mut writer = ZipWriter { files: vec![file; 66_000], ..ZipWriter::default() };
        let out = directory(&mut writer);
        let (wide, found, end) = (out.len() - 98, out.len() - 42, out.len() - 22);
        assert_eq!((&out[wide..wide + 4], u64_at(&out, wide + 32)), (&b"PK\x06\x06"[..], 66_000));
        assert_eq!((u64_at(&out, wide + 40), u64_at(&out, wide + 48)), (66_000 * 47, 0));
        assert_eq!((&out[found..found + 4], u64_at(&out, found + 8)), (&b"PK\x06\x07"[..], 66_000 * 47));
        assert_eq!((&out[end..end + 4], u16_at(&out, end + 10)), (&b"PK\x05\x06"[..], u16::MAX));
    }

    #[test]
    fn sizes_and_places_beyond_4_gib_are_written_in_eight_bytes() {
        let file = Written { name: "a".into(), offset: 5 << 30, crc: 7, packed: 9, size: 6 << 30 };
        let mut writer = ZipWriter { files: vec![file], written: 7 << 30, ..ZipWriter::default() };
        let out = directory(&mut writer);
        assert_eq!((u32_at(&out, 20), u32_at(&out, 24), u32_at(&out, 42)), (9, u32::MAX, u32::MAX));
        assert_eq!((u16_at(&out, 30), u16_at(&out, 47), u16_at(&out, 49)), (20, 1, 16));
        assert_eq!((u64_at(&out, 51), u64_at(&out, 59)), (6 << 30, 5 << 30));
        let wide = out.len() - 98;
        assert_eq!((u64_at(&out, wide + 40), u64_at(&out, wide + 48)), (46 + 1 + 20, 7 << 30));
    }
}
