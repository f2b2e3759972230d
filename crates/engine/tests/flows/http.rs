//! Endpoints: paging, credentials, records sent and refused.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tombolo_engine::Request;
use tombolo_model::Kind;
use tombolo_model::run::RunStatus;

use crate::support::{
    Answer, Memory, bundle, file_export, file_import, go, http_export, http_import, id, refusals, with,
};

fn numbers(from: usize, to: usize) -> Value {
    (from..to).map(|n| json!({"n": n})).collect()
}

/// The number behind `page=` in an address.
fn page(request: &Request) -> usize {
    let url = request.url.to_string();
    let (_, rest) = url.split_once("page=").unwrap();
    rest.split('&').next().unwrap().parse().unwrap()
}

fn paged(paging: &Value) -> Value {
    http_export(
        &json!({"method": "GET", "relativeURI": "/items?page={{export.http.paging.page}}&q={{connection.name}}",
        "paging": paging}),
    )
}

#[test]
fn pages_are_counted_until_one_is_empty() {
    let host = Memory::new(|request| {
        let page = page(request);
        Some(Answer::json(&if page <= 3 { numbers(page * 10, page * 10 + 10) } else { json!([]) }))
    });
    let export = paged(&json!({"method": "page", "page": 1}));
    let ran = go(&bundle(export, &[file_import(&json!({"type": "csv"}))]), &host);
    assert_eq!(ran.outcome.status, RunStatus::Completed);
    assert_eq!(ran.counts(0), [30, 30, 0, 0]);
    assert_eq!(host.urls().len(), 4);
    assert_eq!(host.urls()[1], "https://app.example/v1/items?page=2&q=App");
    assert!(host.made_text().unwrap().ends_with("38\n39\n"));
}

#[test]
fn a_404_behind_the_last_page_is_its_end() {
    let host = Memory::new(|request| {
        Some(if page(request) == 0 { Answer::json(&numbers(0, 5)) } else { Answer::new(404, "no such page") })
    });
    let ran = go(&bundle(paged(&json!({"method": "page"})), &[]), &host);
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [5, 5, 0, 0]));
}

#[test]
fn the_answer_itself_may_say_which_page_is_the_last() {
    for stop in [
        json!({"maxPagePath": "pages"}),
        json!({"maxCountPath": "total"}),
        json!({"lastPagePath": "more", "lastPageValues": ["false"]}),
    ] {
        let host = Memory::new(|request| {
            let page = page(request);
            Some(Answer::json(&json!({"pages": 2, "total": 20, "more": page < 2,
                "items": numbers(page * 10, page * 10 + 10)})))
        });
        let mut export = paged(&with(json!({"method": "page", "page": 1}), &stop));
        export["http"]["response"] = json!({"resourcePath": "items"});
        let ran = go(&bundle(export, &[]), &host);
        assert_eq!(ran.counts(0), [20, 20, 0, 0], "{stop}");
        assert_eq!(host.urls().len(), 2, "{stop}");
    }
}

