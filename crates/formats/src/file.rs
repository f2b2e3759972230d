//! A file as its settings describe it: decompressed, decoded, parsed; and the way back.

mod generate;
mod parse;

pub use generate::RecordWriter;
pub use parse::FileReader;

use crate::{Compression, CsvOptions, Encoding, FileDefinition, XmlOptions, XmlWriter};

/// How a file is read.
#[derive(Debug, Clone, PartialEq)]
pub struct FileOptions {
    /// How it is compressed.
    pub compression: Option<Compression>,
    /// How its text is encoded; workbooks have no such thing.
    pub encoding: Encoding,
    /// What is in it.
    pub format: FileFormat,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq)]
pub enum FileFormat {
    /// Rows of delimited values.
    Csv(CsvOptions),
    /// A list at a dotted path, or JSON Lines.
    Json {
        /// The path.
        resource_path: String,
    },
    /// JSON Lines, also of one line.
    JsonLines,
    /// Elements.
    Xml(XmlOptions),
    /// The first sheet of a workbook.
    Xlsx {
        /// The first row names the columns.
        has_header_row: bool,
    },
    /// Rows by a file definition.
    Definition {
        /// The definition.
        definition: FileDefinition,
        /// The list, with dots, whose items are records; empty for the whole.
        resource_path: String,
        /// What cannot be read costs only its record.
        partial: bool,
    },
}

/// How a file is written.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// How it is compressed.
    pub compression: Option<Compression>,
    /// How its text is encoded.
    pub encoding: Encoding,
    /// What is in it.
    pub format: WriteFormat,
}

/// What is written into a file.
#[derive(Debug, Clone)]
pub enum WriteFormat {
    /// Rows of delimited values.
    Csv(CsvOptions),
    /// A list.
    Json,
    /// JSON Lines.
    JsonLines,
    /// Elements.
    Xml(XmlWriter),
    /// A workbook of one sheet.
    Xlsx {
        /// The first row names the columns.
        include_header: bool,
    },
    /// Rows by a file definition.
    Definition(FileDefinition),
}

impl WriteFormat {
    /// What names of such files end with.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Xml(_) => "xml",
            Self::Xlsx { .. } => "xlsx",
            Self::Definition(_) => "txt",
        }
    }
}
