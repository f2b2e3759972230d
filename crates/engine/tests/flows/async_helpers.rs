//! Work that applications do in their own time.

use std::cell::Cell;

use serde_json::{Value, json};
use tombolo_engine::Bundle;
use tombolo_model::Kind;

use crate::support::{
    Answer, Memory, bundle, file_export, file_import, go, http_export, http_import, id, refusals, with,
};

/// A flow that submits two records together; `helper` is more of the helper.
fn flow(status: &Value, submit: &Value, result: bool) -> Bundle {
    let response = json!({"resourcePath": ["rows"], "failPath": ["error"]});
    let import = http_import(&json!({"relativeURI": ["/jobs"], "batchSize": 2, "response": response,
        "_asyncHelperId": id(20).to_string()}));
    let mut flow = bundle(file_export(&json!({"type": "json"})), &[import, file_import(&json!({"type": "json"}))]);
    let fields = json!([{"extract": "id", "generate": "got"}]);
    flow.flow["pageProcessors"][0]["responseMapping"] = json!({"fields": fields});
    let mut http = json!({"submit": submit, "status": with(json!({"_exportId": id(21).to_string()}), status)});
    if result {
        http["result"] = json!({"_exportId": id(22).to_string()});
    }
    flow.resources.insert(id(20), (Kind::AsyncHelper, json!({"name": "Job", "http": http})));
    let ask = |uri: &str| http_export(&json!({"relativeURI": uri}));
    flow.resources.insert(id(21), (Kind::Export, ask("/jobs/{{record.job}}")));
    flow.resources.insert(id(22), (Kind::Export, ask("/jobs/{{record.job}}/rows/{{record.part}}")));
    flow
}

const TWO: &[u8] = br#"[{"n":1},{"n":2}]"#;

