//! Files of every kind as sources and destinations, by the settings of their resources.

use std::cell::RefCell;

use serde_json::{Value, json};
use tombolo_engine::RunEvent;
use tombolo_formats::{Compression, CsvOptions, Encoding, RecordWriter, WriteFormat, WriteOptions};
use tombolo_model::run::RunStatus;
use tombolo_model::{Kind, Val};

use crate::support::{Answer, Memory, bundle, file_export, file_import, go, go_until, http_export, id, refusals, with};

/// A file of two records, written as the settings say.
fn written(format: WriteFormat, encoding: Encoding, compression: Option<Compression>) -> Vec<u8> {
    let mut writer = RecordWriter::new(&WriteOptions { compression, encoding, format }, "in");
    let mut bytes = Vec::new();
    for record in [json!({"a": "Zoë", "b": "x, y"}), json!({"a": "2", "b": ""})] {
        let Val::Map(record) = Val::from(&record) else { continue };
        writer.write(&record, &mut bytes).unwrap();
    }
    writer.finish(&mut bytes).unwrap();
    bytes
}

const JSON: &str = "[\n{\"a\":\"Zoë\",\"b\":\"x, y\"},\n{\"a\":\"2\",\"b\":\"\"}\n]\n";

#[test]
fn files_in_any_encoding_and_compression_are_read() {
    let csv = || WriteFormat::Csv(CsvOptions::default());
    for (encoding, compression, settings) in [
        (Encoding::Win1252, None, json!({"type": "csv", "encoding": "win1252"})),
        (
            Encoding::Utf16Le,
            Some(Compression::Gzip),
            json!({"type": "csv", "encoding": "utf-16le", "compressionFormat": "gzip"}),
        ),
        (Encoding::Utf8, Some(Compression::Zip), json!({"type": "csv", "compressionFormat": "zip"})),
    ] {
        let host = Memory::offline().with_file(&written(csv(), encoding, compression));
        let ran = go(&bundle(file_export(&settings), &[file_import(&json!({"type": "json"}))]), &host);
        assert_eq!(host.made_text().as_deref(), Some(JSON), "{settings}: {}", ran.error());
    }
    let host = Memory::offline().with_file(&written(WriteFormat::Xlsx { include_header: true }, Encoding::Utf8, None));
    go(&bundle(file_export(&json!({"type": "xlsx"})), &[file_import(&json!({"type": "json"}))]), &host);
    assert_eq!(host.made_text().as_deref(), Some(JSON));
    let host = Memory::offline().with_file(&written(WriteFormat::JsonLines, Encoding::Utf8, None));
    go(&bundle(file_export(&json!({"type": "json"})), &[file_import(&json!({"type": "json"}))]), &host);
    assert_eq!(host.made_text().as_deref(), Some(JSON));
}

#[test]
fn xml_is_read_by_its_parser_and_written_by_its_path() {
    let text =
        "<?xml version='1.0' encoding='ISO-8859-1'?><o><i id='1'><n>Zo\u{eb}</n></i><skip/><i id='2'><n/></i></o>";
    let bytes: Vec<u8> = text.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect();
    let rules = json!({"V0_json": false, "attributePrefix": "@"});
    let export = with(
        file_export(&json!({"type": "xml", "xml": {"resourcePath": "/o/i"}})),
        &json!({"parsers": [{"type": "xml", "version": 1, "rules": rules}]}),
    );
    let xml = json!({"resourcePath": "/rows/row", "V0_json": false, "attributePrefix": "@"});
    let import = file_import(&json!({"type": "xml", "xml": xml, "encoding": "iso88591"}));
    let host = Memory::offline().with_file(&bytes);
    let ran = go(&bundle(export, &[import]), &host);
    let made = host.made.borrow();
    let (name, bytes) = &made[&id(3).to_string()];
    let want = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rows>\n<row id=\"1\"><n>Zoë</n></row>\n<row id=\"2\"><n/></row>\n</rows>\n";
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    assert_eq!((name.as_str(), text.replace("ISO-8859-1", "UTF-8").as_str()), ("Result.xml", want), "{}", ran.error());
}

#[test]
fn an_answer_in_xml_is_read_by_the_path_to_its_records() {
    let http = json!({"relativeURI": "x", "successMediaType": "xml", "response": {"resourcePath": "//row"}});
    let export = with(http_export(&http), &json!({"parsers": [{"type": "xml", "rules": {"V0_json": false}}]}));
    let host = Memory::new(|_| {
        Some(Answer::new(200, "<?xml version='1.0'?><rows><row><a>1</a></row><row><a>é</a></row></rows>"))
    });
    let ran = go(&bundle(export, &[file_import(&json!({"type": "json"}))]), &host);
    assert_eq!(host.made_text().as_deref(), Some("[\n{\"a\":\"1\"},\n{\"a\":\"é\"}\n]\n"), "{}", ran.error());
}

