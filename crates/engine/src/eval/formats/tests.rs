//! Each evaluation of a format with the names that options have in resources.

use super::*;
use crate::eval::eval;

fn run(name: &str, options: Value, input: Value) -> EvalOutcome {
    eval(name, &EvalRequest { options, input: input.into(), ..EvalRequest::default() }).unwrap()
}

#[test]
fn csv_is_read_and_written_with_its_options() {
    let rows = run("csvParse", json!({"columnDelimiter": ";"}), json!("a;b\n1;2\n3"));
    assert_eq!(rows.output, json!([{"a": "1", "b": "2"}]));
    assert_eq!(rows.errors.len(), 1);
    let joined = run("csvParse", json!({"keyColumns": ["a"]}), json!("a,b\n1,2\n1,3\n4,5\n"));
    assert_eq!(joined.output, json!([[{"a": "1", "b": "2"}, {"a": "1", "b": "3"}], [{"a": "4", "b": "5"}]]));
    let text = run(
        "csvGenerate",
        json!({"columnDelimiter": "\t", "rowDelimiter": "\r\n", "wrapWithQuotes": true, "truncateLastRowDelimiter": true}),
        json!([{"a": 1, "b": "x\"y"}]),
    );
    assert_eq!(text.output, json!("\"a\"\t\"b\"\r\n\"1\"\t\"x\"\"y\""));
    assert_eq!(text.errors, vec![]);
    let wrong = run("csvParse", json!({"columnDelimiter": "\""}), json!(""));
    assert_eq!(wrong.errors[0].path.as_deref(), Some("/columnDelimiter"));
    for name in ["columnDelimiter", "rowDelimiter"] {
        let long = run("csvParse", json!({name: "-".repeat(33)}), json!("a"));
        assert_eq!(long.errors[0].path, Some(format!("/{name}")));
    }
}

#[test]
fn xml_is_read_by_either_strategy_and_written() {
    let text = "<o><i id='1'><n>x</n></i><i/></o>";
    let automatic = run("xmlParse", json!({"resourcePath": "/o/i"}), json!(text));
    assert_eq!(automatic.output, json!([{"$": {"id": "1"}, "n": [{"_": "x"}]}, {}]));
    let rules = json!({"V0_json": false, "attributePrefix": "@", "listNodes": ["/o/i/n"]});
    let custom =
        run("xmlParse", json!({"resourcePath": "//i", "parsers": [{"type": "xml", "rules": rules}]}), json!(text));
    assert_eq!(custom.output, json!([{"@id": "1", "n": ["x"]}, {}]));
    let options = json!({"resourcePath": "/o/i", "V0_json": false, "attributePrefix": "@"});
    let written = run("xmlGenerate", options, Value::from(&custom.output));
    let text = written.output.as_str().unwrap();
    assert!(text.ends_with("<o>\n<i id=\"1\"><n>x</n></i>\n<i/>\n</o>\n"), "{text}");
    let bomb = run("xmlParse", json!({"resourcePath": "/a"}), json!("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"));
    assert!(bomb.errors[0].message.contains("declares entities"), "{:?}", bomb.errors);
    assert_eq!(
        run("xmlParse", json!({"resourcePath": "/a/@b"}), json!("")).errors[0].path.as_deref(),
        Some("/resourcePath")
    );
}

#[test]
fn json_is_a_list_at_a_path_or_one_object_a_line() {
    let rows = run("jsonParse", json!({"resourcePath": "x"}), json!(r#"{"x":[{"a":1}]}"#));
    assert_eq!(rows.output, json!([{"a": 1}]));
    assert_eq!(run("jsonParse", json!({}), json!("{\"a\":1}\n{\"a\":2}\n")).output, json!([{"a": 1}, {"a": 2}]));
    let broken = run("jsonParse", json!({}), json!(r#"[{"a":1},5,{"a":2}] x"#));
    assert_eq!(
        (broken.output, broken.errors.len()),
        (json!([{"a": 1}, {"a": 2}]).into(), 2),
        "what is before the fault"
    );
    let deep = format!("[{}]", "[".repeat(100_000));
    assert!(!run("jsonParse", json!({}), json!(deep)).errors.is_empty());
}

#[test]
fn a_workbook_is_read_from_base64() {
    let options = WriteOptions {
        compression: None,
        encoding: Encoding::Utf8,
        format: WriteFormat::Xlsx { include_header: true },
    };
    let mut writer = RecordWriter::new(&options, "x");
    let mut bytes = Vec::new();
    let Val::Map(record) = Val::from(&json!({"a": "x", "b": 2})) else { panic!("an object") };
    writer.write(&record, &mut bytes).unwrap();
    writer.finish(&mut bytes).unwrap();
    let input = json!(STANDARD.encode(&bytes));
    assert_eq!(run("xlsxParse", json!({}), input.clone()).output, json!([{"a": "x", "b": 2}]));
    let plain = run("xlsxParse", json!({"hasHeaderRow": false}), input);
    assert_eq!(plain.output, json!([{"Column1": "a", "Column2": "b"}, {"Column1": "x", "Column2": 2}]));
    assert_eq!(run("xlsxParse", json!({}), json!("?")).errors[0].code, "invalid_input");
    assert_eq!(run("xlsxParse", json!({}), json!("AAAA")).errors[0].code, "parse");
}

#[test]
fn a_file_definition_reads_what_it_writes() {
    let rules = json!({
        "format": "fixed", "fixed": {"rowDelimiter": "\n"},
        "rules": [{"name": "rows", "container": true, "children": [{"required": true, "elements": [
            {"name": "id", "value": "{{id}}", "length": 3}, {"name": "name", "value": "{{name}}", "length": 4}
        ]}]}]
    });
    let ask = |name: &str, options: Value, input: Value| {
        eval(name, &EvalRequest { rules: rules.clone(), options, input: input.into(), ..EvalRequest::default() })
            .unwrap()
    };
    let record = json!({"rows": [{"id": "1", "name": "Zoë"}, {"id": "2", "name": ""}]});
    let text = ask("fileDefinitionGenerate", Value::Null, record.clone());
    assert_eq!(text.output, json!("1  Zoë \n2      \n"));
    assert_eq!(text.errors, vec![]);
    let text = Value::from(&text.output);
    assert_eq!(ask("fileDefinitionParse", Value::Null, text.clone()).output, json!([record]));
    let items = ask("fileDefinitionParse", json!({"resourcePath": "rows"}), text);
    assert_eq!(items.output, record["rows"]);
    let long = ask("fileDefinitionGenerate", Value::Null, json!([{"rows": [{"id": "1234"}]}]));
    assert_eq!(long.errors[0].path.as_deref(), Some("/0"));
    let wrong = run("fileDefinitionParse", json!({"format": "x"}), json!(""));
    assert_eq!(wrong.errors[0].path.as_deref(), Some("/format"));
}
