//! Mappings that ask: lookup caches, and one question to the application for each value.

use serde_json::json;
use tombolo_model::Kind;

use crate::support::{Answer, Memory, bundle, file_export, go, http_import, id, with};

#[test]
fn a_mapping_asks_the_application_once_for_each_value_of_a_page() {
    let lookup = json!({"name": "customer", "method": "GET", "relativeURI": "/customers?mail={{{encodeURI record.mail}}}", "extract": "items[0].id"});
    let import = with(
        http_import(&json!({"relativeURI": "/orders"})),
        &json!({"lookups": [lookup], "mappings": [
            {"generate": "customer", "dataType": "number", "extract": "$.mail", "lookupName": "customer"},
            {"generate": "no", "dataType": "number", "extract": "$.no"}]}),
    );
    let records = json!([{"no": 1, "mail": "a@x"}, {"no": 2, "mail": "b@x"}, {"no": 3, "mail": "a@x"}, {"no": 4, "mail": "gone@x"}]);
    let host = Memory::new(|request| {
        let url = request.url.to_string();
        Some(match url.split_once("mail=") {
            Some((_, "a%40x")) => Answer::json(&json!({"items": [{"id": 11}]})),
            Some((_, "b%40x")) => Answer::json(&json!({"items": [{"id": 22}]})),
            Some(_) => Answer::json(&json!({"items": []})),
            None => Answer::json(&json!({"ok": true})),
        })
    })
    .with_file(records.to_string().as_bytes());
    let ran = go(&bundle(file_export(&json!({"type": "json"})), &[import]), &host);
    let asked = host.urls().into_iter().filter(|url| url.contains("/customers")).collect::<Vec<_>>();
    let base = "https://app.example/v1/customers?mail=";
    assert_eq!(asked, [format!("{base}a%40x"), format!("{base}b%40x"), format!("{base}gone%40x")]);
    let sent: Vec<_> = host.bodies().into_iter().filter(|body| !body.is_empty()).collect();
    assert_eq!(sent, [r#"{"customer":11,"no":1}"#, r#"{"customer":22,"no":2}"#, r#"{"customer":11,"no":3}"#]);
    assert_eq!(ran.counts(1), [4, 3, 0, 1]);
    assert!(ran.errors[0].message.contains("“customer”"), "{}", ran.errors[0].message);
}

#[test]
fn a_question_that_fails_fails_the_records_that_need_it() {
    let lookup =
        json!({"name": "customer", "method": "GET", "relativeURI": "/customers/{{record.c}}", "extract": "id"});
    let import = with(
        http_import(&json!({"relativeURI": "/orders"})),
        &json!({"lookups": [lookup], "mappings": [{"generate": "customer", "dataType": "string", "extract": "$.c", "lookupName": "customer"}]}),
    );
    let host = Memory::new(|request| {
        let bad = request.url.to_string().ends_with("/customers/2");
        Some(if bad { Answer::new(403, r#"{"message":"Not yours"}"#) } else { Answer::json(&json!({"id": "x"})) })
    })
    .with_file(br#"[{"c":1},{"c":2}]"#);
    let ran = go(&bundle(file_export(&json!({"type": "json"})), &[import]), &host);
    assert_eq!(ran.counts(1), [2, 1, 0, 1]);
    assert!(ran.errors[0].message.contains("answered 403 (not allowed): Not yours"), "{}", ran.errors[0].message);
}

#[test]
fn a_lookup_cache_answers_without_a_request() {
    let lookups = json!([{"name": "country", "_lookupCacheId": id(8).to_string(), "extract": "name", "allowFailures": true, "default": "?"}]);
    let import = with(
        http_import(&json!({})),
        &json!({"lookups": lookups, "mappings": [{"generate": "country", "dataType": "string", "extract": "$.c", "lookupName": "country"}]}),
    );
    let mut bundle = bundle(file_export(&json!({"type": "json"})), &[import]);
    let data = json!({"name": "Countries", "data": {"DE": {"name": "Germany"}, "__proto__": {"name": "data"}}});
    bundle.resources.insert(id(8), (Kind::LookupCache, data));
    let host = Memory::new(|_| Some(Answer::new(200, "")))
        .with_file(br#"[{"c":"DE"},{"c":"FR"},{"c":"__proto__"},{"c":"constructor"}]"#);
    go(&bundle, &host);
    assert_eq!(
        host.bodies(),
        [r#"{"country":"Germany"}"#, r#"{"country":"?"}"#, r#"{"country":"data"}"#, r#"{"country":"?"}"#]
    );
}

#[test]
fn a_condition_takes_a_lookup_that_failed_for_an_error_and_not_for_nothing() {
    let lookup = json!({"name": "c", "method": "GET", "relativeURI": "/customers/{{record.c}}", "extract": "id", "allowFailures": false});
    for (when, status, want) in [
        ("lookup_empty", 200, [1, 1, 0, 0]),
        ("lookup_not_empty", 200, [1, 1, 0, 0]),
        ("lookup_empty", 500, [1, 0, 0, 1]),
        ("lookup_not_empty", 500, [1, 0, 0, 1]),
    ] {
        let rule = json!({"extract": "c", "generate": "new", "conditional": {"lookupName": "c", "when": when}});
        let import = with(
            http_import(&json!({"relativeURI": "/orders"})),
            &json!({"lookups": [lookup], "mapping": {"fields": [rule, {"extract": "c", "generate": "c"}]}}),
        );
        let host = Memory::new(move |request| {
            let asked = request.url.to_string().contains("/customers/");
            Some(if asked { Answer::new(status, "{}") } else { Answer::new(200, "") })
        })
        .with_file(br#"[{"c":1}]"#);
        let ran = go(&bundle(file_export(&json!({"type": "json"})), &[import]), &host);
        assert_eq!(ran.counts(1), want, "{when} {status}");
        if status == 500 {
            assert!(ran.errors[0].message.contains("answered 500"), "{}", ran.errors[0].message);
        }
    }
}
