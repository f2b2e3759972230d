//! Test runs: the first page, every stage, and nothing written.

use futures::executor::block_on;
use serde_json::{Value, json};
use tombolo_engine::{Bundle, Cancel, RunEvent, compile, run};

use crate::support::{Answer, Memory, bundle, file_export, http_export, http_import, id, with};

fn flow() -> Bundle {
    let filter =
        json!({"type": "expression", "expression": {"version": "1", "rules": ["equals", ["extract", "k"], "a"]}});
    let mappings = json!([{"generate": "no", "dataType": "number", "extract": "$.n"}]);
    let import = with(
        http_import(&json!({})),
        &json!({"filter": filter, "mappings": mappings,
        "mockResponse": [{"id": "m1", "statusCode": 201}, {"errors": [{"code": "x", "message": "Refused"}], "statusCode": 422}]}),
    );
    let mut bundle = bundle(with(file_export(&json!({"type": "json"})), &json!({"pageSize": 3})), &[import]);
    bundle.flow["pageProcessors"][0]["responseMapping"] = json!({"fields": [{"extract": "id", "generate": "newId"}]});
    bundle.about.test_mode = true;
    bundle
}

fn stages(bundle: &Bundle, host: &Memory) -> (Vec<Value>, Vec<[u64; 4]>) {
    let plan = compile(bundle).unwrap();
    let mut stages = Vec::new();
    let mut sink = |event: RunEvent| {
        if let RunEvent::Stage { step, stage } = event {
            let errors: Vec<_> = stage.errors.iter().map(|error| error.code.clone()).collect();
            stages.push(json!([step, stage.name, stage.index, stage.input, stage.output, errors]));
        }
    };
    let outcome = block_on(run(&plan, host, &Cancel::default(), &mut sink));
    let counts = outcome.steps.iter().map(|count| [count.received, count.success, count.ignored, count.errors]);
    (stages, counts.collect())
}

#[test]
fn a_test_run_says_every_stage_of_the_first_page_and_sends_nothing() {
    let records = json!([{"n": 1, "k": "a"}, {"n": 2, "k": "b"}, {"n": 3, "k": "a"}, {"n": 4, "k": "a"}]);
    let host = Memory::offline().with_file(records.to_string().as_bytes());
    let (stages, counts) = stages(&flow(), &host);
    assert_eq!(host.requests.borrow().len(), 0);
    assert_eq!(counts, [[3, 3, 0, 0], [3, 1, 1, 1]]);
    let taken = json!({"statusCode": 201, "ignored": false, "errors": [], "id": "m1"});
    let parsed = |n: u64| json!([0, "parse", n, null, records[usize::try_from(n).unwrap()], []]);
    assert_eq!(stages[..3], [0, 1, 2].map(parsed));
    let stages = stages[3..].to_vec();
    let want = [
        json!([1, "inputFilter", 0, {"n": 1, "k": "a"}, true, []]),
        json!([1, "inputFilter", 1, {"n": 2, "k": "b"}, false, []]),
        json!([1, "inputFilter", 2, {"n": 3, "k": "a"}, true, []]),
        json!([1, "mapping", 0, {"n": 1, "k": "a"}, {"no": 1}, []]),
        json!([1, "mapping", 2, {"n": 3, "k": "a"}, {"no": 3}, []]),
    ];
    assert_eq!(stages[..5], want);
    // What would be sent is shown.
    for (stage, no) in stages[5..7].iter().zip([1, 3]) {
        assert_eq!((&stage[1], &stage[2], &stage[3]), (&json!("request"), &json!(no - 1), &json!({"no": no})));
        assert_eq!((&stage[4]["method"], &stage[4]["body"]), (&json!("POST"), &json!(format!("{{\"no\":{no}}}"))));
    }
    assert_eq!(stages[7], json!([1, "response", 0, {"no": 1}, taken, []]));
    assert!(stages.contains(&json!([1, "responseMap", 0, taken, {"n": 1, "k": "a", "newId": "m1"}, []])), "{stages:?}");
}