#[test]
fn a_file_definition_reads_and_writes_flows() {
    let definition = json!({
        "name": "Flat", "version": "1", "format": "fixed", "fixed": {"rowDelimiter": "\n"},
        "rules": [{"name": "rows", "container": true, "children": [{"required": true, "elements": [
            {"name": "a", "value": "{{a}}", "length": 4}, {"name": "b", "value": "{{b}}", "length": 3}
        ]}]}]
    });
    let file = json!({"type": "filedefinition", "fileDefinition": {
        "_fileDefinitionId": id(9).to_string(), "resourcePath": "rows"}});
    let mut flow = bundle(file_export(&file), &[file_import(&json!({"type": "csv"}))]);
    flow.resources.insert(id(9), (Kind::FileDefinition, definition));
    let host = Memory::offline().with_file("Zoë 1  \n2   xyz\n".as_bytes());
    go(&flow, &host);
    assert_eq!(host.made_text().as_deref(), Some("a,b\nZoë,1\n2,xyz\n"));

    flow.resources.get_mut(&id(3)).unwrap().1 = with(
        file_import(&file),
        &json!({"mappings": [
            {"generate": "rows", "dataType": "objectarray", "buildArrayHelper": [{"extract": "$", "mappings": [
                {"generate": "a", "dataType": "string", "extract": "$.a"}]}]}]}),
    );
    flow.resources.remove(&id(9));
    assert!(refusals(&flow).contains("The file definition is not here"));
}

#[test]
fn a_destination_is_compressed_and_named_so() {
    let host = Memory::offline().with_file(b"a,b\n1,2\n");
    let import = file_import(&json!({"type": "csv", "compressionFormat": "gzip", "csv": {"rowDelimiter": "\r\n"}}));
    go(&bundle(file_export(&json!({"type": "csv"})), &[import]), &host);
    let made = host.made.borrow();
    let (name, bytes) = &made[&id(3).to_string()];
    assert_eq!(name, "Result.csv.gz");
    let again = Memory::offline().with_file(bytes);
    let export = file_export(&json!({"type": "csv", "compressionFormat": "gzip"}));
    go(&bundle(export, &[file_import(&json!({"type": "json"}))]), &again);
    assert_eq!(again.made_text().as_deref(), Some("[\n{\"a\":\"1\",\"b\":\"2\"}\n]\n"));
}

#[test]
fn the_records_of_a_file_are_a_success_once_it_is_complete_and_not_before() {
    let export = with(file_export(&json!({"type": "csv"})), &json!({"pageSize": 2}));
    let flow = bundle(export, &[file_import(&json!({"type": "json"}))]);
    let host = |rows: &str| Memory::offline().with_file(format!("n\n{rows}").as_bytes());
    let said = RefCell::new(Vec::new());
    let ran = go_until(&flow, &host("1\n2\n3\n"), |event| {
        if let RunEvent::Count { step: 1, count } = event {
            said.borrow_mut().push((count.received, count.success));
        }
        false
    });
    assert_eq!((ran.outcome.status, ran.counts(1)), (RunStatus::Completed, [3, 3, 0, 0]));
    assert_eq!(said.take(), [(2, 0), (3, 0), (3, 3)]);

    let mut full = host("1\n2\n3\n");
    full.disk = Some("it is full");
    let ran = go(&flow, &full);
    assert_eq!((ran.outcome.status, ran.counts(1), full.made_text()), (RunStatus::Failed, [3, 0, 0, 1], None));
    assert!(ran.error().contains("could not be written: it is full"), "{}", ran.error());

    let ran = go(&flow, &host("1\n2\n\"3"));
    assert_eq!((ran.outcome.status, ran.counts(1)), (RunStatus::Failed, [2, 0, 0, 0]), "there is no file of a part");
}

