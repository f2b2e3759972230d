//! A source that is asked for each record: what is asked, what is found, what goes wrong.

use serde_json::{Value, json};
use tombolo_engine::{Bundle, Request};
use tombolo_model::Kind;
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, bundle, file_export, file_import, go, http_export, id, with};

/// The destination's id, of which the host keeps the file.
const RESULT: u8 = 3;
const LOOKUP: u8 = 9;

/// Records of a file, a lookup whose answer goes into `found`, and a file.
fn looking_up(lookup: &Value) -> Bundle {
    let mut made = bundle(file_export(&json!({"type": "csv"})), &[file_import(&json!({"type": "json"}))]);
    made.resources.insert(id(LOOKUP), (Kind::Export, with(lookup.clone(), &json!({"isLookup": true}))));
    let fields = json!([{"extract": "data", "generate": "found"}, {"extract": "statusCode", "generate": "status"}]);
    let step = json!({"type": "export", "_exportId": id(LOOKUP).to_string(), "responseMapping": {"fields": fields}});
    made.flow["pageProcessors"] = json!([step, {"type": "import", "_importId": id(RESULT).to_string()}]);
    made
}

fn last(request: &Request) -> String {
    request.url.to_string().rsplit('/').next().unwrap_or_default().to_owned()
}

#[test]
fn an_endpoint_is_asked_for_each_record_and_its_answer_is_refined() {
    let host = Memory::new(|request| {
        let who = last(request);
        Some(match who.as_str() {
            "1" => Answer::json(&json!({"rows": [{"n": 1, "x": true}, {"n": 2, "x": false}]})),
            "2" => Answer::new(204, ""),
            _ => Answer::json(&json!({"rows": [{"n": 3, "x": true}]})),
        })
    })
    .with_file(b"id\n1\n2\n3\n");
    let lookup = with(
        http_export(&json!({"relativeURI": "/rows/{{record.id}}", "response": {"resourcePath": "rows"}})),
        &json!({
            "filter": {"type": "expression", "expression": {"version": "1", "rules": ["equals", ["extract", "kept"], true]}},
            "transform": {"type": "expression", "expression": {"version": "2", "rulesTwoDotZero": {"mappings": [
                {"generate": "number", "dataType": "number", "extract": "$.n"},
                {"generate": "kept", "dataType": "boolean", "extract": "$.x"}]}}},
        }),
    );
    let ran = go(&looking_up(&lookup), &host);
    assert_eq!(ran.outcome.status, RunStatus::Completed);
    assert_eq!((ran.counts(1), ran.counts(2)), ([3, 3, 0, 0], [3, 3, 0, 0]));
    let want = "[\n\
        {\"id\":\"1\",\"found\":[{\"number\":1,\"kept\":true}],\"status\":200},\n\
        {\"id\":\"2\",\"found\":[],\"status\":204},\n\
        {\"id\":\"3\",\"found\":[{\"number\":3,\"kept\":true}],\"status\":200}\n]\n";
    assert_eq!(host.made_text().as_deref(), Some(want));
}

#[test]
fn the_pages_of_a_lookup_are_read_to_the_last() {
    let host = Memory::new(|request| {
        let url = request.url.to_string();
        let more = url.ends_with("page=0");
        let items =
            if url.ends_with("page=2") { json!([]) } else { json!([{"at": url.rsplit_once("/v1").unwrap().1}]) };
        Some(Answer::json(&if more { json!({"items": items, "more": true}) } else { json!({"items": items}) }))
    })
    .with_file(b"id\na b\n");
    let lookup = http_export(&json!({"relativeURI": "/{{record.id}}?page={{export.http.paging.page}}",
        "response": {"resourcePath": "items"}, "paging": {"method": "page"}}));
    go(&looking_up(&lookup), &host);
    let want =
        "[\n{\"id\":\"a b\",\"found\":[{\"at\":\"/a%20b?page=0\"},{\"at\":\"/a%20b?page=1\"}],\"status\":200}\n]\n";
    assert_eq!(host.made_text().as_deref(), Some(want));
}

