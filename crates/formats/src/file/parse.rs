//! Bytes of a file to records.

use super::{FileFormat, FileOptions};
use crate::error::{FormatError, Row};
use crate::{
    COMPRESSED_PIECE_BYTES, Compression, CsvReader, Decoder, DefinitionReader, GzipReader, JsonReader, Part,
    XlsxReader, XmlReader, ZipReader,
};

/// A push parser of any kind of file. Each file of an archive is parsed by itself.
pub struct FileReader {
    packed: Packed,
    text: Text,
}

enum Packed {
    No,
    Gzip(Box<GzipReader>),
    Zip(Box<ZipReader>),
}

/// What happens to a file after it was decompressed.
struct Text {
    options: FileOptions,
    decoder: Decoder,
    parser: Parser,
    decoded: Vec<u8>,
}

enum Parser {
    Csv(Box<CsvReader>),
    Json(Box<JsonReader>),
    Xml(Box<XmlReader>),
    Xlsx(Box<XlsxReader>),
    Definition(Box<DefinitionReader>),
}

/// The most plain bytes that readers should be given at once.
const PLAIN_PIECE_BYTES: usize = 64 * 1024;

impl FileReader {
    /// Makes a parser.
    #[must_use]
    pub fn new(options: &FileOptions) -> Self {
        let packed = match options.compression {
            None => Packed::No,
            Some(Compression::Gzip) => Packed::Gzip(Box::default()),
            Some(Compression::Zip) => Packed::Zip(Box::default()),
        };
        Self { packed, text: Text::new(options) }
    }

    /// How many bytes to push at once, so that what they become stays small.
    #[must_use]
    pub fn piece_bytes(&self) -> usize {
        match self.packed {
            Packed::No => PLAIN_PIECE_BYTES,
            Packed::Gzip(_) | Packed::Zip(_) => COMPRESSED_PIECE_BYTES,
        }
    }

    /// Takes the next piece of the file and appends the records that it completes.
    ///
    /// # Errors
    ///
    /// Returns why the file cannot be read on.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> Result<(), FormatError> {
        let text = &mut self.text;
        match &mut self.packed {
            Packed::No => text.push(bytes, out),
            Packed::Gzip(reader) => reader.push(bytes, &mut |part| text.part(part, out)),
            Packed::Zip(reader) => reader.push(bytes, &mut |part| text.part(part, out)),
        }
    }

    /// The byte of the text in UTF-8, from 0, at which an error ended the reading; of what is cut off, where it begins. Only
    /// the reader of JSON knows it, and only where there is one text: nothing for what is packed.
    #[must_use]
    pub fn stopped_at(&self) -> Option<u64> {
        match (&self.packed, &self.text.parser) {
            (Packed::No, Parser::Json(reader)) => Some(reader.stopped_at()),
            _ => None,
        }
    }

    /// Says that the file is over and appends the last records; whether there are more, to be asked for in the same
    /// way. A workbook gives all its records here.
    ///
    /// # Errors
    ///
    /// Returns what is missing at the end.
    pub fn finish(&mut self, out: &mut Vec<Row>) -> Result<bool, FormatError> {
        let text = &mut self.text;
        match &mut self.packed {
            Packed::No => text.finish(out),
            Packed::Gzip(reader) => reader.finish(&mut |part| text.part(part, out)).map(|()| false),
            Packed::Zip(reader) => reader.finish().map(|()| false),
        }
    }
}

impl Text {
    fn new(options: &FileOptions) -> Self {
        let parser = match &options.format {
            FileFormat::Csv(options) => Parser::Csv(Box::new(CsvReader::new(options.clone()))),
            FileFormat::Json { resource_path } => Parser::Json(Box::new(JsonReader::new(resource_path))),
            FileFormat::JsonLines => Parser::Json(Box::new(JsonReader::lines())),
            FileFormat::Xml(options) => Parser::Xml(Box::new(XmlReader::new(options.clone()))),
            FileFormat::Xlsx { has_header_row } => Parser::Xlsx(Box::new(XlsxReader::new(*has_header_row))),
            FileFormat::Definition { definition, resource_path, partial } => {
                Parser::Definition(Box::new(DefinitionReader::new(definition, resource_path, *partial)))
            }
        };
        Self { options: options.clone(), decoder: Decoder::new(options.encoding), parser, decoded: Vec::new() }
    }

    fn part(&mut self, part: Part<'_>, out: &mut Vec<Row>) -> Result<(), FormatError> {
        match part {
            Part::Begin => {
                *self = Self::new(&self.options);
                Ok(())
            }
            Part::Bytes(bytes) => self.push(bytes, out),
            Part::End => {
                while self.finish(out)? {}
                Ok(())
            }
        }
    }

    fn push(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> Result<(), FormatError> {
        if let Parser::Xlsx(reader) = &mut self.parser {
            return reader.push(bytes);
        }
        if self.decoder.is_plain() {
            return self.parser.push(bytes, out);
        }
        self.decoded.clear();
        let decoded = self.decoder.push(bytes, &mut self.decoded);
        self.parser.push(&self.decoded, out)?;
        decoded
    }

    fn finish(&mut self, out: &mut Vec<Row>) -> Result<bool, FormatError> {
        if let Parser::Xlsx(reader) = &mut self.parser {
            return reader.finish(out);
        }
        self.decoded.clear();
        let decoded = self.decoder.finish(&mut self.decoded);
        self.parser.push(&self.decoded, out)?;
        decoded?;
        self.parser.finish(out).map(|()| false)
    }
}

impl Parser {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<Row>) -> Result<(), FormatError> {
        match self {
            Self::Csv(reader) => reader.push(bytes, out),
            Self::Json(reader) => reader.push(bytes, out),
            Self::Xml(reader) => reader.push(bytes, out),
            Self::Xlsx(reader) => reader.push(bytes),
            Self::Definition(reader) => reader.push(bytes, out),
        }
    }

    fn finish(&mut self, out: &mut Vec<Row>) -> Result<(), FormatError> {
        match self {
            Self::Csv(reader) => reader.finish(out),
            Self::Json(reader) => reader.finish(out),
            Self::Xml(reader) => reader.finish(out),
            Self::Xlsx(reader) => reader.finish(out).map(drop),
            Self::Definition(reader) => reader.finish(out),
        }
    }
}
