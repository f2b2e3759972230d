//! The evaluations of file formats: a text or file to records, records to a text.
//!
//! Options have the names that they have in `export.file` and `import.file`. Files that are no text come as base64.

mod places;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tombolo_formats::{
    Encoding, FileDefinition, FileFormat, FileOptions, FileReader, FormatError, RecordWriter, Row, WriteFormat,
    WriteOptions, XmlOptions,
};
use tombolo_model::{Problem, Val};

use super::weight::of_record;
use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::compile::{csv_options, xml_options, xml_writer};
use crate::group::{Group, Grouper, Grouping};

pub(super) const ALL: &[Evaluator] = &[
    ("csvParse", csv_parse),
    ("csvGenerate", csv_generate),
    ("xmlParse", xml_parse),
    ("xmlGenerate", xml_generate),
    ("jsonParse", json_parse),
    ("xlsxParse", xlsx_parse),
    ("fileDefinitionParse", file_definition_parse),
    ("fileDefinitionGenerate", file_definition_generate),
];

/// The settings, which older callers give as rules.
fn settings(request: &EvalRequest) -> &Value {
    if request.options.is_object() { &request.options } else { &request.rules }
}

/// The most that the records of one input may take in memory.
const MOST_HELD: usize = 120 << 20;
/// How many rows that are no records get a place.
const MOST_PLACES: usize = 20;
/// What a row that could not be read takes: its error is a sentence.
const REFUSED: usize = 450;

fn csv_parse(request: &EvalRequest) -> EvalOutcome {
    let settings = settings(request);
    let options = match csv_options(&json!({ "file": { "csv": settings } })) {
        Ok(options) => options,
        Err(problems) => return refused(problems),
    };
    let place = |error: &FormatError| places::in_csv(text_of(request), error, settings);
    let keys = match Grouping::key_columns(settings.get("keyColumns"), "/keyColumns") {
        Ok(keys) => keys,
        Err(problems) => return refused(problems),
    };
    let read = of_text(request, FileFormat::Csv(options));
    let read = match keys {
        None => read,
        Some(keys) => read.map(|read| joined(&keys, read)),
    };
    gathered(read, text_of(request), &place)
}

/// Neighbouring rows of one key as one record each, as a run joins them.
fn joined(keys: &Grouping, read: Read) -> Read {
    let mut grouper = Grouper::new(keys);
    let mut joined = Read { records: Vec::new(), ..read };
    let mut take = |group: Group, refused: &mut Vec<Refused>| {
        let first = group.index + 1;
        match group.into_record() {
            Ok(record) => joined.records.push(record),
            Err(bytes) => {
                let message =
                    format!("The group that begins with row {first} has {bytes} bytes, too many for one record.");
                refused.push(Refused { message, row: None, byte: None });
            }
        }
    };
    for (row, index) in read.records.into_iter().zip(0..) {
        match keys.refuses(&row) {
            Some(message) => joined.refused.push(Refused { message, row: None, byte: None }),
            None => {
                if let Some(group) = grouper.push(row, index) {
                    take(group, &mut joined.refused);
                }
            }
        }
    }
    if let Some(group) = grouper.end() {
        take(group, &mut joined.refused);
    }
    joined
}

fn csv_generate(request: &EvalRequest) -> EvalOutcome {
    match csv_options(&json!({ "file": { "csv": settings(request) } })) {
        Ok(options) => generated(WriteFormat::Csv(options), &request.input),
        Err(problems) => refused(problems),
    }
}

fn xml_parse(request: &EvalRequest) -> EvalOutcome {
    let settings = settings(request);
    let path = settings.get("resourcePath").and_then(Value::as_str).unwrap_or_default();
    // As an export has them, or all in one.
    let rules = settings.pointer("/parsers/0/rules").or_else(|| settings.pointer("/doc/parsers/0/rules"));
    match xml_options(rules.unwrap_or(settings), path, "/resourcePath") {
        // A text is decoded, whatever its first line says.
        Ok(options) => {
            let read = of_text(request, FileFormat::Xml(XmlOptions { decoded: true, ..options }));
            gathered(read, text_of(request), &|error| places::in_xml(text_of(request), error))
        }
        Err(problems) => refused(problems),
    }
}