/// Answers the submission, these statuses one after the other, and the result.
fn application(statuses: &'static [&'static str]) -> Memory {
    let at = Cell::new(0);
    Memory::new(move |request| {
        let url = request.url.to_string();
        Some(Answer::new(
            200,
            match () {
                () if request.method == "POST" => r#"{"data":{"job":"j7"}}"#.to_owned(),
                () if url.contains("/rows/") => r#"{"rows":[{"id":"a"},{"id":"b","error":"Bad."}]}"#.to_owned(),
                () => {
                    let state = statuses.get(at.replace(at.get() + 1)).unwrap_or(&"STUCK");
                    format!(r#"{{"state":"{state}","part":3,"rows":[{{"id":1}},{{"id":2}}]}}"#)
                }
            },
        ))
    })
    .with_file(TWO)
}

fn states() -> Value {
    json!({"statusPath": "state", "inProgressValues": ["NEW", "BUSY"], "doneValues": ["DONE"],
        "initialWaitTime": 5000, "pollWaitTime": 20_000})
}

#[test]
fn submitted_work_is_asked_for_until_it_is_done_and_its_results_are_the_records() {
    let host = application(&["NEW", "BUSY", "DONE"]);
    let ran = go(&flow(&states(), &json!({"resourcePath": "data"}), true), &host);
    let base = "https://app.example/v1/jobs";
    let job = format!("{base}/j7");
    assert_eq!(host.urls(), [base, &job, &job, &job, &format!("{job}/rows/3")]);
    assert_eq!(*host.times.borrow(), [0, 5000, 25_000, 45_000, 45_000]);
    assert_eq!(ran.counts(1), [2, 1, 0, 1], "{:?}", ran.errors);
    assert!(ran.errors[0].message.contains("Bad."), "{:?}", ran.errors);
    let made = host.made.borrow();
    assert_eq!(String::from_utf8_lossy(&made[&id(4).to_string()].1), "[\n{\"n\":1,\"got\":\"a\"}\n]\n");
}

#[test]
fn without_a_result_the_last_status_has_the_results() {
    let host = application(&["DONE"]);
    let ran = go(&flow(&states(), &json!({"resourcePath": "data"}), false), &host);
    assert_eq!((ran.counts(1), ran.counts(2)), ([2, 2, 0, 0], [2, 2, 0, 0]), "{:?}", ran.errors);
}

#[test]
fn work_that_ends_otherwise_is_an_error_of_its_records() {
    let host = application(&["BUSY", "FAILED"]);
    let ran = go(&flow(&states(), &json!({"resourcePath": "data"}), true), &host);
    assert_eq!(ran.counts(1), [2, 0, 0, 2]);
    assert!(ran.errors[0].message.contains("the status FAILED"), "{:?}", ran.errors);
    let host = application(&["BUSY"]);
    let mut open = states();
    open["inProgressValues"] = json!([]);
    let ran = go(&flow(&open, &json!({"resourcePath": "data"}), true), &host);
    assert!(ran.errors[1].message.contains("after 4 hours"), "{:?}", ran.errors);
    let host = application(&[]);
    let ran = go(&flow(&states(), &json!({"resourcePath": "nothing.here"}), true), &host);
    assert!(ran.errors[0].message.contains("by what to ask"), "{:?}", ran.errors);
}

#[test]
fn a_helper_that_is_not_complete_is_refused() {
    let submit = json!({});
    let mut none = states();
    none["doneValues"] = json!([]);
    assert!(refusals(&flow(&none, &submit, true)).contains("/http/status/doneValues"));
    let mut gone = flow(&states(), &submit, true);
    gone.resources.remove(&id(22));
    assert!(refusals(&gone).contains("/http/result/_exportId"));
    gone.resources.remove(&id(20));
    assert!(refusals(&gone).contains("The asynchronous helper is not here"));
}

/// A flow whose source submits a query and reads its result later.
fn queried(result: bool) -> Bundle {
    let mut flow = flow(&states(), &json!({"resourcePath": "data"}), result);
    let export = http_export(
        &json!({"method": "POST", "relativeURI": "/jobs", "body": "{}", "_asyncHelperId": id(20).to_string(),
        "response": {"resourcePath": "rows"}}),
    );
    flow.resources.insert(id(2), (Kind::Export, export));
    flow.flow["pageProcessors"].as_array_mut().unwrap().remove(0);
    let mut result = http_export(&json!({"relativeURI": "/jobs/{{record.job}}/rows/{{record.part}}"}));
    result["http"]["response"] = json!({"resourcePath": "rows"});
    flow.resources.insert(id(22), (Kind::Export, result));
    flow
}

#[test]
fn a_source_submits_its_query_once_and_reads_the_result_when_it_is_done() {
    let job = "https://app.example/v1/jobs/j7";
    for (result, made) in [
        (true, "[\n{\"id\":\"a\"},\n{\"id\":\"b\",\"error\":\"Bad.\"}\n]\n"),
        (false, "[\n{\"id\":1},\n{\"id\":2}\n]\n"),
    ] {
        let host = application(&["NEW", "DONE"]);
        let ran = go(&queried(result), &host);
        assert_eq!((ran.counts(0), ran.error()), ([2, 2, 0, 0], ""), "{:?}", ran.errors);
        let asked = ["https://app.example/v1/jobs", job, job].map(ToOwned::to_owned);
        assert_eq!(host.urls()[..3], asked);
        assert_eq!(host.urls().len(), 3 + usize::from(result));
        assert_eq!(String::from_utf8_lossy(&host.made.borrow()[&id(4).to_string()].1), made);
    }
    let host = application(&["FAILED"]);
    let ran = go(&queried(true), &host);
    assert!(ran.error().contains("“Source”") && ran.error().contains("the status FAILED"), "{}", ran.error());
}

#[test]
fn what_the_status_of_work_repeats_of_the_credentials_is_not_shown() {
    let mut flow = flow(&states(), &json!({"resourcePath": "data"}), true);
    let auth = json!({"type": "token", "token": {"location": "header", "headerName": "X"}});
    let http = json!({"baseURI": "https://app.example/v1", "auth": auth});
    flow.resources.insert(id(1), (Kind::Connection, json!({"name": "App", "type": "http", "http": http})));
    flow.secrets.insert(id(1), [("/http/auth/token/token".to_owned(), "hush-hush".to_owned())].into());
    let host = Memory::new(|request| {
        let posted = request.method == "POST";
        let state = json!({"state": format!("no hush-hush {}", "x".repeat(5_000))});
        Some(Answer::json(&if posted { json!({"data": {"job": 1}}) } else { state }))
    })
    .with_file(TWO);
    let ran = go(&flow, &host);
    let message = &ran.errors[0].message;
    assert!(message.contains("no ******") && message.len() < 1_000, "{message}");
}