#[test]
fn a_request_that_cannot_be_made_fails_in_a_test_run_as_in_a_run() {
    let mut bundle = flow();
    let import = &mut bundle.resources.get_mut(&id(3)).unwrap().1;
    import["http"]["body"] = json!(["{{padLeft record.no 99999999}}"]);
    let (stages, counts) = stages(&bundle, &Memory::offline().with_file(br#"[{"n":1,"k":"a"}]"#));
    assert_eq!(counts[1], [1, 0, 0, 1]);
    assert!(stages.iter().any(|stage| stage[1] == "request" && stage[5] == json!(["template"])), "{stages:?}");
}

#[test]
fn a_run_of_some_sources_reads_only_those() {
    let mut bundle = flow();
    bundle.about.sources = vec![id(8)];
    let problems = compile(&bundle).unwrap_err();
    assert!(problems[0].message.contains("none of the sources that were chosen"), "{problems:?}");
    bundle.about.sources = vec![id(2)];
    assert!(compile(&bundle).is_ok());
    let other: Value = json!({"_exportId": id(8).to_string()});
    bundle.flow["pageGenerators"].as_array_mut().unwrap().push(other);
    assert_eq!(compile(&bundle).unwrap().steps().len(), 2, "the source that is not chosen need not even be there");
}

#[test]
fn a_test_run_shows_requests_and_answers_without_secrets() {
    let mut bundle = flow();
    let source = with(http_export(&json!({"relativeURI": "/rows"})), &json!({"pageSize": 1}));
    bundle.resources.insert(id(2), (tombolo_model::Kind::Export, source));
    let auth = json!({"type": "token", "token": {"location": "url", "paramName": "key"}});
    let http = json!({"baseURI": "https://app.example/v1", "auth": auth});
    bundle
        .resources
        .insert(id(1), (tombolo_model::Kind::Connection, json!({"name": "App", "type": "http", "http": http})));
    bundle.secrets.insert(id(1), [("/http/auth/token/token".to_owned(), "hush-hush".to_owned())].into());
    let host = Memory::new(|_| Some(Answer::json(&json!([{"n": 1, "k": "hush-hush"}]))));
    let (stages, _) = stages(&bundle, &host);
    assert_eq!((&stages[0][1], &stages[1][1], &stages[2][1]), (&json!("request"), &json!("response"), &json!("parse")));
    assert_eq!((&stages[0][4]["method"], &stages[1][4]["statusCode"]), (&json!("GET"), &json!(200)));
    assert!(stages[0][4]["url"].as_str().unwrap().starts_with("https://app.example/v1/rows?key=***"), "{}", stages[0]);
    assert!(!json!(stages[..2]).to_string().contains("hush"), "{stages:?}");
}

#[test]
fn mock_output_stands_for_the_page_of_a_source_and_for_what_a_lookup_finds() {
    let mut bundle = flow();
    let page = |rows: Value| json!({"page_of_records": rows});
    let source = with(
        http_export(&json!({"relativeURI": "/rows"})),
        &json!({"mockOutput": page(json!([{"record": {"n": 1, "k": "a"}}, {"record": {"n": 2, "k": "b"}}]))}),
    );
    bundle.resources.insert(id(2), (tombolo_model::Kind::Export, source));
    let lookup = with(
        http_export(&json!({"relativeURI": "/more"})),
        &json!({"isLookup": true, "mockOutput": page(json!([{"record": {"x": 5}}])).to_string()}),
    );
    bundle.resources.insert(id(6), (tombolo_model::Kind::Export, lookup));
    let step = json!({"type": "export", "_exportId": id(6), "responseMapping": {"fields": [{"extract": "data[0].x", "generate": "x"}]}});
    bundle.flow["pageProcessors"].as_array_mut().unwrap().insert(0, step);
    let host = Memory::offline();
    let (stages, counts) = stages(&bundle, &host);
    assert!(host.requests.borrow().is_empty());
    assert_eq!(counts[..2], [[2, 2, 0, 0], [2, 2, 0, 0]]);
    assert_eq!(stages[1], json!([0, "mockOutput", 1, null, {"n": 2, "k": "b"}, []]));
    assert!(stages.contains(&json!([2, "inputFilter", 0, {"n": 1, "k": "a", "x": 5}, true, []])), "{stages:?}");

    for (mock, said) in [
        (page(json!((0..11).map(|n| json!({"record": {"n": n}})).collect::<Vec<_>>())), "more than ten"),
        (json!([{"n": 1}]), "page_of_records"),
        (json!("{"), "no JSON"),
    ] {
        bundle.resources.get_mut(&id(2)).unwrap().1["mockOutput"] = mock.clone();
        let problems = compile(&bundle).unwrap_err();
        assert!(problems[0].message.contains(said), "{problems:?}");
        bundle.about.test_mode = false;
        assert!(compile(&bundle).is_ok(), "only a test run looks at it");
        bundle.about.test_mode = true;
    }
}

#[test]
fn a_test_run_leaves_alone_what_a_run_leaves_alone() {
    let import = with(http_import(&json!({"ignoreExtract": "known"})), &json!({"ignoreExisting": true}));
    let mut flow = bundle(file_export(&json!({"type": "json"})), &[import]);
    for test in [false, true] {
        flow.about.test_mode = test;
        let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(br#"[{"known":1},{"n":2}]"#);
        let (_, counts) = stages(&flow, &host);
        assert_eq!((counts[1], host.requests.borrow().len()), ([2, 1, 1, 0], usize::from(!test)));
    }
}
