//! Memory and stopping: what a run holds does not grow with its records, and it stops wherever it waits.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::{Value, json};
use tombolo_engine::RunEvent;
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, bundle, file_export, file_import, go, go_until, http_export, http_import, with};

const ROWS: usize = 100_000;
const ROWS_A_PIECE: usize = 100;

#[test]
fn a_hundred_thousand_records_are_never_in_memory_at_once() {
    let mut pieces = vec![b"id\n".to_vec()];
    for piece in 0..ROWS / ROWS_A_PIECE {
        let rows = piece * ROWS_A_PIECE..(piece + 1) * ROWS_A_PIECE;
        pieces.push(rows.map(|n| format!("{n}\n")).collect::<String>().into_bytes());
    }
    let sent = Rc::new(Cell::new(0));
    let most = Rc::new(Cell::new(0));
    let (counted, highest) = (Rc::clone(&sent), Rc::clone(&most));
    let read = Rc::new(Cell::new(Rc::new(Cell::new(0))));
    let pieces_read = Rc::clone(&read);
    let host = Memory::new(move |_| {
        let pieces = pieces_read.take();
        let live = pieces.get() * ROWS_A_PIECE - counted.get();
        pieces_read.set(pieces);
        counted.set(counted.get() + 1);
        highest.set(highest.get().max(live));
        Some(Answer::new(200, ""))
    })
    .with_pieces(pieces);
    read.set(Rc::clone(&host.pieces_read));
    let import = http_import(&json!({"relativeURI": ["/x"]}));
    let ran = go(&bundle(file_export(&json!({"type": "csv"})), &[import]), &host);
    assert_eq!(ran.counts(1), [ROWS as u64, ROWS as u64, 0, 0]);
    assert_eq!(sent.get(), ROWS);
    // One piece with the header, one being read, and the pages between the steps.
    assert!(most.get() <= 4 * ROWS_A_PIECE, "{} records were in memory", most.get());
}

#[test]
fn a_run_stops_while_it_waits_for_an_answer() {
    let host = Memory::new(|request| {
        let first = request.url.to_string().ends_with("page=0");
        first.then(|| Answer::json(&json!([{"a": 1}, {"a": 2}])))
    });
    let export =
        http_export(&json!({"relativeURI": "x?page={{export.http.paging.page}}", "paging": {"method": "page"}}));
    let bundle = {
        let mut made = bundle(export, &[file_import(&json!({"type": "csv"}))]);
        let (_, export) = made.resources.get_mut(&crate::support::id(2)).unwrap();
        export["pageSize"] = json!(1);
        made
    };
    let ran = go_until(&bundle, &host, |event| matches!(event, RunEvent::Count { step: 1, .. }));
    assert_eq!(ran.outcome.status, RunStatus::Canceled);
    assert_eq!(ran.outcome.error, None);
    assert_eq!((host.made_text(), ran.counts(1)[1]), (None, 0), "a canceled run leaves no file, and nothing in one");
}

#[test]
fn a_run_stops_between_two_records() {
    let rows: String = (0..10_000).map(|n| format!("{n}\n")).collect();
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(format!("id\n{rows}").as_bytes());
    let import = http_import(&json!({"relativeURI": ["/x"]}));
    let ran = go_until(
        &bundle(file_export(&json!({"type": "csv"})), &[import]),
        &host,
        |event| matches!(event, RunEvent::Count { step: 1, count } if count.pages >= 3),
    );
    assert_eq!(ran.outcome.status, RunStatus::Canceled);
    assert!(ran.counts(1)[1] < 5_000, "{:?}", ran.counts(1));
}

/// A record with a text of half a megabyte beside 2,000 items.
fn long_beside_many() -> Vec<u8> {
    let items: Vec<_> = (0..2_000).map(|n| json!({"n": n})).collect();
    json!([{"text": "x".repeat(500_000), "more": {"text": "y".repeat(500_000)}, "items": items}])
        .to_string()
        .into_bytes()
}

#[test]
fn a_mapping_does_not_copy_a_long_text_for_each_of_many_items() {
    let entry = |more: Value| {
        json!({"generate": "made", "dataType": "objectarray", "buildArrayHelper": [
        {"extract": "$.items[*]", "mappings": [more]}]})
    };
    let rules = [
        json!({"mappings": [entry(json!({"generate": "t", "dataType": "string", "extract": "$.text"}))]}),
        json!({"mappings": [entry(json!({"generate": "t", "dataType": "object", "extract": "$.more",
            "mappings": [{"generate": "u", "dataType": "string", "extract": "u"}]}))]}),
        json!({"mapping": {"lists": [{"generate": "made", "fields": [
            {"extract": "items[*].n", "generate": "n"}, {"extract": "text", "generate": "t"}]}]}}),
        json!({"mapping": {"fields": [{"extract": "items", "generate": "made"}, {"extract": "text", "generate": "made[*].t"}]}}),
    ];
    for rules in rules {
        let import = with(file_import(&json!({"type": "json"})), &rules);
        let host = Memory::offline().with_file(&long_beside_many());
        let ran = go(&bundle(file_export(&json!({"type": "json"})), &[import]), &host);
        assert_eq!(ran.counts(1), [1, 0, 0, 1], "{rules}");
        assert!(ran.errors[0].message.contains("64 MB"), "{}", ran.errors[0].message);
    }
}

#[test]
fn a_response_mapping_does_not_copy_a_long_text_for_each_of_many_items() {
    for fields in [
        json!({"fields": [{"extract": "_json.text", "generate": "items[*].copy"}]}),
        json!({"lists": [{"generate": "made", "fields": [
            {"extract": "_json.items[*].n", "generate": "n"}, {"extract": "_json.text", "generate": "t"}]}]}),
    ] {
        let answer: Value = serde_json::from_slice(&long_beside_many()).unwrap();
        let host = Memory::new(move |_| Some(Answer::json(&answer[0]))).with_file(&long_beside_many());
        let mut bundle = bundle(file_export(&json!({"type": "json"})), &[http_import(&json!({}))]);
        bundle.flow["pageProcessors"][0]["responseMapping"] = fields;
        let ran = go(&bundle, &host);
        assert!(ran.errors[0].message.contains("64 MB"), "{:?}", ran.errors.first().map(|error| &error.message));
    }
}

#[test]
fn a_mapping_makes_no_record_that_is_bigger_than_records_may_be() {
    let rules: Vec<_> =
        ["a", "b", "c"].map(|name| json!({"generate": name, "dataType": "string", "extract": "$.s"})).into();
    let import = with(file_import(&json!({"type": "json"})), &json!({"mappings": rules}));
    let text = json!([{"s": "x".repeat(2 * 1024 * 1024)}, {"s": "y"}]).to_string();
    let host = Memory::offline().with_file(text.as_bytes());
    let ran = go(&bundle(file_export(&json!({"type": "json"})), &[import]), &host);
    assert_eq!((ran.counts(1), ran.errors[0].code.as_str()), ([2, 1, 0, 1], "too_big"));
}
