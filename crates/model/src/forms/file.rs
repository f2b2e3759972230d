//! How files are read and written.

use super::Input::{Choice, Code, Json, Lines, Number, Reference, Switch, Words};
use super::When::{Is, Not};
use super::{Choices, Field, field};
use crate::Kind;

const TYPE: &str = "/file/type";

const READ: Choices = &[
    ("csv", "CSV"),
    ("json", "JSON"),
    ("xml", "XML"),
    ("xlsx", "Excel workbook"),
    ("filedefinition", "By a file definition"),
];
const WRITE: Choices = READ;

/// What it is, and where its records are.
pub(super) const FILE_FORMAT: &[Field] = &[
    field(TYPE, "Format", Choice(READ)).usual("csv"),
    field("/file/json/resourcePath", "Records are at", Code)
        .optional()
        .when(Is(TYPE, &["json"]))
        .help("The path to the list, for example data.items. Empty when the file is the list."),
    field("/file/xml/resourcePath", "Records are at", Code)
        .when(Is(TYPE, &["xml"]))
        .placeholder("/orders/order")
        .help("The path to the element of each record."),
    field("/file/csv/columnDelimiter", "Column delimiter", Code)
        .optional()
        .when(Is(TYPE, &["csv", ""]))
        .help("Usually a comma; “tab” for a tab."),
    field("/file/csv/hasHeaderRow", "The first row names the columns", Switch(true)).when(Is(TYPE, &["csv", ""])),
    field("/file/xlsx/hasHeaderRow", "The first row names the columns", Switch(true)).when(Is(TYPE, &["xlsx"])),
    field("/file/fileDefinition/_fileDefinitionId", "File definition", Reference(Kind::FileDefinition))
        .when(Is(TYPE, &["filedefinition"])),
    field("/file/fileDefinition/resourcePath", "Records are at", Code).optional().when(Is(TYPE, &["filedefinition"])),
];

/// What is seldom needed while reading.
pub(super) const FILE_MORE: &[Field] = &[
    field("/file/encoding", "Encoding", Choice(ENCODINGS)),
    field("/file/compressionFormat", "Compression", Choice(&[("", "None"), ("gzip", "gzip"), ("zip", "zip")])),
    field("/file/csv/rowsToSkip", "Rows to skip", Number(0, i64::MAX)).optional().when(Is(TYPE, &["csv", ""])),
    field(
        "/file/csv/rowDelimiter",
        "Rows end with",
        Choice(&[("", "Any line end"), ("lf", "LF"), ("crlf", "CR LF"), ("cr", "CR")]),
    )
    .when(Is(TYPE, &["csv", ""])),
    field("/file/csv/trimSpaces", "Cut spaces off", Switch(false)).when(Is(TYPE, &["csv", ""])),
    field("/file/csv/disableQuoteAndStripEnclosingQuotes", "Quotes mean nothing", Switch(false))
        .when(Is(TYPE, &["csv", ""])),
    field("/file/groupByFields", "Join rows by", Words)
        .optional()
        .help("Columns, parted by commas: rows that agree in all of them become one record with a list."),
    field("/file/sortByFields", "Sort by", Json)
        .optional()
        .placeholder("[{ \"field\": \"date\", \"descending\": false }]")
        .help("A list of fields, sorted before anything else is done."),
    field("/file/xml/listNodes", "Always lists", Lines)
        .optional()
        .when(Is(TYPE, &["xml"]))
        .help("Paths of elements, one a line, that are a list even where there is one of them."),
    field("/file/fileDefinition/allowPartialSuccess", "Go on where a part cannot be read", Switch(false))
        .when(Is(TYPE, &["filedefinition"])),
];

/// What is written, and how.
pub(super) const FILE_WRITE: &[Field] = &[
    field(TYPE, "Format", Choice(WRITE)).usual("json"),
    field("/file/fileDefinition/_fileDefinitionId", "File definition", Reference(Kind::FileDefinition))
        .when(Is(TYPE, &["filedefinition"])),
    field("/file/xml/resourcePath", "Records go to", Code)
        .optional()
        .when(Is(TYPE, &["xml"]))
        .placeholder("/orders/order"),
    field("/file/fileName", "File name", Code)
        .help("What the download is called. It may be a template: {{timestamp}}, {{job.name}}."),
];

/// What is seldom needed while writing.
pub(super) const FILE_WRITE_MORE: &[Field] = &[
    field("/file/skipAggregation", "A file for each record", Switch(false)).help("All of them in one zip."),
    field(
        "/file/aggregation/type",
        "What goes into a file",
        Choice(&[("", "All records"), ("page", "The records of a page")]),
    )
    .when(Not("/file/skipAggregation", &["true"])),
    field("/file/csv/columnDelimiter", "Column delimiter", Code)
        .optional()
        .when(Is(TYPE, &["csv"]))
        .help("Usually a comma; “tab” for a tab."),
    field("/file/csv/includeHeader", "Names of the columns first", Switch(true)).when(Is(TYPE, &["csv"])),
    field("/file/csv/wrapWithQuotes", "Quotes around everything", Switch(false)).when(Is(TYPE, &["csv"])),
    field("/file/csv/replaceTabWithSpace", "Tabs become spaces", Switch(false)).when(Is(TYPE, &["csv"])),
    field("/file/csv/replaceNewlineWithSpace", "Line ends become spaces", Switch(false)).when(Is(TYPE, &["csv"])),
    field("/file/csv/truncateLastRowDelimiter", "No line end after the last row", Switch(false))
        .when(Is(TYPE, &["csv"])),
    field("/file/xlsx/includeHeader", "Names of the columns first", Switch(true)).when(Is(TYPE, &["xlsx"])),
    field("/file/encoding", "Encoding", Choice(ENCODINGS)),
    field("/file/compressionFormat", "Compression", Choice(&[("", "None"), ("gzip", "gzip"), ("zip", "zip")])),
    field("/file/body", "Body", super::Input::Area(4))
        .optional()
        .help("A template of the whole file. Empty: the records in the format above."),
];

const ENCODINGS: Choices = &[
    ("", "UTF-8"),
    ("utf16le", "UTF-16"),
    ("win1252", "Windows 1252"),
    ("iso-8859-1", "ISO 8859-1"),
    ("gb18030", "GB 18030"),
    ("shiftjis", "Shift JIS"),
];
