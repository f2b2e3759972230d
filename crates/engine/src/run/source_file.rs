//! Reads a stored file.

use futures::stream::StreamExt;
use tombolo_formats::{CsvReader, FileReader, FormatError, JsonReader, MAX_RECORD_BYTES, Row, RowError};
use tombolo_model::{Record, Val};

use super::shared::Shared;
use super::source::{Failure, Intake, Stopped};
use crate::plan::{FileRead, Format};
use crate::units::PARSE_BYTES;

/// `whole`: it is read to its end, whatever it has.
pub(super) async fn read(
    shared: &Shared<'_>,
    file: &FileRead,
    whole: bool,
    intake: &mut impl Intake,
) -> Result<(), Stopped> {
    if whole && file.format.is_json() {
        parse(shared, file, &mut Nobody).await?;
    }
    parse(shared, file, intake).await
}

/// Reads a file of JSON for its faults: one that was cut off or is broken further on is no source, and nothing of it may
/// arrive. It costs a second reading and no memory.
struct Nobody;

impl Intake for Nobody {
    async fn take(&mut self, rows: &mut Vec<Row>) -> Result<(), Stopped> {
        rows.clear();
        Ok(())
    }
}

async fn parse(shared: &Shared<'_>, file: &FileRead, intake: &mut impl Intake) -> Result<(), Stopped> {
    let failed = |error: crate::host::FileError| Failure::new("file", error.to_string());
    let mut pieces = shared.host.files().open(&file.hash).await.map_err(failed)?;
    let mut parser = Parser::new(&file.format);
    let mut rows = Vec::new();
    while let Some(piece) = pieces.next().await {
        for part in piece.map_err(failed)?.chunks(parser.piece_bytes()) {
            let parsed = parser.push(part, &mut rows);
            intake.take(&mut rows).await?;
            parsed.map_err(|error| unreadable(&error))?;
        }
    }
    loop {
        let parsed = parser.finish(&mut rows);
        intake.take(&mut rows).await?;
        if !parsed.map_err(|error| unreadable(&error))? {
            return Ok(());
        }
    }
}

fn unreadable(error: &FormatError) -> Failure {
    Failure::new("parse", error.to_string())
}

/// A parser of whichever format.
pub(super) enum Parser {
    Csv(Box<CsvReader>),
    Json(Box<JsonReader>),
    File(Box<FileReader>),
    Text(TextReader),
}

/// A text that is one record as a whole, under [`TEXT`].
#[derive(Default)]
pub(super) struct TextReader {
    bytes: Vec<u8>,
    too_big: bool,
}

/// The field of a record that is one text.
const TEXT: &str = "text";

impl Parser {
    pub(super) fn new(format: &Format) -> Self {
        match format {
            Format::Csv(options) => Self::Csv(Box::new(CsvReader::new(options.clone()))),
            Format::Json { resource_path, table } => {
                let reader = JsonReader::new(resource_path);
                let reader = match table {
                    Some(has_header) => reader.table(*has_header),
                    None => reader,
                };
                Self::Json(Box::new(reader))
            }
            Format::Text => Self::Text(TextReader::default()),
            Format::File(options) => Self::File(Box::new(FileReader::new(options))),
        }
    }

    /// How many bytes to push at once.
    pub(super) fn piece_bytes(&self) -> usize {
        match self {
            Self::Csv(_) | Self::Json(_) | Self::Text(_) => PARSE_BYTES,
            Self::File(reader) => reader.piece_bytes(),
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], rows: &mut Vec<Row>) -> Result<(), FormatError> {
        match self {
            Self::Csv(reader) => reader.push(bytes, rows),
            Self::Json(reader) => reader.push(bytes, rows),
            Self::File(reader) => reader.push(bytes, rows),
            Self::Text(reader) => {
                reader.push(bytes);
                Ok(())
            }
        }
    }

    /// Ends the file; whether there are more rows, to be asked for in the same way.
    pub(super) fn finish(&mut self, rows: &mut Vec<Row>) -> Result<bool, FormatError> {
        match self {
            Self::Csv(reader) => reader.finish(rows).map(|()| false),
            Self::Json(reader) => reader.finish(rows).map(|()| false),
            Self::File(reader) => reader.finish(rows),
            Self::Text(reader) => {
                rows.push(reader.finish());
                Ok(false)
            }
        }
    }
}

impl TextReader {
    fn push(&mut self, bytes: &[u8]) {
        self.too_big |= self.bytes.len() + bytes.len() > MAX_RECORD_BYTES;
        if self.too_big {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    fn finish(&mut self) -> Row {
        if self.too_big {
            return Err(RowError::too_big(0, "The text"));
        }
        let text = String::from_utf8(std::mem::take(&mut self.bytes)).map_err(|_| {
            let message = "The text is not UTF-8. Have the source send UTF-8.";
            RowError::new(0, message.to_owned())
        })?;
        let mut record = Record::default();
        record.set(TEXT, Val::text(&text));
        Ok(record)
    }
}
