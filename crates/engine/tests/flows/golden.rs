//! The bytes that flows write. They are the same wherever the engine runs.

use serde_json::json;
use tombolo_model::run::RunStatus;

use crate::support::{Memory, bundle, file_export, file_import, go, with};

const AIRPORTS: &str = "\u{feff}iata,name,state,latitude\r\n\
    00M,\"Thigpen, \"\"The\"\" Field\",MS,31.95376472\r\n\
    00R,Livingston Municipal,TX,30.68586111\r\n\
    00V,Meadow Lake,CO,38.94574889\r\n\
    01G,Perry-Warsaw,NY,42.74134667\r\n";

fn mappings() -> serde_json::Value {
    json!([
        {"generate": "code", "dataType": "string", "extract": "$.iata", "status": "Active"},
        {"generate": "place", "dataType": "object", "status": "Active", "mappings": [
            {"generate": "state", "dataType": "string", "extract": "{{lowercase record.state}}", "status": "Active"},
            {"generate": "latitude", "dataType": "number", "extract": "$.latitude", "status": "Active"}]},
        {"generate": "name", "dataType": "string", "extract": "$.name", "status": "Active"},
        {"generate": "kind", "dataType": "string", "extract": "airport", "status": "Active"},
        {"generate": "open", "dataType": "boolean", "extract": "$.open", "default": "true", "status": "Active"}])
}

#[test]
fn csv_is_filtered_mapped_and_written_as_json() {
    let filter = json!({"type": "expression", "expression": {"version": "1", "rules":
        ["greaterthan", ["number", ["extract", "latitude"]], 31]}});
    let export = with(file_export(&json!({"type": "csv"})), &json!({"filter": filter}));
    let import = with(
        file_import(&json!({"type": "json", "fileName": "airports-{{timestamp}}.json"})),
        &json!({"mappings": mappings()}),
    );
    let host = Memory::offline().with_file(AIRPORTS.as_bytes());
    let ran = go(&bundle(export, &[import]), &host);
    assert_eq!(ran.outcome.status, RunStatus::Completed);
    assert_eq!(ran.counts(0), [4, 3, 1, 0]);
    assert_eq!(ran.counts(1), [3, 3, 0, 0]);
    let want = r#"[
{"code":"00M","place":{"state":"ms","latitude":31.95376472},"name":"Thigpen, \"The\" Field","kind":"airport","open":true},
{"code":"00V","place":{"state":"co","latitude":38.94574889},"name":"Meadow Lake","kind":"airport","open":true},
{"code":"01G","place":{"state":"ny","latitude":42.74134667},"name":"Perry-Warsaw","kind":"airport","open":true}
]
"#;
    assert_eq!(host.made_text().as_deref(), Some(want));
    let file = ran.outcome.steps[1].file.clone().unwrap();
    assert_eq!(file.name, "airports-2026-11-24T04-00-00.000Z.json");
    assert_eq!(file.size_bytes, want.len() as u64);
}

#[test]
fn json_is_written_as_csv_with_the_columns_of_the_mapping() {
    let text =
        r#"{"data":{"items":[{"a":1,"b":1.0,"c":"x,y"},{"a":-2,"b":1e21},{"c":"é\nü","a":18446744073709551615}]}}"#;
    let export = file_export(&json!({"type": "json", "json": {"resourcePath": "data.items"}}));
    let rule = |name: &str, kind: &str| json!({"generate": name, "dataType": kind, "extract": format!("$.{name}")});
    let rules = json!([rule("c", "string"), rule("a", "number"), rule("b", "string")]);
    let import = with(
        file_import(&json!({"type": "csv", "fileName": "out.csv", "csv": {"columnDelimiter": ";"}})),
        &json!({"mappings": rules}),
    );
    let host = Memory::offline().with_file(text.as_bytes());
    go(&bundle(export, &[import]), &host);
    let want = "c;a;b\nx,y;1;1\n;-2;1e+21\n\"é\nü\";18446744073709551615;\n";
    assert_eq!(host.made_text().as_deref(), Some(want));
}

#[test]
fn without_a_mapping_records_pass_as_they_came() {
    let text = r#"[{"z":1,"a":{"n":null,"f":2.50}},{"only":"second"}]"#;
    let host = Memory::offline().with_file(text.as_bytes());
    let import = file_import(&json!({"type": "json"}));
    let ran = go(&bundle(file_export(&json!({"type": "json"})), &[import]), &host);
    let want = "[\n{\"z\":1,\"a\":{\"n\":null,\"f\":2.5}},\n{\"only\":\"second\"}\n]\n";
    assert_eq!(host.made_text().as_deref(), Some(want));
    assert_eq!(ran.outcome.steps[1].file.as_ref().unwrap().name, "Result.json");
}

#[test]
fn the_size_of_pieces_and_pages_changes_no_byte() {
    let rows: String = (0..500).map(|n| format!("{n},\"name {n}, é\"\n")).collect();
    let text = format!("id,name\n{rows}");
    let mut seen = Vec::new();
    for (piece, page) in [(1, 1), (7, 3), (1000, 20), (100_000, 500)] {
        let export = with(file_export(&json!({"type": "csv"})), &json!({"pageSize": page}));
        let pieces = text.as_bytes().chunks(piece).map(<[u8]>::to_vec).collect();
        let host = Memory::offline().with_pieces(pieces);
        let ran = go(&bundle(export, &[file_import(&json!({"type": "csv"}))]), &host);
        assert_eq!(ran.counts(1), [500, 500, 0, 0]);
        seen.push(host.made_text().unwrap());
    }
    assert!(seen.iter().all(|text| *text == seen[0]));
    assert!(seen[0].starts_with("id,name\n0,\"name 0, é\"\n"));
}

#[test]
fn a_file_without_records_makes_a_file_without_records() {
    let host = Memory::offline().with_file(b"[]");
    let import = file_import(&json!({"type": "json"}));
    let ran = go(&bundle(file_export(&json!({"type": "json"})), &[import]), &host);
    assert_eq!(ran.outcome.status, RunStatus::Completed);
    assert_eq!(host.made_text().as_deref(), Some("[]\n"));
}
