//! CSV as people really write it (RFC 4180 and its neighbours).

mod reader;
mod writer;

pub use reader::CsvReader;
pub use writer::CsvWriter;

/// How a CSV file is laid out; the names are those of `export.file.csv` and `import.file.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    /// What parts the columns.
    pub column_delimiter: u8,
    /// The first row names the columns.
    pub has_header_row: bool,
    /// Blanks around values are dropped; around column names they always are.
    pub trim_spaces: bool,
    /// Rows left out before the header.
    pub rows_to_skip: u64,
    /// Quotes are characters like others.
    pub disable_quote: bool,
    /// Written files: the first row names the columns.
    pub include_header: bool,
    /// Written files: every value stands in quotes.
    pub wrap_with_quotes: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            column_delimiter: b',',
            has_header_row: true,
            trim_spaces: false,
            rows_to_skip: 0,
            disable_quote: false,
            include_header: true,
            wrap_with_quotes: false,
        }
    }
}