#[test]
fn a_mapping_makes_the_body_and_the_record_makes_the_address() {
    let host = Memory::new(|_| Some(Answer::json(&json!([])))).with_file(b"id,name\n7,n\n");
    let lookup = with(
        http_export(&json!({"method": "POST", "relativeURI": "/{{record.id}}"})),
        &json!({"mappings": [{"generate": "q", "dataType": "string", "extract": "$.name"}]}),
    );
    go(&looking_up(&lookup), &host);
    assert_eq!((host.urls()[0].as_str(), host.bodies()[0].as_str()), ("https://app.example/v1/7", r#"{"q":"n"}"#));
    let mut written = lookup;
    written["http"]["body"] = json!("{{record.q}}+{{record.id}}");
    let host = Memory::new(|_| Some(Answer::json(&json!([])))).with_file(b"id,name\n7,n\n");
    go(&looking_up(&written), &host);
    assert_eq!(host.bodies()[0], "n+");
}

#[test]
fn a_lookup_that_fails_costs_its_record() {
    let host = Memory::new(|request| {
        Some(match last(request).as_str() {
            "1" => Answer::new(500, r#"{"message": "broken"}"#),
            "2" => Answer::json(&json!({"error": "no such"})),
            "3" => Answer::new(200, format!("[{}\"\"]", format!("{{\"x\":\"{}\"}},", "y".repeat(1000)).repeat(6000))),
            _ => Answer::json(&json!([{"ok": 1}])),
        })
    })
    .with_file(b"id\n1\n2\n3\n4\n");
    let lookup = http_export(&json!({"relativeURI": "/{{record.id}}", "response": {"failPath": "error"}}));
    let ran = go(&looking_up(&lookup), &host);
    assert_eq!((ran.outcome.status, ran.counts(1)), (RunStatus::Completed, [4, 1, 0, 3]));
    let said: Vec<_> = ran.errors.iter().map(|error| (error.code.as_str(), error.index.unwrap())).collect();
    assert_eq!(said, [("http_status", 0), ("rejected", 1), ("too_big", 2)]);
    assert!(ran.errors[0].message.starts_with("The endpoint answered 500"), "{}", ran.errors[0].message);
    assert!(ran.errors[2].message.contains("found 5."), "{}", ran.errors[2].message);
    assert_eq!(host.made_text().as_deref(), Some("[\n{\"id\":\"4\",\"found\":[{\"ok\":1}],\"status\":200}\n]\n"));
}

#[test]
fn what_was_found_is_limited_grouped_and_passes_its_hook() {
    let ran = |more: Value, returned: fn(&Value) -> Value| {
        let host = Memory::new(|_| Some(Answer::json(&json!([{"k": 1, "n": 1}, {"k": 1, "n": 2}, {"k": 2, "n": 3}]))))
            .with_file(b"id\n1\n")
            .with_scripts(move |_, options| Ok(returned(options)));
        let mut flow = looking_up(&with(http_export(&json!({"relativeURI": "/x"})), &more));
        flow.resources.insert(id(20), (Kind::Script, json!({"name": "Hooks", "content": "…"})));
        let ran = go(&flow, &host);
        let found =
            host.made_text().unwrap().replace("[\n{\"id\":\"1\",\"found\":", "").replace(",\"status\":200}\n]\n", "");
        (found, ran.errors.first().map(|error| error.message.clone()).unwrap_or_default())
    };
    let nothing = |_: &Value| json!(null);
    let groups = r#"[[{"k":1,"n":1},{"k":1,"n":2}],[{"k":2,"n":3}]]"#;
    assert_eq!(ran(json!({"groupByFields": ["k"]}), nothing).0, groups);
    let limited = json!({"type": "test", "test": {"limit": 2}});
    assert_eq!(ran(limited, nothing).0, r#"[{"k":1,"n":1},{"k":1,"n":2}]"#);
    let hook = json!({"hooks": {"preSavePage": {"_scriptId": id(20).to_string(), "function": "save"}}});
    let made = ran(hook.clone(), |options| json!({"data": [{"count": options["data"].as_array().unwrap().len()}]}));
    assert_eq!(made, (r#"[{"count":3}]"#.to_owned(), String::new()));
    let refused = ran(hook, |_| json!({"data": [{}], "errors": [{"message": "not this one"}]}));
    assert_eq!(refused.1, "not this one");
}
