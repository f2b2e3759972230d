//! Lookups: what steps read about each record, and what of it goes into the record.

use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use tombolo_engine::Bundle;
use tombolo_model::Kind;

use crate::support::{Answer, Memory, bundle, file_export, file_import, go, http_export, id, with};

const CUSTOMERS: &[u8] = br#"[{"id":1,"vip":true},{"id":2,"vip":false},{"id":3,"vip":true},{"id":4,"vip":true}]"#;

/// Reads customers, looks each up, and writes them down.
fn flow(http: &Value, more: &Value, step: &Value) -> Bundle {
    let mut bundle = bundle(file_export(&json!({"type": "json"})), &[file_import(&json!({"type": "json"}))]);
    let lookup = with(http_export(http), &with(json!({"isLookup": true, "name": "Orders"}), more));
    bundle.resources.insert(id(9), (Kind::Export, lookup));
    let step = with(json!({"type": "export", "_exportId": id(9).to_string()}), step);
    bundle.flow["pageProcessors"].as_array_mut().unwrap().insert(0, step);
    bundle
}

fn orders() -> Memory {
    Memory::new(|request| {
        Some(match request.url.to_string().rsplit('/').next() {
            Some("1") => Answer::json(&json!({"orders": [{"no": "a", "sum": 1}, {"no": "b", "sum": 20}]})),
            Some("3") => Answer::json(&json!({"orders": []})),
            Some("2") => Answer::json(&json!({"orders": [{"no": "never", "sum": 9}]})),
            _ => Answer::new(422, "{\"message\":\"Broken\"}"),
        })
    })
    .with_file(CUSTOMERS)
}

const HTTP: fn() -> Value = || json!({"relativeURI": "/orders/{{record.id}}", "response": {"resourcePath": "orders"}});

#[test]
fn what_is_found_goes_into_the_record_by_the_results_mapping() {
    let mapping = json!({"responseMapping": {
        "fields": [{"extract": "data[0].no", "generate": "first"}, {"extract": "statusCode", "generate": "status"}],
        "lists": [{"generate": "orders", "fields": [{"extract": "data[*].no", "generate": "number"}]}]}});
    let vip = json!({"inputFilter": {"type": "expression", "expression": {"version": "1", "rules": ["equals", ["boolean", ["extract", "vip"]], true]}}});
    let host = orders();
    let ran = go(&flow(&HTTP(), &vip, &mapping), &host);
    assert_eq!(host.urls().len(), 3, "the filter spares the call, not the record");
    assert_eq!(ran.outcome.steps[1].kind, "lookup");
    assert_eq!(ran.counts(1), [4, 2, 1, 1]);
    let want = "[\n{\"id\":1,\"vip\":true,\"first\":\"a\",\"status\":200,\"orders\":[{\"number\":\"a\"},{\"number\":\"b\"}]},\n{\"id\":2,\"vip\":false},\n{\"id\":3,\"vip\":true,\"status\":200,\"orders\":[]}\n]\n";
    assert_eq!(host.made_text().as_deref(), Some(want));
    assert!(ran.errors[0].message.contains("answered 422 (invalid data): Broken"), "{}", ran.errors[0].message);
}

#[test]
fn a_record_whose_lookup_failed_goes_on_when_the_step_says_so() {
    let step = json!({"proceedOnFailure": true, "responseMapping": {"fields": [{"extract": "errors[0].code", "generate": "why"}]}});
    let host = orders();
    go(&flow(&HTTP(), &json!({}), &step), &host);
    let made = host.made_text().unwrap();
    assert!(made.ends_with("{\"id\":4,\"vip\":true,\"why\":\"http_status\"}\n]\n"), "{made}");
}

