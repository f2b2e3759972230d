//! Reads a stored file.

use futures::stream::StreamExt;
use tombolo_formats::{CsvReader, FileReader, FormatError, JsonReader, Row};

use super::shared::Shared;
use super::source::{Failure, Intake, Stopped};
use crate::plan::{FileRead, Format};
use crate::units::PARSE_BYTES;

pub(super) async fn read(shared: &Shared<'_>, file: &FileRead, intake: &mut impl Intake) -> Result<(), Stopped> {
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
}

impl Parser {
    pub(super) fn new(format: &Format) -> Self {
        match format {
            Format::Csv(options) => Self::Csv(Box::new(CsvReader::new(options.clone()))),
            Format::Json { resource_path } => Self::Json(Box::new(JsonReader::new(resource_path))),
            Format::File(options) => Self::File(Box::new(FileReader::new(options))),
        }
    }

    /// How many bytes to push at once.
    pub(super) fn piece_bytes(&self) -> usize {
        match self {
            Self::Csv(_) | Self::Json(_) => PARSE_BYTES,
            Self::File(reader) => reader.piece_bytes(),
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], rows: &mut Vec<Row>) -> Result<(), FormatError> {
        match self {
            Self::Csv(reader) => reader.push(bytes, rows),
            Self::Json(reader) => reader.push(bytes, rows),
            Self::File(reader) => reader.push(bytes, rows),
        }
    }

    /// Ends the file; whether there are more rows, to be asked for in the same way.
    pub(super) fn finish(&mut self, rows: &mut Vec<Row>) -> Result<bool, FormatError> {
        match self {
            Self::Csv(reader) => reader.finish(rows).map(|()| false),
            Self::Json(reader) => reader.finish(rows).map(|()| false),
            Self::File(reader) => reader.finish(rows),
        }
    }
}
