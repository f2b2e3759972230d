//! The body of an answer: its records while it comes, and all of it where something beside them is read.

use std::hash::{DefaultHasher, Hasher};

use futures::stream::StreamExt;
use tombolo_formats::{Decoder, Encoding, FileFormat, FileOptions, FileReader, FormatError, Row, XmlOptions, XmlPath};
use tombolo_model::{KeyPool, Val};

use super::answer::is_markup;
use super::request::patiently;
use super::shared::Shared;
use super::source::{Failure, Intake, Stopped};
use super::source_file::Parser;
use crate::http::{HttpError, Response};
use crate::plan::Format;
use crate::scrub::Scrub;
use crate::units::{MAX_ANSWER_BYTES, PARSE_BYTES};

/// A body that is read.
pub(super) struct Body<'a, 's> {
    pub(super) shared: &'a Shared<'s>,
    pub(super) format: &'a Format,
    pub(super) scrub: &'a Scrub,
    /// Whether its last record is kept.
    pub(super) keep_last: bool,
}

/// What came of a body.
#[derive(Default)]
pub(super) struct Came {
    pub(super) records: u64,
    pub(super) print: u64,
    pub(super) last: Option<Val>,
    /// All of it.
    pub(super) bytes: Vec<u8>,
}

impl Body<'_, '_> {
    /// Parses a body while it comes, and keeps it where `keep` says so.
    pub(super) async fn stream(
        &self,
        mut response: Response,
        keep: bool,
        intake: &mut impl Intake,
    ) -> Result<Came, Stopped> {
        let mut parser = Parser::new(self.format);
        let mut came = Came::default();
        let mut start = Start::of(self.format, &response);
        let mut print = DefaultHasher::new();
        while let Some(piece) = self.piece(&mut response, &mut start).await? {
            print.write(&piece);
            if keep {
                came.bytes.extend_from_slice(&piece);
            }
            self.push(&mut parser, &piece, &mut came, intake).await?;
        }
        self.end(start)?;
        self.finish(&mut parser, &mut came, intake).await?;
        came.print = print.finish();
        Ok(came)
    }

    /// All of a body, with nothing done about it yet.
    pub(super) async fn whole(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let mut start = Start::of(self.format, &response);
        while let Some(piece) = self.piece(&mut response, &mut start).await? {
            bytes.extend_from_slice(&piece);
        }
        self.end(start)?;
        Ok(bytes)
    }

    /// Parses a body that is there.
    pub(super) async fn parse(&self, bytes: Vec<u8>, intake: &mut impl Intake) -> Result<Came, Stopped> {
        let mut parser = Parser::new(self.format);
        let mut came = Came::default();
        self.push(&mut parser, &bytes, &mut came, intake).await?;
        self.finish(&mut parser, &mut came, intake).await?;
        let mut print = DefaultHasher::new();
        print.write(&bytes);
        Ok(Came { print: print.finish(), bytes, ..came })
    }

    /// A body as one value: an object or a list of JSON, the document of XML, else its text.
    pub(super) fn value(&self, bytes: &[u8]) -> Result<Val, Failure> {
        match self.format {
            Format::Json { .. } => Val::parse(bytes, &mut KeyPool::default()).map_err(|error| {
                Failure::new("not_json", format!("the answer is not valid JSON: {error}. Check the address."))
            }),
            Format::File(options) => match &options.format {
                FileFormat::Xml(xml) => self.document(options, xml, bytes),
                _ => Ok(Val::text(&String::from_utf8_lossy(bytes))),
            },
            Format::Csv(_) | Format::Text => Ok(Val::text(&String::from_utf8_lossy(bytes))),
        }
    }

    fn document(&self, options: &FileOptions, xml: &XmlOptions, bytes: &[u8]) -> Result<Val, Failure> {
        let xml = XmlOptions { resource_path: XmlPath::default(), ..xml.clone() };
        let mut reader = FileReader::new(&FileOptions { format: FileFormat::Xml(xml), ..options.clone() });
        let mut rows = Vec::new();
        let read = reader.push(bytes, &mut rows).and_then(|()| reader.finish(&mut rows));
        read.map_err(|error| self.unreadable(&error))?;
        match rows.into_iter().next() {
            None => Ok(Val::Absent),
            Some(Ok(document)) => Ok(Val::Map(document)),
            Some(Err(error)) => {
                Err(Failure::new("too_big", format!("the answer is read as a whole, and that {}", error.message)))
            }
        }
    }

