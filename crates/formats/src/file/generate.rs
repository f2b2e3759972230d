//! Records to the bytes of a file.

use tombolo_model::Record;

use super::{WriteFormat, WriteOptions};
use crate::{
    Compression, CsvWriter, DefinitionWriter, Encoder, Encoding, GzipWriter, JsonLinesWriter, JsonWriter, XlsxWriter,
    XmlWriter, ZipWriter,
};

/// Writes any kind of file, record after record.
pub struct RecordWriter {
    format: Format,
    encoder: Encoder,
    packed: Packed,
    /// The name of the file inside of an archive.
    name: String,
    text: Vec<u8>,
    encoded: Vec<u8>,
}

enum Format {
    Csv(CsvWriter),
    Json(JsonWriter),
    JsonLines(JsonLinesWriter),
    Xml(XmlWriter),
    Definition(DefinitionWriter),
    Xlsx(Box<XlsxWriter>),
}

impl Format {
    fn write(&mut self, record: &Record, out: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Xlsx(writer) => writer.write(record, out)?,
            Self::Csv(writer) => writer.write(record, out)?,
            Self::Json(writer) => writer.write(record, out),
            Self::JsonLines(writer) => writer.write(record, out),
            Self::Xml(writer) => writer.write(record, out)?,
            Self::Definition(writer) => writer.write(record, out)?,
        }
        Ok(())
    }

    /// As it is now, to go back to. A workbook needs none: it is no text, so no encoding can lack anything.
    fn snapshot(&self) -> Option<Self> {
        Some(match self {
            Self::Csv(writer) => Self::Csv(writer.clone()),
            Self::Json(writer) => Self::Json(writer.clone()),
            Self::JsonLines(writer) => Self::JsonLines(writer.clone()),
            Self::Xml(writer) => Self::Xml(writer.clone()),
            Self::Definition(writer) => Self::Definition(writer.clone()),
            Self::Xlsx(_) => return None,
        })
    }
}

enum Packed {
    No,
    Gzip(Box<GzipWriter>),
    Zip { writer: Box<ZipWriter>, begun: bool },
}

impl RecordWriter {
    /// Makes a writer; `name` is that of the file, which an archive needs.
    #[must_use]
    pub fn new(options: &WriteOptions, name: &str) -> Self {
        let format = match &options.format {
            WriteFormat::Csv(options) => Format::Csv(CsvWriter::new(options.clone())),
            WriteFormat::Json => Format::Json(JsonWriter::default()),
            WriteFormat::JsonLines => Format::JsonLines(JsonLinesWriter),
            WriteFormat::Xml(writer) => Format::Xml(writer.clone().in_encoding(options.encoding)),
            WriteFormat::Xlsx { include_header } => Format::Xlsx(Box::new(XlsxWriter::new(*include_header))),
            WriteFormat::Definition(definition) => Format::Definition(DefinitionWriter::new(definition.clone())),
        };
        let packed = match options.compression {
            None => Packed::No,
            Some(Compression::Gzip) => Packed::Gzip(Box::default()),
            Some(Compression::Zip) => Packed::Zip { writer: Box::default(), begun: false },
        };
        let name = name.strip_suffix(".zip").unwrap_or(name);
        let name = if name.contains('.') { name.to_owned() } else { format!("{name}.{}", options.format.extension()) };
        let encoding = if matches!(format, Format::Xlsx(_)) { Encoding::Utf8 } else { options.encoding };
        Self { format, encoder: Encoder::new(encoding), packed, name, text: Vec::new(), encoded: Vec::new() }
    }

    /// Appends one record.
    ///
    /// # Errors
    ///
    /// Returns why the record cannot be written; the file is as if it had never been tried.
    pub fn write(&mut self, record: &Record, out: &mut Vec<u8>) -> Result<(), String> {
        // What is neither encoded nor packed goes straight into the file.
        if self.encoder.is_plain() && matches!(self.packed, Packed::No) {
            let from = out.len();
            return self.format.write(record, out).inspect_err(|_| out.truncate(from));
        }
        self.text.clear();
        // A text that its encoding lacks may have been the one that names the columns.
        let before = if self.encoder.is_plain() { None } else { self.format.snapshot() };
        self.format.write(record, &mut self.text)?;
        let sent = self.send(out);
        if let (Err(_), Some(before)) = (&sent, before) {
            self.format = before;
        }
        sent
    }

