//! The settings of files to options of the parsers and writers.

use serde_json::Value;
use tombolo_formats::{
    Compression, CsvOptions, Encoding, FileDefinition, FileFormat, FileOptions, WriteFormat, WriteOptions, XmlOptions,
    XmlPath, XmlWriter,
};
use tombolo_model::{Id, Kind, Problem, excerpt};

use super::{flag, text_at};
use crate::bundle::Bundle;
use crate::plan::Format;

/// How an export's file is read.
pub(super) fn read(bundle: &Bundle, value: &Value) -> Result<Format, Vec<Problem>> {
    if let Some(other) = text_at(value, "/file/output").filter(|output| *output != "records") {
        let message = format!(
            "This version reads the records of files, not their “{other}”: choose records.",
            other = excerpt(&other)
        );
        return Err(vec![Problem::new("/file/output", "unsupported", message)]);
    }
    let compression = compression(value)?;
    let encoding = encoding(value)?;
    let resource_path = || text_at(value, "/file/json/resourcePath").unwrap_or_default().to_owned();
    let format = match text_at(value, "/file/type") {
        Some("json") => FileFormat::Json { resource_path: resource_path() },
        Some("csv") | None => FileFormat::Csv(csv(value)?),
        Some("xml") => {
            let path = text_at(value, "/file/xml/resourcePath").unwrap_or_default();
            let place = "/file/xml/resourcePath";
            let given = value.pointer("/file/encoding").is_some_and(Value::is_string);
            FileFormat::Xml(XmlOptions { decoded: given, ..xml(parser_rules(value), path, place)? })
        }
        Some("xlsx") => FileFormat::Xlsx { has_header_row: flag(value, "/file/xlsx/hasHeaderRow", true) },
        Some("filedefinition") => FileFormat::Definition {
            definition: definition(bundle, value)?,
            resource_path: text_at(value, "/file/fileDefinition/resourcePath").unwrap_or_default().to_owned(),
            partial: flag(value, "/file/fileDefinition/allowPartialSuccess", false),
        },
        Some(other) => return Err(unknown_type(other)),
    };
    Ok(match (compression, encoding, format) {
        (None, Encoding::Utf8, FileFormat::Csv(options)) => Format::Csv(options),
        (None, Encoding::Utf8, FileFormat::Json { resource_path }) => Format::Json { resource_path, table: None },
        (compression, encoding, format) => Format::File(Box::new(FileOptions { compression, encoding, format })),
    })
}

/// How an endpoint's answer in XML is read.
pub(super) fn xml_answer(value: &Value) -> Result<Format, Vec<Problem>> {
    let place = "/http/response/resourcePath";
    let options = xml(parser_rules(value), text_at(value, place).unwrap_or_default(), place)?;
    let format = FileFormat::Xml(options);
    Ok(Format::File(Box::new(FileOptions { compression: None, encoding: Encoding::Utf8, format })))
}

/// The same format with its records at another place.
pub(super) fn at_path(format: &Format, path: &str, place: &str) -> Result<Format, Vec<Problem>> {
    match format {
        Format::Json { table, .. } => Ok(Format::Json { resource_path: path.to_owned(), table: *table }),
        Format::File(options) => {
            let FileFormat::Xml(xml) = &options.format else { return Ok(format.clone()) };
            let resource_path = XmlPath::parse(path).map_err(|problem| at(place, problem))?;
            let xml = FileFormat::Xml(XmlOptions { resource_path, ..xml.clone() });
            Ok(Format::File(Box::new(FileOptions { format: xml, ..(**options).clone() })))
        }
        // Rows and texts have no place within a file.
        Format::Csv(_) | Format::Text => Ok(format.clone()),
    }
}

