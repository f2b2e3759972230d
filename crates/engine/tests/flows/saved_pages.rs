//! preSavePage: what it is told, what it may change, and what it may not return.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};
use tombolo_engine::{Bundle, Retry, ScriptFailure};
use tombolo_model::Kind;
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, Ran, bundle, file_export, file_import, go, http_export, http_import, id, with};

const SCRIPT: u8 = 20;

/// An export whose pages a script sees.
fn hooked(export: Value) -> Bundle {
    let hook = json!({"hooks": {"preSavePage": {"_scriptId": id(SCRIPT).to_string(), "function": "save"}}});
    let mut made = bundle(with(export, &hook), &[file_import(&json!({"type": "json"}))]);
    made.resources.insert(id(SCRIPT), (Kind::Script, json!({"name": "Hooks", "content": "…"})));
    made
}

/// Runs a file of numbers in pages of two through the hook.
fn saved(save: impl Fn(&Value) -> Result<Value, ScriptFailure> + 'static) -> (Ran, Memory, Vec<Value>) {
    let told = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&told);
    let host = Memory::offline().with_file(b"n,s\n1,a\n2,b,c\n3,c\n4,d\n").with_scripts(move |name, options| {
        assert_eq!(name, "save");
        heard.borrow_mut().push(options.clone());
        save(options)
    });
    let ran = go(&hooked(with(file_export(&json!({"type": "csv"})), &json!({"pageSize": 2}))), &host);
    let told = told.take();
    (ran, host, told)
}

#[test]
fn a_hook_sees_each_page_with_its_errors_and_may_change_both() {
    let (ran, host, told) = saved(|options| {
        let mut data = options["data"].as_array().unwrap().clone();
        data.push(json!({"made": options["pageIndex"]}));
        Ok(json!({"data": data, "errors": [], "abort": false,
            "newErrorsAndRetryData": [{"retryData": {"odd": 1}, "errors": [{"code": "own", "message": "said"}]}]}))
    });
    assert_eq!(ran.outcome.status, RunStatus::Completed);
    let want = "[\n{\"n\":\"1\",\"s\":\"a\"},\n{\"n\":\"3\",\"s\":\"c\"},\n{\"made\":0},\n{\"n\":\"4\",\"s\":\"d\"},\n{\"made\":1}\n]\n";
    assert_eq!(host.made_text().as_deref(), Some(want));
    assert_eq!(told.iter().map(|options| options["pageIndex"].clone()).collect::<Vec<_>>(), [json!(0), json!(1)]);
    assert_eq!(told[0]["errors"][0]["code"], "parse");
    assert_eq!(told[0]["retryData"], json!({"1": {"data": {"n": "2", "s": "b", "Column2": "c"}, "stage": "parse"}}));
    assert_eq!((told[1]["retryData"].clone(), told[1]["testMode"].clone()), (json!({}), json!(false)));
    assert_eq!(told[0]["currentExportDateTime"], "2026-11-24T04:00:00.000Z");
    assert_eq!((ran.counts(0), ran.errors.len()), ([4, 5, 0, 2], 2), "the row's error was taken away, two were made");
    let own = &ran.errors[0];
    assert_eq!((own.code.as_str(), own.message.as_str(), &own.record), ("own", "said", &Some(json!({"odd": 1}))));
}

#[test]
fn a_hook_that_leaves_errors_alone_or_gives_them_back_keeps_them() {
    for back in [false, true] {
        let (ran, ..) = saved(move |options| {
            let mut left = json!({"data": []});
            if back {
                left["errors"] = options["errors"].clone();
            }
            Ok(left)
        });
        assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [4, 0, 0, 1]), "{back}");
        assert_eq!((ran.errors[0].code.as_str(), ran.errors[0].index), ("parse", Some(1)), "{back}");
    }
}

