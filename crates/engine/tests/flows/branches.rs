//! Branchings: which records go where, in which order.

use serde_json::{Value, json};
use tombolo_engine::Retry;
use tombolo_model::Kind;

use crate::support::{Memory, bundle, file_export, file_import, go, id, refusals, with};

const RECORDS: &[u8] = br#"[{"n":1,"k":"a"},{"n":2,"k":"b"},{"n":3,"k":"a"},{"n":4,"k":"c"},{"n":5,"k":"b"}]"#;

fn is(kind: &str) -> Value {
    json!({"type": "expression", "expression": {"version": "1", "rules": ["equals", ["extract", "k"], kind]}})
}

fn only_above(number: u64) -> Value {
    json!({"type": "expression", "expression": {"version": "1", "rules": ["greaterthan", ["number", ["extract", "n"]], number]}})
}

/// A step that writes into the file of import `number`.
fn step(number: u8) -> Value {
    json!({"type": "import", "_importId": id(number).to_string()})
}

/// A flow of branchings, with imports 3 to 6 that write JSON lines.
fn branching(routers: &Value, page_size: u64) -> tombolo_engine::Bundle {
    let export = with(file_export(&json!({"type": "json"})), &json!({"pageSize": page_size}));
    let import = file_import(&json!({"type": "json"}));
    let mut bundle = bundle(export, &[import.clone(), import.clone(), import.clone(), import]);
    let flow = bundle.flow.as_object_mut().unwrap();
    flow.remove("pageProcessors");
    flow.insert("routers".into(), routers.clone());
    bundle
}

/// The numbers that the file of an import has, in their order.
fn numbers(host: &Memory, number: u8) -> Vec<i64> {
    let made = host.made.borrow();
    let Some((_, bytes)) = made.get(&id(number).to_string()) else { return Vec::new() };
    let records: Vec<Value> = serde_json::from_slice(bytes).unwrap();
    records.iter().map(|record| record["n"].as_i64().unwrap()).collect()
}

#[test]
fn a_record_goes_to_the_first_branch_that_matches() {
    let routers = json!([{"id": "r", "name": "By kind", "routeRecordsTo": "first_matching_branch", "branches": [
        {"name": "A", "inputFilter": is("a"), "pageProcessors": [step(3)]},
        {"name": "Above 1", "inputFilter": only_above(1), "pageProcessors": [step(4)]}]}]);
    let host = Memory::offline().with_file(RECORDS);
    let ran = go(&branching(&routers, 2), &host);
    assert_eq!((numbers(&host, 3), numbers(&host, 4)), (vec![1, 3], vec![2, 4, 5]));
    assert_eq!(ran.outcome.steps[1].kind, "router");
    assert_eq!(ran.outcome.steps[1].name, "By kind");
    assert_eq!(ran.counts(1), [5, 5, 0, 0]);
}

#[test]
fn a_record_goes_to_all_branches_that_match() {
    let routers = json!([{"id": "r", "routeRecordsTo": "all_matching_branches", "branches": [
        {"name": "A", "inputFilter": is("a"), "pageProcessors": [step(3)]},
        {"name": "Above 2", "inputFilter": only_above(2), "pageProcessors": [step(4)]}]}]);
    let host = Memory::offline().with_file(RECORDS);
    let ran = go(&branching(&routers, 2), &host);
    assert_eq!((numbers(&host, 3), numbers(&host, 4)), (vec![1, 3], vec![3, 4, 5]));
    assert_eq!(ran.counts(1), [5, 4, 1, 0], "the record without a branch ends there, and is counted");
}

