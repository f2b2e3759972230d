//! What holds where a resource says nothing, and the bounds of what it may say.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::{Value, json};
use tombolo_engine::RunEvent;
use tombolo_formats::{Compression, CsvOptions, Encoding, RecordWriter, WriteFormat, WriteOptions};
use tombolo_model::Val;

use crate::support::{
    Answer, Memory, bundle, file_export, file_import, go, go_until, http_export, http_import, id, refusals, with,
};

fn rows(count: usize) -> Vec<u8> {
    let rows: String = (0..count).map(|row| format!("{row}\n")).collect();
    format!("id\n{rows}").into_bytes()
}

#[test]
fn an_export_that_names_no_page_size_has_pages_of_twenty() {
    for (more, want) in [(json!({}), vec![20, 40, 45]), (json!({"pageSize": 30}), vec![30, 45])] {
        let host = Memory::offline().with_file(&rows(45));
        let said = RefCell::new(Vec::new());
        go_until(&bundle(with(file_export(&json!({"type": "csv"})), &more), &[]), &host, |event| {
            if let RunEvent::Count { step: 0, count } = event {
                said.borrow_mut().push(count.success);
            }
            false
        });
        let mut said = said.take();
        said.dedup();
        assert_eq!(said, want, "{more}");
    }
}

#[test]
fn a_transformation_is_read_inside_its_expression_and_beside_its_type() {
    let new = json!({"version": "2", "rulesTwoDotZero": {"mode": "create", "mappings": [
        {"generate": "n", "dataType": "string", "extract": "$.a", "status": "Active"}]}});
    let old = json!({"version": "1", "rules": [[{"extract": "a", "generate": "n"}]]});
    for rules in [new, old] {
        for transform in
            [json!({"type": "expression", "expression": rules}), with(json!({"type": "expression"}), &rules)]
        {
            let host = Memory::offline().with_file(b"a,b\n1,2\n");
            let export = with(file_export(&json!({"type": "csv"})), &json!({"transform": transform}));
            go(&bundle(export, &[file_import(&json!({"type": "json"}))]), &host);
            assert_eq!(host.made_text().as_deref(), Some("[\n{\"n\":\"1\"}\n]\n"), "{transform}");
        }
    }
}

#[test]
fn an_abstract_flow_does_not_run() {
    let mut made = bundle(file_export(&json!({"type": "csv"})), &[file_import(&json!({"type": "json"}))]);
    made.flow["isAbstract"] = json!(true);
    assert!(refusals(&made).contains("/isAbstract: This flow is a pattern"));
    made.flow["isAbstract"] = json!(false);
    let host = Memory::offline().with_file(b"a\n1\n");
    assert_eq!(go(&made, &host).counts(0), [1, 1, 0, 0]);
}

#[test]
fn errors_keep_no_record_where_retries_are_skipped() {
    for (flow, generator, keeps) in [
        (json!({}), json!({}), [true, true]),
        (json!({"skipRetries": true}), json!({}), [false, false]),
        (json!({}), json!({"skipRetries": true}), [false, true]),
    ] {
        let host = Memory::new(|_| Some(Answer::new(422, "no"))).with_file(b"a,b\n1,2\n");
        // One fails at the source, the other at the step.
        let failing = with(
            file_export(&json!({"type": "csv"})),
            &json!({"transform": {"type": "expression",
            "expression": {"version": "2", "rulesTwoDotZero": {"mode": "create", "mappings": [{"generate": "n",
            "dataType": "number", "extract": "no number", "status": "Active"}]}}}}),
        );
        let passing = file_export(&json!({"type": "csv"}));
        let errors = [failing, passing].map(|export| {
            let mut made = bundle(export, &[http_import(&json!({"relativeURI": ["/x"]}))]);
            made.flow.as_object_mut().unwrap().extend(flow.as_object().unwrap().clone());
            let own = made.flow["pageGenerators"][0].as_object_mut().unwrap();
            own.extend(generator.as_object().unwrap().clone());
            go(&made, &host).errors
        });
        assert!(errors.iter().all(|errors| errors.len() == 1), "{errors:?}");
        assert_eq!(errors.map(|errors| errors[0].record.is_some()), keeps, "{flow} {generator}");
    }
}

