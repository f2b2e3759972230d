//! The way back, step by step, among what others do.

use serde_json::json;
use tombolo_model::Intent;

use crate::import;

#[test]
fn one_field_is_taken_back_step_by_step() {
    let mut device = import(&["a"]);
    let steps: Vec<_> = ["One", "Two", "Three"].iter().map(|name| device.set("/name", json!(name)).unwrap()).collect();
    let inverses: Vec<_> = steps.iter().map(|step| device.document.inverse(&step.hash).unwrap()).collect();
    let author = device.author;
    for (inverse, name) in inverses.iter().rev().zip(["Two", "One", "Orders"]) {
        let undone = device.document.undo(&author, inverse).unwrap();
        assert!(undone.skipped.is_empty(), "{undone:?}");
        assert_eq!(device.document.value()["name"], name);
    }
}

#[test]
fn the_same_value_written_by_a_colleague_is_not_taken_back() {
    let mut device = import(&["a"]);
    let mut other = device.copy(2);
    let step = device.set("/name", json!("Mine")).unwrap();
    let inverse = device.document.inverse(&step.hash).unwrap();
    other.take(&device);
    other.set("/name", json!("Theirs"));
    other.set("/name", json!("Mine"));
    device.take(&other);
    let author = device.author;
    let undone = device.document.undo(&author, &inverse).unwrap();
    assert_eq!(undone.skipped, ["/name"]);
}

#[test]
fn an_inserted_row_that_a_colleague_changed_stays_whole() {
    let mut device = import(&["a"]);
    let mut other = device.copy(2);
    let step = device.insert("x", None).unwrap();
    let inverse = device.document.inverse(&step.hash).unwrap();
    other.take(&device);
    other.set("/mappings/x/extract", json!("$.x"));
    device.take(&other);
    let before = device.document.value();
    let author = device.author;
    let undone = device.document.undo(&author, &inverse).unwrap();
    assert_eq!(undone.skipped, ["/mappings/x"]);
    assert!(undone.chunks.is_empty());
    assert_eq!(device.document.value(), before);
}

#[test]
fn an_inserted_row_that_one_changed_oneself_goes_with_its_insertion() {
    let mut device = import(&["a"]);
    let inserted = device.insert("x", None).unwrap();
    let changed = device.set("/mappings/x/generate", json!("y")).unwrap();
    let author = device.author;
    for step in [changed, inserted] {
        let inverse = device.document.inverse(&step.hash).unwrap();
        let undone = device.document.undo(&author, &inverse).unwrap();
        assert!(undone.skipped.is_empty(), "{undone:?}");
    }
    assert_eq!(device.document.value()["mappings"], json!([{"generate": "a"}]));
}

#[test]
fn an_inserted_row_in_which_a_colleague_typed_stays_with_what_they_typed() {
    let mut device = import(&["a"]);
    let mut other = device.copy(2);
    let step = device.insert("x", None).unwrap();
    let inverse = device.document.inverse(&step.hash).unwrap();
    other.take(&device);
    let (path, insert) = ("/mappings/x/generate".to_owned(), "_theirs".to_owned());
    other.edit(&[Intent::Splice { path, at: 1, delete: 0, insert, heads: Vec::new() }]);
    device.take(&other);
    let author = device.author;
    let undone = device.document.undo(&author, &inverse).unwrap();
    assert_eq!(undone.skipped, ["/mappings/x"]);
    assert_eq!(device.document.value()["mappings"][0]["generate"], "x_theirs");
}

#[test]
fn an_inserted_row_that_is_taken_back_and_brought_back_has_its_texts() {
    let mut device = import(&["a"]);
    let step = device.insert("x", None).unwrap();
    let before = device.document.value();
    let author = device.author;
    let inverse = device.document.inverse(&step.hash).unwrap();
    let undone = device.document.undo(&author, &inverse).unwrap();
    assert_eq!(device.document.value()["mappings"], json!([{"generate": "a"}]));
    device.document.undo(&author, &undone.inverses[0]).unwrap();
    assert_eq!(device.document.value(), before);
}
