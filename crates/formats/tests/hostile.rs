//! Any bytes into any reader: errors, never a panic, and nothing that was written is read differently.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail at the line that is wrong")]

use proptest::prelude::*;
use serde_json::json;
use tombolo_formats::{
    Compression, CsvOptions, Encoding, FileDefinition, FileFormat, FileOptions, FileReader, FormatError, GzipWriter,
    RecordWriter, Row, WriteFormat, WriteOptions, XmlOptions, XmlPath, ZipWriter,
};
use tombolo_model::{KeyPool, Keys, Record, Val};

fn definition(format: &str) -> FileFormat {
    let literal = json!({"required": true, "elements": [{"name": "H", "value": "A", "length": 1}, {"name": "v", "value": "{{v}}", "length": 3}]});
    let any = json!({"name": "rows", "container": true, "children": [{"elements": [{"name": "x", "value": "{{x}}", "length": 2}]}]});
    let rules = json!([{"elements": literal["elements"], "children": [any], "closeRule": literal}]);
    let marks = json!({"rowSuffix": "~", "rowDelimiter": "\n", "colDelimiter": "*"});
    let value =
        json!({"format": format, "fixed": marks, "delimited": marks, "escapeReleaseChar": true, "rules": rules});
    FileFormat::Definition {
        definition: FileDefinition::compile(&value).unwrap(),
        resource_path: "rows".to_owned(),
        partial: true,
    }
}

fn formats() -> Vec<FileFormat> {
    let xml = |path: &str, automatic| {
        FileFormat::Xml(XmlOptions {
            automatic,
            list_nodes: vec!["//a".to_owned()],
            exclude_nodes: vec!["/x/y".to_owned()],
            ..XmlOptions::new(XmlPath::parse(path).unwrap())
        })
    };
    let csv = CsvOptions {
        column_delimiter: "||".to_owned(),
        row_delimiter: Some("\r\n".to_owned()),
        rows_to_skip: 1,
        trim_spaces: true,
        ..CsvOptions::default()
    };
    vec![
        FileFormat::Csv(CsvOptions::default()),
        FileFormat::Csv(CsvOptions { disable_quote: true, has_header_row: false, ..CsvOptions::default() }),
        FileFormat::Csv(csv),
        FileFormat::Json { resource_path: String::new() },
        FileFormat::Json { resource_path: "a.b".to_owned() },
        FileFormat::JsonLines,
        xml("/", true),
        xml("//a[@b='c'][1]", false),
        FileFormat::Xlsx { has_header_row: true },
        definition("fixed"),
        definition("delimited/x12"),
        definition("delimited/edifact"),
    ]
}

