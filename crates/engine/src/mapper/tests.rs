//! What mappings make of records.

mod around;
mod arrays;

use super::*;
use crate::lookup::Answers;
use serde_json::{Value, json};
use tombolo_model::KeyPool;
use tombolo_template::Env;

const ORDERS: &str = r#"{"customer":"Ann","tags":["a","b"],"matrix":[[1,2],[3]],"none":[],"orders":[
    {"id":1,"items":[{"sku":"x","qty":"2","taxes":[{"r":5}]},{"sku":"y","qty":3}]},
    {"id":2,"items":[]},
    {"id":3,"items":[{"sku":"z","taxes":[{"r":6},{"r":7}]}]}]}"#;

fn map(rules: &Value) -> Result<String, String> {
    let record = r#"{"id":7,"price":"12.50","whole":"007","name":"O'Brien & co","on":"true","null":null,"blank":"",
        "float":1.0,"tags":["a",2],"deep":{"x":{"y":"z"}},"text":"abc"}"#;
    map_of(rules, record)
}

fn map_of(rules: &Value, record: &str) -> Result<String, String> {
    mapped(rules, &Val::parse(record.as_bytes(), &mut KeyPool::default()).unwrap(), false)
}

fn mapped(rules: &Value, record: &Val, updates: bool) -> Result<String, String> {
    let lookups = json!([{"name": "states", "map": {"7": "seven", "z": ""}, "allowFailures": true},
        {"name": "strict", "map": {"a": 1}}, {"name": "else", "map": {}, "default": "?"}]);
    let rules = rules.as_array().unwrap();
    let lookups = Lookups::compile(Some(&lookups), "/lookups").unwrap();
    let mapper = Mapper::compile(rules, "/mappings", &lookups);
    let mapper = mapper.map_err(|problems| problems[0].message.clone())?;
    let find = |name: &str| {
        (matches!(record, Val::List(_)) == (name == "rows") && matches!(name, "rows" | "record")).then_some(record)
    };
    let (env, answers) = (Env::default(), Answers::default());
    let mut around = Around::new(&find, &env, &answers);
    around.updates = updates;
    match mapper.unwrap().map(record, &around) {
        Ok(Mapped::Made(made)) => Ok(made.to_json()),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

fn one(rule: &Value) -> Result<String, String> {
    map(&json!([rule]))
}

#[test]
fn an_object_that_two_people_made_is_one_with_the_fields_of_both() {
    let object = |field: &str, more: Value| {
        let mut row = json!({"generate": "deep", "dataType": "object",
            "mappings": [{"generate": field, "dataType": "string", "extract": "$.id"}]});
        row.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        row
    };
    let between = json!({"generate": "id", "dataType": "number", "extract": "$.id"});
    let rules = json!([object("city", json!({})), between, object("state", json!({}))]);
    assert_eq!(map(&rules).as_deref(), Ok(r#"{"deep":{"city":"7","state":"7"},"id":7}"#));
    let twice = map(&json!([object("city", json!({})), object("city", json!({}))])).unwrap_err();
    assert!(twice.contains("“city” is mapped twice"), "{twice}");
    // A condition of one says nothing of the other's fields.
    let when = json!({"conditional": {"when": "extract_not_empty"}});
    let (plain, other) = (object("city", json!({})), object("state", when));
    for rules in [json!([plain, other]), json!([other, plain])] {
        let refused = map(&rules).unwrap_err();
        assert!(refused.contains("“deep” is mapped twice"), "{refused}");
    }
}

#[test]
fn scalars_are_converted_to_their_type() {
    for (extract, kind, want) in [
        ("$.id", "string", r#"{"a":"7"}"#),
        ("$.float", "string", r#"{"a":"1"}"#),
        ("$.price", "number", r#"{"a":12.5}"#),
        ("$.whole", "number", r#"{"a":7}"#),
        ("$.on", "boolean", r#"{"a":true}"#),
        ("$.id", "boolean", r#"{"a":true}"#),
        ("fixed", "string", r#"{"a":"fixed"}"#),
        ("{{{record.name}}} #{{record.id}}", "string", r#"{"a":"O'Brien & co #7"}"#),
        ("{{record.price}}", "number", r#"{"a":12.5}"#),
        ("$.tags", "stringarray", r#"{"a":["a","2"]}"#),
        ("$.deep", "object", r#"{"a":{"x":{"y":"z"}}}"#),
    ] {
        let rule = json!({"generate": "a", "dataType": kind, "extract": extract, "status": "Active"});
        assert_eq!(one(&rule), Ok(want.to_owned()), "{extract} {kind}");
    }
}

#[test]
fn a_value_that_does_not_fit_names_the_rule() {
    let inner = json!({"generate": "n", "dataType": "number", "extract": "$.text"});
    let error = one(&json!({"generate": "a", "dataType": "object", "mappings": [inner]})).unwrap_err();
    assert!(error.contains("“a.n”") && error.contains("“abc” is not a number"), "{error}");
    let error = one(&json!({"generate": "a", "dataType": "number", "extract": "$.deep"})).unwrap_err();
    assert!(error.contains("an object"), "{error}");
}

#[test]
fn a_source_without_a_value_does_what_the_rule_says() {
    for (extra, want) in [
        (json!({}), "{}"),
        (json!({"default": ""}), r#"{"a":""}"#),
        (json!({"default": null}), r#"{"a":null}"#),
        (json!({"default": "5"}), r#"{"a":5}"#),
        (json!({"default": "5", "conditional": {"when": "extract_not_empty"}}), "{}"),
    ] {
        for extract in ["$.missing", "$.null", "$.blank"] {
            let mut rule = json!({"generate": "a", "dataType": "number", "extract": extract});
            rule.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            assert_eq!(one(&rule), Ok(want.to_owned()), "{extra} {extract}");
        }
    }
}

#[test]
fn objects_nest_and_paths_start_at_the_root() {
    let rules = json!([
        {"generate": "o", "dataType": "object", "mappings": [
            {"generate": "p", "dataType": "object", "mappings": [
                {"generate": "q", "dataType": "string", "extract": "$.deep.x.y"}]},
            {"generate": "none", "dataType": "object", "mappings": [
                {"generate": "q", "dataType": "string", "extract": "$.no"}]}]},
        {"generate": "id", "dataType": "number", "extract": "$.id"}]);
    assert_eq!(map(&rules), Ok(r#"{"o":{"p":{"q":"z"}},"id":7}"#.to_owned()));
}

#[test]
fn a_list_is_built_of_entries_in_order() {
    let sku = json!({"generate": "sku", "dataType": "string", "extract": "$.orders.items.sku"});
    let order = json!({"generate": "order", "dataType": "number", "extract": "$.orders[*].id"});
    let who = json!({"generate": "who", "dataType": "string", "extract": "$.customer"});
    let said = json!({"generate": "said", "dataType": "string", "extract": "{{record.customer}} {{record.orders.id}} {{record.orders.items.sku}}"});
    for (kind, helpers, want) in [
        // Values as they are, of one list or of lists in lists.
        ("stringarray", json!([{"extract": "$.tags[*]"}, {"extract": "$.tags"}]), r#"["a","b","a","b"]"#),
        ("stringarray", json!([{"extract": "$.orders[*].items[*].sku"}]), r#"["x","y","z"]"#),
        ("numberarray", json!([{"extract": "$.orders[*].items[*].qty"}, {"extract": "9"}]), "[2,3,9]"),
        ("booleanarray", json!([{"extract": "$.orders[*].id"}]), "[true,true,true]"),
        ("stringarray", json!([{"extract": "{{record.customer}}!"}, {"extract": "{{record.no}}"}]), r#"["Ann!"]"#),
        ("objectarray", json!([{"extract": "$.orders[*].items[0].taxes[*]"}]), r#"[{"r":5},{"r":6},{"r":7}]"#),
        ("arrayarray", json!([{"extract": "$.matrix[*]"}, {"extract": "$.matrix"}]), "[[1,2],[3],[1,2],[3]]"),
        // One object, and one for each value with its surroundings.
        (
            "objectarray",
            json!([{"mappings": [who]}, {"mappings": [{"generate": "n", "extract": "$.no"}]}]),
            r#"[{"who":"Ann"}]"#,
        ),
        (
            "objectarray",
            json!([{"extract": "$.orders[*].items[*]", "mappings": [sku, order, who, said]}]),
            r#"[{"sku":"x","order":1,"who":"Ann","said":"Ann 1 x"},{"sku":"y","order":1,"who":"Ann","said":"Ann 1 y"},{"sku":"z","order":3,"who":"Ann","said":"Ann 3 z"}]"#,
        ),
        (
            "objectarray",
            json!([{"extract": "$.orders", "mappings": [order]}]),
            r#"[{"order":1},{"order":2},{"order":3}]"#,
        ),
        // A list in a list.
        (
            "objectarray",
            json!([{"extract": "$.orders[*]", "mappings": [order, {"generate": "rates", "dataType": "numberarray",
            "buildArrayHelper": [{"extract": "$.orders.items[*].taxes[*].r"}]}]}]),
            r#"[{"order":1,"rates":[5]},{"order":2,"rates":[]},{"order":3,"rates":[6,7]}]"#,
        ),
        (
            "arrayarray",
            json!([{"extract": "$.orders[*]", "mappings": [{"generate": "", "dataType": "stringarray",
            "buildArrayHelper": [{"extract": "$.orders.id"}, {"extract": "$.orders.items[*].sku"}]}]}]),
            r#"[["1","x","y"],["2"],["3","z"]]"#,
        ),
        // An item that is numbered is that one, inside and outside.
        (
            "objectarray",
            json!([{"extract": "$.orders[*]", "mappings": [{"generate": "first", "dataType": "number", "extract": "$.orders[0].id"}]}]),
            r#"[{"first":1},{"first":1},{"first":1}]"#,
        ),
    ] {
        let rule = json!([{"generate": "a", "dataType": kind, "buildArrayHelper": helpers}]);
        assert_eq!(map_of(&rule, ORDERS), Ok(format!(r#"{{"a":{want}}}"#)), "{rule}");
    }
}

#[test]
fn a_list_without_items_is_empty_only_where_one_was_there() {
    for (helper, want) in [
        (json!({"extract": "$.none[*]"}), r#"{"a":[]}"#),
        (json!({"extract": "$.no[*]"}), "{}"),
        (json!({"extract": "$.no[*]", "default": "d"}), r#"{"a":["d"]}"#),
        (json!({"extract": "$.no[*]", "default": "d", "conditional": {"when": "extract_not_empty"}}), "{}"),
        (json!({"extract": "$.customer[*]"}), "{}"),
    ] {
        let rule = json!([{"generate": "a", "dataType": "stringarray", "buildArrayHelper": [helper]}]);
        assert_eq!(map_of(&rule, ORDERS).as_deref(), Ok(want), "{rule}");
    }
    let rule = json!([{"generate": "a", "dataType": "numberarray", "buildArrayHelper": [{"extract": "$.tags[*]"}]}]);
    assert!(map_of(&rule, ORDERS).unwrap_err().contains("“a” is not a number"));
}

#[test]
fn lists_that_multiply_end_with_an_error() {
    let items: Vec<_> = (0..2_000).collect();
    let record = json!({ "a": items, "b": items }).to_string();
    let inner = json!({"generate": "in", "dataType": "numberarray", "buildArrayHelper": [{"extract": "$.b[*]"}]});
    let rule = json!([{"generate": "out", "dataType": "objectarray", "buildArrayHelper": [{"extract": "$.a[*]", "mappings": [inner]}]}]);
    let error = map_of(&rule, &record).unwrap_err();
    assert!(error.contains("“out.in”") && error.contains("more than a million items"), "{error}");
}

#[test]
fn an_object_that_is_copied_takes_the_fields_that_are_mapped() {
    let rule = json!({"generate": "a", "dataType": "object", "extract": "$.deep.x", "mappings": [
        {"generate": "id", "dataType": "number", "extract": "$.id"},
        {"generate": "y", "dataType": "string", "extract": "$.no"}]});
    assert_eq!(one(&rule).as_deref(), Ok(r#"{"a":{"y":"z","id":7}}"#));
}

#[test]
fn rules_that_are_not_active_are_drafts() {
    let rules = json!([{"generate": "a", "dataType": "what", "status": "Draft"},
        {"generate": "b", "dataType": "string", "extract": "x", "status": "Active"}]);
    assert_eq!(map(&rules).as_deref(), Ok(r#"{"b":"x"}"#));
    let inside = |status: &str| {
        json!([{"generate": "o", "dataType": "object", "mappings": [
            {"generate": "a", "dataType": "string", "extract": "x", "status": status},
            {"generate": "b", "dataType": "string", "extract": "y", "status": "Active"}]}])
    };
    assert_eq!(map(&inside("Active")).as_deref(), Ok(r#"{"o":{"a":"x","b":"y"}}"#));
    assert_eq!(map(&inside("Draft")).as_deref(), Ok(r#"{"o":{"b":"y"}}"#));
}

#[test]
fn a_mapping_whose_last_rule_is_switched_off_does_not_run() {
    let refused =
        map(&json!([{"generate": "a", "dataType": "string", "extract": "x", "status": "Draft"}])).unwrap_err();
    assert!(refused.starts_with("No rule of the mapping is active"), "{refused}");
}

#[test]
fn dates_go_from_one_format_and_zone_to_another() {
    let date = |extract: &str, more: Value| {
        let mut rule = json!({"generate": "a", "dataType": "string", "extract": extract});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one(&rule)
    };
    let formats = json!({"extractDateFormat": "MM/DD/YYYY HH:mm", "extractDateTimezone": "America/New_York",
        "generateDateFormat": "YYYY-MM-DD HH:mm", "generateDateTimezone": "Europe/Paris"});
    assert_eq!(date("07/04/2026 20:30", formats.clone()).as_deref(), Ok(r#"{"a":"2026-07-05 02:30"}"#));
    assert!(date("soon", formats).unwrap_err().contains("“soon” is not a date in the format “MM/DD/YYYY HH:mm”"));
    let iso = date("2026-07-04", json!({"generateDateTimezone": "UTC"}));
    assert_eq!(iso.as_deref(), Ok(r#"{"a":"2026-07-04T00:00:00.000Z"}"#));
    assert!(date("x", json!({"generateDateTimezone": "Mars/Base"})).unwrap_err().contains("Mars/Base"));
    let far = date("9999999999999999", json!({"extractDateFormat": "x"})).unwrap_err();
    assert!(far.contains("no calendar has it"), "{far}");
}

#[test]
fn a_thousand_rules_that_copy_one_big_value_are_ended_before_the_memory_is() {
    let record = json!({"big": "x".repeat(300_000), "small": 1}).to_string();
    let rules = |source: &str| -> Value {
        (0..1_000).map(|n| json!({"generate": format!("f{n}"), "extract": source, "dataType": "string"})).collect()
    };
    assert!(map_of(&rules("$.small"), &record).is_ok());
    for source in ["$.big", "$..big", "{{record.big}}"] {
        let error = map_of(&rules(source), &record).unwrap_err();
        assert!(error.contains("more than 64 MB together"), "{source}: {error}");
    }
}

#[test]
fn a_lookup_stands_between_the_source_and_the_type() {
    let looked = |extract: &str, name: &str, more: Value| {
        let mut rule = json!({"generate": "a", "dataType": "string", "extract": extract, "lookupName": name});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one(&rule)
    };
    assert_eq!(looked("$.id", "states", json!({})).as_deref(), Ok(r#"{"a":"seven"}"#));
    assert_eq!(looked("$.text", "states", json!({})).as_deref(), Ok("{}"), "it may have nothing");
    assert_eq!(looked("$.text", "states", json!({"default": "d"})).as_deref(), Ok(r#"{"a":"d"}"#));
    assert_eq!(looked("$.text", "else", json!({})).as_deref(), Ok(r#"{"a":"?"}"#));
    assert!(looked("$.text", "strict", json!({})).unwrap_err().contains("“abc”"));
    assert_eq!(looked("a", "strict", json!({"dataType": "number"})).as_deref(), Ok(r#"{"a":1}"#));
}

#[test]
fn rules_that_cannot_run_are_refused_before_the_run() {
    for (rule, want) in [
        (json!({"generate": "a", "dataType": "string", "extract": "$.a[*]"}), "[*]"),
        (json!({"generate": "a", "dataType": "string", "extract": "{{nope record.a}}"}), "nope"),
        (json!({"generate": "a", "dataType": "date", "extract": "$.a"}), "date"),
        (json!({"generate": "a", "dataType": "string", "lookupName": "x"}), "lookup"),
        (json!({"generate": "a", "dataType": "number", "default": "x"}), "not a number"),
        (json!({"generate": "a", "dataType": "string", "buildArrayHelper": [{"extract": "$.a"}]}), "only a list"),
        (json!({"generate": "a", "dataType": "stringarray", "buildArrayHelper": [{}]}), "neither a source nor fields"),
        (
            json!({"generate": "a", "dataType": "arrayarray", "buildArrayHelper": [{"mappings": [{"dataType": "string"}]}]}),
            "has to be a list",
        ),
        (json!({"generate": "a", "dataType": "number", "extractDateFormat": "YYYY"}), "type string"),
    ] {
        let message = one(&rule).unwrap_err();
        assert!(message.contains(want), "{rule}: {message}");
    }
    let twice = json!([{"generate": "a", "dataType": "string"}, {"generate": "a", "dataType": "string"}]);
    assert!(map(&twice).unwrap_err().contains("twice"));
}

#[test]
fn sources_are_paths_of_rfc_9535() {
    let field = |kind: &str, extract: &str| json!([{"generate": "a", "dataType": kind, "extract": extract}]);
    for (rules, want) in [
        (field("string", "$.orders[?@.id == 3].items[0].sku"), Ok(r#"{"a":"z"}"#)),
        (field("string", "$.tags[-1]"), Ok(r#"{"a":"b"}"#)),
        (field("stringarray", "$..sku"), Ok(r#"{"a":["x","y","z"]}"#)),
        (field("numberarray", "$.matrix[:1]"), Ok(r#"{"a":[1,2]}"#)),
        (field("string", "$..nothing"), Ok("{}")),
        (field("string", "$..sku"), Err("3 values where one is wanted")),
        (field("string", "$.tags[?"), Err("character 8")),
    ] {
        let made = map_of(&rules, ORDERS);
        match want {
            Ok(want) => assert_eq!(made.as_deref(), Ok(want), "{rules}"),
            Err(want) => assert!(made.as_ref().unwrap_err().contains(want), "{rules}: {made:?}"),
        }
    }
    let sku = json!({"generate": "sku", "dataType": "string", "extract": "$.orders.items.sku"});
    let order = json!({"generate": "order", "dataType": "number", "extract": "$.orders.id"});
    let said =
        json!({"generate": "who", "dataType": "string", "extract": "{{record.orders.items.sku}} {{record.customer}}"});
    let list = |extract: &str, rows: Value| {
        let entry = json!({"extract": extract, "mappings": rows});
        map_of(&json!([{"generate": "a", "dataType": "objectarray", "buildArrayHelper": [entry]}]), ORDERS)
    };
    assert_eq!(
        list("$.orders[?@.id > 1].items[?@.sku]", json!([sku, order, said])).as_deref(),
        Ok(r#"{"a":[{"sku":"z","order":3,"who":"z Ann"}]}"#)
    );
    assert_eq!(list("$.orders[1:]", json!([order])).as_deref(), Ok(r#"{"a":[{"order":2},{"order":3}]}"#));
    assert!(list("$..items[*]", json!([sku])).unwrap_err().contains("fields are made of one list"));
    let copied = list("$..items[?@.qty]", json!([])).unwrap();
    assert!(copied.starts_with(r#"{"a":[{"sku":"x","qty":"2""#), "{copied}");
}

#[test]
fn templates_in_lists_read_the_record_wherever_they_name_it() {
    let said = |extract: &str| {
        let row = json!({"generate": "s", "dataType": "string", "extract": extract});
        let entry = json!({"extract": "$.orders[*]", "mappings": [row]});
        map_of(&json!([{"generate": "a", "dataType": "objectarray", "buildArrayHelper": [entry]}]), ORDERS)
    };
    for template in [
        "{{record.customer}}{{record.orders.id}}",
        "{{#with record}}{{customer}}{{orders.id}}{{/with}}",
        "{{#each record.tags}}{{#if @first}}{{@root.record.customer}}{{../record.orders.id}}{{/if}}{{/each}}",
        "{{lookup record \"customer\"}}{{getValue \"record.orders.id\"}}",
    ] {
        let made = said(template);
        assert_eq!(made.as_deref(), Ok(r#"{"a":[{"s":"Ann1"},{"s":"Ann2"},{"s":"Ann3"}]}"#), "{template}");
    }
}

#[test]
fn a_long_list_copied_into_each_of_its_items_ends_with_an_error() {
    let items: Vec<_> = (0..5_000).collect();
    let record = json!({ "a": items }).to_string();
    let all = json!({"generate": "all", "dataType": "numberarray", "extract": "$.b"});
    let rule = json!([{"generate": "out", "dataType": "objectarray", "buildArrayHelper": [{"extract": "$.a[*]", "mappings": [all]}]}]);
    assert!(map_of(&rule, &record).is_ok());
    let record = json!({ "a": items, "b": items }).to_string();
    let error = map_of(&rule, &record).unwrap_err();
    assert!(error.contains("“out.all”") && error.contains("more than a million items"), "{error}");
}
