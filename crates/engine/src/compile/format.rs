//! The settings of files to options of the parsers and writers.

use serde_json::Value;
use tombolo_formats::CsvOptions;
use tombolo_model::Problem;

use super::text_at;
use crate::plan::{Format, WriteFormat};

/// How an export's file is read.
pub(super) fn read(value: &Value) -> Result<Format, Vec<Problem>> {
    encoding(value)?;
    match text_at(value, "/file/type") {
        Some("json") => Ok(Format::Json {
            resource_path: text_at(value, "/file/json/resourcePath").unwrap_or_default().to_owned(),
            one_object: false,
        }),
        Some("csv") | None => csv(value).map(Format::Csv),
        Some(other) => Err(unknown_type(other)),
    }
}

/// How an import's file is written.
pub(super) fn write(value: &Value) -> Result<WriteFormat, Vec<Problem>> {
    encoding(value)?;
    match text_at(value, "/file/type") {
        Some("json") => Ok(WriteFormat::Json),
        Some("csv") | None => csv(value).map(WriteFormat::Csv),
        Some(other) => Err(unknown_type(other)),
    }
}

fn unknown_type(other: &str) -> Vec<Problem> {
    let message = format!("This version knows CSV and JSON files, not “{other}”.");
    vec![Problem::new("/file/type", "unsupported", message)]
}

fn encoding(value: &Value) -> Result<(), Vec<Problem>> {
    match text_at(value, "/file/encoding") {
        None | Some("utf8" | "utf-8") => Ok(()),
        Some(other) => {
            let message = format!("This version knows files in UTF-8, not “{other}”: save the file as UTF-8.");
            Err(vec![Problem::new("/file/encoding", "unsupported", message)])
        }
    }
}

pub(crate) fn csv(value: &Value) -> Result<CsvOptions, Vec<Problem>> {
    let usual = CsvOptions::default();
    let flag = |name: &str, usual: bool| {
        let found = value.pointer(&format!("/file/csv/{name}"));
        found.and_then(Value::as_bool).unwrap_or(usual)
    };
    let rows = value.pointer("/file/csv/rowsToSkip").and_then(Value::as_u64);
    Ok(CsvOptions {
        column_delimiter: delimiter(value)?,
        has_header_row: flag("hasHeaderRow", usual.has_header_row),
        trim_spaces: flag("trimSpaces", usual.trim_spaces),
        rows_to_skip: rows.unwrap_or(usual.rows_to_skip),
        disable_quote: flag("disableQuoteAndStripEnclosingQuotes", usual.disable_quote),
        include_header: flag("includeHeader", usual.include_header),
        wrap_with_quotes: flag("wrapWithQuotes", usual.wrap_with_quotes),
    })
}

fn delimiter(value: &Value) -> Result<u8, Vec<Problem>> {
    // Not `text_at`: a delimiter may be a blank, and an empty one means the usual.
    match value.pointer("/file/csv/columnDelimiter").and_then(Value::as_str) {
        None | Some("") => Ok(b','),
        Some("\\t" | "tab") => Ok(b'\t'),
        Some(text) => match text.as_bytes() {
            [one] if one.is_ascii() && !matches!(one, b'"' | b'\n' | b'\r') => Ok(*one),
            _ => {
                let message = format!("“{text}” cannot part columns: enter one character, such as , ; | or a tab.");
                Err(vec![Problem::new("/file/csv/columnDelimiter", "invalid_value", message)])
            }
        },
    }
}