    /// Appends records that belong together: all of them, or none.
    ///
    /// # Errors
    ///
    /// Returns why one of them cannot be written; the file is as if none had been tried.
    pub fn write_all(&mut self, records: &[&Record], out: &mut Vec<u8>) -> Result<(), String> {
        if let [record] = records {
            return self.write(record, out);
        }
        let before = self.format.snapshot();
        self.text.clear();
        let written = match &mut self.format {
            Format::Xlsx(writer) => writer.write_all(records, &mut self.text),
            format => records.iter().try_for_each(|record| format.write(record, &mut self.text)),
        };
        let sent = written.and_then(|()| self.send(out));
        if let (Err(_), Some(before)) = (&sent, before) {
            self.format = before;
        }
        sent
    }

    /// Appends the end of the file.
    ///
    /// # Errors
    ///
    /// Returns why the end cannot be written.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        self.text.clear();
        match &mut self.format {
            Format::Json(writer) => writer.finish(&mut self.text),
            Format::Xml(writer) => writer.finish(&mut self.text),
            Format::Xlsx(writer) => writer.finish(&mut self.text),
            Format::Csv(_) | Format::JsonLines(_) | Format::Definition(_) => {}
        }
        self.send(out)?;
        self.close(out);
        Ok(())
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        match &mut self.packed {
            Packed::No => {}
            Packed::Gzip(writer) => writer.finish(out),
            Packed::Zip { writer, .. } => writer.finish(out),
        }
    }

    /// Appends a whole file that somebody else has written, encoded and compressed as files of these options are.
    ///
    /// # Errors
    ///
    /// Returns a message that names the first character that the encoding does not have.
    pub fn write_text(mut self, text: &str, out: &mut Vec<u8>) -> Result<(), String> {
        self.text.clear();
        self.text.extend_from_slice(text.as_bytes());
        self.send(out)?;
        self.close(out);
        Ok(())
    }

    /// Encodes, compresses and appends the text at hand.
    fn send(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let bytes = if self.encoder.is_plain() {
            &self.text
        } else {
            self.encoded.clear();
            let text = std::str::from_utf8(&self.text).map_err(|error| error.to_string())?;
            if !text.is_empty() {
                self.encoder.push(text, &mut self.encoded)?;
            }
            &self.encoded
        };
        match &mut self.packed {
            Packed::No => out.extend_from_slice(bytes),
            Packed::Gzip(writer) => writer.push(bytes, out),
            Packed::Zip { writer, begun } => {
                if !std::mem::replace(begun, true) {
                    writer.begin(&self.name, out);
                }
                writer.push(bytes, out);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tombolo_model::{KeyPool, Val};

    use super::*;
    use crate::{CsvOptions, FileFormat, FileOptions, FileReader, XmlOptions, XmlPath};

    fn record(text: &str) -> Record {
        let Val::Map(record) = Val::parse(text.as_bytes(), &mut KeyPool::default()).unwrap() else {
            panic!("an object")
        };
        record
    }

    fn formats() -> Vec<(FileFormat, WriteFormat)> {
        let path = XmlPath::parse("/rows/row").unwrap();
        let xml = XmlOptions { automatic: false, ..XmlOptions::new(path.clone()) };
        vec![
            (FileFormat::Csv(CsvOptions::default()), WriteFormat::Csv(CsvOptions::default())),
            (FileFormat::Json { resource_path: String::new() }, WriteFormat::Json),
            (FileFormat::JsonLines, WriteFormat::JsonLines),
            (FileFormat::Xlsx { has_header_row: true }, WriteFormat::Xlsx { include_header: true }),
            (FileFormat::Xml(xml), WriteFormat::Xml(XmlWriter::new(&path, false, "", "&txt").unwrap())),
        ]
    }

    #[test]
    fn files_of_every_kind_read_back_in_every_encoding_and_compression() {
        let records = [record(r#"{"a":"Zoë","b":"x\ny"}"#), record(r#"{"a":"<&;\"","b":"0"}"#)];
        for (read, write) in formats() {
            for encoding in [Encoding::Utf8, Encoding::Win1252, Encoding::Utf16Le] {
                for compression in [None, Some(Compression::Gzip), Some(Compression::Zip)] {
                    let read = match read.clone() {
                        FileFormat::Xml(xml) => FileFormat::Xml(XmlOptions { decoded: true, ..xml }),
                        other => other,
                    };
                    let options = WriteOptions { compression, encoding, format: write.clone() };
                    let mut writer = RecordWriter::new(&options, "rows");
                    let mut bytes = Vec::new();
                    for record in &records {
                        writer.write(record, &mut bytes).unwrap();
                    }
                    writer.finish(&mut bytes).unwrap();
                    let mut reader = FileReader::new(&FileOptions { compression, encoding, format: read });
                    let mut rows = Vec::new();
                    for piece in bytes.chunks(11) {
                        reader.push(piece, &mut rows).unwrap();
                    }
                    while reader.finish(&mut rows).unwrap() {}
                    let rows: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
                    assert_eq!(rows, records, "{write:?} {encoding:?} {compression:?}");
                }
            }
        }
    }

    #[test]
    fn a_record_that_its_encoding_lacks_leaves_the_file_as_it_was() {
        let format = WriteFormat::Csv(CsvOptions::default());
        let options = WriteOptions { compression: None, encoding: Encoding::Iso88591, format };
        let mut writer = RecordWriter::new(&options, "rows");
        let mut bytes = Vec::new();
        assert!(writer.write(&record(r#"{"a":"日"}"#), &mut bytes).unwrap_err().contains("“日”"));
        writer.write(&record(r#"{"b":"é"}"#), &mut bytes).unwrap();
        assert_eq!(bytes, b"b\n\xe9\n");
    }

    #[test]
    fn records_that_belong_together_are_written_all_or_none() {
        let texts: Vec<Record> =
            [r#"{"a":"1"}"#, r#"{"a":"2","b":"3"}"#, r#"{"a":"日"}"#].into_iter().map(record).collect();
        for (_, format) in formats() {
            for compression in [None, Some(Compression::Gzip)] {
                let options = WriteOptions { compression, encoding: Encoding::Iso88591, format: format.clone() };
                let written = |groups: &[&[&Record]]| {
                    let mut writer = RecordWriter::new(&options, "rows");
                    let mut bytes = Vec::new();
                    let results: Vec<bool> =
                        groups.iter().map(|group| writer.write_all(group, &mut bytes).is_ok()).collect();
                    writer.finish(&mut bytes).unwrap();
                    (results, bytes)
                };
                let refused = if matches!(format, WriteFormat::Csv(_) | WriteFormat::Xlsx { .. }) { 1 } else { 2 };
                if matches!((&format, refused), (WriteFormat::Json | WriteFormat::JsonLines | WriteFormat::Xml(_), 2)) {
                    // Numeric references and escapes write what the encoding lacks.
                    continue;
                }
                let (results, bytes) = written(&[&[&texts[0], &texts[refused]], &[&texts[0], &texts[0]]]);
                assert_eq!(results, [false, true], "{format:?}");
                assert_eq!(bytes, written(&[&[&texts[0], &texts[0]]]).1, "{format:?}");
            }
        }
    }

    #[test]
    fn each_file_of_an_archive_has_its_own_header() {
        let mut zip = ZipWriter::default();
        let mut bytes = Vec::new();
        for text in ["a\n1\n", "b\n2\n"] {
            zip.begin("x.csv", &mut bytes);
            zip.push(text.as_bytes(), &mut bytes);
        }
        zip.finish(&mut bytes);
        let format = FileFormat::Csv(CsvOptions::default());
        let options = FileOptions { compression: Some(Compression::Zip), encoding: Encoding::Utf8, format };
        let mut reader = FileReader::new(&options);
        let mut rows = Vec::new();
        reader.push(&bytes, &mut rows).unwrap();
        reader.finish(&mut rows).unwrap();
        let shown: Vec<_> = rows.into_iter().map(|row| row.unwrap().to_json()).collect();
        assert_eq!(shown, [r#"{"a":"1"}"#, r#"{"b":"2"}"#]);
    }
}
