//! Files by their definitions: fixed width, X12 and EDIFACT, there and back.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::DefinitionWriter;

fn read(definition: &Json, path: &str, partial: bool, text: &str, piece: usize) -> (Vec<String>, Option<FormatError>) {
    let definition = FileDefinition::compile(definition).unwrap();
    let mut reader = DefinitionReader::new(&definition, path, partial);
    let mut rows = Vec::new();
    let mut error = None;
    for part in text.as_bytes().chunks(piece) {
        if error.is_none() {
            error = reader.push(part, &mut rows).err();
        }
    }
    let error = error.or_else(|| reader.finish(&mut rows).err());
    let shown = rows.into_iter().map(|row| match row {
        Ok(record) => record.to_json(),
        Err(error) => format!("! {}", error.message),
    });
    (shown.collect(), error)
}

fn records(definition: &Json, path: &str, text: &str) -> Vec<Json> {
    let whole = read(definition, path, false, text, 10_000);
    assert_eq!(whole.1, None);
    for piece in [1, 3, 17] {
        assert_eq!(read(definition, path, false, text, piece), whole, "pieces of {piece}");
    }
    whole.0.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

fn written(definition: &Json, records: &[Json]) -> Result<String, String> {
    let mut writer = DefinitionWriter::new(FileDefinition::compile(definition).unwrap());
    let mut out = Vec::new();
    for record in records {
        let Val::Map(record) = Val::from(record) else { panic!("an object") };
        writer.write(&record, &mut out)?;
    }
    Ok(String::from_utf8(out).unwrap())
}

fn segment(id: &str, names: &[&str]) -> Json {
    let own = names.iter().map(|name| json!({"name": name, "value": format!("{{{{[{name}]}}}}")}));
    let elements: Vec<Json> = [json!({"name": id, "value": id})].into_iter().chain(own).collect();
    json!({"required": true, "maxOccurrence": 1, "elements": elements})
}

fn with(mut rule: Json, more: &Json) -> Json {
    for (name, value) in more.as_object().unwrap() {
        rule[name] = value.clone();
    }
    rule
}

fn order() -> Json {
    let lines = json!({"name": "lines", "container": true, "maxOccurrence": 100, "children": [
        segment("PO1", &["Line", "Quantity"]),
        {"name": "notes", "container": true, "children": [segment("PID", &["Text"])]},
    ]});
    let optional = with(segment("CUR", &["Currency"]), &json!({"required": false}));
    let st = with(
        segment("ST", &["Set", "Number"]),
        &json!({"children": [segment("BEG", &["Order"]), optional, lines], "closeRule": segment("SE", &["Count", "Number2"])}),
    );
    let gs = with(segment("GS", &["Kind"]), &json!({"children": [st], "closeRule": segment("GE", &["Sets"])}));
    let isa: Vec<String> = (1..=16).map(|at| format!("ISA{at:02}")).collect();
    let isa: Vec<&str> = isa.iter().map(String::as_str).collect();
    let isa = with(segment("ISA", &isa), &json!({"children": [gs], "closeRule": segment("IEA", &["Groups"])}));
    json!({
        "name": "Order", "version": "1", "format": "delimited/x12",
        "delimited": {"rowSuffix": "~", "rowDelimiter": "\n", "colDelimiter": "*"}, "rules": [isa]
    })
}

const ISA: &str =
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240131*1200*U*00401*000000001*0*P*>~";

fn interchange(order: &str) -> String {
    format!(
        "{ISA}\nGS*PO~\nST*850*0001~\nBEG*{order}~\nPO1*1*5~\nPID*red~\nPID*big~\nPO1*2*7~\nSE*6*0001~\nGE*1~\nIEA*1~\n"
    )
}

#[test]
fn x12_becomes_a_record_with_lists_of_loops() {
    let made = records(&order(), "", &interchange("A1"));
    assert_eq!(made.len(), 1);
    assert_eq!(
        (&made[0]["ISA06"], &made[0]["Order"], &made[0]["Groups"]),
        (&json!("SENDER"), &json!("A1"), &json!("1"))
    );
    assert_eq!(
        made[0]["lines"],
        json!([
            {"Line": "1", "Quantity": "5", "notes": [{"Text": "red"}, {"Text": "big"}]},
            {"Line": "2", "Quantity": "7"}
        ])
    );
}

#[test]
fn the_header_of_x12_says_what_its_marks_are_and_lines_may_be_broken_anywhere() {
    let other = interchange("A1").replace('*', "|").replace("~\n", "\u{1c}").replace("SENDER", "SEN\nDER");
    let made = records(&order(), "", &other);
    assert_eq!((&made[0]["Order"], &made[0]["ISA06"]), (&json!("A1"), &json!("SENDER")));
    let lines = interchange("A1").replace("~\n", "\r\n");
    assert_eq!(records(&order(), "", &lines)[0]["lines"][1]["Line"], json!("2"));
}

#[test]
fn interchanges_one_after_the_other_are_records_and_so_are_items_at_a_path() {
    let two = interchange("A1") + &interchange("A2");
    let made = records(&order(), "", &two);
    assert_eq!((&made[0]["Order"], &made[1]["Order"]), (&json!("A1"), &json!("A2")));
    let lines = records(&order(), "lines", &two);
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], json!({"Line": "1", "Quantity": "5", "notes": [{"Text": "red"}, {"Text": "big"}]}));
    assert_eq!(records(&order(), "lines.notes", &two).len(), 4);
    assert_eq!(records(&order(), "nothing", &two).len(), 0);
}