#[test]
fn failed_records_are_told_with_what_they_were() {
    let number = json!({"generate": "n", "dataType": "number", "extract": "$.n"});
    let filter = json!({"transform": {"type": "expression", "expression": {"version": "2", "rulesTwoDotZero": {"mappings": [number]}}}});
    let host = Memory::offline().with_file(b"n\nx\n2\n").with_scripts(|_, options| {
        let key = options["errors"][0]["retryDataKey"].as_str().unwrap().to_owned();
        assert_eq!(options["retryData"][&key]["data"], json!({"n": "x"}));
        Ok(json!({"data": options["data"], "errors": [{"code": "mine", "message": "again", "retryDataKey": key}]}))
    });
    let ran = go(&hooked(with(file_export(&json!({"type": "csv"})), &filter)), &host);
    assert_eq!((ran.errors[0].code.as_str(), &ran.errors[0].record), ("mine", &Some(json!({"n": "x"}))));
}

#[test]
fn a_hook_may_end_the_export_after_a_page() {
    let host = Memory::new(|_| Some(Answer::json(&json!([{"n": 1}, {"n": 2}, {"n": 3}]))))
        .with_scripts(|_, options| Ok(json!({"data": options["data"], "abort": options["pageIndex"] == 1})));
    let http = json!({"relativeURI": "/x?page={{export.http.paging.page}}", "paging": {"method": "page"}});
    let mut flow = hooked(with(http_export(&http), &json!({"pageSize": 2, "type": "delta"})));
    let ran = go(&flow, &host);
    assert_eq!((ran.outcome.status, ran.counts(0)[1], host.urls().len()), (RunStatus::Completed, 4, 2));
    assert_eq!(ran.outcome.steps[0].checkpoint, None, "what was not read is read by the next run");
    flow.about.checkpoints.insert(id(2), 1_000);
    let heard = Rc::new(RefCell::new(Value::Null));
    let told = Rc::clone(&heard);
    let host = Memory::new(|_| Some(Answer::new(204, ""))).with_scripts(move |_, options| {
        *told.borrow_mut() = options.clone();
        Ok(json!({"data": []}))
    });
    go(&flow, &host);
    assert_eq!(*heard.borrow(), Value::Null, "without records there is no page");
}

#[test]
fn a_hook_that_throws_or_returns_something_else_stops_the_flow() {
    let failure =
        || ScriptFailure { code: "script_error".to_owned(), message: "thrown".to_owned(), place: Some((3, 7)) };
    let (ran, ..) = saved(move |_| Err(failure()));
    let last = ran.errors.last().unwrap();
    assert_eq!((ran.outcome.status, last.code.as_str()), (RunStatus::Failed, "script_error"));
    assert_eq!(last.source, "pre_save_page_hook");
    assert!(
        ran.error().contains("preSavePage “save” of the script “Hooks” (line 3, column 7): thrown"),
        "{}",
        ran.error()
    );
    for (returned, said) in [
        (json!(null), "It returned null"),
        (json!([]), "It returned a list"),
        (json!({"errors": []}), "Its data is nothing and no list"),
        (json!({"data": [1]}), "Record 1 of its data is a number"),
        (json!({"data": [], "errors": 1}), "Its errors are a number"),
        (json!({"data": [], "newErrorsAndRetryData": {}}), "Its newErrorsAndRetryData is an object"),
    ] {
        let (ran, ..) = saved(move |_| Ok(returned.clone()));
        assert_eq!(ran.outcome.status, RunStatus::Failed);
        assert!(ran.error().contains(said), "{}", ran.error());
    }
}

#[test]
fn a_record_that_a_hook_made_too_big_costs_only_itself() {
    let (ran, ..) = saved(|options| {
        let big = "x".repeat(6 * 1024 * 1024);
        Ok(json!({"data": [{"big": big}, options["data"][0]], "errors": []}))
    });
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [4, 2, 0, 2]));
    assert_eq!((ran.errors[0].code.as_str(), &ran.errors[0].record), ("too_big", &None));
}

