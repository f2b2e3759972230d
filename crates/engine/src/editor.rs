//! The editors as pure functions: rules and input in, output or errors out.
//!
//! The same functions show a preview on the screen and answer the command line.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tombolo_formats::{CsvReader, JsonReader};
use tombolo_model::{Record, Val};
use tombolo_template::{Target, Template};

use crate::compile::csv_options;
use crate::filter::Filter;
use crate::mapper::Mapper;

/// What an editor makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditorOutput {
    /// The result; null when there is none.
    pub output: Value,
    /// What is wrong, in words.
    pub errors: Vec<String>,
}

/// There is no such editor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is no editor “{name}”. There are: {known}.")]
pub struct EditorError {
    /// The name that was asked for.
    pub name: String,
    /// The names that there are.
    pub known: String,
}

type Editor = fn(&Value, &Value, &Value) -> EditorOutput;

const EDITORS: [(&str, Editor); 5] = [
    ("filter", filter),
    ("mapper", mapper),
    ("handlebars", handlebars),
    ("csvParser", csv_parser),
    ("jsonParser", json_parser),
];

/// Runs an editor.
///
/// # Errors
///
/// Returns [`EditorError`] for an unknown name; what is wrong with rules or input is in the output.
pub fn edit(name: &str, rules: &Value, input: &Value, options: &Value) -> Result<EditorOutput, EditorError> {
    let found = EDITORS.iter().find(|(have, _)| *have == name);
    let (_, editor) =
        found.ok_or_else(|| EditorError { name: name.to_owned(), known: EDITORS.map(|(name, _)| name).join(", ") })?;
    Ok(editor(rules, input, options))
}

fn filter(rules: &Value, input: &Value, options: &Value) -> EditorOutput {
    let settings = options.get("settings").cloned().unwrap_or(Value::Null);
    match Filter::compile(&json!({ "filter": { "rules": rules } }), "/filter", &settings) {
        Ok(filter) => made(filter.is_none_or(|filter| filter.passes(&Val::from(input)))),
        Err(problem) => failed(vec![problem.message]),
    }
}

fn mapper(rules: &Value, input: &Value, options: &Value) -> EditorOutput {
    let rows = rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let record = Val::from(input);
    let settings = options.get("settings").map_or(Val::Absent, Val::from);
    match Mapper::compile(rows, "/mappings") {
        Ok(None) => made(input.clone()),
        Ok(Some(mapper)) => {
            let scope = |name: &str| match name {
                "record" => Some(&record),
                "settings" => Some(&settings),
                _ => None,
            };
            match mapper.map(&record, &scope) {
                Ok(mapped) => made(Value::from(&Val::Map(mapped))),
                Err(error) => failed(vec![error.to_string()]),
            }
        }
        Err(problems) => failed(problems.into_iter().map(|problem| problem.message).collect()),
    }
}

fn handlebars(rules: &Value, input: &Value, options: &Value) -> EditorOutput {
    let target = match options.get("target").and_then(Value::as_str) {
        Some("html") => Target::Html,
        Some("uri") => Target::Uri,
        _ => Target::Plain,
    };
    let context = match Val::from(input) {
        Val::Map(context) => context,
        _ => Record::default(),
    };
    let rendered = Template::compile(rules.as_str().unwrap_or_default(), target)
        .and_then(|template| template.render(&|name| context.get(name)));
    match rendered {
        Ok(text) => made(text),
        Err(error) => failed(vec![error.to_string()]),
    }
}

fn csv_parser(rules: &Value, input: &Value, _: &Value) -> EditorOutput {
    let settings = json!({ "file": { "type": "csv", "csv": rules } });
    let options = match csv_options(&settings) {
        Ok(options) => options,
        Err(problems) => {
            return failed(problems.into_iter().map(|problem| problem.message).collect());
        }
    };
    let mut reader = CsvReader::new(options);
    let mut rows = Vec::new();
    let text = input.as_str().unwrap_or_default();
    let parsed = reader.push(text.as_bytes(), &mut rows).and_then(|()| reader.finish(&mut rows));
    gathered(rows, parsed.err().map(|error| error.to_string()))
}

fn json_parser(rules: &Value, input: &Value, _: &Value) -> EditorOutput {
    let path = rules.get("resourcePath").and_then(Value::as_str).unwrap_or_default();
    let mut reader = JsonReader::new(path);
    let mut rows = Vec::new();
    let text = input.as_str().unwrap_or_default();
    let parsed = reader.push(text.as_bytes(), &mut rows).and_then(|()| reader.finish());
    gathered(rows, parsed.err().map(|error| error.to_string()))
}

fn gathered(rows: Vec<tombolo_formats::Row>, error: Option<String>) -> EditorOutput {
    let mut records = Vec::new();
    let mut errors = Vec::new();
    for row in rows {
        match row {
            Ok(record) => records.push(Value::from(&Val::Map(record))),
            Err(error) => errors.push(error.message),
        }
    }
    errors.extend(error);
    EditorOutput { output: Value::Array(records), errors }
}

fn made(output: impl Into<Value>) -> EditorOutput {
    EditorOutput { output: output.into(), errors: Vec::new() }
}

fn failed(errors: Vec<String>) -> EditorOutput {
    EditorOutput { output: Value::Null, errors }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_editor_is_a_function_of_its_rules_and_input() {
        let none = Value::Null;
        let run = |name, rules: Value, input: Value| edit(name, &rules, &input, &none).unwrap();
        let rule = json!(["equals", ["extract", "a"], 1]);
        assert_eq!(run("filter", rule, json!({"a": 1})).output, json!(true));
        let rules = json!([{"generate": "b", "dataType": "string", "extract": "$.a"}]);
        assert_eq!(run("mapper", rules, json!({"a": 1})).output, json!({"b": "1"}));
        let text = run("handlebars", json!("{{a}}!"), json!({"a": 1}));
        assert_eq!(text.output, json!("1!"));
        let rows = run("csvParser", json!({"columnDelimiter": ";"}), json!("a;b\n1;2\n3"));
        assert_eq!(rows.output, json!([{"a": "1", "b": "2"}]));
        assert_eq!(rows.errors.len(), 1);
        let rows = run("jsonParser", json!({"resourcePath": "x"}), json!(r#"{"x":[{"a":1}]}"#));
        assert_eq!(rows.output, json!([{"a": 1}]));
        assert!(edit("sql", &none, &none, &none).unwrap_err().to_string().contains("jsonParser"));
    }
}
