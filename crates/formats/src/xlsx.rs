//! Workbooks (Office Open XML): the first sheet of a workbook, and a workbook of one sheet.
//!
//! Read and written with our own scanner of XML and our own archives: a sheet is read row by row and written row by
//! row, with the limits on what few bytes may become, where the crates for workbooks hold the whole of it. An archive
//! names its parts at its end, so a file that is read is kept, compressed, until it is all there.

mod number;
mod parts;
mod reader;
mod sheet;
mod writer;

pub use reader::XlsxReader;
pub use writer::XlsxWriter;

/// The most that a workbook may take, compressed.
const MAX_WORKBOOK_BYTES: usize = 64 * 1024 * 1024;
/// The most that the texts that cells share may take.
const MAX_STRINGS_BYTES: usize = 64 * 1024 * 1024;
/// What damage and limits are told of.
const KIND: &str = "xlsx";