/// How an import's file is written.
pub(super) fn write(bundle: &Bundle, value: &Value) -> Result<WriteOptions, Vec<Problem>> {
    if let Some(other) = text_at(value, "/file/aggregation/type").filter(|kind| !matches!(*kind, "all" | "page")) {
        let message = format!(
            "“{other}” does not say which records go into a file: choose “all” or “page”.",
            other = excerpt(&other)
        );
        return Err(vec![Problem::new("/file/aggregation/type", "unsupported", message)]);
    }
    let format = match text_at(value, "/file/type") {
        Some("json") => WriteFormat::Json,
        Some("csv") | None => WriteFormat::Csv(csv(value)?),
        Some("xml") => {
            let rules = value.pointer("/file/xml").unwrap_or(&Value::Null);
            WriteFormat::Xml(xml_writer(rules).map_err(|problem| at("/file/xml/resourcePath", problem))?)
        }
        Some("xlsx") => WriteFormat::Xlsx { include_header: flag(value, "/file/xlsx/includeHeader", true) },
        Some("filedefinition") => WriteFormat::Definition(definition(bundle, value)?),
        Some(other) => return Err(unknown_type(other)),
    };
    Ok(WriteOptions { compression: compression(value)?, encoding: encoding(value)?, format })
}

fn unknown_type(other: &str) -> Vec<Problem> {
    let message = format!(
        "“{other}” is no type of file: choose csv, json, xml, xlsx or filedefinition.",
        other = excerpt(&other)
    );
    vec![Problem::new("/file/type", "unsupported", message)]
}

fn at(place: &str, problem: Problem) -> Vec<Problem> {
    vec![Problem { path: place.to_owned(), ..problem }]
}

fn compression(value: &Value) -> Result<Option<Compression>, Vec<Problem>> {
    match text_at(value, "/file/compressionFormat") {
        None | Some("none") => Ok(None),
        Some(name) => Compression::named(name).map(Some).ok_or_else(|| {
            let message =
                format!("“{name}” is no compression that is known: choose gzip or zip.", name = excerpt(&name));
            vec![Problem::new("/file/compressionFormat", "unsupported", message)]
        }),
    }
}

fn encoding(value: &Value) -> Result<Encoding, Vec<Problem>> {
    let Some(name) = text_at(value, "/file/encoding") else { return Ok(Encoding::Utf8) };
    Encoding::named(name).ok_or_else(|| {
        let known = Encoding::ALL.map(|(name, _)| name).join(", ");
        let message = format!("“{name}” is no encoding that is known: choose one of {known}.", name = excerpt(&name));
        vec![Problem::new("/file/encoding", "unsupported", message)]
    })
}

/// The file definition that a file is read or written by.
fn definition(bundle: &Bundle, value: &Value) -> Result<FileDefinition, Vec<Problem>> {
    let place = "/file/fileDefinition/_fileDefinitionId";
    let Some(id) = text_at(value, place) else {
        return Err(vec![Problem::new(place, "missing_required_field", "Enter the file definition.")]);
    };
    let found = id.parse::<Id>().ok().and_then(|id| bundle.get(id, Kind::FileDefinition));
    let Some(found) = found else {
        let message = "The file definition is not here: it was deleted, or you may not see it. Choose another one.";
        return Err(vec![Problem::new(place, "missing_resource", message)]);
    };
    FileDefinition::compile(found).map_err(|problems| {
        let first = problems.first().map(|problem| format!("{}: {}", problem.path, problem.message));
        let message = format!("The file definition cannot be used. {}", first.unwrap_or_default());
        vec![Problem::new(place, "invalid_definition", message)]
    })
}

/// The rules of an export's XML parser, which stand in a list or by themselves, or beside the path of a file's records.
fn parser_rules(value: &Value) -> &Value {
    let found = value.pointer("/parsers/0/rules").or_else(|| value.pointer("/parsers/rules"));
    found.or_else(|| value.pointer("/file/xml")).unwrap_or(&Value::Null)
}