#[test]
fn links_are_followed_until_there_is_none() {
    let host = Memory::new(|request| {
        let url = request.url.to_string();
        let answer = Answer::json(&numbers(0, 3));
        Some(if url.ends_with("/items") {
            answer.header("link", r#"<https://app.example/v1/items?c=2>; rel="next""#)
        } else if url.ends_with("c=2") {
            answer.header("link", r#"<?c=3>; rel="next", <?c=1>; rel="prev""#)
        } else {
            answer.header("link", r#"<?c=2>; rel="prev""#)
        })
    });
    let export = http_export(&json!({"relativeURI": "items", "paging": {"method": "linkheader"}}));
    let ran = go(&bundle(export, &[]), &host);
    assert_eq!(ran.counts(0), [9, 9, 0, 0]);
    assert_eq!(host.urls()[2], "https://app.example/v1/items?c=3");
}

#[test]
fn paging_that_would_never_end_is_stopped() {
    let host = Memory::new(|_| Some(Answer::json(&numbers(0, 3))));
    let ran = go(&bundle(paged(&json!({"method": "page"})), &[]), &host);
    assert_eq!(ran.outcome.status, RunStatus::Failed);
    assert!(ran.error().contains("same answer 5 times"), "{}", ran.error());
    let host = Memory::new(|_| Some(Answer::json(&numbers(0, 3)).header("link", "</v1/items>; rel=next")));
    let export = http_export(&json!({"relativeURI": "items", "paging": {"method": "linkheader"}}));
    let ran = go(&bundle(export, &[]), &host);
    assert!(ran.error().contains("read already"), "{}", ran.error());
}

#[test]
fn a_hidden_link_header_is_never_the_last_page() {
    let host = Memory::new(|_| {
        let mut answer = Answer::json(&numbers(0, 3));
        answer.hidden = true;
        Some(answer)
    });
    let export = http_export(&json!({"relativeURI": "items", "paging": {"method": "linkheader"}}));
    let ran = go(&bundle(export, &[]), &host);
    assert_eq!(ran.outcome.status, RunStatus::Failed);
    assert!(ran.error().contains("Run the flow on the server"), "{}", ran.error());
}

#[test]
fn an_address_that_does_not_name_the_page_is_refused() {
    let export = http_export(&json!({"relativeURI": "items", "paging": {"method": "page"}}));
    assert!(refusals(&bundle(export, &[])).contains("{{export.http.paging.page}}"));
}

#[test]
fn an_answer_that_is_one_object_is_one_record() {
    let host = Memory::new(|_| Some(Answer::json(&json!({"id": 7}))));
    let import = file_import(&json!({"type": "json"}));
    go(&bundle(http_export(&json!({"relativeURI": "me"})), &[import]), &host);
    assert_eq!(host.made_text().as_deref(), Some("[\n{\"id\":7}\n]\n"));
}

#[test]
fn each_record_is_a_request_and_a_refused_one_costs_only_itself() {
    let host = Memory::new(|request| {
        let refused = request.url.to_string().ends_with("/2");
        Some(if refused { Answer::new(422, r#"{"message":"No twos"}"#) } else { Answer::new(201, "{}") })
    })
    .with_file(b"id,name\n1,a b\n2,c\n3,d\n");
    let rules = json!([{"generate": "title", "dataType": "string", "extract": "$.name"}]);
    let import = with(
        http_import(&json!({"method": ["PUT"], "relativeURI": ["/things/{{record.id}}"]})),
        &json!({"mappings": rules}),
    );
    let next = file_import(&json!({"type": "csv"}));
    let ran = go(&bundle(file_export(&json!({"type": "csv"})), &[import, next]), &host);
    assert_eq!(ran.outcome.status, RunStatus::Completed);
    assert_eq!(ran.counts(1), [3, 2, 0, 1]);
    assert_eq!(ran.counts(2), [2, 2, 0, 0], "the refused record stops here");
    assert_eq!(host.bodies(), [r#"{"title":"a b"}"#, r#"{"title":"c"}"#, r#"{"title":"d"}"#]);
    let error = &ran.errors[0];
    assert!(error.message.contains("422") && error.message.contains("No twos"), "{}", error.message);
    assert_eq!((error.index, &error.record), (Some(1), &Some(json!({"id": "2", "name": "c"}))));
    assert_eq!(host.requests.borrow()[0].method, "PUT");
}

#[test]
fn a_failed_record_goes_on_when_the_step_says_so() {
    let host = Memory::new(|_| Some(Answer::new(500, ""))).with_file(b"id\n1\n2\n");
    let mut bundle = bundle(
        file_export(&json!({"type": "csv"})),
        &[http_import(&json!({"relativeURI": ["/x"]})), file_import(&json!({"type": "csv"}))],
    );
    bundle.flow["pageProcessors"][0]["proceedOnFailure"] = json!(true);
    let ran = go(&bundle, &host);
    assert_eq!((ran.counts(1), ran.counts(2)), ([2, 0, 0, 2], [2, 2, 0, 0]));
}

#[test]
fn a_record_that_the_filter_of_a_step_leaves_out_skips_only_this_step() {
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(b"id\n1\n2\n");
    let filter = json!({"filter": {"rules": ["equals", ["extract", "id"], "1"]}});
    let import = with(http_import(&json!({"relativeURI": ["/x"]})), &filter);
    let ran = go(&bundle(file_export(&json!({"type": "csv"})), &[import, file_import(&json!({"type": "csv"}))]), &host);
    assert_eq!((ran.counts(1), ran.counts(2)), ([2, 1, 1, 0], [2, 2, 0, 0]));
}

#[test]
fn batches_are_sent_as_lists_or_by_their_template() {
    let file = b"id\n1\n2\n3\n";
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(file);
    let import = http_import(&json!({"relativeURI": ["/x"], "batchSize": 2}));
    go(&bundle(file_export(&json!({"type": "csv"})), &[import]), &host);
    assert_eq!(host.bodies(), [r#"[{"id":"1"},{"id":"2"}]"#, r#"[{"id":"3"}]"#]);
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(file);
    let import = http_import(
        &json!({"relativeURI": ["/x"], "body": [r#"{"id": {{record.id}}, "all": {{{jsonSerialize record}}}}"#]}),
    );
    go(&bundle(file_export(&json!({"type": "csv"})), &[import]), &host);
    assert_eq!(host.bodies()[0], r#"{"id": 1, "all": {"id":"1"}}"#);
}

#[test]
fn credentials_are_sent_and_never_printed() {
    for (auth, path, want) in [
        (json!({"type": "basic", "basic": {"username": "ann"}}), "/http/auth/basic/password", "Basic YW5uOmh1c2ghIQ=="),
        (json!({"type": "token", "token": {"location": "header"}}), "/http/auth/token/token", "Bearer hush!!"),
        (
            json!({"type": "token", "token": {"location": "header", "scheme": " ", "headerName": "X-Key"}}),
            "/http/auth/token/token",
            "hush!!",
        ),
    ] {
        let host = Memory::new(|_| Some(Answer::new(401, "who?")));
        let mut bundle = bundle(http_export(&json!({"relativeURI": "x"})), &[]);
        let base = json!({"name": "App", "type": "http", "http": {"baseURI": "https://app.example/v1", "auth": auth}});
        bundle.resources.insert(id(1), (Kind::Connection, base));
        assert!(refusals(&bundle).contains("Enter it in the connection and keep it"));
        bundle.secrets.insert(id(1), BTreeMap::from([(path.to_owned(), "hush!!".to_owned())]));
        let ran = go(&bundle, &host);
        let requests = host.requests.borrow();
        let header = requests[0].headers.iter().find(|(name, _)| name == "Authorization" || name == "X-Key");
        assert_eq!(header.unwrap().1.reveal(), want);
        let printed = format!("{:?} {:?} {:?}", requests[0], ran.errors, bundle);
        assert!(!printed.contains("hush") && !printed.contains("YW5u"), "{printed}");
        assert!(ran.error().contains("credentials"), "{}", ran.error());
    }
}

#[test]
fn a_token_in_the_address_is_masked_there() {
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    let mut bundle = bundle(http_export(&json!({"relativeURI": "x?a=1"})), &[]);
    let auth = json!({"type": "token", "token": {"location": "url", "paramName": "key"}});
    let base = json!({"name": "App", "type": "http", "http": {"baseURI": "https://app.example", "auth": auth}});
    bundle.resources.insert(id(1), (Kind::Connection, base));
    bundle.secrets.insert(id(1), BTreeMap::from([("/http/auth/token/token".to_owned(), "a b".to_owned())]));
    go(&bundle, &host);
    assert_eq!(host.urls(), ["https://app.example/x?a=1&key=******"]);
    assert_eq!(host.requests.borrow()[0].url.reveal(), "https://app.example/x?a=1&key=a%20b");
}

/// The `Content-Type` of the only request.
fn content_type(host: &Memory) -> String {
    let requests = host.requests.borrow();
    let types: Vec<String> = requests[0]
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value.to_string())
        .collect();
    types.join(" and ")
}

#[test]
fn a_body_is_called_what_the_import_or_its_connection_says() {
    for (own, all, want) in [
        (json!(null), json!(null), "application/json"),
        (json!("xml"), json!("json"), "application/xml"),
        (json!(null), json!("urlencoded"), "application/x-www-form-urlencoded"),
        (json!("plaintext"), json!(null), "text/plain;charset=utf-8"),
        (json!("csv"), json!("form-data"), "text/csv;charset=utf-8"),
    ] {
        for records in [true, false] {
            let host = Memory::new(|_| Some(Answer::new(204, ""))).with_file(b"id\n1\n");
            let http =
                json!({"method": ["POST"], "relativeURI": ["/x"], "body": ["{{record.id}}"], "requestMediaType": own});
            let mut made = if records {
                bundle(file_export(&json!({"type": "csv"})), &[http_import(&http)])
            } else {
                bundle(
                    http_export(&json!({"method": "POST", "relativeURI": "/x", "body": "1", "requestMediaType": own})),
                    &[],
                )
            };
            made.resources.get_mut(&id(1)).unwrap().1["http"]["mediaType"] = all.clone();
            go(&made, &host);
            assert_eq!((host.bodies()[0].as_str(), content_type(&host).as_str()), ("1", want), "{own} {all}");
        }
    }
}

#[test]
fn a_header_of_the_import_goes_before_its_media_type() {
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(b"id\n1\n");
    let headers = json!([{"name": "content-type", "value": "application/vnd.api+json"}]);
    let import = http_import(&json!({"relativeURI": ["/x"], "headers": headers}));
    go(&bundle(file_export(&json!({"type": "csv"})), &[import]), &host);
    assert_eq!(content_type(&host), "application/vnd.api+json");
}

#[test]
fn values_in_the_xml_that_an_export_or_lookup_sends_cannot_become_elements() {
    let http =
        json!({"method": "POST", "relativeURI": "/x", "requestMediaType": "xml", "body": "<q>{{record.name}}</q>"});
    let mut made = bundle(file_export(&json!({"type": "json"})), &[]);
    made.resources.insert(id(9), (Kind::Export, with(http_export(&http), &json!({"isLookup": true, "name": "Find"}))));
    made.flow["pageProcessors"] = json!([{"type": "export", "_exportId": id(9).to_string()}]);
    let host = Memory::new(|_| Some(Answer::json(&json!([])))).with_file(br#"[{"name":"A & <b>"}]"#);
    go(&made, &host);
    assert_eq!(host.bodies(), ["<q>A &amp; &lt;b&gt;</q>"]);
}

#[test]
fn records_are_never_sent_as_json_where_something_else_is_wanted() {
    let flow = |own: Value, all: Value, method: &str| {
        let import = http_import(&json!({"method": [method], "relativeURI": ["/x"], "requestMediaType": own}));
        let mut made = bundle(file_export(&json!({"type": "csv"})), &[import]);
        made.resources.get_mut(&id(1)).unwrap().1["http"]["mediaType"] = all;
        made
    };
    for kind in ["plaintext", "octet-stream", "jsonl"] {
        let own = refusals(&flow(json!(kind), json!(null), "POST"));
        assert!(own.contains(&format!("{}/http/requestMediaType: ", id(3))) && own.contains(kind), "{own}");
        let shared = refusals(&flow(json!(null), json!(kind), "PUT"));
        assert!(shared.contains(&format!("{}/_connectionId: ", id(3))) && shared.contains(kind), "{shared}");
    }
    let host = Memory::new(|_| Some(Answer::new(204, ""))).with_file(b"id\n1\n");
    let ran = go(&flow(json!("xml"), json!(null), "DELETE"), &host);
    assert_eq!(
        (ran.counts(1), content_type(&host).as_str()),
        ([1, 1, 0, 0], ""),
        "nothing is sent, so nothing is wrong"
    );
}
