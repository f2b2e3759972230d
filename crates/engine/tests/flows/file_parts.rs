//! Files of all records, of a page each, of a record each; files that a template writes.

use serde_json::{Value, json};
use tombolo_model::run::RunStatus;

use crate::support::{Memory, bundle, file_export, file_import, go, id, refusals, with};

const FOUR: &[u8] = br#"[{"n":1,"c":"a"},{"n":2,"c":"a"},{"n":3,"c":"b"},{"n":4,"c":"b"}]"#;

/// The file of the destination: its name, and the names and texts of the files in it where it is an archive.
fn made(file: &Value) -> (String, Vec<(String, String)>) {
    let host = Memory::offline().with_file(FOUR);
    let export = with(file_export(&json!({"type": "json"})), &json!({"pageSize": 2}));
    let ran = go(&bundle(export, &[file_import(file)]), &host);
    assert_eq!((ran.outcome.status, ran.counts(1)), (RunStatus::Completed, [4, 4, 0, 0]), "{:?}", ran.errors);
    let made = host.made.borrow();
    let (name, bytes) = made[&id(3).to_string()].clone();
    assert_eq!(ran.outcome.steps[1].file.as_ref().unwrap().size_bytes, bytes.len() as u64);
    let mut files = vec![(name.clone(), String::from_utf8_lossy(&bytes).into_owned())];
    if name.ends_with(".zip") {
        files.clear();
        let mut reader = tombolo_formats::ZipReader::default();
        let mut sink = |part: tombolo_formats::Part<'_>| {
            match part {
                tombolo_formats::Part::Begin => files.push((names(&bytes).swap_remove(files.len()), String::new())),
                tombolo_formats::Part::Bytes(bytes) => {
                    files.last_mut().unwrap().1.push_str(&String::from_utf8_lossy(bytes));
                }
                tombolo_formats::Part::End => {}
            }
            Ok(())
        };
        reader.push(&bytes, &mut sink).unwrap();
        reader.finish().unwrap();
    }
    (name, files)
}

/// The names in the directory of an archive, which stands at its end (APPNOTE 4.3.12).
fn names(archive: &[u8]) -> Vec<String> {
    let entries = archive.windows(4).enumerate().filter(|(_, window)| window == b"PK\x01\x02");
    let name = |(at, _): (usize, &[u8])| {
        let length = usize::from(u16::from_le_bytes([archive[at + 28], archive[at + 29]]));
        String::from_utf8(archive[at + 46..at + 46 + length].to_vec()).unwrap()
    };
    entries.map(name).collect()
}

fn pairs(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

#[test]
fn a_file_a_page_is_a_file_of_an_archive() {
    let file = json!({"type": "csv", "fileName": "{{record.c}}.csv", "aggregation": {"type": "page"}});
    let (name, files) = made(&file);
    assert_eq!(name, "Result.zip");
    assert_eq!(pairs(&files), [("a.csv", "n,c\n1,a\n2,a\n"), ("b.csv", "n,c\n3,b\n4,b\n")]);
}

#[test]
fn a_file_a_record_is_named_by_it_and_never_overwrites_another() {
    let (_, files) = made(&json!({"type": "json", "fileName": "{{record.c}}.json", "skipAggregation": true}));
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a.json", "a (2).json", "b.json", "b (2).json"]);
    assert_eq!(files[3].1, "[\n{\"n\":4,\"c\":\"b\"}\n]\n");
}

#[test]
fn a_template_writes_a_file_in_place_of_its_format() {
    let body = "<all>{{#each page_of_records}}<r n=\"{{record.n}}\"/>{{/each}}</all>";
    let (name, files) = made(&json!({"type": "xml", "xml": {"body": body}}));
    assert_eq!(name, "Result.xml");
    assert_eq!(files[0].1, r#"<all><r n="1"/><r n="2"/><r n="3"/><r n="4"/></all>"#);
    let (_, files) =
        made(&json!({"type": "json", "json": {"body": "{{record.n}} of {{data.length}}"}, "skipAggregation": true}));
    let texts: Vec<&str> = files.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["1 of 1", "2 of 1", "3 of 1", "4 of 1"]);
    let page = json!({"type": "json", "json": {"body": "{{data.length}}"}, "aggregation": {"type": "page"}});
    assert_eq!(pairs(&made(&page).1), [("Result.json", "2"), ("Result (2).json", "2")]);
}

#[test]
fn the_name_of_a_file_may_have_values_of_its_first_record() {
    let (name, _) = made(&json!({"type": "csv", "fileName": "from {{record.n}}.csv"}));
    assert_eq!(name, "from 1.csv");
    let said = refusals(&bundle(
        file_export(&json!({"type": "json"})),
        &[file_import(&json!({"type": "csv", "aggregation": {"type": "week"}}))],
    ));
    assert!(said.contains("/file/aggregation/type: “week”"), "{said}");
}
