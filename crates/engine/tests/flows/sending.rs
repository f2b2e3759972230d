//! Records to endpoints: batches and their results, operations, media types, what answers say.

use serde_json::{Value, json};
use tombolo_engine::Request;

use crate::support::{Answer, Memory, Ran, bundle, file_export, file_import, go, http_import, id, refusals, with};

/// Sends the records of a JSON file; what was answered goes on into a file by this response mapping.
pub(crate) fn send(host: &Memory, import: &Value, fields: &Value) -> Ran {
    let mut flow =
        bundle(file_export(&json!({"type": "json"})), &[import.clone(), file_import(&json!({"type": "json"}))]);
    flow.flow["pageProcessors"][0]["proceedOnFailure"] = json!(true);
    flow.flow["pageProcessors"][0]["responseMapping"] = json!({"fields": fields});
    go(&flow, host)
}

pub(crate) fn field(extract: &str) -> Value {
    json!({"extract": extract, "generate": extract.replace(['.', '_', '[', ']'], "")})
}

/// The records that went on.
pub(crate) fn went_on(host: &Memory) -> Value {
    let made = host.made.borrow();
    serde_json::from_slice(&made[&id(4).to_string()].1).unwrap()
}

fn answering(answer: &'static str) -> Memory {
    Memory::new(move |_| Some(Answer::new(200, answer)))
}

const THREE: &[u8] = br#"[{"n":1},{"n":2},{"n":3}]"#;

#[test]
fn each_record_of_a_batch_has_its_own_result() {
    let host = Memory::new(|request| {
        let body = String::from_utf8(request.body.as_ref().unwrap().reveal()).unwrap();
        Some(Answer::new(
            207,
            if body.contains("3") {
                r#"{"out":[{"ref":"c","ok":"Y"}]}"#
            } else {
                r#"{"out":[{"ref":"a","ok":"Y"},{"ref":null,"ok":"N","why":"No twos."}]}"#
            },
        ))
    })
    .with_file(THREE);
    let response = json!({"resourcePath": ["out"], "resourceIdPath": ["ref"], "successPath": ["ok"],
        "successValues": [["Y"]], "errorPath": "why"});
    let import = http_import(&json!({"relativeURI": ["/x"], "batchSize": 2, "response": response}));
    let ran =
        send(&host, &import, &json!([field("id"), field("statusCode"), field("_json.ok"), field("errors[0].code")]));
    assert_eq!(ran.counts(1), [3, 2, 0, 1]);
    assert!(ran.errors[0].message.contains("No twos."), "{:?}", ran.errors);
    assert_eq!(ran.errors[0].record, Some(json!({"n": 2})));
    assert_eq!(
        went_on(&host),
        json!([{"n": 1, "id": "a", "statusCode": 207, "jsonok": "Y"},
            {"n": 2, "statusCode": 207, "jsonok": "N", "errors0code": "rejected"},
            {"n": 3, "id": "c", "statusCode": 207, "jsonok": "Y"}])
    );
}

