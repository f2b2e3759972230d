//! Files in every format: the same rows in pieces of any size, and what was read can be written and read again.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use tombolo_formats::{
    Compression, CsvOptions, Encoding, FileDefinition, FileFormat, FileOptions, FileReader, FormatError, RecordWriter,
    Row, WriteFormat, WriteOptions, XmlOptions, XmlPath,
};
use tombolo_model::Record;

use crate::harness::Target;
use crate::mutate::Kind;

/// What parsers look for.
const TOKENS: &[&str] = &[
    "<a",
    "</a>",
    "<a b='c'>",
    "/>",
    ">",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml version='1.0'",
    "?>",
    "&lt;",
    "&#x41;",
    "&#0;",
    "<!DOCTYPE a",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\\",
    "\\u00e9",
    "\\ud800",
    ":",
    ",",
    "\"a\":",
    "{\"a\":{\"b\":[",
    "null",
    "true",
    "1e9",
    "-",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "||",
    "'",
    "ISA*",
    "UNA:+.? '",
    "UNB+",
    "A*",
    "~",
    "?",
    "+",
    "\u{feff}",
    "é",
    "\u{0}",
    "\"\"",
    "\"\n",
    " ",
    "<ns:a xmlns:ns=\"u\">",
];

/// The first line of an input, when it is JSON, and what follows.
pub(crate) fn head(input: &[u8]) -> (Value, &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n');
    let split = end.and_then(|end| Some((serde_json::from_slice(&input[..end]).ok()?, &input[end + 1..])));
    split.unwrap_or((Value::Null, input))
}

fn text<'v>(settings: &'v Value, name: &str) -> Option<&'v str> {
    settings.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn flag(settings: &Value, name: &str, usual: bool) -> bool {
    settings.get(name).and_then(Value::as_bool).unwrap_or(usual)
}

fn csv(settings: &Value) -> CsvOptions {
    let usual = CsvOptions::default();
    let delimiter = |name| text(settings, name).filter(|text| !text.contains('"')).map(ToOwned::to_owned);
    CsvOptions {
        column_delimiter: delimiter("columnDelimiter").unwrap_or(usual.column_delimiter),
        row_delimiter: delimiter("rowDelimiter"),
        has_header_row: flag(settings, "hasHeaderRow", true),
        trim_spaces: flag(settings, "trimSpaces", false),
        rows_to_skip: settings.get("rowsToSkip").and_then(Value::as_u64).unwrap_or(0),
        disable_quote: flag(settings, "disableQuote", false),
        wrap_with_quotes: flag(settings, "wrapWithQuotes", false),
        ..CsvOptions::default()
    }
}

fn encoding(settings: &Value) -> Encoding {
    text(settings, "encoding").and_then(Encoding::named).unwrap_or_default()
}

fn read(settings: &Value, format: FileFormat, bytes: &[u8], piece: usize) -> (Vec<Row>, Option<FormatError>) {
    let compression = text(settings, "compression").and_then(Compression::named);
    let mut reader = FileReader::new(&FileOptions { compression, encoding: encoding(settings), format });
    let mut rows = Vec::new();
    for part in bytes.chunks(piece) {
        if let Err(error) = reader.push(part, &mut rows) {
            return (rows, Some(error));
        }
    }
    loop {
        match reader.finish(&mut rows) {
            Ok(true) => {}
            Ok(false) => return (rows, None),
            Err(error) => return (rows, Some(error)),
        }
    }
}

/// The rows, when pieces of every size give the same ones and the same end.
pub(crate) fn same_rows(
    settings: &Value,
    format: &FileFormat,
    bytes: &[u8],
) -> Result<(Vec<Row>, Option<FormatError>), TestCaseError> {
    let whole = read(settings, format.clone(), bytes, bytes.len().max(1));
    for piece in [1, 3, 17, 256] {
        let parts = read(settings, format.clone(), bytes, piece);
        prop_assert_eq!(&whole.1, &parts.1, "pieces of {}", piece);
        prop_assert_eq!(&whole.0, &parts.0, "pieces of {}", piece);
    }
    Ok(whole)
}

/// A file of records, or why there is none.
pub(crate) fn write(settings: &Value, format: WriteFormat, records: &[Record]) -> Result<Vec<u8>, String> {
    let compression = text(settings, "compression").and_then(Compression::named);
    let mut writer = RecordWriter::new(&WriteOptions { compression, encoding: encoding(settings), format }, "x");
    let mut bytes = Vec::new();
    for record in records {
        writer.write(record, &mut bytes)?;
    }
    writer.finish(&mut bytes)?;
    Ok(bytes)
}

/// What was read is the same after it was written and read once more.
fn there_and_back(
    settings: &Value,
    reads: &FileFormat,
    writes: WriteFormat,
    bytes: &[u8],
) -> Result<(), TestCaseError> {
    let (rows, _) = same_rows(settings, reads, bytes)?;
    let records: Vec<Record> = rows.into_iter().filter_map(Result::ok).collect();
    if let Ok(written) = write(settings, writes, &records) {
        let (again, error) = same_rows(settings, reads, &written)?;
        let again: Result<Vec<Record>, _> = again.into_iter().collect();
        let shown = String::from_utf8_lossy(&written);
        prop_assert_eq!(error, None, "written: {}", shown);
        prop_assert_eq!(again, Ok(records), "written: {}", shown);
    }
    Ok(())
}

