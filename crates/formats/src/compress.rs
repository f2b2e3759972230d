//! gzip and zip: read and written piece by piece, with a limit on what few bytes may become.
//!
//! `miniz_oxide` is used by itself because `flate2` compresses with whatever the program around it was built with,
//! and the same file must come out as the same bytes everywhere. Archives are read from front to back as they
//! come, without their directory; only workbooks are read by it.

mod archive;
mod deflate;
mod gzip;
mod index;
mod inflate;
mod unzip;
mod zip;

pub use archive::ZipArchive;
pub use gzip::{GzipReader, GzipWriter};
pub(crate) use index::{Entry, ZipIndex};
pub use unzip::ZipReader;
pub use zip::ZipWriter;

/// How a file is compressed; the names are those of `file.compressionFormat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// One file in gzip.
    Gzip,
    /// An archive; each file in it is a file of its own.
    Zip,
}

impl Compression {
    /// Finds a compression by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gzip" => Some(Self::Gzip),
            "zip" => Some(Self::Zip),
            _ => None,
        }
    }
}

/// What comes out of a compressed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'p> {
    /// A file begins.
    Begin,
    /// Bytes of it.
    Bytes(&'p [u8]),
    /// It is complete and undamaged.
    End,
}

/// The most compressed bytes that readers should be given at once: they may become a thousand times as many.
pub const COMPRESSED_PIECE_BYTES: usize = 2048;

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|two| two.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()).map_or(0, u64::from_le_bytes)
}
