//! What mappings do with what is around them: rows, envelopes, lookups that ask, and whether a record is there already.

use super::*;

#[test]
fn a_condition_tells_new_records_from_those_that_are_there() {
    let when = |when: &str, extract: &str| json!({"generate": "a", "dataType": "string", "extract": extract, "default": "none", "conditional": {"when": when}});
    let rules = json!([when("record_created", "new"), when("record_updated", "$.no"),
        {"generate": "b", "dataType": "string", "extract": "both"}]);
    for (updates, want) in [(false, r#"{"a":"new","b":"both"}"#), (true, r#"{"a":"none","b":"both"}"#)] {
        assert_eq!(mapped(&rules, &Val::Map(Record::default()), updates).as_deref(), Ok(want));
    }
    let one = json!([when("record_updated", "x")]);
    assert_eq!(mapped(&one, &Val::Map(Record::default()), false).as_deref(), Ok("{}"));
    let entry = json!([{"generate": "a", "dataType": "stringarray", "buildArrayHelper": [{"extract": "$.a", "conditional": {"when": "record_created"}}]}]);
    assert!(map(&entry).unwrap_err().contains("one of fields"));
    let thrice = json!([when("record_created", "x"), {"generate": "a"}, {"generate": "a"}]);
    assert!(map(&thrice).unwrap_err().contains("twice"));
}

#[test]
fn a_source_without_a_value_may_discard_the_record_or_the_item() {
    let rule =
        |extract: &str| json!({"generate": "a", "dataType": "string", "extract": extract, "discardIfEmpty": true});
    assert_eq!(one(&rule("$.text")).as_deref(), Ok(r#"{"a":"abc"}"#));
    assert_eq!(one(&rule("$.blank")), Err("Discarded".to_owned()));
    let nested = json!({"generate": "o", "dataType": "object", "mappings": [rule("$.no")]});
    assert_eq!(one(&nested), Err("Discarded".to_owned()));
    let list = json!([{"generate": "l", "dataType": "objectarray",
        "buildArrayHelper": [{"extract": "$.orders[*].items[*]", "mappings": [
            {"generate": "q", "dataType": "number", "extract": "$.orders.items.qty", "discardIfEmpty": true}]}]}]);
    assert_eq!(map_of(&list, ORDERS).as_deref(), Ok(r#"{"l":[{"q":2},{"q":3}]}"#));
}

#[test]
fn rows_go_in_and_come_out() {
    let text = r#"[{"o":1,"sku":"x","t":[{"r":5},{"r":6}]},{"o":1,"sku":"y"}]"#;
    let sku = json!({"generate": "sku", "dataType": "string", "extract": "$.sku"});
    let said = json!({"generate": "said", "dataType": "string", "extract": "{{record.sku}} of {{rows.length}}"});
    let rate =
        json!({"generate": "rates", "dataType": "numberarray", "buildArrayHelper": [{"extract": "$[*].t[*].r"}]});
    let lines = |name: &str| {
        json!({"generate": name, "dataType": "objectarray",
            "buildArrayHelper": [{"extract": "$[*]", "mappings": [sku, said, rate]}]})
    };
    let made = r#"[{"sku":"x","said":"x of 2","rates":[5,6]},{"sku":"y","said":"y of 2"}]"#;
    assert_eq!(map_of(&json!([lines("")]), text).as_deref(), Ok(made));
    let order = json!({"generate": "order", "dataType": "number", "extract": "$[0].o"});
    let last = json!({"generate": "last", "dataType": "string", "extract": "{{rows.[1].sku}}"});
    let want = format!(r#"{{"order":1,"last":"y","lines":{made}}}"#);
    assert_eq!(map_of(&json!([order, last, lines("lines")]), text), Ok(want));
    // Rows of a record.
    let rows = json!([{"dataType": "objectarray", "buildArrayHelper": [{"extract": "$.orders[*]", "mappings": [
        {"generate": "id", "dataType": "number", "extract": "$.orders.id"}]}]}]);
    assert_eq!(map_of(&rows, ORDERS).as_deref(), Ok(r#"[{"id":1},{"id":2},{"id":3}]"#));
    assert_eq!(map_of(&rows, "{}").as_deref(), Ok("[]"));
}

#[test]
fn in_an_envelope_paths_begin_at_all_that_templates_see() {
    let rules = json!([{"generate": "id", "dataType": "number", "extract": "$.record.id"},
        {"generate": "from", "dataType": "string", "extract": "$.settings.flow.shop"},
        {"generate": "l", "dataType": "objectarray", "buildArrayHelper": [{"extract": "$.record.l[*]", "mappings": [
            {"generate": "n", "dataType": "string", "extract": "{{record.l.n}}/{{settings.flow.shop}}"},
            {"generate": "s", "dataType": "string", "extract": "$.settings.flow.shop"}]}]}]);
    let mapper = Mapper::compile(rules.as_array().unwrap(), "", &Lookups::default()).unwrap().unwrap();
    let mapper = mapper.in_envelope(true);
    let record = Val::from(&json!({"id": 7, "l": [{"n": 1}]}));
    let settings = Val::from(&json!({"flow": {"shop": "s"}}));
    let find = |name: &str| match name {
        "record" => Some(&record),
        "settings" => Some(&settings),
        _ => None,
    };
    let (env, answers) = (Env::default(), Answers::default());
    let made = mapper.map(&record, &Around::new(&find, &env, &answers)).unwrap();
    let want = json!({"id": 7, "from": "s", "l": [{"n": "1/s", "s": "s"}]});
    assert_eq!(made, Mapped::Made(Val::from(&want)));
}

#[test]
fn what_a_lookup_asks_is_answered_once_and_mapped_again() {
    let lookups = json!([{"name": "cached", "_lookupCacheId": "c1", "extract": "$.price", "default": "0"},
        {"name": "live", "method": "POST", "relativeURI": "/find?q={{record.name}}", "body": r#"{"n":"{{record.name}}"}"#,
         "extract": "items[0].id"}]);
    let lookups = Lookups::compile(Some(&lookups), "/lookups").unwrap();
    let rules = json!([{"generate": "p", "dataType": "number", "extract": "$.sku", "lookupName": "cached"},
        {"generate": "q", "dataType": "string", "extract": "{{lookup 'cached' record.other}}"},
        {"generate": "i", "dataType": "string", "lookupName": "live"}]);
    let mapper = Mapper::compile(rules.as_array().unwrap(), "", &lookups).unwrap().unwrap();
    let record = Val::from(&json!({"sku": "x", "other": "y", "name": "a b"}));
    let find = |name: &str| (name == "record").then_some(&record);
    let (env, mut answers) = (Env::default(), Answers::default());
    let cache = |key: &str| Question::Cache { id: "c1".into(), key: key.into() };
    let live =
        Question::Request { method: "POST".into(), uri: "/find?q=a%20b".into(), body: Some(r#"{"n":"a b"}"#.into()) };
    let asked = mapper.map(&record, &Around::new(&find, &env, &answers)).unwrap();
    assert_eq!(asked, Mapped::Asks(vec![cache("x"), cache("y"), live.clone()]));
    answers.put(cache("x"), Ok(Val::from(&json!({"price": 5}))));
    answers.put(cache("y"), Ok(Val::Absent));
    answers.put(live.clone(), Ok(Val::from(&json!({"items": [{"id": 9}]}))));
    let made = mapper.map(&record, &Around::new(&find, &env, &answers)).unwrap();
    assert_eq!(made, Mapped::Made(Val::from(&json!({"p": 5, "q": "0", "i": "9"}))));
    answers.put(live, Err("it answered 404".to_owned()));
    let error = mapper.map(&record, &Around::new(&find, &env, &answers)).unwrap_err().to_string();
    assert!(error.contains("“i”") && error.contains("“live” failed: it answered 404"), "{error}");
}
