//! `__proto__`, `constructor` and `prototype` as keys: data in every evaluation, as in every other object.

#![expect(clippy::unwrap_used, reason = "tests fail at the line that is wrong")]

use serde_json::{Value, json};
use tombolo_engine::{EvalRequest, eval};

/// Parsed from text: written with braces, `serde_json` and JavaScript could differ in what they take for a key.
fn hostile() -> Value {
    serde_json::from_str(
        r#"{"__proto__":{"admin":"p"},"constructor":{"prototype":{"admin":"q"}},"prototype":["r"],"plain":{"a":1}}"#,
    )
    .unwrap()
}

fn output(name: &str, rules: Value, input: Value, options: Value) -> Value {
    let outcome = eval(name, &EvalRequest { rules, input: input.into(), options, ..EvalRequest::default() }).unwrap();
    assert_eq!(outcome.errors, [], "{name}");
    Value::from(&outcome.output)
}

fn field(generate: &str, extract: &str) -> Value {
    json!({"generate": generate, "dataType": "string", "extract": extract, "status": "Active"})
}

#[test]
fn names_of_prototypes_are_fields_for_every_rule() {
    let none = || Value::Null;
    let paths = "{{record.__proto__.admin}}{{record.constructor.prototype.admin}}{{record.prototype.[0]}}";
    // What an object has in JavaScript is nothing here.
    let nothing =
        "{{record.plain.constructor}}{{record.plain.__proto__}}{{record.plain.toString}}{{record.plain.admin}}";
    let rules = format!("{paths}|{nothing}|{{{{#each record}}}}{{{{@key}}}} {{{{/each}}}}");
    assert_eq!(
        output("handlebars", json!(rules), json!({"record": hostile()}), none()),
        json!("pqr||__proto__ constructor prototype plain ")
    );
    let equals = |path: &str, value: &str| json!(["equals", ["extract", path], value]);
    let empty = |path: &str| json!(["empty", ["extract", path]]);
    let filter = json!([
        "and",
        equals("__proto__.admin", "p"),
        equals("constructor.prototype.admin", "q"),
        ["and", empty("plain.admin"), ["and", empty("plain.constructor"), empty("plain.__proto__")]]
    ]);
    assert_eq!(output("filter", filter.clone(), hostile(), none()), json!(true));
    assert_eq!(output("branchFilter", json!([filter]), hostile(), none()), json!([0]));
    let mappings = json!([
        field("__proto__", "$.__proto__.admin"),
        field("constructor", "$.constructor.prototype.admin"),
        field("prototype", "{{record.prototype.[0]}}"),
        field("admin", "$.plain.admin"),
    ]);
    let want: Value = serde_json::from_str(r#"{"__proto__":"p","constructor":"q","prototype":"r"}"#).unwrap();
    assert_eq!(output("mapper", mappings.clone(), hostile(), none()), want);
    let rules = json!({"mode": "create", "mappings": mappings});
    assert_eq!(output("transformTwoDotZero", rules, hostile(), none()), want);
    assert_eq!(output("jsonPath", json!("$.constructor.prototype.admin"), hostile(), none()), json!(["q"]));
    assert_eq!(output("jsonPath", json!("$..admin"), hostile(), none()), json!(["p", "q"]));
    assert_eq!(output("jsonPath", json!("$.plain.__proto__"), hostile(), none()), json!([]));
}

#[test]
fn names_of_prototypes_are_written_by_rules_of_the_first_version_as_data() {
    let fields = json!([{"extract": "__proto__.admin", "generate": "constructor.prototype"}, {"extract": "plain.a", "generate": "__proto__.x"}]);
    let want: Value = serde_json::from_str(r#"{"constructor":{"prototype":"p"},"__proto__":{"x":1}}"#).unwrap();
    assert_eq!(output("mapper", json!({"fields": fields}), hostile(), Value::Null), want);
    assert_eq!(output("transform", json!([fields]), hostile(), Value::Null), want);
    let answered = json!({"record": {}, "response": hostile()});
    assert_eq!(output("responseMapping", json!({"fields": fields}), answered, Value::Null), want);
}

#[test]
fn names_of_prototypes_are_columns_and_elements_of_files() {
    let record: Value = serde_json::from_str(r#"[{"__proto__":"p","constructor":"q","prototype":"r"}]"#).unwrap();
    let text = output("csvGenerate", Value::Null, record.clone(), json!({}));
    assert_eq!(output("csvParse", Value::Null, text, json!({})), record);
    let options = json!({"resourcePath": "/rows/row", "V0_json": false});
    let text = output("xmlGenerate", Value::Null, record.clone(), options.clone());
    assert_eq!(output("xmlParse", Value::Null, text, options), record);
    assert_eq!(output("jsonParse", Value::Null, json!(record.to_string()), json!({})), record);
}

#[test]
fn names_of_prototypes_sort_group_and_look_up_as_data() {
    let rows: Value = serde_json::from_str(
        r#"[{"__proto__":"b","n":1},{"__proto__":"a","n":2},{"n":3,"constructor":"c"},{"__proto__":"b","n":4}]"#,
    )
    .unwrap();
    let rules = json!({"sortByFields": [{"field": "__proto__"}], "groupByFields": ["__proto__"]});
    let want: Value = serde_json::from_str(
        r#"[[{"n":3,"constructor":"c"}],[{"__proto__":"a","n":2}],[{"__proto__":"b","n":1},{"__proto__":"b","n":4}]]"#,
    )
    .unwrap();
    assert_eq!(output("sortGroup", rules, rows, Value::Null), want);
    // A map has the keys that were written into it, and no others.
    let mut row = field("found", "$.key");
    row["lookupName"] = json!("names");
    let find = |map: &str, key: &str| {
        let map: Value = serde_json::from_str(map).unwrap();
        let lookup = json!({"name": "names", "map": map, "default": "none", "allowFailures": true});
        let options = json!({"lookups": [lookup]});
        output("mapper", json!([row]), json!({"key": key}), options)["found"].clone()
    };
    for key in ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"] {
        assert_eq!(find(r#"{"a":"x"}"#, key), "none", "{key}");
        assert_eq!(find(&format!(r#"{{"{key}":"x"}}"#), key), "x", "{key}");
    }
    let old = json!({"fields": [{"extract": "key", "generate": "found", "lookupName": "names"}]});
    let options = json!({"lookups": [{"name": "names", "map": {"a": "x"}, "default": "none", "allowFailures": true}]});
    assert_eq!(output("mapper", old, json!({"key": "constructor"}), options), json!({"found": "none"}));
}
