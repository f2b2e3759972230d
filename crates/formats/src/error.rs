//! What can be wrong with a file: of one row, which costs only that row, or of the file, which ends the reading.
//!
//! Every error says where: the row, the record, the line and column or the byte, counted as people do.

use tombolo_model::Record;

/// One row of a file: a record, or why it is none.
pub type Row = Result<Record, RowError>;

/// A row that could not be read; the rows around it could.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct RowError {
    /// Its place among the rows, from 0.
    pub index: u64,
    /// What is wrong, then what to do.
    pub message: String,
    /// What could be read of it all the same, for somebody to put right.
    pub record: Option<Record>,
    /// It is bigger than a record may be, whatever is in it.
    pub too_big: bool,
    /// The row of a text that it is, counted as people do, where the format has rows.
    pub row: Option<u64>,
    /// The byte, from 0, at which it is wrong, where the reader knows: of the file's text, unpacked and in UTF-8.
    pub byte: Option<u64>,
}

impl RowError {
    /// A row that is not what it should be.
    #[must_use]
    pub fn new(index: u64, message: String) -> Self {
        Self { index, message, record: None, too_big: false, row: None, byte: None }
    }

    /// With the row of the text.
    #[must_use]
    pub fn in_row(self, row: u64) -> Self {
        Self { row: Some(row), ..self }
    }

    /// With the byte of the text.
    #[must_use]
    pub fn at_byte(self, byte: u64) -> Self {
        Self { byte: Some(byte), ..self }
    }

    /// A row that was passed over for its size. `what` begins the sentence.
    #[must_use]
    pub fn too_big(index: u64, what: &str) -> Self {
        let most = MAX_RECORD_BYTES >> 20;
        let message =
            format!("{what} is bigger than {most} MiB. Have the source split it or leave out what is not needed.");
        Self { index, message, record: None, too_big: true, row: None, byte: None }
    }
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
    /// Not JSON any more.
    #[error(
        "Behind record {record} something stands that is no JSON record. In a file of JSON Lines each line is one object."
    )]
    NotJsonLines {
        /// The record before, from 1.
        record: u64,
        /// The byte, from 0, of the file's text, unpacked and in UTF-8.
        byte: u64,
    },
    /// More than one list.
    #[error(
        "The list of records ends behind record {record}, and something else follows. Have the source send one list, or one record a line."
    )]
    BehindTheList {
        /// The last record of the list, from 1.
        record: u64,
    },
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
    /// Bytes that mean nothing in the encoding of the file.
    #[error("Byte {byte} of the file is no {encoding}. Choose the encoding that the file was saved in.")]
    WrongEncoding {
        /// The encoding's name.
        encoding: &'static str,
        /// The byte, from 0.
        byte: u64,
    },
    /// XML that breaks the rules of XML.
    #[error("This is no well-formed XML: line {line}, column {column}: {reason}. Have the source mend it.")]
    NotXml {
        /// The line, from 1.
        line: u64,
        /// The column, from 1, in bytes.
        column: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// XML with a document type that declares things.
    #[error(
        "The XML declares entities or rules of its own at line {line}, column {column}. That can be used to attack the reader and is refused: have the source leave out the part in brackets after DOCTYPE."
    )]
    DeclaresEntities {
        /// The line, from 1.
        line: u64,
        /// The column, from 1, in bytes.
        column: u64,
    },
    /// Not compressed, or damaged.
    #[error(
        "The file is no {kind} file, or is damaged, at byte {byte}: {reason}. Get it again, or change the compression setting."
    )]
    BadCompression {
        /// `gzip`, `zip` or `xlsx`.
        kind: &'static str,
        /// The byte of the compressed file, from 0.
        byte: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// A few bytes that would become very many.
    #[error(
        "The file inflates to more than {most} bytes out of few. Such files are made to exhaust the reader and are refused; if it is a real file, have the source send it uncompressed."
    )]
    InflatesTooMuch {
        /// How many bytes were allowed to come out of what came in.
        most: u64,
    },
    /// Something in the file takes more memory than is allowed.
    #[error("{what} takes more than {} MiB. Have the source split the file.", most >> 20)]
    TooBig {
        /// What it is, at the beginning of a sentence.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// A workbook without what is needed.
    #[error("This is no workbook that can be read: {0}. Save it as “Excel workbook (.xlsx)” and try again.")]
    NotXlsx(String),
    /// A row that the file definition has no rule for.
    #[error(
        "Row {row} begins with “{begins}”, and no rule of the file definition is for such a row there. Check the file, or add a rule."
    )]
    UnexpectedRow {
        /// The row, from 1.
        row: u64,
        /// Its beginning.
        begins: String,
    },
    /// A row that the file definition demands is not there.
    #[error(
        "Before row {row} a row “{rule}” should stand: the file definition says it is required. Check the file, or make the rule optional."
    )]
    MissingRow {
        /// The row that came instead, from 1; one after the last at the end of the file.
        row: u64,
        /// The rule's name or the literal that its rows begin with.
        rule: String,
    },
    /// A row came again, which would lose what the first one said.
    #[error(
        "Row {row} is one more “{rule}”, and its values would replace those of the one before. Put the rule into a container."
    )]
    RepeatedRow {
        /// The row, from 1.
        row: u64,
        /// The rule's name or literal.
        rule: String,
    },
    /// The row does not keep to the definition.
    #[error("Row {row}: {reason}.")]
    BadRow {
        /// The row, from 1.
        row: u64,
        /// What is wrong, then what to do.
        reason: String,
    },
}

/// The most that one record may take, in bytes.
pub const MAX_RECORD_BYTES: usize = 5 * 1024 * 1024;
/// The most columns that a table may have; as many as a spreadsheet can show.
pub const MAX_COLUMNS: usize = 16_384;
/// The most levels of lists and objects around the list of records; as many as a record may have within.
pub const MAX_DEPTH: usize = 128;