#[test]
fn a_record_of_a_batch_without_a_result_has_failed() {
    let host = answering(r#"{"data":[{"id":1},{"id":2}]}"#).with_file(THREE);
    let import = http_import(
        &json!({"relativeURI": ["/x"], "batchSize": 3, "response": {"resourcePath": ["data"], "resourceIdPath": ["data.id"]}}),
    );
    let ran = send(&host, &import, &json!([field("id")]));
    assert_eq!(ran.counts(1), [3, 2, 0, 1]);
    assert!(ran.errors[0].message.contains("2 results for 3 records"), "{:?}", ran.errors);
    for (answer, want) in
        [(r#"{"other":[]}"#, "without the results"), ("", "without the results"), ("<html>", "not valid JSON")]
    {
        let host = answering(answer).with_file(THREE);
        let ran = send(&host, &import, &json!([]));
        assert_eq!(ran.counts(1), [3, 0, 0, 3], "{answer}");
        assert!(ran.errors[2].message.contains(want), "{answer}: {:?}", ran.errors);
    }
}

#[test]
fn an_answer_that_says_no_is_a_failure_whatever_its_status() {
    let response = json!({"failPath": ["error"], "errorPath": "error.text"});
    let import = http_import(&json!({"relativeURI": ["/x"], "response": response}));
    let host = answering(r#"{"error":{"text":"Closed."},"id":5}"#).with_file(b"[{\"n\":1}]");
    let ran = send(&host, &import, &json!([field("statusCode"), field("_json.id")]));
    assert_eq!(ran.counts(1), [1, 0, 0, 1]);
    assert!(ran.errors[0].message.contains("Closed."), "{:?}", ran.errors);
    assert_eq!(went_on(&host), json!([{"n": 1, "statusCode": 200, "jsonid": 5}]));
    let response = json!({"resourcePath": ["rows"], "failPath": ["fault"]});
    let import = http_import(&json!({"relativeURI": ["/x"], "batchSize": 3, "response": response}));
    let host = answering(r#"{"fault":"Full.","rows":[{"id":1},{"id":2},{"id":3}]}"#).with_file(THREE);
    assert_eq!(send(&host, &import, &json!([])).counts(1), [3, 0, 0, 3], "the whole failed");
}

fn upsert() -> Value {
    json!({"method": ["PUT", "POST"], "relativeURI": ["/things/{{record.there.id}}", "/things"],
        "body": [r#"{"set":{{record.n}} }"#, r#"{"new":{{record.n}},"data":{{{data.0.n}}} }"#],
        "requestType": ["UPDATE", "CREATE"], "existingExtract": "there.id"})
}

const MIXED: &[u8] = br#"[{"n":1,"there":{"id":"a"}},{"n":2},{"n":3,"there":{"id":""}},{"n":4,"there":{"id":7}}]"#;

fn sent(host: &Memory) -> Vec<String> {
    let line = |(request, body): (&Request, String)| format!("{} {} {body}", request.method, request.url);
    host.requests.borrow().iter().zip(host.bodies()).map(line).collect()
}

#[test]
fn records_that_are_there_are_updated_and_the_others_created() {
    let host = answering("{}").with_file(MIXED);
    let rule =
        |when: &str| json!({"generate": when, "dataType": "number", "extract": "$.n", "conditional": {"when": when}});
    let n = json!({"generate": "n", "dataType": "number", "extract": "$.n"});
    let import = with(http_import(&upsert()), &json!({"mappings": [n]}));
    let ran = send(&host, &import, &json!([]));
    assert_eq!(ran.counts(1), [4, 4, 0, 0], "{:?}", ran.errors);
    assert_eq!(
        sent(&host),
        [
            r#"PUT https://app.example/v1/things/a {"set":1 }"#,
            r#"POST https://app.example/v1/things {"new":2,"data":2 }"#,
            r#"POST https://app.example/v1/things {"new":3,"data":3 }"#,
            r#"PUT https://app.example/v1/things/7 {"set":4 }"#,
        ]
    );
    let host = answering("{}").with_file(MIXED);
    let mut http = upsert();
    http.as_object_mut().unwrap().remove("body");
    let mappings = json!({"mappings": [rule("record_created"), rule("record_updated")]});
    send(&host, &with(http_import(&http), &mappings), &json!([]));
    assert_eq!(
        host.bodies(),
        [r#"{"record_updated":1}"#, r#"{"record_created":2}"#, r#"{"record_created":3}"#, r#"{"record_updated":4}"#]
    );
}

#[test]
fn a_batch_is_of_one_operation() {
    let host = answering("{}").with_file(MIXED);
    let http = json!({"method": ["PATCH", "POST"], "relativeURI": ["/u", "/c"], "requestType": ["UPDATE", "CREATE"],
        "existingExtract": "there.id", "batchSize": 5});
    send(&host, &http_import(&http), &json!([]));
    assert_eq!(
        sent(&host),
        [
            r#"PATCH https://app.example/v1/u [{"n":1,"there":{"id":"a"}},{"n":4,"there":{"id":7}}]"#,
            r#"POST https://app.example/v1/c [{"n":2},{"n":3,"there":{"id":""}}]"#
        ]
    );
}

#[test]
fn records_that_are_there_or_are_missing_may_be_ignored() {
    for (setting, numbers) in [("ignoreExisting", ["2", "3"]), ("ignoreMissing", ["1", "4"])] {
        let host = answering("{}").with_file(MIXED);
        let http = json!({"relativeURI": ["/{{record.n}}"], "ignoreExtract": "there.id"});
        let ran = send(&host, &with(http_import(&http), &json!({setting: true})), &json!([field("ignored")]));
        assert_eq!(ran.counts(1), [4, 2, 2, 0], "{setting}");
        assert_eq!(host.urls(), numbers.map(|n| format!("https://app.example/v1/{n}")), "{setting}");
        assert_eq!(ran.counts(2), [4, 4, 0, 0], "{setting}: they go on");
    }
}

#[test]
fn operations_that_contradict_each_other_are_refused() {
    let said = |http: Value, more: Value| {
        refusals(&bundle(file_export(&json!({"type": "json"})), &[with(http_import(&http), &more)]))
    };
    let mut http = upsert();
    http["requestType"] = json!(["CREATE", "CREATE"]);
    assert!(said(http.clone(), json!({})).contains("/http/requestType: Of two requests"));
    http["requestType"] = json!([]);
    assert!(said(http, json!({})).contains("/http/requestType: Say of each"));
    let mut http = upsert();
    http["existingExtract"] = json!("");
    assert!(said(http, json!({})).contains("/http/existingExtract: Creating"));
    assert!(said(json!({"relativeURI": ["/x"]}), json!({"ignoreExisting": true})).contains("/http/ignoreExtract"));
    let both = json!({"ignoreExisting": true, "ignoreMissing": true});
    assert!(said(json!({"relativeURI": ["/x"], "ignoreExtract": "a"}), both).contains("/ignoreMissing"));
}

#[test]
fn records_are_sent_in_every_media_type() {
    let file = br#"[{"a":"x y","b":{"c":1}}]"#;
    for (media, batch, want) in [
        ("json", 1, r#"{"a":"x y","b":{"c":1}}"#),
        ("json", 2, r#"[{"a":"x y","b":{"c":1}}]"#),
        ("xml", 1, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<record><a>x y</a><b><c>1</c></b></record>\n"),
        (
            "xml",
            2,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<records>\n<record><a>x y</a><b><c>1</c></b></record>\n</records>\n",
        ),
        ("csv", 2, "a,b\nx y,\"{\"\"c\"\":1}\"\n"),
        ("urlencoded", 1, "a=x%20y&b%5Bc%5D=1"),
    ] {
        let host = answering("{}").with_file(file);
        send(
            &host,
            &http_import(&json!({"relativeURI": ["/x"], "requestMediaType": media, "batchSize": batch})),
            &json!([]),
        );
        assert_eq!(host.bodies(), [want], "{media} {batch}");
    }
    let host = answering("{}").with_file(file);
    let body = r#"{"file":"{{record.a}}"}"#;
    send(
        &host,
        &http_import(&json!({"relativeURI": ["/x"], "requestMediaType": "form-data", "body": [body]})),
        &json!([]),
    );
    let body = &host.bodies()[0];
    assert!(body.contains("form-data; name=\"file\"\r\n\r\nx y\r\n--tombolo-"), "{body}");
    let requests = host.requests.borrow();
    let (_, content_type) = requests[0].headers.iter().find(|(name, _)| name == "Content-Type").unwrap();
    let (_, boundary) =
        content_type.reveal().split_once("boundary=").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert!(body.starts_with(&format!("--{boundary}\r\n")), "{body}");
}

#[test]
fn values_in_a_body_of_xml_are_escaped_once() {
    for (body, want) in [
        ("<v>{{record.a}}</v>", "<v>é&amp;&#x3D;&lt;</v>"),
        ("<v>{{{record.a}}}</v>", "<v>é&=<</v>"),
        ("<v>{{htmlEncode record.a}}</v>", "<v>é&amp;=&lt;</v>"),
        ("<v><![CDATA[{{record.a}}]]></v>", "<v><![CDATA[é&=<]]></v>"),
    ] {
        let host = answering("{}").with_file("[{\"a\":\"é&=<\"}]".as_bytes());
        let http = json!({"relativeURI": ["/x"], "requestMediaType": "xml", "body": [body]});
        send(&host, &http_import(&http), &json!([]));
        assert_eq!(host.bodies(), [want], "{body}");
    }
}

#[test]
fn a_body_that_is_called_json_and_is_none_is_an_error_of_its_record() {
    let file = br#"[{"q":"x"},{"q":"x \"y\""},{"q":""}]"#;
    let body = r#"{"a":"{{record.q}}"}"#;
    let host = answering("{}").with_file(file);
    let ran = send(&host, &http_import(&json!({"relativeURI": ["/x"], "body": [body]})), &json!([]));
    assert_eq!(ran.counts(1), [3, 2, 0, 1]);
    let error = &ran.errors[0];
    assert_eq!((error.index, error.code.as_str()), (Some(1), "body"));
    assert!(error.message.contains("is no JSON (expected") && error.message.contains("{{{jsonSerialize"), "{error:?}");
    for (http, body) in [
        (json!({}), r#"{"a":1}{{record.none}} {"b":2}"#),
        (json!({}), "a={{record.none}}"),
        (json!({"requestMediaType": "plaintext"}), "{a"),
        (json!({"headers": [{"name": "content-type", "value": "text/x"}]}), "{a"),
        (json!({}), " {{record.none}}"),
    ] {
        let host = answering("{}").with_file(b"[{}]");
        let import = http_import(&with(json!({"relativeURI": ["/x"], "body": [body]}), &http));
        assert_eq!(send(&host, &import, &json!([])).counts(1), [1, 1, 0, 0], "{body} {http}");
    }
}

#[test]
fn a_value_of_dots_does_not_lead_out_of_its_path() {
    let host = answering("{}").with_file(br#"[{"id":".."},{"id":"."},{"id":"a.b"},{"id":"..."}]"#);
    let http = json!({"method": ["PUT"], "relativeURI": ["/cust/{{record.id}}/../x?q={{record.id}}"]});
    let ran = send(&host, &http_import(&http), &json!([]));
    let at = |id: &str| format!("https://app.example/v1/cust/{id}/../x?q={id}");
    assert_eq!(host.urls(), [at("a.b"), at("...")]);
    assert_eq!(ran.counts(1), [4, 2, 0, 2]);
    assert!(ran.errors[0].message.contains("which leads elsewhere"), "{:?}", ran.errors);
    let host = answering("{}").with_file(br#"[{"id":".."}]"#);
    send(&host, &http_import(&json!({"relativeURI": ["/x?q={{record.id}}"]})), &json!([]));
    assert_eq!(host.urls(), ["https://app.example/v1/x?q=%2E%2E"]);
}

#[test]
fn answers_are_read_in_every_media_type() {
    for (media, answer, path, want) in [
        ("json", r#"{"a":{"b":"1"}}"#, "_json.a.b", "1"),
        ("xml", "<a><b>1</b></a>", "_json.a.b", "1"),
        ("csv", "b,c\n1,2\n", "_json[0].b", "1"),
        ("plaintext", "1", "_json", "1"),
    ] {
        let host = answering(answer).with_file(b"[{}]");
        let import = http_import(&json!({"relativeURI": ["/x"], "successMediaType": media}));
        let ran = send(&host, &import, &json!([{"extract": path, "generate": "v"}]));
        assert_eq!(went_on(&host), json!([{"v": want}]), "{media}: {:?}", ran.errors);
    }
    let response = json!({"failPath": ["/r/status/text()"], "failValues": [["E"]], "errorPath": "/r/why"});
    let import = http_import(
        &json!({"relativeURI": ["/x"], "successMediaType": "xml", "errorMediaType": "xml", "response": response}),
    );
    for status in [200, 400] {
        let host = Memory::new(move |_| Some(Answer::new(status, "<r><status>E</status><why>Too late</why></r>")))
            .with_file(b"[{}]");
        let ran = send(&host, &import, &json!([]));
        assert!(ran.errors[0].message.contains(": Too late. "), "{status}: {:?}", ran.errors);
    }
}

#[test]
fn empty_fields_are_left_out_where_that_is_wanted() {
    let host = answering("{}").with_file(br#"[{"a":"","b":{"c":null},"d":0}]"#);
    send(&host, &http_import(&json!({"relativeURI": ["/x"], "ignoreEmptyNodes": true})), &json!([]));
    assert_eq!(host.bodies(), [r#"{"d":0}"#]);
}

#[test]
fn a_field_that_is_missing_is_an_error_of_its_record_where_that_is_wanted() {
    let host = answering("{}").with_file(br#"[{"n":1},{"m":2},{"n":3}]"#);
    let http = json!({"relativeURI": ["/x"], "batchSize": 3, "strictHandlebarEvaluation": true,
        "body": ["[{{#each batch_of_records}}{{record.n}}{{#unless @last}},{{/unless}}{{/each}}]"]});
    let ran = send(&host, &http_import(&http), &json!([]));
    assert_eq!(ran.counts(1), [3, 2, 0, 1], "{:?}", ran.errors);
    assert_eq!((ran.errors[0].index, host.bodies()), (Some(1), vec!["[1]".to_owned(), "[3]".to_owned()]));
    let http = json!({"relativeURI": ["/{{record.n}}"], "strictHandlebarEvaluation": true});
    let host = answering("{}").with_file(br#"[{"m":2}]"#);
    assert_eq!(send(&host, &http_import(&http), &json!([])).counts(1), [1, 0, 0, 1]);
}

#[test]
fn a_body_that_is_too_big_is_sent_in_parts() {
    let host = answering("{}").with_file(br#"[{"n":1},{"n":2},{"n":"far too long for this"},{"n":4}]"#);
    let http = json!({"relativeURI": ["/x"], "batchSize": 4, "endPointBodyLimit": 20});
    let ran = send(&host, &http_import(&http), &json!([]));
    assert_eq!(host.bodies(), [r#"[{"n":1},{"n":2}]"#, r#"[{"n":4}]"#]);
    assert!(ran.errors[0].message.contains("takes 20 at most"), "{:?}", ran.errors);
}

#[test]
fn what_came_is_sent_where_the_mapped_record_is_not_wanted() {
    let host = answering("{}").with_file(br#"[{"n":1}]"#);
    let n = json!({"generate": "m", "dataType": "number", "extract": "$.n"});
    let import =
        with(http_import(&json!({"relativeURI": ["/x"], "sendPostMappedData": false})), &json!({"mappings": [n]}));
    send(&host, &import, &json!([]));
    assert_eq!(host.bodies(), [r#"{"n":1}"#]);
}

#[test]
fn forms_hold_one_record() {
    for media in ["urlencoded", "form-data"] {
        let http = json!({"relativeURI": ["/x"], "requestMediaType": media, "batchSize": 2});
        let said = refusals(&bundle(file_export(&json!({"type": "json"})), &[http_import(&http)]));
        assert!(said.contains("/http/requestMediaType: Several records at once"), "{said}");
    }
}

#[test]
fn templates_of_imports_and_file_names_see_the_run_and_the_import() {
    let http = json!({"relativeURI": ["/{{job._id}}"], "body": ["{{testMode}} {{import.name}} {{job.type}}"]});
    let file = file_import(&json!({"type": "json", "fileName": "p-{{job._id}}-{{import.name}}.json"}));
    let mut flow = bundle(file_export(&json!({"type": "csv"})), &[http_import(&http), file]);
    flow.about.run = Some(id(77));
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(b"n\n1\n");
    go(&flow, &host);
    assert_eq!(host.urls(), [format!("https://app.example/v1/{}", id(77))]);
    assert_eq!(host.bodies(), ["false Target flow"]);
    assert_eq!(host.made.borrow()[&id(4).to_string()].0, format!("p-{}-Result.json", id(77)));
}

#[test]
fn what_the_source_says_of_keys_holds_for_its_steps_and_else_the_usual_fields_do() {
    let export = with(
        file_export(&json!({"type": "json"})),
        &json!({"traceKeyTemplate": "{{record.a}}{{#if record.a}}-t{{/if}}"}),
    );
    let host = Memory::new(|_| Some(Answer::new(404, ""))).with_file(br#"[{"a":1,"id":5},{"id":6}]"#);
    let ran = go(&bundle(export, &[http_import(&json!({}))]), &host);
    let keys: Vec<_> = ran.errors.iter().map(|error| error.trace_key.as_deref().unwrap()).collect();
    assert_eq!(keys, ["1-t", "6"]);
}
