//! Files of records: parsed and generated piece by piece.
//!
//! Pure: bytes are pushed in and records come out, so the same code reads a file in the browser, a body on
//! the server and a pipe on the command line, and none of them holds the whole file. A bad row is a result
//! of its own beside the good ones; only a file that cannot go on is an error.

#![forbid(unsafe_code)]

mod csv;
mod json;

pub use csv::{CsvOptions, CsvReader, CsvWriter};
pub use json::{JsonReader, JsonWriter};

use tombolo_model::Record;

/// One row of a file: a record, or why it is none.
pub type Row = Result<Record, RowError>;

/// A row that could not be read; the rows around it could.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RowError {
    /// Its place among the rows, from 0.
    pub index: u64,
    /// What is wrong, then what to do.
    pub message: String,
}

/// A file that cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The file ends inside a quoted field.
    #[error(
        "The file ends inside a quoted field that begins in row {row}. It may have been cut off: get it again, or set the quoting."
    )]
    UnterminatedQuote {
        /// The row, counted as people do, from 1, the header included.
        row: u64,
    },
    /// The file ends inside a value.
    #[error("The file ends in the middle of record {record}. It may have been cut off: get it again.")]
    Truncated {
        /// The record, from 1.
        record: u64,
    },
    /// The list of records is not where the settings say.
    #[error("{0}")]
    NotAList(String),
    /// Not a JSON file at all.
    #[error("This is not JSON: it begins with “{0}”. Check the file's type.")]
    NotJson(String),
    /// One record is bigger than any record may be.
    #[error("Record {record} is bigger than {} MiB. Have the source split it or leave out what is not needed.", most >> 20)]
    RecordTooBig {
        /// The record, from 1.
        record: u64,
        /// The limit.
        most: usize,
    },
    /// A row has more values than any table has columns.
    #[error(
        "Row {row} has more than {most} columns. Check the delimiter and the quotes around it, or have the source leave out columns."
    )]
    TooManyColumns {
        /// The row, from 1, the header included.
        row: u64,
        /// The limit.
        most: usize,
    },
    /// The row that names the columns is no text.
    #[error("Row {row}, which names the columns, is not UTF-8. Save the file as UTF-8, or have the source send UTF-8.")]
    NotUtf8 {
        /// The row, from 1.
        row: u64,
    },
    /// Lists and objects in one another without an end in sight.
    #[error(
        "What stands around the records is nested more than {most} levels deep. Check that this is the right file, or have the source nest less."
    )]
    TooDeep {
        /// The limit.
        most: usize,
    },
}

/// The most that one record may take, in bytes.
pub const MAX_RECORD_BYTES: usize = 5 * 1024 * 1024;
/// The most columns that a table may have; as many as a spreadsheet can show.
pub const MAX_COLUMNS: usize = 16_384;
/// The most levels of lists and objects around the list of records; as many as a record may have within.
pub const MAX_DEPTH: usize = 128;
