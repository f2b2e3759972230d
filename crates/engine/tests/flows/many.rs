//! One-to-many: the elements of a list as records of a step, and response mappings into them.

use serde_json::json;

use crate::support::{Answer, Memory, bundle, file_export, file_import, go, http_import, refusals, with};

const ORDER: &[u8] = br#"[{"id":7,"lines":[{"sku":"x"},{"sku":"bad"},{"sku":"z"}]},{"id":8},{"id":9,"lines":[]}]"#;

#[test]
fn each_element_is_written_with_its_parent_and_gets_its_own_answer() {
    let import = with(
        http_import(&json!({"relativeURI": "/lines/{{record._PARENT.id}}/{{record.sku}}"})),
        &json!({"oneToMany": true, "pathToMany": "lines", "mappings": [
            {"generate": "sku", "dataType": "string", "extract": "$.sku"},
            {"generate": "order", "dataType": "number", "extract": "$._PARENT.id"}]}),
    );
    let host = Memory::new(|request| {
        let body = request.body.as_ref().map(ToString::to_string).unwrap_or_default();
        let id = if body.contains("\"x\"") { "11" } else { "33" };
        if body.contains("bad") {
            Some(Answer::new(422, r#"{"message":"No such thing"}"#))
        } else {
            Some(Answer::new(201, format!("{{\"id\":{id}}}")))
        }
    })
    .with_file(ORDER);
    let mut bundle = bundle(file_export(&json!({"type": "json"})), &[import, file_import(&json!({"type": "json"}))]);
    let step = &mut bundle.flow["pageProcessors"][0];
    step["proceedOnFailure"] = json!(true);
    step["responseMapping"] =
        json!({"fields": [{"extract": "id", "generate": "lineId"}, {"extract": "errors[0].code", "generate": "why"}]});
    let ran = go(&bundle, &host);
    assert_eq!(host.urls()[0], "https://app.example/v1/lines/7/x");
    assert_eq!(host.bodies(), [r#"{"sku":"x","order":7}"#, r#"{"sku":"bad","order":7}"#, r#"{"sku":"z","order":7}"#]);
    assert_eq!(ran.counts(1), [3, 2, 0, 1]);
    let made = host.made.borrow();
    let (_, bytes) = &made[&crate::support::id(4).to_string()];
    let want = "[\n{\"id\":7,\"lines\":[{\"sku\":\"x\",\"lineId\":11},{\"sku\":\"bad\",\"why\":\"http_status\"},{\"sku\":\"z\",\"lineId\":33}]},\n{\"id\":8},\n{\"id\":9,\"lines\":[]}\n]\n";
    assert_eq!(String::from_utf8_lossy(bytes), want);
}

#[test]
fn a_record_with_one_failed_element_stops_unless_the_step_lets_it_go_on() {
    let import = with(http_import(&json!({})), &json!({"oneToMany": true, "pathToMany": "lines"}));
    let host = Memory::new(|request| {
        let bad = request.body.as_ref().is_some_and(|body| body.to_string().contains("bad"));
        Some(Answer::new(if bad { 422 } else { 200 }, ""))
    })
    .with_file(ORDER);
    let ran =
        go(&bundle(file_export(&json!({"type": "json"})), &[import, file_import(&json!({"type": "json"}))]), &host);
    assert_eq!((ran.counts(1), ran.counts(2)), ([3, 2, 0, 1], [2, 2, 0, 0]));
}

#[test]
fn one_to_many_without_a_path_is_refused() {
    let import = with(http_import(&json!({})), &json!({"oneToMany": true}));
    let said = refusals(&bundle(file_export(&json!({"type": "json"})), &[import]));
    assert!(said.contains("/pathToMany: Enter the path to the list"), "{said}");
}

#[test]
fn a_record_that_cannot_be_mapped_may_carry_its_error_on() {
    let rules = json!([{"generate": "n", "dataType": "number", "extract": "$.n"}]);
    let import = with(http_import(&json!({})), &json!({"mappings": rules}));
    let mut bundle = bundle(file_export(&json!({"type": "json"})), &[import, file_import(&json!({"type": "json"}))]);
    let step = &mut bundle.flow["pageProcessors"][0];
    step["proceedOnFailure"] = json!(true);
    step["responseMapping"] = json!({"fields": [{"extract": "errors[0].code", "generate": "why"}]});
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(br#"[{"n":1},{"n":"x"}]"#);
    go(&bundle, &host);
    let made = host.made.borrow();
    let (_, bytes) = &made[&crate::support::id(4).to_string()];
    assert_eq!(String::from_utf8_lossy(bytes), "[\n{\"n\":1},\n{\"n\":\"x\",\"why\":\"mapping\"}\n]\n");
}

#[test]
fn a_record_too_big_to_go_with_each_of_its_elements_fails_and_the_others_do_not() {
    let import = with(http_import(&json!({})), &json!({"oneToMany": true, "pathToMany": "lines"}));
    let big = json!({"note": "x".repeat(1_000_000), "lines": vec![json!({"n": 1}); 100]});
    let records = json!([big, {"note": "y", "lines": [{"n": 2}]}]);
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(records.to_string().as_bytes());
    let ran =
        go(&bundle(file_export(&json!({"type": "json"})), &[import, file_import(&json!({"type": "json"}))]), &host);
    assert_eq!((ran.counts(1), ran.counts(2)), ([2, 1, 0, 1], [1, 1, 0, 0]));
    assert_eq!((ran.errors[0].code.as_str(), ran.errors[0].index), ("too_big", Some(0)));
}