#[test]
fn records_that_lock_each_other_out_are_sent_one_behind_the_other() {
    let (now, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let (sent, seen) = (Rc::clone(&now), Rc::clone(&most));
    let mut host = Memory::new(move |_| {
        sent.set(sent.get() + 1);
        seen.set(seen.get().max(sent.get()));
        Some(Answer::new(200, "{}"))
    })
    .with_file(&rows(10));
    host.answer_ms = 10;
    host.on_answer = Some(Box::new(move || now.set(now.get() - 1)));
    let import = with(http_import(&json!({"relativeURI": ["/x"]})), &json!({"idLockTemplate": "{{record.id}}"}));
    let ran = go(&bundle(file_export(&json!({"type": "csv"})), &[import]), &host);
    assert_eq!((ran.counts(1), most.get()), ([10, 10, 0, 0], 1));
}

#[test]
fn an_answer_may_be_a_file() {
    let zipped = {
        let options = WriteOptions {
            compression: Some(Compression::Gzip),
            encoding: Encoding::Utf8,
            format: WriteFormat::Csv(CsvOptions::default()),
        };
        let mut writer = RecordWriter::new(&options, "f");
        let mut bytes = Vec::new();
        let Val::Map(record) = Val::from(&json!({"a": "1"})) else { return };
        writer.write(&record, &mut bytes).unwrap();
        writer.finish(&mut bytes).unwrap();
        bytes
    };
    for (kind, file, body) in [
        ("file", json!({"type": "csv", "compressionFormat": "gzip"}), zipped),
        ("file", json!({"type": "json", "json": {"resourcePath": "d"}}), br#"{"d":[{"a":"1"}]}"#.to_vec()),
        ("csvstream", json!({"type": "csv", "csv": {"columnDelimiter": ";"}}), b"a;b\n1;2\n".to_vec()),
    ] {
        let host = Memory::new(move |_| Some(Answer::new(200, body.clone())));
        let export = with(http_export(&json!({"relativeURI": "x", "type": kind})), &json!({"file": file}));
        let import = with(
            file_import(&json!({"type": "csv", "csv": {"includeHeader": false}})),
            &json!({"mappings": [{"generate": "a", "dataType": "string", "extract": "$.a", "status": "Active"}]}),
        );
        let ran = go(&bundle(export, &[import]), &host);
        assert_eq!(host.made_text().as_deref(), Some("1\n"), "{kind} {file}: {}", ran.error());
    }
    let export = || file_export(&json!({"type": "csv"}));
    let refused = refusals(&bundle(export(), &[http_import(&json!({"type": "file", "relativeURI": ["/x"]}))]));
    assert!(refused.contains("sends records to endpoints, and no files"), "{refused}");
    let refused = refusals(&bundle(http_export(&json!({"type": "blob"})), &[]));
    assert!(refused.contains("not “blob”"), "{refused}");
}

#[test]
fn a_connection_lets_one_to_twenty_five_requests_through_at_once() {
    for (level, want) in
        [(Value::Null, 25), (json!(1), 1), (json!(7), 7), (json!(25), 25), (json!(99), 25), (json!(0), 25)]
    {
        let (now, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (sent, seen) = (Rc::clone(&now), Rc::clone(&most));
        let mut host = Memory::new(move |_| {
            sent.set(sent.get() + 1);
            seen.set(seen.get().max(sent.get()));
            Some(Answer::new(200, "{}"))
        })
        .with_file(&rows(60));
        host.answer_ms = 10;
        host.on_answer = Some(Box::new(move || now.set(now.get() - 1)));
        let export = with(file_export(&json!({"type": "csv"})), &json!({"pageSize": 60}));
        let mut flow = bundle(export, &[http_import(&json!({"relativeURI": ["/x"]}))]);
        flow.resources.get_mut(&id(1)).unwrap().1["http"]["concurrencyLevel"] = level.clone();
        let ran = go(&flow, &host);
        assert_eq!((ran.counts(1), most.get()), ([60, 60, 0, 0], want), "{level}");
    }
}