#[test]
fn records_that_come_again_pass_their_hook_which_may_stop_the_run() {
    let again = |returned: Value| {
        let mut flow = hooked(file_export(&json!({"type": "csv"})));
        flow.about.retry = Some(Retry { step: id(2).to_string(), records: vec![(7, json!({"n": "8"}))] });
        let host = Memory::offline().with_scripts(move |_, _| Ok(returned.clone()));
        let ran = go(&flow, &host);
        (ran.outcome.status, host.made_text(), ran.outcome.steps[0].checkpoint)
    };
    let made = Some("[\n{\"n\":\"9\"}\n]\n".to_owned());
    assert_eq!(again(json!({"data": [{"n": "9"}]})), (RunStatus::Completed, made, None));
    assert_eq!(again(json!(1)), (RunStatus::Failed, None, None));
}

#[test]
fn a_hook_that_throws_takes_no_error_with_it() {
    let (ran, ..) = saved(|_| {
        let message = "no".to_owned();
        Err(ScriptFailure { code: "script_error".to_owned(), message, place: None })
    });
    assert_eq!(ran.outcome.status, RunStatus::Failed);
    let codes: Vec<_> = ran.errors.iter().map(|error| error.code.as_str()).collect();
    assert_eq!(codes, ["parse", "script_error"], "{:?}", ran.errors);
}

/// A flow whose step lets postResponseMap make records anew.
fn responded(make: impl Fn(&Value) -> Value + 'static) -> Ran {
    let step = json!({"hooks": {"postResponseMap": {"_scriptId": id(SCRIPT).to_string(), "function": "make"}}});
    let import = http_import(&json!({}));
    let mut made = bundle(file_export(&json!({"type": "csv"})), &[import, file_import(&json!({"type": "json"}))]);
    made.flow["pageProcessors"][0] = with(made.flow["pageProcessors"][0].clone(), &step);
    made.resources.insert(id(SCRIPT), (Kind::Script, json!({"name": "Hooks", "content": "…"})));
    let host = Memory::new(|_| Some(Answer::new(200, "")))
        .with_file(b"n\n1\n2\n")
        .with_scripts(move |_, options| Ok(make(options)));
    go(&made, &host)
}

#[test]
fn post_response_map_that_forgets_to_return_records_fails_its_page() {
    for left in [json!([null, null]), json!([{"n": 1}, 5])] {
        let ran = responded(move |_| left.clone());
        assert_eq!(ran.counts(2)[0], 0);
        assert!(ran.errors[0].message.contains("return the record"), "{:?}", ran.errors);
    }
    let ran = responded(|options| options["postResponseMapData"].clone());
    assert_eq!((ran.counts(2), ran.errors.len()), ([2, 2, 0, 0], 0));
}

#[test]
fn a_record_that_a_step_makes_too_big_ends_there() {
    let ran = responded(|options| {
        let mut records = options["postResponseMapData"].clone();
        records[0]["more"] = json!("x".repeat(6 * 1024 * 1024));
        records
    });
    assert_eq!((ran.counts(1)[3], ran.counts(2)), (1, [1, 1, 0, 0]));
    assert_eq!((ran.errors[0].code.as_str(), &ran.errors[0].record), ("too_big", &None));
}

/// A flow with a file whose import has these hooks.
fn made_with(hooks: &Value, call: impl Fn(&str, &Value) -> Result<Value, ScriptFailure> + 'static) -> (Ran, Memory) {
    let hook = |name: &Value| json!({"_scriptId": id(SCRIPT).to_string(), "function": name});
    let hooks: serde_json::Map<_, _> =
        hooks.as_array().unwrap().iter().map(|name| (name.as_str().unwrap().to_owned(), hook(name))).collect();
    let import = with(file_import(&json!({"type": "json", "fileName": "out.json"})), &json!({"hooks": hooks}));
    let mut made = bundle(file_export(&json!({"type": "csv"})), &[import]);
    made.resources.insert(id(SCRIPT), (Kind::Script, json!({"name": "Hooks", "content": "…"})));
    let host = Memory::offline().with_file(b"n\n1\n2\n").with_scripts(call);
    (go(&made, &host), host)
}