    async fn piece(&self, response: &mut Response, start: &mut Start) -> Result<Option<Vec<u8>>, Failure> {
        let next = patiently(self.shared.host, response.body.next()).await;
        let Some(piece) = next.map_err(|error| unreachable(self.scrub, &error))? else { return Ok(None) };
        let piece = piece.map_err(|error| unreachable(self.scrub, &error))?;
        start.take(&piece, matches!(self.format, Format::Json { .. }))?;
        start.decoded(piece).map(Some).map_err(|error| self.unreadable(&error))
    }

    fn end(&self, mut start: Start) -> Result<(), Failure> {
        start.end()?;
        start.whole().map_err(|error| self.unreadable(&error))
    }

    async fn push(
        &self,
        parser: &mut Parser,
        bytes: &[u8],
        came: &mut Came,
        intake: &mut impl Intake,
    ) -> Result<(), Stopped> {
        let mut rows = Vec::new();
        for part in bytes.chunks(PARSE_BYTES) {
            let parsed = parser.push(part, &mut rows);
            self.hand_on(&mut rows, came, intake).await?;
            parsed.map_err(|error| self.unreadable(&error))?;
        }
        Ok(())
    }

    async fn finish(&self, parser: &mut Parser, came: &mut Came, intake: &mut impl Intake) -> Result<(), Stopped> {
        let mut rows = Vec::new();
        loop {
            let parsed = parser.finish(&mut rows);
            self.hand_on(&mut rows, came, intake).await?;
            if !parsed.map_err(|error| self.unreadable(&error))? {
                return Ok(());
            }
        }
    }

    async fn hand_on(&self, rows: &mut Vec<Row>, came: &mut Came, intake: &mut impl Intake) -> Result<(), Stopped> {
        came.records += rows.len() as u64;
        if self.keep_last
            && let Some(record) = rows.iter().rev().find_map(|row| row.as_ref().ok())
        {
            came.last = Some(Val::Map(record.clone()));
        }
        intake.take(rows).await
    }

    fn unreadable(&self, error: &FormatError) -> Failure {
        let message = format!("the answer cannot be read. {}", self.scrub.clean(&error.to_string()));
        Failure::new("parse", message)
    }
}

/// How a body begins, how long it is so far, and how its text is encoded.
struct Start {
    blank: bool,
    size: u64,
    decoder: Option<Decoder>,
}

impl Start {
    /// A text and a table are encoded as their header says; XML says it itself, and JSON has one encoding.
    fn of(format: &Format, response: &Response) -> Self {
        let told = matches!(format, Format::Csv(_) | Format::Text);
        let encoding = response.header("content-type").filter(|_| told).and_then(charset);
        let decoder = encoding.filter(|encoding| *encoding != Encoding::Utf8).map(Decoder::new);
        Self { blank: true, size: 0, decoder }
    }

    fn decoded(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, FormatError> {
        let Some(decoder) = &mut self.decoder else { return Ok(piece) };
        let mut text = Vec::new();
        decoder.push(&piece, &mut text).map(|()| text)
    }

    /// That it did not end in the middle of a character.
    fn whole(&mut self) -> Result<(), FormatError> {
        self.decoder.as_mut().map_or(Ok(()), |decoder| decoder.finish(&mut Vec::new()))
    }

    fn take(&mut self, piece: &[u8], json: bool) -> Result<(), Failure> {
        self.size += piece.len() as u64;
        if self.size > MAX_ANSWER_BYTES {
            let most = MAX_ANSWER_BYTES / (1024 * 1024);
            let message = format!("the answer is bigger than {most} MiB. Ask for smaller pages, or set the paging.");
            return Err(Failure::new("too_big", message));
        }
        if self.blank && json && is_markup(piece) {
            let message = "the endpoint answered with a web page or XML and not with JSON. Check the address, and whether one must sign in first.";
            return Err(Failure::new("not_json", message));
        }
        self.blank = self.blank && piece.trim_ascii().is_empty();
        Ok(())
    }

    fn end(&self) -> Result<(), Failure> {
        if !self.blank {
            return Ok(());
        }
        let message = "the endpoint answered with nothing where records should be. Check the address; an endpoint without records answers with an empty list or status 204.";
        Err(Failure::new("empty_answer", message))
    }
}

/// The encoding that a `Content-Type` names, where it is one that files may have.
pub(super) fn charset(content_type: &str) -> Option<Encoding> {
    let mut parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, name) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Encoding::named(name.trim().trim_matches('"'))
}

pub(super) fn unreachable(scrub: &Scrub, error: &HttpError) -> Failure {
    Failure::new("http", format!("the endpoint {}.", scrub.clean(&error.to_string())))
}
