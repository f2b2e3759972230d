//! Flows that follow another one.

use serde_json::json;
use tombolo_engine::Bundle;
use tombolo_model::run::RunStatus;

use crate::support::{Memory, Started, bundle, file_export, file_import, go, id};

/// A flow that two others follow, one of them named twice.
fn followed() -> Bundle {
    let mut bundle = bundle(file_export(&json!({"type": "json"})), &[file_import(&json!({"type": "json"}))]);
    bundle.flow["_runNextFlowIds"] = json!([id(20), id(21), id(20)]);
    bundle
}

fn host(refuses: Option<u8>) -> Memory {
    let mut host = Memory::offline().with_file(br#"[{"a":1}]"#);
    host.flows = Some(Started { refuses: refuses.map(id), ..Started::default() });
    host
}

fn started(host: &Memory) -> Vec<tombolo_model::Id> {
    host.flows.as_ref().map(|flows| flows.flows.borrow().clone()).unwrap_or_default()
}

#[test]
fn a_flow_that_has_run_to_its_end_starts_those_that_follow_it_once_each() {
    let host = host(None);
    let ran = go(&followed(), &host);
    assert_eq!((ran.outcome.status, ran.errors.len()), (RunStatus::Completed, 0));
    assert_eq!(started(&host), [id(20), id(21)]);
}

#[test]
fn single_sources_of_other_flows_follow_a_flow_and_those_of_one_flow_in_one_run() {
    let mut bundle = followed();
    let row = |flow: u8, export: u8| json!({"_flowId": id(flow), "_exportId": id(export)});
    bundle.flow["_runNextExportIds"] = json!([row(22, 30), row(20, 31), row(22, 32)]);
    let host = host(None);
    assert_eq!(go(&bundle, &host).outcome.status, RunStatus::Completed);
    assert_eq!(started(&host), [id(20), id(21), id(22)]);
    let sources = host.flows.as_ref().map(|flows| flows.sources.borrow().clone()).unwrap_or_default();
    assert_eq!(sources, [vec![], vec![], vec![id(30), id(32)]]);
}

#[test]
fn nothing_follows_a_test_run_or_a_run_that_failed() {
    let host_of_test = host(None);
    let mut tried = followed();
    tried.about.test_mode = true;
    go(&tried, &host_of_test);
    assert_eq!(started(&host_of_test), []);
    let mut host = Memory::offline().with_file(br#"[{"a":1}, {"#);
    host.flows = Some(Started::default());
    assert_eq!(go(&followed(), &host).outcome.status, RunStatus::Failed);
    assert_eq!(started(&host), []);
}

#[test]
fn a_flow_that_does_not_start_behind_another_is_an_error_of_its_last_step() {
    let host = host(Some(20));
    let ran = go(&followed(), &host);
    assert_eq!((ran.outcome.status, started(&host)), (RunStatus::Completed, vec![id(21)]));
    assert_eq!((ran.errors[0].code.as_str(), ran.counts(1)), ("next_flow", [1, 1, 0, 1]));
    assert!(ran.errors[0].message.ends_with("It is switched off."), "{}", ran.errors[0].message);
    let alone = Memory::offline().with_file(br#"[{"a":1}]"#);
    assert_eq!(go(&followed(), &alone).errors.len(), 2, "where none can be started");
}
