//! Mappings that ask: lookup caches, and one question to the application for each value.

use serde_json::{Value, json};
use tombolo_engine::Bundle;
use tombolo_model::Kind;

use crate::support::{Answer, Memory, bundle, file_export, go, http_export, http_import, id, refusals, with};

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

/// An import that updates or leaves alone what a lookup finds.
fn by_lookup(more: &Value) -> Bundle {
    let lookup = json!({"name": "there", "method": "GET", "relativeURI": "/find/{{record.c}}", "extract": "items", "allowFailures": false});
    let http = with(
        json!({"method": ["POST", "PUT"], "relativeURI": ["/new", "/change/{{record.c}}"], "requestType": ["CREATE", "UPDATE"]}),
        more,
    );
    let rules = json!([
        {"generate": "c", "dataType": "number", "extract": "$.c"},
        {"generate": "made", "dataType": "string", "extract": "now", "conditional": {"when": "record_created"}},
    ]);
    let import = with(http_import(&http), &json!({"lookups": [lookup], "mappings": rules}));
    bundle(file_export(&json!({"type": "json"})), &[import])
}

fn finding() -> Memory {
    Memory::new(|request| {
        let url = request.url.to_string();
        let found = match url.split_once("/find/") {
            Some((_, "1")) => Answer::json(&json!({"items": [{"id": 7}]})),
            Some((_, "3")) => Answer::new(403, "no"),
            Some(_) => Answer::json(&json!({"items": []})),
            None => Answer::new(200, ""),
        };
        Some(found)
    })
    .with_file(br#"[{"c":1},{"c":2},{"c":3}]"#)
}

#[test]
fn a_lookup_says_which_records_are_there_already() {
    let host = finding();
    let ran = go(&by_lookup(&json!({"existingLookupName": "there"})), &host);
    let base = "https://app.example/v1";
    let urls = host.urls();
    assert_eq!(urls[3..], [format!("{base}/change/1"), format!("{base}/new")]);
    let sent: Vec<_> = host.bodies().into_iter().filter(|body| !body.is_empty()).collect();
    assert_eq!(sent, [r#"{"c":1}"#, r#"{"c":2,"made":"now"}"#]);
    // Where it is not known whether a record is there, it is neither created nor changed.
    assert_eq!(ran.counts(1), [3, 2, 0, 1]);
    assert!(ran.errors[0].message.contains("Whether it is there is not known"), "{}", ran.errors[0].message);
}

#[test]
fn what_a_lookup_found_goes_into_the_address_the_body_and_the_mapping() {
    let mut bundle = by_lookup(&json!({
        "existingLookupName": "there", "relativeURI": ["/new", "/change/{{lookup.there}}"],
        "body": ["{{{jsonSerialize record}}}", "{\"id\":{{lookup.there}},\"c\":{{record.c}} }"],
    }));
    let import = &mut bundle.resources.get_mut(&id(3)).unwrap().1;
    import["lookups"][0]["extract"] = json!("items[0].id");
    import["mappings"]
        .as_array_mut()
        .unwrap()
        .push(json!({"generate": "found", "dataType": "string", "extract": "{{lookup.there}}"}));
    let host = finding();
    let ran = go(&bundle, &host);
    let urls = host.urls();
    assert_eq!(urls.len(), 5, "each record is asked about once: {urls:?}");
    assert_eq!(urls[3..], ["https://app.example/v1/change/7", "https://app.example/v1/new"]);
    let sent: Vec<_> = host.bodies().into_iter().filter(|body| !body.is_empty()).collect();
    assert_eq!(sent[0], r#"{"id":7,"c":1 }"#);
    assert!(sent[1].contains(r#""c":2"#) && sent[1].contains(r#""made":"now""#), "{}", sent[1]);
    assert_eq!(ran.counts(1), [3, 2, 0, 1]);
}

#[test]
fn lookups_that_no_template_of_a_record_names_are_not_asked() {
    let finds = |status: u16| {
        Memory::new(move |request| {
            let url = request.url.to_string();
            Some(match url.split_once("/v1/").map(|(_, rest)| rest) {
                Some("find/1") => Answer::json(&json!({"items": [{"id": 7}]})),
                Some("find/2") => Answer::json(&json!({"items": []})),
                Some("address") => Answer::json(&json!({"street": "s"})),
                Some("customer") => Answer::new(status, "no"),
                _ => Answer::new(200, ""),
            })
        })
        .with_file(br#"[{"c":1},{"c":2}]"#)
    };
    let mut bundle = by_lookup(&json!({
        "method": ["POST"], "relativeURI": ["/new/{{lookup.customer-address}}"], "requestType": ["CREATE"],
        "ignoreLookupName": "there",
    }));
    let import = &mut bundle.resources.get_mut(&id(3)).unwrap().1;
    import["ignoreExisting"] = json!(true);
    import["description"] = json!("Not {{lookup.customer}} any more");
    for (name, extract) in [("customer", "name"), ("customer-address", "street")] {
        let uri = format!("/{}", name.rsplit('-').next().unwrap());
        let lookup = json!({"name": name, "method": "GET", "relativeURI": uri, "extract": extract});
        import["lookups"].as_array_mut().unwrap().push(lookup);
    }
    let host = finds(404);
    let ran = go(&bundle, &host);
    assert_eq!(ran.counts(1), [2, 1, 1, 0]);
    let urls = host.urls();
    assert!(urls.iter().all(|url| !url.ends_with("/customer")) && urls[3].ends_with("/new/s"), "{urls:?}");
    // A record that is left alone needs nothing.
    bundle.resources.get_mut(&id(3)).unwrap().1["http"]["relativeURI"] = json!(["/new/{{lookup.customer}}"]);
    let ran = go(&bundle, &finds(404));
    assert_eq!(ran.counts(1), [2, 0, 1, 1]);
}

#[test]
fn a_lookup_says_which_records_are_left_alone() {
    for (setting, ignored) in [("ignoreExisting", "/new"), ("ignoreMissing", "/new")] {
        let mut bundle = by_lookup(
            &json!({"method": ["POST"], "relativeURI": ["/new"], "requestType": ["CREATE"], "ignoreLookupName": "there"}),
        );
        bundle.resources.get_mut(&id(3)).unwrap().1[setting] = json!(true);
        let host = finding();
        let ran = go(&bundle, &host);
        assert_eq!(ran.counts(1), [3, 1, 1, 1], "{setting} {ignored}");
        let sent: Vec<_> = host.bodies().into_iter().filter(|body| !body.is_empty()).collect();
        let want = if setting == "ignoreExisting" { r#"{"c":2,"made":"now"}"# } else { r#"{"c":1,"made":"now"}"# };
        assert_eq!(sent, [want], "{setting}");
    }
}

#[test]
fn a_lookup_that_says_nothing_about_records_is_refused_before_the_run() {
    let said = refusals(&by_lookup(&json!({"existingLookupName": "other"})));
    assert!(said.contains("There is no lookup “other”"), "{said}");
    let mut bundle = by_lookup(&json!({"existingLookupName": "there"}));
    bundle.resources.get_mut(&id(3)).unwrap().1["lookups"] = json!([{"name": "there", "map": {"1": "x"}}]);
    let said = refusals(&bundle);
    assert!(said.contains("asks nobody"), "{said}");
}

#[test]
fn a_transformation_asks_its_lookups_and_discards_records() {
    let lookups = json!([
        {"name": "country", "_lookupCacheId": id(8).to_string(), "extract": "name", "allowFailures": true},
        {"name": "live", "method": "GET", "relativeURI": "/rate/{{record.c}}", "extract": "rate", "allowFailures": true},
    ]);
    for discards in [false, true] {
        let rules = json!({"mode": "modify", "lookups": lookups, "mappings": [
            {"generate": "country", "dataType": "string", "extract": "$.c", "lookupName": "country", "discardIfEmpty": discards},
            {"generate": "rate", "dataType": "number", "extract": "$.c", "lookupName": "live"},
        ]});
        let transform = json!({"type": "expression", "expression": {"version": "2", "rulesTwoDotZero": rules}});
        let export = with(http_export(&json!({"relativeURI": "/rows"})), &json!({"transform": transform}));
        let mut bundle = bundle(export, &[http_import(&json!({"relativeURI": "/made"}))]);
        let data = json!({"name": "Countries", "data": {"DE": {"name": "Germany"}}});
        bundle.resources.insert(id(8), (Kind::LookupCache, data));
        let host = Memory::new(|request| {
            let url = request.url.to_string();
            Some(match url.rsplit_once('/') {
                Some((_, "rows")) => Answer::json(&json!([{"c": "DE"}, {"c": "FR"}])),
                Some((_, "DE")) => Answer::json(&json!({"rate": 7})),
                _ => Answer::json(&json!({})),
            })
        });
        let ran = go(&bundle, &host);
        let sent: Vec<_> = host.bodies().into_iter().filter(|body| !body.is_empty()).collect();
        assert_eq!(sent[0], r#"{"c":"DE","country":"Germany","rate":7}"#, "{:?}", ran.errors);
        let want = if discards { [2, 1, 1, 0] } else { [2, 2, 0, 0] };
        assert_eq!((ran.counts(0), sent.len()), (want, 2 - usize::from(discards)));
    }
}
