//! The shared corpus of evaluations: each line's rules and input give what the specification says.
//!
//! `tests/corpus/eval` has one file an evaluation, one case a line. What is wanted there comes from the specification, and
//! for templates, CSV and JSON paths from handlebars.js, `PapaParse` and RFC 9535; the command line and the browser answer
//! the same lines.
#![expect(clippy::unwrap_used, reason = "a corpus that cannot be read fails at the right line")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tombolo_engine::{EvalRequest, eval, eval_names};

fn cases() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/eval");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    texts
        .flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>())
        .collect()
}

#[test]
fn the_corpus_of_evaluations_gives_what_is_wanted() {
    let mut wrong = Vec::new();
    let cases = cases();
    // Scripts are called by the command and not by the engine, which has no interpreter.
    for case in cases.iter().filter(|case| case["name"] != "javascript") {
        let request: EvalRequest = serde_json::from_value(case.clone()).unwrap();
        let made = eval(case["name"].as_str().unwrap(), &request).unwrap();
        let codes: Vec<_> = made.errors.iter().map(|error| error.code.as_str()).collect();
        let got = json!({"output": made.output, "errors": codes});
        if got != case["want"] {
            wrong.push(format!("{}: wanted {}\n    got {got} {:?}", case["id"], case["want"], made.errors));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 200, "there are {} cases", cases.len());
}

#[test]
fn the_corpus_has_each_evaluation() {
    let cases = cases();
    let missing: Vec<_> =
        eval_names().chain(["javascript"]).filter(|name| !cases.iter().any(|case| case["name"] == **name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
    let mut ids: Vec<_> = cases.iter().map(|case| case["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "ids are unique");
}

#[test]
fn no_message_repeats_a_rule_of_any_length() {
    let long = "x".repeat(100_000);
    let field =
        |extract: &str| json!([{"generate": "a", "dataType": "string", "extract": extract, "status": "Active"}]);
    let named = json!([{"generate": long, "dataType": long, "extract": "$.a", "status": "Active"}]);
    let text = format!("{{{{{long} \"a\"}}}}");
    for (name, rules) in [
        ("handlebars", json!(text)),
        ("handlebars", json!(format!("{{{{#{long}}}}}a{{{{/b}}}}"))),
        ("handlebars", json!(format!("{{{{regexMatch record.a \"(?<{long}\"}}}}"))),
        ("handlebars", json!(format!("{{{{dateFormat \"YYYY\" \"2025-01-01\" \"\" \"{long}\"}}}}"))),
        ("filter", json!([long, ["extract", "a"], 1])),
        ("filter", json!(long)),
        ("filter", json!([[long]])),
        ("filter", json!(["equals", [long, "a"], 1])),
        ("filter", json!(["matches", ["extract", "a"], format!("({long}")])),
        ("mapper", field(&format!("$.a[{long}"))),
        ("mapper", field(&format!("$.{long}[*].b"))),
        ("mapper", named.clone()),
        ("mapper", json!({"fields": [{"extract": "a", "generate": long, "dataType": long}]})),
        ("transformTwoDotZero", json!({"mode": long, "mappings": named})),
        ("jsonPath", json!(format!("$.{long}[?("))),
        ("jsonPath", json!(long)),
        ("responseMapping", json!({"fields": [{"extract": format!("a[{long}"), "generate": "b"}]})),
        ("httpRequest", json!({"headers": [{"name": format!("a {long}"), "value": "b"}]})),
    ] {
        let input = json!({"a": [1], "record": {"a": "b"}});
        let request = EvalRequest { rules, input: (&input).into(), ..EvalRequest::default() };
        let made = eval(name, &request).unwrap();
        let said: Vec<_> = made.errors.iter().map(|error| error.message.len()).collect();
        assert!(
            !said.is_empty() && said.iter().all(|length| *length < 1_000),
            "{name}: {said:?} {:.300}",
            made.errors[0].message
        );
    }
}
