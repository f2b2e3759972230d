//! Records that are tried again at the step where they failed.

use serde_json::{Value, json};
use tombolo_engine::{Bundle, Retry, compile};

use crate::support::{Answer, Memory, bundle, file_export, file_import, go, http_import, id, with};

/// Source, a step that renames, a step that sends, a step that writes down.
fn flow() -> Bundle {
    let filter = json!({"type": "expression", "expression": {"version": "1", "rules": ["notempty", ["extract", "n"]]}});
    let export = with(file_export(&json!({"type": "json"})), &json!({"filter": filter}));
    let send = with(
        http_import(&json!({})),
        &json!({"mappings": [{"generate": "sent", "dataType": "number", "extract": "$.n"}]}),
    );
    bundle(export, &[file_import(&json!({"type": "json"})), send, file_import(&json!({"type": "json"}))])
}

fn retried(step: &str, records: &[(u64, Value)]) -> (Memory, crate::support::Ran) {
    let mut bundle = flow();
    bundle.about.retry = Some(Retry { step: step.to_owned(), records: records.to_vec() });
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(b"[]");
    let ran = go(&bundle, &host);
    (host, ran)
}

#[test]
fn a_record_is_tried_again_at_its_step_and_goes_on_from_there() {
    let (host, ran) = retried(&id(4).to_string(), &[(7, json!({"n": 70})), (9, json!({"n": 90}))]);
    assert_eq!(host.bodies(), [r#"{"sent":70}"#, r#"{"sent":90}"#]);
    assert_eq!(
        [ran.counts(0), ran.counts(1), ran.counts(2), ran.counts(3)],
        [[0; 4], [0; 4], [2, 2, 0, 0], [2, 2, 0, 0]]
    );
    let made = host.made.borrow();
    assert_eq!(made[&id(5).to_string()].1, b"[\n{\"n\":70},\n{\"n\":90}\n]\n");
}

#[test]
fn a_record_that_fails_again_is_an_error_of_the_same_place() {
    let (_, ran) = retried(&id(4).to_string(), &[(7, json!({"n": "none"}))]);
    assert_eq!((ran.errors.len(), ran.errors[0].index, ran.counts(2)), (1, Some(7), [1, 0, 0, 1]));
}

#[test]
fn a_record_of_a_source_is_judged_again() {
    let (_, ran) = retried(&id(2).to_string(), &[(0, json!({"n": 1})), (1, json!({"m": 1}))]);
    assert_eq!((ran.counts(0), ran.counts(1)), ([2, 1, 1, 0], [1, 1, 0, 0]));
}

#[test]
fn records_of_a_step_that_is_gone_are_not_tried() {
    let mut bundle = flow();
    bundle.about.retry = Some(Retry { step: id(99).to_string(), records: Vec::new() });
    let problems = compile(&bundle).unwrap_err();
    assert!(problems[0].message.contains("no longer in the flow"), "{problems:?}");
}