#[test]
fn what_is_written_by_a_definition_reads_back_by_it() {
    let made = records(&order(), "", &interchange("A1"));
    let text = written(&order(), &made).unwrap();
    assert!(text.contains("\nPO1*1*5~\nPID*red~\n") && text.ends_with("GE*1~\nIEA*1~\n"), "{text}");
    assert!(!text.contains("CUR"), "an optional row without a value is not written: {text}");
    assert_eq!(records(&order(), "", &text), made);
}

#[test]
fn rows_that_are_wrong_are_named_by_their_number() {
    let read = |text: &str| read(&order(), "", false, text, 64).1.unwrap();
    let good = interchange("A1");
    assert_eq!(read(&good.replace("BEG*A1~\n", "")), FormatError::MissingRow { row: 4, rule: "BEG".into() });
    assert_eq!(read(&good.replace("GE*1~\n", "")), FormatError::MissingRow { row: 10, rule: "GE".into() });
    let strange = good.replace("PO1*2*7~", "XYZ*2*7~");
    assert!(matches!(
        read(&strange),
        FormatError::UnexpectedRow { row: 8, .. } | FormatError::MissingRow { row: 8, .. }
    ));
    assert!(matches!(read("hello"), FormatError::UnexpectedRow { row: 1, .. }));
    let trailer = good.find("IEA").unwrap();
    for length in 3..trailer {
        let error = super::tests::read(&order(), "", false, &good[..length], 64).1;
        assert!(error.is_some(), "cut off at {length}");
    }
}

#[test]
fn rows_of_a_rule_that_is_no_container_are_neither_mistaken_nor_lost() {
    let line = json!({"name": "lines", "maxOccurrence": 100, "elements": [
        {"name": "L", "value": "L", "length": 1}, {"name": "sku", "value": "{{sku}}", "length": 3}]});
    let rules = json!([{"required": true, "elements": [{"name": "H", "value": "H", "length": 1}]}, line]);
    let definition = json!({"format": "fixed", "fixed": {"rowDelimiter": "\n"}, "rules": rules});
    let error = read(&definition, "", false, "H\nLa  \nLb  \n", 64).1;
    assert_eq!(error, Some(FormatError::RepeatedRow { row: 3, rule: "L".into() }));
    let lost = written(&definition, &[json!({"lines": [{"sku": "a"}, {"sku": "b"}]})]).unwrap_err();
    assert!(lost.contains("“lines” is a list") && lost.contains("container"), "{lost}");
    assert_eq!(written(&definition, &[json!({"sku": "a"})]).unwrap(), "H\nLa  \n");
}

#[test]
fn with_partial_success_a_bad_record_costs_only_itself() {
    let text = interchange("A1") + &interchange("A2").replace("BEG*A2~\n", "") + &interchange("A3");
    let (rows, error) = read(&order(), "", true, &text, 64);
    assert_eq!((rows.len(), error), (3, None));
    assert!(rows[0].contains("A1") && rows[1].starts_with("! Before row 15") && rows[2].contains("A3"), "{rows:?}");
}

fn despatch() -> Json {
    let composite = |name: &str, parts: &[&str]| {
        let elements: Vec<Json> =
            parts.iter().map(|part| json!({"name": part, "value": format!("{{{{{{[{name}].[{part}]}}}}}}")})).collect();
        json!({"name": name, "value": {"delimiter": ":", "elements": elements}})
    };
    json!({
        "name": "Despatch", "version": "1", "format": "delimited/edifact", "skipEmptyEndColDelimiter": true,
        "escapeReleaseChar": true,
        "delimited": {"rowSuffix": "'", "rowDelimiter": "\n", "colDelimiter": "+"},
        "rules": [{
            "required": true,
            "elements": [{"name": "UNB", "value": "UNB"}, composite("SYNTAX", &["id", "version"]), {"name": "Sender", "value": "{{Sender}}"}],
            "children": [{"name": "DTM", "container": true, "children": [
                {"required": true, "elements": [{"name": "DTM", "value": "DTM"}, composite("DATE", &["kind", "value"])]}
            ]}],
            "closeRule": segment("UNZ", &["Count"])
        }]
    })
}

