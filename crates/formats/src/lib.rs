//! Files of records: parsed and generated piece by piece.
//!
//! Pure: bytes are pushed in and records come out, so the same code reads a file in the browser, a body on
//! the server and a pipe on the command line, and none of them holds the whole file. A bad row is a result
//! of its own beside the good ones; only a file that cannot go on is an error.

#![forbid(unsafe_code)]

mod bom;
mod compress;
mod csv;
mod definition;
mod encoding;
mod error;
mod file;
mod json;
mod xlsx;
mod xml;

pub use compress::{
    COMPRESSED_PIECE_BYTES, Compression, GzipReader, GzipWriter, Part, ZipArchive, ZipReader, ZipWriter,
};
pub use csv::{CsvOptions, CsvReader, CsvWriter};
pub use definition::{DefinitionReader, DefinitionWriter, FileDefinition};
pub use encoding::{Decoder, Encoder, Encoding};
pub use error::{FormatError, MAX_COLUMNS, MAX_DEPTH, MAX_RECORD_BYTES, Row, RowError};
pub use file::{FileFormat, FileOptions, FileReader, RecordWriter, WriteFormat, WriteOptions};
pub use json::{JsonLinesWriter, JsonReader, JsonWriter};
pub use xlsx::{XlsxReader, XlsxWriter};
pub use xml::{XmlOptions, XmlPath, XmlReader, XmlWriter};