fn xml_generate(request: &EvalRequest) -> EvalOutcome {
    match xml_writer(settings(request)) {
        Ok(writer) => generated(WriteFormat::Xml(writer), &request.input),
        Err(problem) => refused(vec![Problem { path: "/resourcePath".to_owned(), ..problem }]),
    }
}

fn json_parse(request: &EvalRequest) -> EvalOutcome {
    let path = settings(request).get("resourcePath").and_then(Value::as_str).unwrap_or_default();
    let read = of_text(request, FileFormat::Json { resource_path: path.to_owned() });
    let stopped = read.as_ref().ok().and_then(|read| read.stopped);
    gathered(read, text_of(request), &|error| places::in_json(text_of(request), error, stopped))
}

fn xlsx_parse(request: &EvalRequest) -> EvalOutcome {
    let has_header_row = settings(request).get("hasHeaderRow").and_then(Value::as_bool).unwrap_or(true);
    let text = match text(request) {
        Ok(text) => text,
        Err(outcome) => return outcome,
    };
    match STANDARD.decode(text.trim()) {
        Ok(bytes) => gathered(Ok(parsed(FileFormat::Xlsx { has_header_row }, &bytes)), "", &|_| 1),
        Err(error) => {
            let message = format!("The input is no base64: {error}. Give the workbook in base64.");
            EvalOutcome::failed([EvalError::new("invalid_input", message)])
        }
    }
}

fn file_definition_parse(request: &EvalRequest) -> EvalOutcome {
    let (definition, options) = match definition(request) {
        Ok(found) => found,
        Err(problems) => return refused(problems),
    };
    let resource_path = options.get("resourcePath").and_then(Value::as_str).unwrap_or_default().to_owned();
    let partial = options.get("allowPartialSuccess").and_then(Value::as_bool).unwrap_or(false);
    let format = FileFormat::Definition { definition, resource_path, partial };
    let source = if request.rules.is_object() { &request.rules } else { &request.options };
    let read = of_text(request, format);
    gathered(read, text_of(request), &|error| places::in_definition(text_of(request), error, source))
}

fn file_definition_generate(request: &EvalRequest) -> EvalOutcome {
    match definition(request) {
        Ok((definition, _)) => generated(WriteFormat::Definition(definition), &request.input),
        Err(problems) => refused(problems),
    }
}

/// The definition, in the rules or among the options, and the options beside it.
fn definition(request: &EvalRequest) -> Result<(FileDefinition, &Value), Vec<Problem>> {
    let source = if request.rules.is_object() { &request.rules } else { &request.options };
    let options = if request.options.is_object() { &request.options } else { &request.rules };
    Ok((FileDefinition::compile(source)?, options))
}

/// What came of a file.
#[derive(Default)]
struct Read {
    records: Vec<Val>,
    /// Why other rows are no records.
    refused: Vec<Refused>,
    /// Why it was not read to its end.
    error: Option<FormatError>,
    /// The byte at which that was, where the reader knows.
    stopped: Option<u64>,
}

/// A row that is no record.
struct Refused {
    message: String,
    /// Which row of the text it is, where the reader knows.
    row: Option<u64>,
    /// The byte at which it is wrong, where the reader knows that.
    byte: Option<u64>,
}

/// The rows of the text that is the input.
fn of_text(request: &EvalRequest, format: FileFormat) -> Result<Read, EvalOutcome> {
    text(request).map(|text| parsed(format, text.as_bytes()))
}

fn text(request: &EvalRequest) -> Result<&str, EvalOutcome> {
    request.input.as_str().ok_or_else(|| {
        EvalOutcome::failed([EvalError::at("invalid_input", "Enter the content of the file: a text.", "/input")])
    })
}

/// The same, where it is known to be one.
fn text_of(request: &EvalRequest) -> &str {
    request.input.as_str().unwrap_or_default()
}