#[test]
fn edifact_is_read_with_components_and_released_characters() {
    let want = json!([{
        "SYNTAX": {"id": "UNOC", "version": "3"}, "Sender": "O'NEIL + 10?",
        "DTM": [{"DATE": {"kind": "11", "value": "2024"}}, {"DATE": {"kind": "13"}}], "Count": "1"
    }]);
    let text = "UNB+UNOC:3+O?'NEIL ?+ 10??' DTM+11:2024'\nDTM+13'UNZ+1'\n";
    assert_eq!(Json::from(records(&despatch(), "", text)), want);
    let other = "UNA|*.! ~UNB*UNOC|3*O'NEIL + 10?~DTM*11|2024~DTM*13~UNZ*1~";
    assert_eq!(Json::from(records(&despatch(), "", other)), want, "the file says what its marks are");
    let made = written(&despatch(), want.as_array().unwrap()).unwrap();
    assert_eq!(made, "UNB+UNOC:3+O?'NEIL ?+ 10??'\nDTM+11:2024'\nDTM+13'\nUNZ+1'\n");
    assert_eq!(Json::from(records(&despatch(), "", &made)), want);
    let mut plain = despatch();
    plain["escapeReleaseChar"] = json!(false);
    assert_eq!(records(&plain, "", text)[0]["Sender"], json!("O?'NEIL ?+ 10??"), "kept as it stands there");
    assert!(written(&plain, want.as_array().unwrap()).unwrap_err().contains("escapeReleaseChar"));
}

fn widths() -> Json {
    json!({
        "name": "Flat", "version": "1", "format": "fixed",
        "fixed": {"rowSuffix": "", "rowDelimiter": "\n", "paddingChar": " "},
        "rules": [{
            "required": true,
            "elements": [
                {"name": "H", "value": "HEAD", "length": 4}, {"name": "skip", "value": "", "length": 2, "ignore": true},
                {"name": "batch", "value": "{{batch}}", "length": 6}
            ],
            "children": [{"name": "items", "container": true, "maxOccurrence": 5, "children": [{
                "required": true, "ignoreIdentifier": true,
                "elements": [{"name": "id", "value": "{{id}}", "length": 4}, {"name": "name", "value": "{{name}}", "length": 8}]
            }]}],
            "closeRule": {"required": true, "elements": [
                {"name": "T", "value": "TAIL", "length": 4}, {"name": "count", "value": "{{count}}", "length": 3}
            ]}
        }]
    })
}

#[test]
fn fixed_widths_are_counted_in_characters_and_rows_need_no_literal() {
    let text = "HEADxxB1    \n0001Zoë     \r\n0002Ä b     \nTAIL2  \n";
    let want =
        json!([{"batch": "B1", "items": [{"id": "0001", "name": "Zoë"}, {"id": "0002", "name": "Ä b"}], "count": "2"}]);
    assert_eq!(Json::from(records(&widths(), "", text)), want);
    assert_eq!(records(&widths(), "items", text).len(), 2);
    let made = written(&widths(), want.as_array().unwrap()).unwrap();
    assert_eq!(made, "HEAD  B1    \n0001Zoë     \n0002Ä b     \nTAIL2  \n");
}

#[test]
fn values_that_do_not_fit_are_said_and_never_cut() {
    let item = |name: &str| json!([{"batch": "B", "items": [{"id": "1", "name": name}]}]);
    let long = written(&widths(), item("ninechars").as_array().unwrap()).unwrap_err();
    assert!(long.contains("“name” has 9 characters, and there is room for 8"), "{long}");
    assert!(written(&widths(), item("a\nb").as_array().unwrap()).unwrap_err().contains("line end"));
    let many = json!({"batch": "B", "items": [{}, {}, {}, {}, {}, {}]});
    assert!(written(&widths(), &[many]).unwrap_err().contains("allows 5"));
    let mark = json!({"Order": "A*1"});
    assert!(written(&order(), &[mark]).unwrap_err().contains("“A*1” holds a mark"));
}

#[test]
fn a_definition_says_what_is_wrong_with_it_by_place() {
    let wrong = json!({"format": "fixed", "fixed": {}, "rules": [
        {"elements": [{"name": "a", "value": "{{add a 1}}"}]}, {"container": true, "children": [{}]}
    ]});
    let problems = FileDefinition::compile(&wrong).unwrap_err();
    let places: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(
        places,
        ["/rules/0/elements/0/value", "/rules/0/elements/0/length", "/rules/1/children/0", "/rules/1/name"]
    );
    let mut deep = json!({"name": "x", "container": true, "children": []});
    for _ in 0..100 {
        deep = json!({"name": "x", "container": true, "children": [deep]});
    }
    assert!(FileDefinition::compile(&json!({"format": "delimited", "rules": [deep]})).is_err());
    assert!(FileDefinition::compile(&json!({"format": "swift", "rules": []})).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "[A-Z0-9*+~':\n?>| ]{0,200}", piece in 1_usize..40) {
        for definition in [order(), despatch(), widths()] {
            for partial in [false, true] {
                drop(read(&definition, "lines", partial, &text, piece));
                drop(read(&definition, "", partial, &format!("{ISA}{text}"), piece));
            }
        }
    }

    #[test]
    fn edifact_values_of_any_kind_come_back(texts in prop::collection::vec("[a-z+':?é]{1,12}", 3)) {
        let record = json!({"SYNTAX": {"id": texts[0], "version": texts[1]}, "Sender": texts[2], "Count": "1"});
        let made = written(&despatch(), std::slice::from_ref(&record)).unwrap();
        prop_assert_eq!(records(&despatch(), "", &made), vec![record]);
    }
}
