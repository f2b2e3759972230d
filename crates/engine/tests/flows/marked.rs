//! Exports that tell their endpoint what was read, and sources that are read at the same time.

use serde_json::{Value, json};
use tombolo_engine::Bundle;
use tombolo_model::Kind;
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, bundle, file_import, go, http_export, id, refusals, with};

fn marking(once: &Value) -> Bundle {
    let http = json!({"relativeURI": "/read", "once": once});
    bundle(with(http_export(&http), &json!({"type": "once", "pageSize": 2})), &[file_import(&json!({"type": "csv"}))])
}

fn endpoint(refused: &'static str) -> Memory {
    Memory::new(move |request| {
        let url = request.url.to_string();
        Some(if url.ends_with("/read") {
            Answer::json(&json!([{"id": 1}, {"id": 2}, {"id": 3}]))
        } else if !refused.is_empty() && url.contains(refused) {
            Answer::new(409, r#"{"message": "locked"}"#)
        } else {
            Answer::new(204, "")
        })
    })
}

fn marks(host: &Memory) -> Vec<String> {
    let sent = host.requests.borrow();
    let texts = sent.iter().zip(host.bodies()).skip(1);
    texts
        .map(|(request, body)| {
            format!("{} {} {body}", request.method, request.url.to_string().replace("https://app.example/v1", ""))
        })
        .collect()
}

#[test]
fn each_record_or_each_page_is_marked_once_it_went_on() {
    let host = endpoint("");
    let ran =
        go(&marking(&json!({"relativeURI": "/{{record.id}}/done", "method": "PUT", "body": "{{export.name}}"})), &host);
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [3, 3, 0, 0]));
    assert_eq!(marks(&host), ["PUT /1/done Source", "PUT /2/done Source", "PUT /3/done Source"]);
    let host = endpoint("");
    let body = "[{{#each page_of_records}}{{record.id}}{{#unless @last}},{{/unless}}{{/each}}]";
    go(&marking(&json!({"relativeURI": "/done", "body": body})), &host);
    assert_eq!(marks(&host), ["POST /done [1,2]", "POST /done [3]"]);
}

#[test]
fn a_record_that_cannot_be_marked_is_an_error_and_the_rest_goes_on() {
    let host = endpoint("/2/");
    let ran = go(&marking(&json!({"relativeURI": "/{{record.id}}/done"})), &host);
    assert_eq!((ran.outcome.status, ran.counts(0), ran.counts(1)), (RunStatus::Completed, [3, 3, 0, 1], [3, 3, 0, 0]));
    let error = &ran.errors[0];
    assert_eq!((error.code.as_str(), error.index), ("http_status", Some(1)));
    assert!(
        error.message.contains("could not be marked as read: the endpoint answered 409 (conflict): locked"),
        "{}",
        error.message
    );
}

#[test]
fn nothing_is_marked_by_a_test_run_or_where_the_source_fails() {
    let mut flow = marking(&json!({"relativeURI": "/{{record.id}}/done"}));
    flow.about.test_mode = true;
    let host = endpoint("");
    go(&flow, &host);
    assert_eq!(marks(&host), Vec::<String>::new());
    let host = Memory::new(|_| Some(Answer::new(200, r#"[{"id": 1}, {"id""#)));
    flow.about.test_mode = false;
    let ran = go(&flow, &host);
    assert_eq!((ran.outcome.status, ran.counts(0)[1]), (RunStatus::Failed, 1));
    assert_eq!(marks(&host).len(), 1, "the record in front of the fault went on and is marked");
}

#[test]
fn marking_that_cannot_work_is_refused() {
    assert!(refusals(&marking(&json!({}))).contains("/http/once/relativeURI: "));
}

#[test]
fn sources_are_read_one_by_one_or_at_the_same_time() {
    let two = |parallel: bool| {
        let http = |path: &str| {
            http_export(
                &json!({"relativeURI": format!("/{path}?page={{{{export.http.paging.page}}}}"), "paging": {"method": "page"}}),
            )
        };
        let mut flow = bundle(http("a"), &[file_import(&json!({"type": "csv"}))]);
        flow.resources.insert(id(8), (Kind::Export, http("b")));
        flow.flow["pageGenerators"] = json!([{"_exportId": id(2).to_string()}, {"_exportId": id(8).to_string()}]);
        flow.flow["runPageGeneratorsInParallel"] = json!(parallel);
        let mut host = Memory::new(|request| {
            let url = request.url.to_string();
            let first = url.ends_with("=0");
            Some(Answer::json(&if first { json!([{"from": url[23..24].to_owned()}]) } else { json!([]) }))
        });
        host.answer_ms = 5;
        let ran = go(&flow, &host);
        assert_eq!((ran.outcome.status, ran.counts(2)), (RunStatus::Completed, [2, 2, 0, 0]));
        host.urls().iter().map(|url| url[23..24].to_owned()).collect::<String>()
    };
    assert_eq!(two(false), "aabb");
    assert_eq!(two(true), "abab");
}

#[test]
fn a_source_that_fails_lets_the_others_complete_the_page_that_they_are_at() {
    let http = |path: &str| {
        let uri = format!("/{path}?page={{{{export.http.paging.page}}}}");
        let export = http_export(&json!({"relativeURI": uri, "paging": {"method": "page"}}));
        with(export, &json!({"pageSize": 3}))
    };
    let mut flow = bundle(http("a"), &[file_import(&json!({"type": "csv"}))]);
    flow.resources.insert(id(8), (Kind::Export, http("b")));
    flow.flow["pageGenerators"] = json!([{"_exportId": id(2).to_string()}, {"_exportId": id(8).to_string()}]);
    flow.flow["runPageGeneratorsInParallel"] = json!(true);
    let mut host = Memory::new(|request| {
        let url = request.url.to_string();
        let fails = url.contains("/b?") && url.ends_with("=1");
        Some(if fails { Answer::new(400, "no") } else { Answer::json(&json!([{"n": 1}, {"n": 2}])) })
    });
    host.answer_ms = 5;
    let ran = go(&flow, &host);
    assert_eq!(ran.outcome.status, RunStatus::Failed);
    let (one, two) = (ran.counts(0), ran.counts(1));
    // What a source counted has gone on: nothing of it is lost, and it did not read for ever.
    assert_eq!((one[0], two), (one[1], [2, 2, 0, 1]), "{one:?}");
    assert_eq!(ran.counts(2)[0], one[1] + two[1]);
    assert!(host.urls().len() < 8, "{:?}", host.urls());
}