/// Reads to the end or to the first error.
fn read(options: &FileOptions, bytes: &[u8], piece: usize) -> (Vec<Row>, Option<FormatError>) {
    let mut reader = FileReader::new(options);
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

fn plain(format: FileFormat) -> FileOptions {
    FileOptions { compression: None, encoding: Encoding::Utf8, format }
}

/// What parsers look for, in any order, among other bytes.
fn shreds() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "<a",
        "</a>",
        "<a b='c'>",
        "/>",
        ">",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?xml",
        "?>",
        "&lt;",
        "&#x",
        "<!DOCTYPE",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\\",
        ":",
        ",",
        "\"a\":",
        "{\"a\":{\"b\":[",
        "null",
        "1e9",
        "\n",
        "\r\n",
        "||",
        "'",
        "ISA*",
        "UNA:+.? '",
        "UNB+",
        "A*",
        "A",
        "~",
        "?",
        "PK\u{3}\u{4}",
        "\u{feff}",
        "é",
        "\u{0}",
    ]);
    let piece = prop_oneof![
        3 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic_and_pieces_of_any_size_read_the_same(bytes in shreds(), piece in 1_usize..9) {
        for format in formats() {
            let options = plain(format);
            let whole = read(&options, &bytes, bytes.len().max(1));
            let parts = read(&options, &bytes, piece);
            prop_assert_eq!(&whole.1, &parts.1, "{:?}", options.format);
            prop_assert_eq!(whole.0, parts.0, "{:?}", options.format);
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_or_an_inflater_panic(bytes in shreds(), piece in 1_usize..9, zeros in any::<bool>()) {
        for compression in [None, Some(Compression::Gzip), Some(Compression::Zip)] {
            for (_, encoding) in Encoding::ALL {
                let format = FileFormat::Csv(CsvOptions::default());
                let mut bytes = bytes.clone();
                if let (Some(Compression::Gzip), true) = (compression, zeros) {
                    bytes.splice(..0, [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]);
                }
                drop(read(&FileOptions { compression, encoding, format }, &bytes, piece));
            }
        }
    }

    #[test]
    fn csv_of_any_texts_and_delimiters_reads_back(
        rows in prop::collection::vec(prop::collection::vec("[a-z,;|\"' \t\r\né]{0,6}", 3), 1..5),
        column in prop::sample::select(vec![",", ";", "\t", "|", "||", "é"]),
        row in prop::sample::select(vec![None, Some("\n"), Some("\r\n"), Some("||\n"), Some("\r")]),
        quoted in any::<bool>(),
        piece in 1_usize..9,
    ) {
        prop_assume!(row != Some("||\n") || column != "||");
        let options = CsvOptions {
            column_delimiter: column.to_owned(),
            row_delimiter: row.map(ToOwned::to_owned),
            wrap_with_quotes: quoted,
            ..CsvOptions::default()
        };
        let keys = std::sync::Arc::new(Keys::new(["x", "y,", "z"]));
        let records: Vec<Record> = rows
            .iter()
            .map(|row| Record::new(std::sync::Arc::clone(&keys), row.iter().map(|text| Val::text(text)).collect()))
            .collect();
        let format = WriteFormat::Csv(options.clone());
        let mut writer = RecordWriter::new(&WriteOptions { compression: None, encoding: Encoding::Utf8, format }, "x");
        let mut bytes = Vec::new();
        for record in &records {
            writer.write(record, &mut bytes).unwrap();
        }
        writer.finish(&mut bytes).unwrap();
        let (made, error) = read(&plain(FileFormat::Csv(options)), &bytes, piece);
        prop_assert_eq!(error, None);
        prop_assert_eq!(made.into_iter().map(Result::unwrap).collect::<Vec<_>>(), records);
    }
}

fn records() -> Vec<Record> {
    let texts = [r#"{"a":"x","b":[1,{"c":"}\""}]}"#, r#"{"a":"é","b":null}"#];
    texts
        .into_iter()
        .map(|text| match Val::parse(text.as_bytes(), &mut KeyPool::default()) {
            Ok(Val::Map(record)) => record,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn json_reads_back_as_a_list_and_as_lines() {
    for format in [WriteFormat::Json, WriteFormat::JsonLines] {
        let options = WriteOptions { compression: None, encoding: Encoding::Utf8, format };
        let mut writer = RecordWriter::new(&options, "x");
        let mut bytes = Vec::new();
        for record in records() {
            writer.write(&record, &mut bytes).unwrap();
        }
        writer.finish(&mut bytes).unwrap();
        let (made, error) = read(&plain(FileFormat::Json { resource_path: String::new() }), &bytes, 5);
        assert_eq!((made.into_iter().map(Result::unwrap).collect::<Vec<_>>(), error), (records(), None));
    }
}

#[test]
fn what_is_nested_a_hundred_thousand_deep_is_an_error() {
    let list = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
    let (rows, _) = read(&plain(FileFormat::Json { resource_path: String::new() }), list.as_bytes(), 4096);
    assert!(rows[0].is_err());
    let object = "{\"a\":".repeat(100_000);
    for format in [FileFormat::Json { resource_path: "x".to_owned() }, FileFormat::JsonLines] {
        assert!(read(&plain(format), object.as_bytes(), 4096).1.is_some());
    }
    let xml = FileFormat::Xml(XmlOptions::new(XmlPath::default()));
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let (rows, error) = read(&plain(xml), deep.as_bytes(), 4096);
    assert!(error.is_none() && rows[0].as_ref().is_err_and(|error| error.message.contains("levels deep")));
}

#[test]
fn bombs_of_every_kind_are_ended_after_little() {
    let blank = vec![b' '; 1024 * 1024];
    let mut gzip = Vec::new();
    let mut writer = GzipWriter::default();
    let mut zip = Vec::new();
    let mut archive = ZipWriter::default();
    archive.begin("x.csv", &mut zip);
    for _ in 0..64 {
        writer.push(&blank, &mut gzip);
        archive.push(&blank, &mut zip);
    }
    writer.finish(&mut gzip);
    archive.finish(&mut zip);
    for (compression, bytes) in [(Compression::Gzip, gzip), (Compression::Zip, zip)] {
        // The parser itself would take blanks without end.
        let format = FileFormat::Json { resource_path: String::new() };
        let options = FileOptions { compression: Some(compression), encoding: Encoding::Utf8, format };
        let (rows, error) = read(&options, &bytes, 2048);
        assert!(rows.is_empty() && matches!(error, Some(FormatError::InflatesTooMuch { .. })), "{error:?}");
    }
}

#[test]
fn keys_that_mean_something_elsewhere_are_data_in_every_format() {
    let mut record = Record::default();
    for name in ["__proto__", "constructor", "prototype"] {
        record.set(name, Val::text(name));
    }
    let path = XmlPath::parse("/rows/row").unwrap();
    let xml = tombolo_formats::XmlWriter::new(&path, false, "", "&txt").unwrap();
    let read_xml = FileFormat::Xml(XmlOptions { automatic: false, ..XmlOptions::new(path) });
    for (write, back) in [
        (WriteFormat::Csv(CsvOptions::default()), FileFormat::Csv(CsvOptions::default())),
        (WriteFormat::Json, FileFormat::Json { resource_path: String::new() }),
        (WriteFormat::Xml(xml), read_xml),
        (WriteFormat::Xlsx { include_header: true }, FileFormat::Xlsx { has_header_row: true }),
    ] {
        let options = WriteOptions { compression: None, encoding: Encoding::Utf8, format: write };
        let mut writer = RecordWriter::new(&options, "x");
        let mut bytes = Vec::new();
        writer.write(&record, &mut bytes).unwrap();
        writer.finish(&mut bytes).unwrap();
        let (made, error) = read(&plain(back), &bytes, 64);
        assert_eq!((made, error), (vec![Ok(record.clone())], None));
    }
}
