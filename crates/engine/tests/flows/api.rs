//! What scripts ask of `integrator-api` while a flow runs.

use serde_json::{Value, json};
use tombolo_engine::{ApiQuestion, Bundle, MemoryData};
use tombolo_model::Kind;

use crate::support::{Answer, Memory, Ran, bundle, file_export, file_import, go, http_import, id, question, with};

/// A flow of one record whose preSavePage asks, with whatever the test puts beside it.
fn asking(script: &str, more: &[(u8, Kind, Value)]) -> Bundle {
    let hook = json!({"hooks": {"preSavePage": {"_scriptId": id(9).to_string(), "function": "f"}}});
    let mut bundle =
        bundle(with(file_export(&json!({"type": "json"})), &hook), &[file_import(&json!({"type": "json"}))]);
    bundle.resources.insert(id(9), (Kind::Script, json!({"name": "S", "content": script})));
    for (number, kind, value) in more {
        bundle.resources.insert(id(*number), (*kind, value.clone()));
    }
    bundle
}

fn ask(bundle: &Bundle, host: Memory, questions: Vec<ApiQuestion>) -> (Memory, Ran) {
    let mut host = host.with_file(br#"[{"a":1}]"#).with_scripts(|_, options| Ok(json!({"data": options["data"]})));
    host.questions = questions;
    let ran = go(bundle, &host);
    (host, ran)
}

fn data(bundle: &Bundle) -> MemoryData {
    MemoryData::of(bundle.resources.iter().map(|(id, (kind, value))| (*id, *kind, value)))
}

fn said(host: &Memory) -> Vec<Value> {
    host.asked.borrow().iter().map(|answer| answer.clone().unwrap_or_else(|said| json!({"said": said}))).collect()
}

#[test]
fn a_script_runs_an_import_and_hears_of_each_record() {
    let target = with(
        http_import(&json!({"relativeURI": "/orders"})),
        &json!({"mappings": [{"generate": "no", "dataType": "number", "extract": "$.n"}]}),
    );
    let bundle = asking(&format!("imports.run({{_id: '{}'}})", id(5)), &[(5, Kind::Import, target)]);
    let host = Memory::new(|request| {
        let body = String::from_utf8(request.body.as_ref().unwrap().reveal()).unwrap();
        Some(if body.contains('2') { Answer::new(422, "no") } else { Answer::json(&json!({"id": "x", "sent": body})) })
    });
    let run = question("imports", "run", &[json!({"_id": id(5), "data": [{"n": 1}, {"n": 2}, {"n": "three"}]})]);
    let (host, ran) = ask(&bundle, host, vec![run]);
    let answers = said(&host);
    let answers = answers[0].as_array().unwrap();
    assert_eq!((&answers[0]["statusCode"], &answers[0]["id"]), (&json!(200), &json!("x")), "{answers:?}");
    assert_eq!(answers[0]["_json"]["sent"], r#"{"no":1}"#);
    assert_eq!((&answers[1]["statusCode"], &answers[1]["errors"][0]["code"]), (&json!(422), &json!("http_status")));
    assert!(answers[2]["errors"][0]["message"].as_str().unwrap().contains("“no”"), "{answers:?}");
    assert_eq!(host.bodies(), [r#"{"no":1}"#, r#"{"no":2}"#]);
    // What becomes of them is told to the script and counted nowhere.
    assert_eq!((ran.counts(0)[3], ran.counts(1), ran.errors.len()), (0, [1, 1, 0, 0], 0));
}

#[test]
fn a_script_names_what_it_runs_by_an_alias_of_its_flow_or_integration() {
    let target = http_import(&json!({"relativeURI": "/orders"}));
    let other = http_import(&json!({"relativeURI": "/elsewhere"}));
    let aliased = |number: u8| json!({"name": "I", "aliases": [{"alias": "orders", "_importId": id(number)}]});
    let script = "imports.run({_id: 'orders'})";
    for (own, address) in [(None, "/elsewhere"), (Some(5), "/orders")] {
        let more =
            [(5, Kind::Import, target.clone()), (6, Kind::Import, other.clone()), (7, Kind::Integration, aliased(6))];
        let mut bundle = asking(script, &more);
        bundle.flow["_integrationId"] = json!(id(7));
        if let Some(number) = own {
            bundle.flow["aliases"] = aliased(number)["aliases"].clone();
        }
        let host = Memory::new(|_| Some(Answer::json(&json!({"id": "x"}))));
        let run = question("imports", "run", &[json!({"_id": "orders", "data": [{"n": 1}]})]);
        let (host, _) = ask(&bundle, host, vec![run]);
        assert_eq!(said(&host)[0][0]["statusCode"], 200, "{:?}", said(&host));
        assert!(host.urls().iter().all(|url| url.ends_with(address)), "{own:?} {:?}", host.urls());
    }
}

#[test]
fn an_import_that_makes_a_file_or_is_not_there_is_not_run_by_a_script() {
    let script = format!("'{}' '{}'", id(3), id(6));
    let bundle = asking(&script, &[]);
    let run = |number: u8| question("imports", "run", &[json!({"_id": id(number), "data": []})]);
    let bare = question("imports", "run", &[json!({"data": [{}]})]);
    let (host, _) = ask(&bundle, Memory::offline(), vec![run(3), run(6), bare]);
    let said: Vec<String> = said(&host).iter().map(|answer| answer["said"].to_string()).collect();
    assert!(said[0].contains("makes a file"), "{said:?}");
    assert!(said[1].contains("is not here"), "{said:?}");
    assert!(said[2].contains("needs the id of the import"), "{said:?}");
}

#[test]
fn state_is_kept_by_key_for_the_account_and_for_each_resource() {
    let bundle = asking("", &[]);
    let own = |more: Value| with(json!({"type": "imports", "_id": id(3)}), &more);
    let mut host = Memory::offline();
    host.data = Some(MemoryData::default());
    let questions = vec![
        question("state", "get", &[json!("n")]),
        question("state", "put", &[json!("n"), json!({"count": 1})]),
        question("state", "put", &[own(json!({"key": "n", "value": 2}))]),
        question("state", "get", &[json!("n")]),
        question("state", "get", &[own(json!({"key": "n"}))]),
        question("state", "list", &[]),
        question("state", "delete", &[json!("n")]),
        question("state", "list", &[]),
        question("state", "list", &[own(json!({}))]),
        question("state", "put", &[json!("__proto__"), json!(1)]),
        question("state", "get", &[json!("__proto__")]),
    ];
    let (host, _) = ask(&bundle, host, questions);
    assert_eq!(json!(said(&host)), json!([null, null, null, {"count": 1}, 2, ["n"], null, [], ["n"], null, 1]));
    for bad in
        [json!(""), json!({"_id": "x", "type": "imports", "key": "k"}), json!({"_id": id(3), "key": "k"}), json!(null)]
    {
        let mut host = Memory::offline();
        host.data = Some(MemoryData::default());
        let (host, _) = ask(&bundle, host, vec![question("state", "get", std::slice::from_ref(&bad))]);
        assert!(host.asked.borrow()[0].is_err(), "{bad}");
    }
}

#[test]
fn state_says_where_it_cannot_be_kept() {
    let put = question("state", "put", &[json!("n"), json!(1)]);
    let (host, _) = ask(&asking("", &[]), Memory::offline(), vec![put]);
    assert!(host.asked.borrow()[0].as_ref().unwrap_err().starts_with("State cannot be kept where this flow runs"));
}

#[test]
fn a_script_reads_and_writes_a_lookup_cache_and_mappings_see_it() {
    let cache = json!({"name": "C", "data": {"a1": 1, "a2": 2, "b": {"x": 3}}});
    let mut bundle = asking("", &[(8, Kind::LookupCache, cache)]);
    let rules = json!({
        "lookups": [{"name": "c", "_lookupCacheId": id(8)}],
        "mappings": [{"generate": "n", "dataType": "number", "extract": "a9", "lookupName": "c"}],
    });
    bundle.resources.insert(id(3), (Kind::Import, with(file_import(&json!({"type": "json"})), &rules)));
    let mut host = Memory::offline();
    host.data = Some(data(&bundle));
    let cache = json!(id(8));
    let questions = vec![
        question("lookupcaches", "getData", &[cache.clone(), json!({"keys": ["b", "none", "a1"]})]),
        question("lookupcaches", "upsertData", &[cache.clone(), json!([{"key": "a9", "value": 9}])]),
        question("lookupcaches", "deleteData", &[cache.clone(), json!({"keys": ["a1"]})]),
        question("lookupcaches", "getData", &[cache.clone(), json!({"startsWith": "a"})]),
        question("lookupcaches", "upsertData", &[cache, json!([{"value": 9}])]),
        question("lookupcaches", "getData", &[json!(id(7))]),
    ];
    let (host, ran) = ask(&bundle, host, questions);
    let said = said(&host);
    assert_eq!(said[0], json!([{"key": "b", "value": {"x": 3}}, {"key": "a1", "value": 1}]));
    assert_eq!(said[3], json!([{"key": "a2", "value": 2}, {"key": "a9", "value": 9}]));
    assert!(said[4]["said"].as_str().unwrap().contains("needs the id of the cache and entries"));
    assert!(said[5]["said"].as_str().unwrap().contains("is not here"));
    assert_eq!(ran.counts(1), [1, 1, 0, 0]);
    assert_eq!(host.made_text().unwrap(), "[\n{\"n\":9}\n]\n");
}

#[test]
fn a_test_run_keeps_nothing_and_sees_what_it_would_have_kept() {
    let mut bundle = asking("", &[(8, Kind::LookupCache, json!({"name": "C", "data": {"a": 1}}))]);
    bundle.about.test_mode = true;
    let mut host = Memory::offline();
    host.data = Some(data(&bundle));
    let cache = json!(id(8));
    let questions = vec![
        question("state", "put", &[json!("n"), json!(1)]),
        question("state", "get", &[json!("n")]),
        question("state", "list", &[]),
        question("lookupcaches", "upsertData", &[cache.clone(), json!({"b": 2})]),
        question("lookupcaches", "getData", &[cache]),
        question("flows", "run", &[json!({"_id": id(7)})]),
        question("", "request", &[json!({"_connectionId": id(1), "method": "POST", "relativeURI": "/x"})]),
    ];
    let (host, _) = ask(&bundle, host, questions);
    let said = said(&host);
    assert_eq!((&said[1], &said[2]), (&json!(1), &json!(["n"])));
    assert_eq!(said[4], json!([{"key": "a", "value": 1}, {"key": "b", "value": 2}]));
    assert!(said[5]["said"].as_str().unwrap().contains("starts no other flow"));
    let data = host.data.as_ref().unwrap();
    assert!(!data.is_changed() && data.whole_state().is_empty() && host.requests.borrow().is_empty());
}

#[test]
fn a_request_of_a_script_goes_over_a_connection_with_its_secrets_and_shows_none() {
    let auth = json!({"type": "token", "token": {"location": "header", "headerName": "X-Key", "scheme": "none"}});
    let app = json!({"name": "App", "type": "http", "http": {"baseURI": "https://app.example/v1", "auth": auth}});
    let mut bundle = asking("request(…)", &[(1, Kind::Connection, app)]);
    bundle.secrets.insert(id(1), [("/http/auth/token/token".to_owned(), "hush-hush".to_owned())].into());
    let host = Memory::new(|request| {
        let key = request.headers.iter().find(|(name, _)| name == "X-Key").map(|(_, value)| value.reveal());
        let body = request.body.as_ref().map(|body| String::from_utf8(body.reveal()).unwrap());
        let types: Vec<_> =
            request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type")).collect();
        assert!(types.len() < 2, "{types:?}");
        Some(Answer::json(&json!({"echo": key, "method": request.method, "body": body})).header("X-Echo", "hush-hush"))
    });
    let asked = |more: Value| question("", "request", &[with(json!({"_connectionId": id(1)}), &more)]);
    let questions = vec![
        asked(json!({"method": "put", "relativeURI": "/a?b=c", "body": {"x": 1}, "headers": {"X-Own": 5}})),
        asked(
            json!({"relativeURI": "/t", "method": "POST", "body": "text", "headers": [{"name": "content-type", "value": "text/csv"}]}),
        ),
        asked(json!({"relativeURI": "/t", "headers": {"X": "a\r\nY: b"}})),
        asked(json!({"relativeURI": "/t", "method": "TRACE"})),
        asked(json!({"method": "GET"})),
        question("", "request", &[json!({"_connectionId": id(7), "relativeURI": "/x"})]),
        question("", "request", &[json!("https://elsewhere.example")]),
    ];
    let (host, ran) = ask(&bundle, host, questions);
    assert!(ran.errors.is_empty(), "{:?}", ran.errors);
    let said = said(&host);
    assert_eq!((&said[0]["statusCode"], &said[0]["body"]["method"]), (&json!(200), &json!("PUT")), "{said:?}");
    assert_eq!(said[0]["body"]["body"], r#"{"x":1}"#);
    assert_eq!(said[0]["headers"]["X-Echo"], "******");
    assert_eq!((&said[0]["body"]["echo"], &said[1]["body"]["body"]), (&json!("******"), &json!("text")));
    assert_eq!(host.urls(), ["https://app.example/v1/a?b=c", "https://app.example/v1/t"]);
    for answer in &said[2..] {
        assert!(answer["said"].is_string(), "{said:?}");
    }
}

#[test]
fn a_script_reads_the_resources_of_its_flow_and_no_others() {
    let integration = json!({"name": "I", "settings": {"x": 1}});
    let mut bundle = asking("", &[(7, Kind::Integration, integration)]);
    bundle.about.flow = Some(id(6));
    let get = |object: &str, number: u8| question(object, "get", &[json!({"_id": id(number)})]);
    let questions =
        vec![get("integrations", 7), get("flows", 6), get("exports", 7), get("accessTokens", 7), get("connections", 1)];
    let (host, _) = ask(&bundle, Memory::offline(), questions);
    let said = said(&host);
    assert_eq!((&said[0]["settings"]["x"], &said[1]["name"], &said[2]), (&json!(1), &json!("Flow"), &json!(null)));
    assert!(said[3]["said"].as_str().unwrap().contains("accessTokens.get cannot be called"));
    assert_eq!(said[4]["_id"], json!(id(1)));
}
