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
use tombolo_model::{Problem, Record, Val};

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

/// The most that the records of one input may take as JSON in memory.
const MOST_HELD: usize = 96 << 20;
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
    let (rows, error) = match of_text(request, FileFormat::Csv(options)) {
        Ok(read) => read,
        Err(outcome) => return outcome,
    };
    match keys {
        None => gathered(Ok((rows, error)), &place),
        Some(keys) => outcome(joined(&keys, rows).into_iter(), error, &place),
    }
}

/// Neighbouring rows of one key as one record each, as a run joins them.
fn joined(keys: &Grouping, rows: Vec<Row>) -> Vec<Result<Val, String>> {
    let mut grouper = Grouper::new(keys);
    let made = |group: Group| {
        let first = group.index + 1;
        let too_big =
            |bytes| format!("The group that begins with row {first} has {bytes} bytes, too many for one record.");
        group.into_record().map_err(too_big)
    };
    let mut values = Vec::new();
    for (row, index) in rows.into_iter().zip(0..) {
        match row {
            Err(error) => values.push(Err(error.message)),
            Ok(record) => {
                let row = Val::Map(record);
                match keys.refuses(&row) {
                    Some(message) => values.push(Err(message)),
                    None => values.extend(grouper.push(row, index).map(made)),
                }
            }
        }
    }
    values.extend(grouper.end().map(made));
    values
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
            gathered(read, &|error| places::in_xml(text_of(request), error))
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
    let mut outcome = gathered(read, &|error| places::in_json(text_of(request), error));
    // A record that is wrong costs only itself; the first of them is where the text breaks.
    if let Some(first) = outcome.errors.first_mut().filter(|error| error.code == "parse" && error.at.is_none()) {
        first.at = places::broken_json(text_of(request));
    }
    outcome
}

fn xlsx_parse(request: &EvalRequest) -> EvalOutcome {
    let has_header_row = settings(request).get("hasHeaderRow").and_then(Value::as_bool).unwrap_or(true);
    let text = match text(request) {
        Ok(text) => text,
        Err(outcome) => return outcome,
    };
    match STANDARD.decode(text.trim()) {
        Ok(bytes) => gathered(Ok(parsed(FileFormat::Xlsx { has_header_row }, &bytes)), &|_| 1),
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
    gathered(of_text(request, format), &|error| places::in_definition(text_of(request), error, source))
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

/// What a file is read by, or what is wrong with what was asked.
type Read = Result<(Vec<Row>, Option<FormatError>), EvalOutcome>;

/// The rows of the text that is the input.
fn of_text(request: &EvalRequest, format: FileFormat) -> Read {
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

fn parsed(format: FileFormat, bytes: &[u8]) -> (Vec<Row>, Option<FormatError>) {
    let mut reader = FileReader::new(&FileOptions { compression: None, encoding: Encoding::Utf8, format });
    let mut rows = Vec::new();
    let mut held = 0;
    let mut seen = 0;
    // A run hands its records on; here they are all held, and few bytes can be many records.
    let mut hold = |rows: &mut Vec<Row>| {
        while let Some(row) = rows.get_mut(seen) {
            if let Err(error) = row {
                // Only its sentence is shown.
                error.record = None;
            }
            held += row.as_ref().map_or(REFUSED, weight);
            if held > MOST_HELD {
                rows.truncate(seen);
                return Err(FormatError::TooBig { what: "What the editor makes of the input", most: MOST_HELD });
            }
            seen += 1;
        }
        Ok(())
    };
    let mut result = Ok(true);
    for piece in bytes.chunks(reader.piece_bytes()) {
        result = reader.push(piece, &mut rows).and_then(|()| hold(&mut rows)).map(|()| true);
        if result.is_err() {
            break;
        }
    }
    while let Ok(true) = result {
        result = reader.finish(&mut rows).and_then(|more| hold(&mut rows).map(|()| more));
    }
    (rows, result.err())
}

/// About what a record takes as JSON in memory.
fn weight(record: &Record) -> usize {
    let fields = record.iter().map(|(name, value)| 32 + name.len() + inner_weight(value)).sum::<usize>();
    // A map makes room for four fields at once.
    80 + 104 * record.values().len().max(4) + fields
}

fn inner_weight(value: &Val) -> usize {
    match value {
        Val::Str(text) => 16 + text.len(),
        Val::List(items) => items.iter().map(|item| 80 + inner_weight(item)).sum(),
        Val::Map(record) => weight(record),
        _ => 0,
    }
}

/// Finds the character at which a file is wrong.
type Place<'p> = &'p dyn Fn(&FormatError) -> usize;

fn gathered(read: Read, place: Place<'_>) -> EvalOutcome {
    let (rows, error) = match read {
        Ok(read) => read,
        Err(outcome) => return outcome,
    };
    outcome(rows.into_iter().map(|row| row.map(Val::Map).map_err(|error| error.message)), error, place)
}

/// The records; what was wrong with the others and with the file are errors beside them.
fn outcome(
    values: impl Iterator<Item = Result<Val, String>>,
    error: Option<FormatError>,
    place: Place<'_>,
) -> EvalOutcome {
    let mut outcome = EvalOutcome::default();
    let mut records = Vec::new();
    for value in values {
        match value {
            Ok(value) => records.push(Value::from(&value)),
            Err(message) => outcome.errors.push(EvalError::at("parse", message, "/input")),
        }
    }
    outcome.errors.extend(
        error.map(|error| EvalError { at: Some(place(&error)), ..EvalError::at("parse", error.to_string(), "/input") }),
    );
    outcome.output = Value::Array(records);
    outcome
}

/// The text of records; one object is one record.
fn generated(format: WriteFormat, input: &Value) -> EvalOutcome {
    let one = std::slice::from_ref(input);
    let records = input.as_array().map_or(one, Vec::as_slice);
    let options = WriteOptions { compression: None, encoding: Encoding::Utf8, format };
    let mut writer = RecordWriter::new(&options, "file");
    let mut bytes = Vec::new();
    let mut outcome = EvalOutcome::default();
    for (at, record) in records.iter().enumerate() {
        let written = match Val::from(record) {
            Val::Map(record) => writer.write(&record, &mut bytes),
            other => Err(format!("Record {} is {} and not an object.", at + 1, other.kind())),
        };
        if let Err(message) = written {
            outcome.errors.push(EvalError { path: Some(format!("/{at}")), ..EvalError::new("generate", message) });
        }
    }
    if let Err(message) = writer.finish(&mut bytes) {
        outcome.errors.push(EvalError::new("generate", message));
    }
    outcome.output = String::from_utf8_lossy(&bytes).into();
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