/// How XML becomes records, by the rules of a parser and a path that stands at a place.
pub(crate) fn xml(rules: &Value, path: &str, place: &str) -> Result<XmlOptions, Vec<Problem>> {
    let usual = XmlOptions::new(XmlPath::parse(path).map_err(|problem| at(place, problem))?);
    let text = |name: &str, usual: &str| {
        let found = rules.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        found.unwrap_or(usual).to_owned()
    };
    let paths = |name: &str| -> Vec<String> {
        match rules.get(name) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
            Some(Value::String(lines)) => lines.lines().map(ToOwned::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    Ok(XmlOptions {
        automatic: flag(rules, "/V0_json", true),
        trim_spaces: flag(rules, "/trimSpaces", usual.trim_spaces),
        strip_new_lines: flag(rules, "/stripNewLineChars", usual.strip_new_lines),
        attribute_prefix: text("attributePrefix", &usual.attribute_prefix),
        text_node_name: text("textNodeName", &usual.text_node_name),
        list_nodes: paths("listNodes"),
        include_nodes: paths("includeNodes"),
        exclude_nodes: paths("excludeNodes"),
        ..usual
    })
}

/// How records become XML.
pub(crate) fn xml_writer(rules: &Value) -> Result<XmlWriter, Problem> {
    let text = |name: &str| rules.get(name).and_then(Value::as_str).unwrap_or_default();
    let path = XmlPath::parse(text("resourcePath"))?;
    let text_node = Some(text("textNodeName")).filter(|name| !name.is_empty()).unwrap_or("&txt");
    XmlWriter::new(&path, flag(rules, "/V0_json", true), text("attributePrefix"), text_node)
}

/// How a CSV file is laid out.
pub(crate) fn csv(value: &Value) -> Result<CsvOptions, Vec<Problem>> {
    let usual = CsvOptions::default();
    let flag = |name: &str, usual: bool| flag(value, &format!("/file/csv/{name}"), usual);
    let rows = value.pointer("/file/csv/rowsToSkip").and_then(Value::as_u64);
    Ok(CsvOptions {
        column_delimiter: delimiter(value)?,
        row_delimiter: row_delimiter(value)?,
        quote: usual.quote,
        has_header_row: flag("hasHeaderRow", usual.has_header_row),
        trim_spaces: flag("trimSpaces", usual.trim_spaces),
        rows_to_skip: rows.unwrap_or(usual.rows_to_skip),
        disable_quote: flag("disableQuoteAndStripEnclosingQuotes", usual.disable_quote),
        include_header: flag("includeHeader", usual.include_header),
        wrap_with_quotes: flag("wrapWithQuotes", usual.wrap_with_quotes),
        replace_tab: flag("replaceTabWithSpace", usual.replace_tab),
        replace_newline: flag("replaceNewlineWithSpace", usual.replace_newline),
        truncate_last_row_delimiter: flag("truncateLastRowDelimiter", usual.truncate_last_row_delimiter),
    })
}

/// The longest delimiter: at each character of a file it is looked for.
const MOST_DELIMITER_CHARS: usize = 32;

/// A delimiter that is not too long.
fn not_long(text: String, place: &str) -> Result<String, Vec<Problem>> {
    if text.chars().count() <= MOST_DELIMITER_CHARS {
        return Ok(text);
    }
    let message = format!("A delimiter has at most {MOST_DELIMITER_CHARS} characters: enter a shorter one.");
    Err(vec![Problem::new(place, "invalid_value", message)])
}

fn delimiter(value: &Value) -> Result<String, Vec<Problem>> {
    // Not `text_at`: a delimiter may be a blank, and an empty one means the usual.
    let text = value.pointer("/file/csv/columnDelimiter").and_then(Value::as_str).unwrap_or_default();
    match text {
        "" => Ok(",".to_owned()),
        "tab" => Ok("\t".to_owned()),
        _ => {
            let text = text.replace("\\t", "\t");
            if text.contains(['"', '\n', '\r']) {
                let message = format!(
                    "“{text}” cannot part columns: enter something such as , ; | or a tab.",
                    text = excerpt(&text)
                );
                return Err(vec![Problem::new("/file/csv/columnDelimiter", "invalid_value", message)]);
            }
            not_long(text, "/file/csv/columnDelimiter")
        }
    }
}

fn row_delimiter(value: &Value) -> Result<Option<String>, Vec<Problem>> {
    let text = value.pointer("/file/csv/rowDelimiter").and_then(Value::as_str).unwrap_or_default();
    let text = match text {
        "" | "auto" => return Ok(None),
        "lf" => "\n".to_owned(),
        "cr" => "\r".to_owned(),
        "crlf" | "cr_lf" => "\r\n".to_owned(),
        _ => text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t"),
    };
    if text.contains('"') {
        let message = format!("“{text}” cannot end rows: enter a line end, or leave it empty.", text = excerpt(&text));
        return Err(vec![Problem::new("/file/csv/rowDelimiter", "invalid_value", message)]);
    }
    not_long(text, "/file/csv/rowDelimiter").map(Some)
}