#[test]
fn csv_reads_the_same_in_any_pieces_and_after_it_was_written() {
    let check = |input: &[u8]| {
        let (settings, bytes) = head(input);
        let options = csv(&settings);
        let (rows, _) = same_rows(&settings, &FileFormat::Csv(options.clone()), bytes)?;
        let records: Vec<Record> = rows.into_iter().filter_map(Result::ok).collect();
        // What is written has no rows to skip, and a table without a header says nothing of its columns' names.
        let options = CsvOptions { rows_to_skip: 0, ..options };
        let same_columns = records.iter().all(|record| record.keys() == records[0].keys());
        if options.disable_quote || !options.has_header_row || !same_columns {
            return Ok(());
        }
        let reads = FileFormat::Csv(options.clone());
        if let Ok(written) = write(&settings, WriteFormat::Csv(options), &records) {
            let (again, error) = same_rows(&settings, &reads, &written)?;
            let again: Result<Vec<Record>, _> = again.into_iter().collect();
            let shown = String::from_utf8_lossy(&written);
            prop_assert_eq!(error, None, "written: {}", shown);
            prop_assert_eq!(again, Ok(records), "written: {}", shown);
        }
        Ok(())
    };
    Target { name: "csv", kind: Kind::Bytes(TOKENS), check }.fuzz();
}

#[test]
fn json_reads_the_same_in_any_pieces_and_after_it_was_written() {
    let check = |input: &[u8]| {
        let (settings, bytes) = head(input);
        let path = text(&settings, "resourcePath").unwrap_or_default().to_owned();
        let (rows, _) = same_rows(&settings, &FileFormat::Json { resource_path: path }, bytes)?;
        let records: Vec<Record> = rows.into_iter().filter_map(Result::ok).collect();
        if let Ok(written) = write(&Value::Null, WriteFormat::Json, &records) {
            let reads = FileFormat::Json { resource_path: String::new() };
            let (again, error) = same_rows(&Value::Null, &reads, &written)?;
            let again: Result<Vec<Record>, _> = again.into_iter().collect();
            prop_assert_eq!((again, error), (Ok(records), None), "{}", String::from_utf8_lossy(&written));
        }
        Ok(())
    };
    Target { name: "json", kind: Kind::Bytes(TOKENS), check }.fuzz();
}

#[test]
fn json_lines_read_the_same_in_any_pieces_and_after_they_were_written() {
    let check = |input: &[u8]| {
        let (settings, bytes) = head(input);
        there_and_back(&settings, &FileFormat::JsonLines, WriteFormat::JsonLines, bytes)
    };
    Target { name: "json-lines", kind: Kind::Bytes(TOKENS), check }.fuzz();
}

#[test]
fn xml_reads_the_same_in_any_pieces() {
    let check = |input: &[u8]| {
        let (settings, bytes) = head(input);
        let Ok(path) = XmlPath::parse(text(&settings, "resourcePath").unwrap_or("/")) else { return Ok(()) };
        let list = |name| text(&settings, name).map(ToOwned::to_owned).into_iter().collect();
        let format = FileFormat::Xml(XmlOptions {
            automatic: flag(&settings, "V0_json", true),
            trim_spaces: flag(&settings, "trimSpaces", false),
            strip_new_lines: flag(&settings, "stripNewLineChars", false),
            attribute_prefix: text(&settings, "attributePrefix").unwrap_or_default().to_owned(),
            list_nodes: list("listNodes"),
            include_nodes: list("includeNodes"),
            exclude_nodes: list("excludeNodes"),
            ..XmlOptions::new(path)
        });
        same_rows(&settings, &format, bytes).map(|_| ())
    };
    Target { name: "xml", kind: Kind::Bytes(TOKENS), check }.fuzz();
}

#[test]
fn workbooks_read_the_same_in_any_pieces() {
    let check = |input: &[u8]| {
        let (settings, bytes) = head(input);
        let has_header_row = flag(&settings, "hasHeaderRow", true);
        same_rows(&settings, &FileFormat::Xlsx { has_header_row }, bytes).map(|_| ())
    };
    Target { name: "xlsx", kind: Kind::Bytes(TOKENS), check }.fuzz();
}

#[test]
fn files_of_a_definition_read_the_same_in_any_pieces_and_after_they_were_written() {
    let check = |input: &[u8]| {
        let (settings, bytes) = head(input);
        let Ok(definition) = FileDefinition::compile(&settings["definition"]) else { return Ok(()) };
        let path = text(&settings, "resourcePath").unwrap_or_default().to_owned();
        let partial = flag(&settings, "partial", false);
        let reads = FileFormat::Definition { definition: definition.clone(), resource_path: path.clone(), partial };
        let (rows, _) = same_rows(&settings, &reads, bytes)?;
        // An item of a list is no whole file, and blanks at the ends of values are what fixed width cannot keep.
        if path.is_empty() {
            let records: Vec<Record> = rows.into_iter().filter_map(Result::ok).collect();
            if let Ok(written) = write(&settings, WriteFormat::Definition(definition), &records) {
                same_rows(&settings, &reads, &written)?;
            }
        }
        Ok(())
    };
    Target { name: "definition", kind: Kind::Bytes(TOKENS), check }.fuzz();
}