#[test]
fn what_cannot_be_read_ends_the_run_with_its_place() {
    let error = |settings: Value, bytes: &[u8]| {
        let host = Memory::offline().with_file(bytes);
        go(&bundle(file_export(&settings), &[file_import(&json!({"type": "json"}))]), &host).error().to_owned()
    };
    let xml = json!({"type": "xml", "xml": {"resourcePath": "/a"}});
    assert!(error(xml.clone(), b"<a>\n<b></a>").contains("line 2, column 4"));
    assert!(error(xml, b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>").contains("declares entities"));
    assert!(error(json!({"type": "csv", "compressionFormat": "gzip"}), b"a,b\n").contains("no gzip file"));
    assert!(error(json!({"type": "xlsx"}), b"a,b\n").contains("no xlsx file"));
    assert!(error(json!({"type": "csv", "encoding": "shiftjis"}), b"a\n\x81\n").contains("no Shift JIS"));
}

#[test]
fn settings_of_files_that_mean_nothing_are_refused_in_their_place() {
    for (settings, place) in [
        (json!({"type": "docx"}), "/file/type: “docx”"),
        (json!({"type": "csv", "encoding": "ebcdic"}), "/file/encoding: “ebcdic”"),
        (json!({"type": "csv", "compressionFormat": "rar"}), "/file/compressionFormat: “rar”"),
        (json!({"type": "xml", "xml": {"resourcePath": "/a/@b"}}), "/file/xml/resourcePath: “/a/@b”"),
        (json!({"type": "csv", "output": "metadata"}), "/file/output: This version reads the records"),
        (json!({"type": "filedefinition"}), "/file/fileDefinition/_fileDefinitionId: Enter"),
        (json!({"type": "csv", "decrypt": "pgp"}), "/file/decrypt: This version runs flows without encrypted files"),
        (json!({"type": "csv", "csv": {"columnDelimiter": "\""}}), "/file/csv/columnDelimiter"),
    ] {
        let said = refusals(&bundle(file_export(&settings), &[file_import(&json!({"type": "json"}))]));
        assert!(said.contains(place), "{settings}: {said}");
    }
}

#[test]
fn a_transformation_comes_before_the_filter_and_fails_record_by_record() {
    let number = json!({"generate": "n", "dataType": "number", "extract": "$.b", "status": "Active"});
    let label = json!({"generate": "label", "dataType": "string", "extract": "{{record.a}}-{{settings.export.mark}}"});
    let export = with(
        file_export(&json!({"type": "csv"})),
        &json!({
            "settings": {"mark": "m"},
            "transform": {"type": "expression", "expression": {"version": "2",
                "rulesTwoDotZero": {"mode": "modify", "mappings": [number, label]}}},
            "filter": {"type": "expression", "expression": {"version": "1", "rules": ["greaterthan", ["number", ["extract", "n"]], 1]}}
        }),
    );
    let host = Memory::offline().with_file(b"a,b\nx,1\ny,2\nz,three\n");
    let ran = go(&bundle(export, &[file_import(&json!({"type": "json"}))]), &host);
    assert_eq!(
        host.made_text().as_deref(),
        Some("[\n{\"a\":\"y\",\"b\":\"2\",\"n\":2,\"label\":\"y-m\"}\n]\n"),
        "{}",
        ran.error()
    );
    let errors: Vec<_> = ran.errors.iter().map(|error| (error.code.as_str(), error.message.as_str())).collect();
    assert!(
        matches!(errors[..], [("transform", message)] if message.contains("“three” is not a number")),
        "{errors:?}"
    );
}

#[test]
fn transformations_that_this_version_does_not_run_stop_the_flow() {
    for transform in [
        json!({"type": "script", "script": {"_scriptId": "6b0b9a2f5ff21299e5ef9b8d", "function": "f"}}),
        json!({"type": "expression", "expression": {"version": "1", "rules": [[{"extract": "{{a}}", "generate": "b"}]]}}),
    ] {
        let export = with(file_export(&json!({"type": "csv"})), &json!({"transform": transform}));
        let refused = refusals(&bundle(export, &[file_import(&json!({"type": "json"}))]));
        assert!(refused.contains("/transform/"), "{transform}: {refused}");
    }
}

#[test]
fn transformations_and_mappings_of_version_1_run() {
    let rules = json!([[{"extract": "Order No.", "generate": "order.id"}, {"extract": "sku", "generate": "sku"}]]);
    let transform = json!({"transform": {"type": "expression", "expression": {"version": "1", "rules": rules}}});
    let export = with(file_export(&json!({"type": "csv"})), &transform);
    let mapping = json!({"fields": [{"extract": "order.id", "generate": "id", "dataType": "number"}],
        "lists": [{"generate": "lines", "fields": [{"extract": "sku", "generate": "code"}, {"hardCodedValue": "1", "generate": "q"}]}]});
    let import = with(file_import(&json!({"type": "json"})), &json!({ "mapping": mapping }));
    let host = Memory::offline().with_file(b"Order No.,sku,more\n7,x,y\n");
    let ran = go(&bundle(export, &[import]), &host);
    let want = "[\n{\"id\":7,\"lines\":[{\"code\":\"x\",\"q\":\"1\"}]}\n]\n";
    assert_eq!(host.made_text().as_deref(), Some(want), "{}", ran.error());
}

#[test]
fn random_values_of_a_step_do_not_depend_on_those_that_others_draw() {
    let made = |uri: &str| {
        let rule = json!([{"generate": "r", "dataType": "string", "extract": "{{random \"uuid\"}}"}]);
        let import = with(file_import(&json!({"type": "json"})), &json!({"mappings": rule}));
        let host = Memory::new(|_| Some(Answer::json(&json!([{"n": 1}, {"n": 2}]))));
        let ran = go(&bundle(http_export(&json!({"relativeURI": uri})), &[import]), &host);
        assert_eq!(ran.counts(1), [2, 2, 0, 0], "{:?}", ran.errors);
        host.made_text().unwrap()
    };
    assert_eq!(made("/x"), made("/x?r={{random \"uuid\"}}"));
    let values = made("/x");
    assert!(values.len() > 80 && values.lines().nth(1) != values.lines().nth(2), "{values}");
}
