//! Exports that tell their endpoint what was read, and sources that are read at the same time.

use serde_json::{Value, json};
use tombolo_engine::Bundle;
use tombolo_model::Kind;
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, bundle, file_import, go, http_export, http_import, id, refusals, with};

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
    assert_eq!(marks(&host), Vec::<String>::new(), "there is no file of a source that failed");
}

/// The same with an endpoint as the destination, whose requests are no marks.
fn sending(import: &Value) -> Bundle {
    let mut flow = marking(&json!({"relativeURI": "/{{record.id}}/done"}));
    let http = with(json!({"relativeURI": ["/take/{{record.id}}"]}), import);
    flow.resources.insert(id(3), (Kind::Import, http_import(&http)));
    flow
}

#[test]
fn a_record_is_marked_when_the_last_step_has_taken_it_and_not_where_it_failed() {
    let host = endpoint("/take/2");
    let mut flow = sending(&json!({}));
    let ran = go(&flow, &host);
    assert_eq!((ran.outcome.status, ran.counts(1)), (RunStatus::Completed, [3, 2, 0, 1]));
    let sent = marks(&host);
    let place = |what: &str| sent.iter().position(|one| one.starts_with(what));
    assert_eq!(place("POST /2/done"), None, "{sent:?}");
    for id in ["1", "3"] {
        assert!(place(&format!("POST /take/{id}")) < place(&format!("POST /{id}/done")), "{sent:?}");
    }
    // Tried again, and taken, it is marked too: the next run would read it once more.
    let retry = |host: &Memory| {
        let mut again = sending(&json!({}));
        let records = vec![(1, json!({"id": 2}))];
        again.about.retry = Some(tombolo_engine::Retry { step: id(3).to_string(), records });
        go(&again, host);
        host.urls()
    };
    assert_eq!(retry(&endpoint("")), ["https://app.example/v1/take/2", "https://app.example/v1/2/done"]);
    assert_eq!(retry(&endpoint("/take/2")), ["https://app.example/v1/take/2"]);
    // Where the flow says that a failure holds no record, the record has come through.
    flow.flow["pageProcessors"][0]["proceedOnFailure"] = json!(true);
    let host = endpoint("/take/2");
    go(&flow, &host);
    assert!(marks(&host).contains(&"POST /2/done ".to_owned()), "{:?}", marks(&host));
}

#[test]
fn of_a_record_that_goes_several_ways_all_ways_have_to_go_well() {
    let branch =
        |import: u8| json!({"name": "b", "pageProcessors": [{"type": "import", "_importId": id(import).to_string()}]});
    let mut flow = sending(&json!({}));
    let other = http_import(&json!({"relativeURI": ["/other/{{record.id}}"]}));
    flow.resources.insert(id(4), (Kind::Import, other));
    flow.flow.as_object_mut().unwrap().remove("pageProcessors");
    flow.flow["routers"] = json!([{"id": "r", "routeRecordsTo": "all_matching_branches", "routeRecordsUsing": "input_filters",
        "branches": [branch(3), branch(4)]}]);
    let host = endpoint("/other/3");
    go(&flow, &host);
    let done: Vec<String> = marks(&host).into_iter().filter(|one| one.contains("/done")).collect();
    assert_eq!(done, ["POST /1/done ", "POST /2/done "]);
}

#[test]
fn a_source_is_not_read_faster_than_its_records_are_marked() {
    let rows: Vec<Value> = (1..=40).map(|n| json!({"id": n})).collect();
    let mut host = Memory::new(move |request| {
        let read = request.url.to_string().ends_with("/read");
        Some(if read { Answer::json(&json!(rows)) } else { Answer::new(204, "") })
    });
    host.answer_ms = 5;
    let ran = go(&sending(&json!({})), &host);
    assert_eq!(ran.counts(1), [40, 40, 0, 0]);
    let sent = marks(&host);
    let mut open = 0_usize;
    for one in &sent {
        open = if one.contains("/take/") { open + 1 } else { open - 1 };
        assert!(open <= 16, "{sent:?}");
    }
    assert_eq!((sent.len(), open), (80, 0));
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
