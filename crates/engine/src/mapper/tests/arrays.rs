//! Lists in lists, and lists behind the number of an item.

use serde_json::json;

use super::map_of;

#[test]
fn lists_in_lists_are_built_to_any_depth() {
    let text = r#"{"t":[{"r":[{"c":[1,2]},{"c":[]}]},{"r":[{"c":[3]}]}],"m":[["1",2],[3]],"o":[[{"a":1}],[]]}"#;
    let cells = json!({"dataType": "numberarray", "buildArrayHelper": [{"extract": "$.t.r.c[*]"}]});
    let rows = json!({"dataType": "arrayarray", "buildArrayHelper": [{"extract": "$.t.r[*]", "mappings": [cells]}]});
    let objects = json!({"dataType": "objectarray", "buildArrayHelper": [{"extract": "$.t.r[*]", "mappings": [
        {"generate": "first", "dataType": "number", "extract": "$.t.r.c[0]"}]}]});
    let fixed =
        json!({"dataType": "stringarray", "buildArrayHelper": [{"extract": "x"}, {"extract": "$.t[0].r[0].c[*]"}]});
    for (rule, want) in [
        (json!({"extract": "$.m"}), r#"[["1",2],[3]]"#),
        (json!({"extract": "$.o"}), r#"[[{"a":1}],[]]"#),
        (json!({"buildArrayHelper": [{"extract": "$.t[*]", "mappings": [rows]}]}), "[[[1,2],[]],[[3]]]"),
        (
            json!({"buildArrayHelper": [{"extract": "$.t[*]", "mappings": [objects]}]}),
            r#"[[{"first":1}],[{"first":3}]]"#,
        ),
        (json!({"buildArrayHelper": [{"mappings": [fixed]}, {"extract": "$.m[*]"}]}), r#"[["x","1","2"],["1",2],[3]]"#),
        (json!({"buildArrayHelper": [{"extract": "$.no[*]", "default": null}]}), "[null]"),
    ] {
        let mut rule = rule;
        rule["generate"] = json!("a");
        rule["dataType"] = json!("arrayarray");
        assert_eq!(map_of(&json!([rule]), text), Ok(format!(r#"{{"a":{want}}}"#)), "{rule}");
    }
    for (extract, why) in [("$.t", "an object and not a list"), ("$.m[0]", "not a list")] {
        let rule = json!([{"generate": "a", "dataType": "arrayarray", "extract": extract}]);
        assert!(map_of(&rule, text).unwrap_err().contains(why), "{extract}");
    }
    let scalar = json!({"dataType": "string", "extract": "x"});
    let rule = json!([{"generate": "a", "dataType": "arrayarray", "buildArrayHelper": [{"mappings": [scalar]}]}]);
    assert!(map_of(&rule, text).unwrap_err().contains("what is in it has to be a list"));
}

#[test]
fn a_list_behind_a_number_has_its_parents_too() {
    let text = r#"{"n":"N","objs":[{"id":1,"in":{"tags":["p","q"],"k":5}},{"id":2}]}"#;
    let rule = |extract: &str, child: &str| {
        json!([{"generate": "a", "dataType": "objectarray", "buildArrayHelper": [{"extract": extract, "mappings": [
            {"generate": "v", "dataType": "string", "extract": child}]}]}])
    };
    let both = |first: &str, second: &str| Ok(format!(r#"{{"a":[{{"v":"{first}"}},{{"v":"{second}"}}]}}"#));
    for (child, first, second) in [
        ("$.objs.in.tags", "p", "q"),
        ("$.objs[0].in.tags", "p", "q"),
        ("$.objs.id", "1", "1"),
        ("$.objs.in.k", "5", "5"),
        ("$.objs[1].id", "2", "2"),
        ("$.n", "N", "N"),
        ("{{record.objs.id}}{{record.objs.in.tags}}{{record.n}}", "1pN", "1qN"),
    ] {
        assert_eq!(map_of(&rule("$.objs[0].in.tags[*]", child), text), both(first, second), "{child}");
    }
}
