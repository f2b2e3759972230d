//! Records into files: what is written is a file of its kind, whatever the records hold.

use proptest::prelude::*;
use serde_json::Value;
use tombolo_formats::{CsvOptions, FileFormat, WriteFormat, XmlOptions, XmlPath, XmlWriter};
use tombolo_model::{Record, Val};

use crate::files::{same_rows, write};
use crate::harness::Target;
use crate::mutate::Kind;

const TOKENS: &[&str] =
    &["<", "&", "]]>", "\u{1}", "\u{fffe}", "a b", "xml", "$", "_", "&txt", "-", "\"", ",", "\r\n", "\t", "é", "1"];

fn records(input: &[u8]) -> Vec<Record> {
    let value: Value = serde_json::from_slice(input).unwrap_or_default();
    let items = value.as_array().cloned().unwrap_or_default();
    let records = items.iter().map(Val::from).filter_map(|value| match value {
        Val::Map(record) => Some(record),
        _ => None,
    });
    records.collect()
}

#[test]
fn written_files_of_any_records_are_files_of_their_kind() {
    let check = |input: &[u8]| {
        let records = records(input);
        let path = XmlPath::parse("/rows/row").unwrap();
        for automatic in [true, false] {
            let format = WriteFormat::Xml(XmlWriter::new(&path, automatic, "", "&txt").unwrap());
            if let Ok(bytes) = write(&Value::Null, format, &records) {
                let reads = FileFormat::Xml(XmlOptions { automatic, ..XmlOptions::new(path.clone()) });
                let (rows, error) = same_rows(&Value::Null, &reads, &bytes)?;
                let shown = String::from_utf8_lossy(&bytes);
                prop_assert_eq!(error, None, "{}", shown);
                prop_assert_eq!((rows.len(), rows.iter().find(|row| row.is_err())), (records.len(), None), "{}", shown);
            }
        }
        for (writes, reads) in [
            (WriteFormat::Json, FileFormat::Json { resource_path: String::new() }),
            (WriteFormat::JsonLines, FileFormat::JsonLines),
        ] {
            let bytes = write(&Value::Null, writes, &records).map_err(TestCaseError::fail)?;
            let (rows, error) = same_rows(&Value::Null, &reads, &bytes)?;
            prop_assert_eq!((rows, error), (records.iter().cloned().map(Ok).collect(), None));
        }
        for (writes, reads) in [
            (WriteFormat::Csv(CsvOptions::default()), FileFormat::Csv(CsvOptions::default())),
            (WriteFormat::Xlsx { include_header: true }, FileFormat::Xlsx { has_header_row: true }),
        ] {
            // A column without a name can be shown and not be read.
            let named = records.iter().all(|record| record.get("").is_none());
            if let (true, Ok(bytes)) = (named, write(&Value::Null, writes, &records)) {
                let (rows, error) = same_rows(&Value::Null, &reads, &bytes)?;
                prop_assert!(error.is_none() && rows.iter().all(Result::is_ok), "{error:?} {rows:?}");
                // A row of nothing but empty values is an empty line, and empty lines are no rows.
                let full = |record: &&Record| record.iter().any(|(_, value)| !value.is_empty());
                let least = records.iter().filter(full).count();
                prop_assert!((least..=records.len()).contains(&rows.len()), "{least} {rows:?}");
            }
        }
        Ok(())
    };
    Target { name: "records", kind: Kind::Json(TOKENS), check }.fuzz();
}
