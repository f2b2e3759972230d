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
            four(file.crc.into(), out);
            four(file.packed, out);
            four(file.size, out);
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
            out.extend_from_slice(b"PK\x01\x02");
            two(20, out);
            fixed(file, out);
            // Extra field, comment, disk, kinds of attributes.
            out.extend_from_slice(&[0; 12]);
            four(file.offset, out);
            out.extend_from_slice(file.name.as_bytes());
        }
        let length = (out.len() - before) as u64;
        out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        two(self.files.len(), out);
        two(self.files.len(), out);
        four(length, out);
        four(offset, out);
        two(0, out);
    }
}

/// What the header of a file and its line in the directory have in common.
fn fixed(file: &Written, out: &mut Vec<u8>) {
    two(20, out);
    out.extend_from_slice(&FLAGS.to_le_bytes());
    two(8, out);
    two(0, out);
    out.extend_from_slice(&DATE.to_le_bytes());
    four(file.crc.into(), out);
    four(file.packed, out);
    four(file.size, out);
    two(file.name.len(), out);
}

/// Two bytes of a number that fits: names of files are short and files in an archive few.
fn two(number: usize, out: &mut Vec<u8>) {
    let [a, b, ..] = (number as u64).to_le_bytes();
    out.extend_from_slice(&[a, b]);
}

/// Four bytes; beyond 4 GiB readers take the low ones and find the end by the data itself.
fn four(number: u64, out: &mut Vec<u8>) {
    let [a, b, c, d, ..] = number.to_le_bytes();
    out.extend_from_slice(&[a, b, c, d]);
}