#[test]
fn post_aggregate_hears_of_the_file_and_ends_the_run_when_it_throws() {
    let told = Rc::new(RefCell::new(Value::Null));
    let heard = Rc::clone(&told);
    let (ran, host) = made_with(&json!(["postAggregate"]), move |name, options| {
        assert_eq!(name, "postAggregate");
        *heard.borrow_mut() = options.clone();
        Ok(json!(null))
    });
    assert_eq!(ran.outcome.status, RunStatus::Completed);
    let size = host.made_text().unwrap().len();
    let want = json!({"success": true, "_json": {"fileName": "out.json", "fileSize": size}});
    assert_eq!((&told.borrow()["postAggregateData"], &told.borrow()["_importId"]), (&want, &json!(id(3))));
    let (ran, host) = made_with(&json!(["postAggregate"]), |_, _| {
        let message = "no".to_owned();
        Err(ScriptFailure { code: "script_error".to_owned(), message, place: None })
    });
    assert_eq!(ran.outcome.status, RunStatus::Failed);
    assert_eq!(ran.errors[0].source, "post_aggregate_hook");
    let file = ran.outcome.steps[1].file.as_ref().map(|file| file.size_bytes);
    assert_eq!(
        (file, ran.counts(1)),
        (host.made_text().map(|text| text.len() as u64), [2, 2, 0, 1]),
        "its file is there"
    );
    assert!(ran.error().contains("postAggregate “postAggregate” of the script “Hooks”: no"), "{}", ran.error());
}

#[test]
fn errors_that_hooks_give_records_say_which_hook_gave_them() {
    for (hook, source) in [("preMap", "pre_map_hook"), ("postMap", "post_map_hook")] {
        let (ran, _) = made_with(&json!([hook]), |_, _| {
            let bad = json!({"errors": [{"code": "OWN", "message": "said"}]});
            Ok(json!([bad, {"data": {"n": 2}}]))
        });
        let error = &ran.errors[0];
        assert_eq!((error.code.as_str(), error.source.as_str()), ("OWN", source));
    }
    let (ran, ..) = saved(|options| {
        let new = json!([{"retryData": {"odd": 1}, "errors": [{"code": "OWN", "message": "said"}]}]);
        Ok(json!({"data": options["data"], "errors": [], "newErrorsAndRetryData": new}))
    });
    assert_eq!(ran.errors[0].source, "pre_save_page_hook");
}

#[test]
fn records_that_a_hook_made_stay_in_their_order_where_ways_meet_again() {
    let mut flow = hooked(with(file_export(&json!({"type": "csv"})), &json!({"pageSize": 2})));
    let only =
        json!({"type": "expression", "expression": {"version": "1", "rules": ["equals", ["extract", "k"], "b"]}});
    flow.flow.as_object_mut().unwrap().remove("pageProcessors");
    flow.flow["routers"] = json!([
        {"id": "r", "branches": [{"name": "B", "inputFilter": only, "pageProcessors": [], "nextRouterId": "end"},
            {"name": "Rest", "pageProcessors": [], "nextRouterId": "end"}]},
        {"id": "end", "branches": [{"name": "Out",
            "pageProcessors": [{"type": "import", "_importId": id(3).to_string()}]}]}]);
    let host = Memory::offline().with_file(b"n\n1\n2\n").with_scripts(|_, _| {
        let made = (0..6).map(|n| json!({"n": n, "k": if n % 2 == 0 { "a" } else { "b" }}));
        Ok(json!({"data": made.collect::<Vec<_>>()}))
    });
    go(&flow, &host);
    let made: Vec<Value> = serde_json::from_str(&host.made_text().unwrap()).unwrap();
    assert_eq!(made.iter().map(|record| record["n"].clone()).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
}