#[test]
fn the_output_filter_of_a_lookup_leaves_out_what_it_found() {
    let big = json!({"filter": {"type": "expression", "expression": {"version": "1", "rules": ["greaterthan", ["number", ["extract", "sum"]], 10]}}});
    let step = json!({"responseMapping": {"fields": [{"extract": "data[0].no", "generate": "big"}]}});
    let host = orders();
    go(&flow(&HTTP(), &big, &step), &host);
    let made = host.made_text().unwrap();
    assert!(made.contains("{\"id\":1,\"vip\":true,\"big\":\"b\"},\n{\"id\":2,\"vip\":false}"), "{made}");
}

#[test]
fn answers_that_come_in_another_order_stay_with_their_records() {
    let step = json!({"responseMapping": {"fields": [{"extract": "data[0].n", "generate": "same"}]}});
    let records: Vec<Value> = (0..50).map(|n| json!({"id": n})).collect();
    let host = Memory::new(|request| {
        let number: i64 = request.url.to_string().rsplit('/').next()?.parse().ok()?;
        Some(Answer::json(&json!({"orders": [{"n": number}]})))
    })
    .with_file(serde_json::to_string(&records).unwrap().as_bytes());
    go(&flow(&HTTP(), &json!({}), &step), &host);
    let made: Vec<Value> = serde_json::from_str(&host.made_text().unwrap()).unwrap();
    let want: Vec<Value> = (0..50).map(|n| json!({"id": n, "same": n})).collect();
    assert_eq!(made, want);
}

#[test]
fn a_hook_that_returns_nothing_for_a_record_fails_its_page() {
    let hooks = json!({"hooks": {"postResponseMap": {"_scriptId": id(20).to_string(), "function": "post"}}});
    let mut bundle = flow(&HTTP(), &json!({}), &hooks);
    bundle.resources.insert(id(20), (Kind::Script, json!({"name": "Hooks", "content": "…"})));
    let host = orders().with_scripts(|_, options| {
        let data = options["postResponseMapData"].as_array().unwrap();
        let left = |record: &Value| if record["id"] == 2 { json!(null) } else { record.clone() };
        Ok(json!(data.iter().map(left).collect::<Vec<_>>()))
    });
    let ran = go(&bundle, &host);
    assert_eq!(ran.counts(2), [0, 0, 0, 0]);
    let said = &ran.errors.last().unwrap().message;
    assert!(said.contains("For record 2 it returned null; return the record."), "{said}");
}

#[test]
fn what_lookups_find_and_add_to_records_is_bounded() {
    let records: Vec<Value> = (0..20).map(|id| json!({"id": id, "own": "y".repeat(2_000_000)})).collect();
    let host = |size: usize| {
        let text = json!([{"text": "x".repeat(size)}]).to_string().into_bytes();
        Memory::new(move |_| {
            let piece = Ok(text.clone());
            Some(Answer { pieces: stream::iter([piece]).boxed_local(), ..Answer::new(200, "") })
        })
        .with_pieces(vec![json!(records[..2]).to_string().into_bytes()])
    };
    let step = json!({"proceedOnFailure": true, "responseMapping": {"fields": [{"extract": "data[0].text", "generate": "more"}]}});
    let ran = go(&flow(&json!({"relativeURI": "/x"}), &json!({}), &step), &host(4_000_000));
    assert_eq!(ran.counts(2), [0, 0, 0, 0], "a record of 6 MB goes nowhere");
    assert!(ran.errors[0].message.contains("With what the step added, the record has 5.7 MB"), "{:?}", ran.errors[0]);
    let many: Vec<Value> = (0..20).map(|id| json!({"id": id})).collect();
    let host = host(4_000_000).with_pieces(vec![json!(many).to_string().into_bytes()]);
    let ran = go(&flow(&json!({"relativeURI": "/x"}), &json!({}), &json!({})), &host);
    assert_eq!(ran.counts(1), [20, 16, 0, 4]);
    assert!(
        ran.errors[0].message.contains("of this page found takes more than 64 MB of memory"),
        "{:?}",
        ran.errors[0]
    );
}