fn parsed(format: FileFormat, bytes: &[u8]) -> Read {
    let mut reader = FileReader::new(&FileOptions { compression: None, encoding: Encoding::Utf8, format });
    let mut rows = Vec::new();
    let mut read = Read::default();
    let mut held = 0;
    let mut result = Ok(true);
    for piece in bytes.chunks(reader.piece_bytes()) {
        // What was read before a fault is read all the same.
        let pushed = reader.push(piece, &mut rows);
        let kept = read.hold(&mut rows, &mut held);
        result = pushed.and(kept).map(|()| true);
        if result.is_err() {
            break;
        }
    }
    while let Ok(true) = result {
        let more = reader.finish(&mut rows);
        let kept = read.hold(&mut rows, &mut held);
        result = more.and_then(|more| kept.map(|()| more));
    }
    read.error = result.err();
    read.stopped = reader.stopped_at().filter(|_| read.error.is_some());
    read
}

impl Read {
    /// Takes rows that were read. A run hands its records on; here they are all held, and few bytes can be many records.
    fn hold(&mut self, rows: &mut Vec<Row>, held: &mut usize) -> Result<(), FormatError> {
        for row in rows.drain(..) {
            *held += row.as_ref().map_or(REFUSED, of_record);
            if *held > MOST_HELD {
                return Err(FormatError::TooBig { what: "What the editor makes of the input", most: MOST_HELD });
            }
            match row {
                Ok(record) => self.records.push(Val::Map(record)),
                // Only its sentence and its place are shown.
                Err(error) => {
                    let (row, byte) = (error.row, error.byte);
                    self.refused.push(Refused { message: error.message, row, byte });
                }
            }
        }
        Ok(())
    }
}

/// Finds the character at which a file is wrong.
type Place<'p> = &'p dyn Fn(&FormatError) -> usize;

/// The records of a text; what was wrong with the others and with the file are errors beside them.
fn gathered(read: Result<Read, EvalOutcome>, text: &str, place: Place<'_>) -> EvalOutcome {
    let read = match read {
        Ok(read) => read,
        Err(outcome) => return outcome,
    };
    // To find a row the text is gone through: nobody mends more of them before asking again.
    let at = |number: usize, refused: &Refused| match (refused.byte, refused.row) {
        _ if number >= MOST_PLACES => None,
        (Some(byte), _) => Some(places::of_byte(text, byte)),
        (None, row) => row.map(|row| place(&FormatError::NotUtf8 { row })),
    };
    let refused = read.refused.into_iter().enumerate().map(|(number, refused)| EvalError {
        at: at(number, &refused),
        ..EvalError::at("parse", refused.message, "/input")
    });
    let broken = read
        .error
        .map(|error| EvalError { at: Some(place(&error)), ..EvalError::at("parse", error.to_string(), "/input") });
    EvalOutcome { errors: refused.chain(broken).collect(), ..EvalOutcome::made(Val::List(read.records)) }
}

/// The text of records; one object is one record.
fn generated(format: WriteFormat, input: &Val) -> EvalOutcome {
    let records = match input {
        Val::List(records) => records,
        one => std::slice::from_ref(one),
    };
    let options = WriteOptions { compression: None, encoding: Encoding::Utf8, format };
    let mut writer = RecordWriter::new(&options, "file");
    let mut bytes = Vec::new();
    let mut outcome = EvalOutcome::default();
    for (at, record) in records.iter().enumerate() {
        let written = match record {
            Val::Map(record) => writer.write(record, &mut bytes),
            other => Err(format!("Record {} is {} and not an object.", at + 1, other.kind())),
        };
        if let Err(message) = written {
            outcome.errors.push(EvalError { path: Some(format!("/{at}")), ..EvalError::new("generate", message) });
        }
    }
    if let Err(message) = writer.finish(&mut bytes) {
        outcome.errors.push(EvalError::new("generate", message));
    }
    outcome.output = String::from_utf8_lossy(&bytes).into_owned().into();
    outcome
}

fn refused(problems: Vec<Problem>) -> EvalOutcome {
    let own = |problem: Problem| {
        let path = problem.path.strip_prefix("/file/csv").map(ToOwned::to_owned).unwrap_or(problem.path.clone());
        EvalError::from(Problem { path, ..problem })
    };
    EvalOutcome::failed(problems.into_iter().map(own))
}

#[cfg(test)]
mod tests;