#[test]
fn a_record_too_big_to_be_copied_for_each_branch_fails_and_the_others_do_not() {
    let branch =
        |at: usize| json!({"name": at.to_string(), "pageProcessors": if at < 2 { vec![step(3)] } else { vec![] }});
    let routers = |branches: usize| {
        let branches: Value = (0..branches).map(branch).collect();
        json!([{"id": "r", "routeRecordsTo": "all_matching_branches", "branches": branches}])
    };
    // Short in JSON, and long in memory: each list takes a place.
    let lists = "[],".repeat(1_000_000);
    let records = format!(r#"[{{"n":1,"a":[{lists}[]]}},{{"n":2}}]"#);
    let run = |branches: usize| {
        let host = Memory::offline().with_file(records.as_bytes());
        let ran = go(&branching(&routers(branches), 2), &host);
        (ran.counts(1), ran.errors.iter().map(|error| (error.code.clone(), error.index)).collect::<Vec<_>>())
    };
    assert_eq!(run(2), ([2, 2, 0, 0], vec![]));
    assert_eq!(run(20), ([2, 1, 0, 1], vec![("too_big".to_owned(), Some(0))]));
}

#[test]
fn ways_meet_again_in_the_order_of_the_source_whatever_the_page_size() {
    let routers = json!([
        {"id": "start", "branches": [{"name": "In", "pageProcessors": [], "nextRouterId": "split"}]},
        {"id": "split", "routeRecordsTo": "first_matching_branch", "branches": [
            {"name": "A", "inputFilter": is("a"), "pageProcessors": [step(3)], "nextRouterId": "end"},
            {"name": "Dropped", "inputFilter": is("c"), "pageProcessors": []},
            {"name": "Rest", "pageProcessors": [], "nextRouterId": "end"}]},
        {"id": "end", "branches": [{"name": "Out", "pageProcessors": [step(4)]}]}]);
    for page_size in [1, 2, 3, 100] {
        let host = Memory::offline().with_file(RECORDS);
        go(&branching(&routers, page_size), &host);
        let want = (vec![1, 3], vec![1, 2, 3, 5]);
        assert_eq!((numbers(&host, 3), numbers(&host, 4)), want, "{page_size} records a page");
    }
}

#[test]
fn what_one_copy_of_a_record_learns_the_other_does_not() {
    let mapping = json!([{"generate": "n", "dataType": "number", "extract": "$.n"},
        {"generate": "seen", "dataType": "string", "extract": "$.seen"}]);
    let mut first = step(3);
    first["responseMapping"] = json!({"fields": [{"extract": "statusCode", "generate": "seen"}]});
    let routers = json!([{"id": "r", "routeRecordsTo": "all_matching_branches", "branches": [
        {"name": "A", "pageProcessors": [first, step(4)]},
        {"name": "B", "pageProcessors": [step(5)]}]}]);
    let mut bundle = branching(&routers, 20);
    for number in [4, 5] {
        let import = with(file_import(&json!({"type": "json"})), &json!({"mappings": mapping}));
        bundle.resources.insert(id(number), (Kind::Import, import));
    }
    let host = Memory::offline().with_file(br#"[{"n":1}]"#);
    go(&bundle, &host);
    let made = host.made.borrow();
    let text = |number: u8| String::from_utf8(made[&id(number).to_string()].1.clone()).unwrap();
    assert_eq!(text(4), "[\n{\"n\":1,\"seen\":\"200\"}\n]\n");
    assert_eq!(text(5), "[\n{\"n\":1}\n]\n");
}

#[test]
fn branchings_that_lead_in_circles_or_nowhere_are_refused() {
    let circle = json!([
        {"id": "a", "branches": [{"name": "A", "pageProcessors": [], "nextRouterId": "b"}]},
        {"id": "b", "branches": [{"name": "B", "pageProcessors": [], "nextRouterId": "b"}]}]);
    assert!(refusals(&branching(&circle, 1)).contains("/routers/1/branches: Its records would come back"));
    let nowhere = json!([{"id": "a", "branches": [{"name": "A", "pageProcessors": [], "nextRouterId": "z"}]}]);
    assert!(refusals(&branching(&nowhere, 1)).contains("/routers/0/branches/0/nextRouterId: “A” leads to"));
    let alone = json!([
        {"id": "a", "branches": [{"name": "A", "pageProcessors": []}]},
        {"id": "b", "name": "Left over", "branches": [{"name": "B", "pageProcessors": []}]}]);
    assert!(refusals(&branching(&alone, 1)).contains("Nothing leads to “Left over”"));
    let twice = json!([
        {"id": "a", "branches": [{"name": "A", "pageProcessors": [], "nextRouterId": "a"}]},
        {"id": "a", "branches": [{"name": "B", "pageProcessors": []}]}]);
    assert!(refusals(&branching(&twice, 1)).contains("Two branchings have the id “a”"));
    let empty = json!([{"id": "a", "branches": []}]);
    assert!(refusals(&branching(&empty, 1)).contains("This branching has no branches"));
}

#[test]
fn a_filter_that_cannot_judge_a_record_fails_that_record_only() {
    let matches = json!({"type": "expression", "expression": {"version": "1", "rules": ["matches", ["extract", "k"], "^(a|aa)+\\1$"]}});
    let routers =
        json!([{"id": "r", "branches": [{"name": "A", "inputFilter": matches, "pageProcessors": [step(3)]}]}]);
    let host = Memory::offline().with_file(
        format!(r#"[{{"n":1,"k":"aa"}},{{"n":2,"k":"{}c"}},{{"n":3,"k":"aaaa"}}]"#, "a".repeat(50_000)).as_bytes(),
    );
    let ran = go(&branching(&routers, 20), &host);
    assert_eq!((numbers(&host, 3), ran.counts(1)), (vec![1, 3], [3, 2, 0, 1]));
    assert_eq!(ran.errors[0].index, Some(1));
}

#[test]
fn a_record_tried_again_in_a_branch_leaves_the_other_branches_alone() {
    let routers = json!([
        {"id": "r", "branches": [
            {"name": "A", "inputFilter": is("a"), "pageProcessors": [step(3)], "nextRouterId": "end"},
            {"name": "B", "pageProcessors": [step(4)]}]},
        {"id": "end", "branches": [{"name": "Out", "pageProcessors": [step(5)]}]}]);
    let mut bundle = branching(&routers, 20);
    bundle.about.retry = Some(Retry { step: id(3).to_string(), records: vec![(3, json!({"n": 4, "k": "edited"}))] });
    let host = Memory::offline().with_file(b"[]");
    go(&bundle, &host);
    assert_eq!((numbers(&host, 3), numbers(&host, 5)), (vec![4], vec![4]));
    assert!(!host.made.borrow().contains_key(&id(4).to_string()), "no file of a branch that nothing came to");
    bundle.about.retry = Some(Retry { step: "r".to_owned(), records: vec![(3, json!({"n": 4, "k": "edited"}))] });
    go(&bundle, &host);
    assert_eq!(numbers(&host, 4), [4], "at a branching it is routed anew");
}
