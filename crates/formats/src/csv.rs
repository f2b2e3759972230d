//! CSV as people really write it (RFC 4180 and its neighbours).

mod columns;
mod reader;
mod splitter;
mod writer;

pub(crate) use columns::distinct;
pub use reader::CsvReader;
pub use writer::CsvWriter;

/// How a CSV file is laid out; the names are those of `export.file.csv` and `import.file.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    /// What parts the columns: one character or several; never empty.
    pub column_delimiter: String,
    /// What ends a row. Nothing: whichever of CR, LF and CR LF stands there; written files end rows with LF.
    pub row_delimiter: Option<String>,
    /// What stands around values that hold delimiters; an ASCII character.
    pub quote: u8,
    /// The first row names the columns.
    pub has_header_row: bool,
    /// Blanks around values are dropped; around column names they always are.
    pub trim_spaces: bool,
    /// Rows left out before the header, empty ones included.
    pub rows_to_skip: u64,
    /// Quotes are characters like others, and those around a value are dropped.
    pub disable_quote: bool,
    /// Written files: the first row names the columns.
    pub include_header: bool,
    /// Written files: every value stands in quotes.
    pub wrap_with_quotes: bool,
    /// Written files: a tab in a value becomes a blank.
    pub replace_tab: bool,
    /// Written files: a line end in a value becomes a blank.
    pub replace_newline: bool,
    /// Written files: the last row is not ended.
    pub truncate_last_row_delimiter: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            column_delimiter: ",".to_owned(),
            row_delimiter: None,
            quote: b'"',
            has_header_row: true,
            trim_spaces: false,
            rows_to_skip: 0,
            disable_quote: false,
            include_header: true,
            wrap_with_quotes: false,
            replace_tab: false,
            replace_newline: false,
            truncate_last_row_delimiter: false,
        }
    }
}
