//! The table of editors.
//!
//! Each has its file, and is one line here; the frame that shows them knows none of them by name.

mod api_builder;
mod branching;
mod csv_generator;
mod csv_parser;
mod data_uri;
mod date_format;
mod edi_generator;
mod edi_parser;
mod file_name;
mod form_builder;
mod graphql;
mod handlebars;
mod header;
mod http_request;
mod input_filter;
mod javascript;
mod json_body;
mod json_parser;
mod json_path;
mod mapper_1;
mod mapper_2;
mod output_filter;
mod paging_body;
mod relative_uri;
mod results_mapping;
mod schedule;
mod sort_and_group;
mod sql;
mod static_lookup;
mod trace_key;
mod transformation_1;
mod transformation_2;
mod xlsx_parser;
mod xml_body;
mod xml_generator;
mod xml_parser;

use crate::components::editor::{Editor, Language, Of, OptionField, OptionKind, Rules, RulesAs, Stub};

/// Editors as they are inside a resource, with the options alone that the resource has a place for.
pub(super) static ANY_TEMPLATE: Editor = Editor { options: &[], ..handlebars::EDITOR };
pub(super) static DATE_OF_A_SOURCE: Editor = Editor { options: &[], ..date_format::EDITOR };
pub(super) static DEFINITION_READS: Editor = Editor { options: &[], ..edi_parser::EDITOR };
/// The database is that of the step's connection.
pub(super) static SQL_OF_A_STEP: Editor = Editor { options: &[], ..sql::EDITOR };
/// The address is that of the step's connection.
pub(super) static REQUEST_OF_A_SOURCE: Editor =
    Editor { options: &[METHOD_OF_A_SOURCE, ADDRESS, HEADERS], ..http_request::EDITOR };
/// Without a word an import creates.
pub(super) static REQUEST_OF_AN_IMPORT: Editor = Editor {
    about: "Builds the address, headers and body of a request. An empty body sends the record as JSON.",
    rules: Some(Rules {
        title: "Body",
        language: Language::JsonTemplate,
        given: RulesAs::Field("body"),
        fixed: r#"{"method": "POST"}"#,
    }),
    options: &[METHOD_OF_AN_IMPORT, ADDRESS, HEADERS],
    ..http_request::EDITOR
};

const METHOD_OF_A_SOURCE: OptionField = OptionField {
    name: "method",
    label: "Method",
    kind: OptionKind::Choice(&[
        ("GET", "GET"),
        ("POST", "POST"),
        ("PUT", "PUT"),
        ("PATCH", "PATCH"),
        ("DELETE", "DELETE"),
    ]),
    of: Of::Rules,
};
const METHOD_OF_AN_IMPORT: OptionField = OptionField {
    kind: OptionKind::Choice(&[
        ("POST", "POST"),
        ("PUT", "PUT"),
        ("PATCH", "PATCH"),
        ("DELETE", "DELETE"),
        ("GET", "GET"),
    ]),
    ..METHOD_OF_A_SOURCE
};
const ADDRESS: OptionField = OptionField {
    name: "relativeURI",
    label: "Relative URI",
    kind: OptionKind::Text("/orders/{{record.id}}"),
    of: Of::Rules,
};
const HEADERS: OptionField = OptionField {
    name: "headers",
    label: "Headers",
    kind: OptionKind::Headers("Content-Type: application/json"),
    of: Of::Rules,
};

/// All editors, in the order of their list.
pub(super) const ALL: [&Editor; 36] = [
    &handlebars::EDITOR,
    &http_request::EDITOR,
    &relative_uri::EDITOR,
    &header::EDITOR,
    &json_body::EDITOR,
    &xml_body::EDITOR,
    &paging_body::EDITOR,
    &graphql::EDITOR,
    &sql::EDITOR,
    &file_name::EDITOR,
    &trace_key::EDITOR,
    &data_uri::EDITOR,
    &output_filter::EDITOR,
    &input_filter::EDITOR,
    &branching::EDITOR,
    &transformation_1::EDITOR,
    &transformation_2::EDITOR,
    &mapper_2::EDITOR,
    &mapper_1::EDITOR,
    &results_mapping::EDITOR,
    &sort_and_group::EDITOR,
    &static_lookup::EDITOR,
    &json_path::EDITOR,
    &csv_parser::EDITOR,
    &csv_generator::EDITOR,
    &json_parser::EDITOR,
    &xml_parser::EDITOR,
    &xml_generator::EDITOR,
    &xlsx_parser::EDITOR,
    &edi_parser::EDITOR,
    &edi_generator::EDITOR,
    &javascript::EDITOR,
    &api_builder::EDITOR,
    &form_builder::EDITOR,
    &schedule::EDITOR,
    &date_format::EDITOR,
];

/// The names of all editors and where they are.
pub(crate) fn editor_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.into_iter().map(|editor| (editor.name, editor.slug))
}

/// What a script begins with, for each of the places that call one.
pub(crate) fn stubs() -> &'static [Stub] {
    javascript::EDITOR.stubs
}

/// The editor of scripts.
pub(super) fn script() -> &'static Editor {
    &javascript::EDITOR
}

/// The editor of an address.
pub(in crate::pages) fn find(slug: &str) -> Option<&'static Editor> {
    ALL.into_iter().find(|editor| editor.slug == slug)
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;
    use tombolo_engine::{EvalRequest, eval, eval_names};
    use tombolo_model::test_case::TestQuestion;
    use tombolo_wire::eval_worker::Given;

    use super::*;
    use crate::components::editor::Saved;

    fn read(given: Given) -> Value {
        match given {
            Given::Value(value) => value,
            Given::Json(text) if text.trim().is_empty() => Value::Null,
            Given::Json(text) => serde_json::from_str(&text).unwrap(),
        }
    }

    #[test]
    fn each_editor_has_an_address_an_evaluation_and_two_examples() {
        let slugs: BTreeSet<_> = ALL.iter().map(|editor| editor.slug).collect();
        assert_eq!(slugs.len(), ALL.len());
        for editor in ALL {
            assert!(editor.examples.len() >= 2, "{}", editor.slug);
            let known = editor.eval == "javascript" || eval_names().any(|name| name == editor.eval);
            assert!(known, "{}", editor.eval);
        }
    }

    #[test]
    fn every_evaluation_has_an_editor() {
        let missing: Vec<_> = eval_names().filter(|name| !ALL.iter().any(|editor| editor.eval == *name)).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    /// Scripts are called in a browser alone.
    #[test]
    fn each_worked_example_gives_an_output_without_a_problem() {
        let mut wrong = Vec::new();
        for editor in ALL.into_iter().filter(|editor| editor.eval != "javascript") {
            for example in editor.examples {
                let ask = editor.ask(Saved::from(example));
                let request = EvalRequest {
                    rules: read(ask.rules),
                    input: read(ask.input).into(),
                    options: ask.options,
                    now_ms: 1_780_000_000_000,
                    seed: 1,
                };
                let made = eval(&ask.name, &request).unwrap();
                if !made.errors.is_empty()
                    || made.output.is_null()
                    || made.output == tombolo_model::Val::List(Vec::new())
                {
                    wrong.push(format!(
                        "{}, {}: {:?} {}",
                        editor.slug,
                        example.name,
                        made.errors,
                        made.output.to_json()
                    ));
                }
                println!("{} / {}: {}", editor.slug, example.name, made.output.to_json());
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Whether an editor can ask this, and asks it so.
    fn asks(editor: &Editor, question: &TestQuestion) -> bool {
        let json = |given: Given| match given {
            Given::Value(value) => Some(value),
            Given::Json(text) if text.trim().is_empty() => Some(Value::Null),
            Given::Json(text) => serde_json::from_str(&text).ok(),
        };
        let ask = editor.ask(editor.saved(question));
        let nothing = |value: &Value| value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
        json(ask.rules).as_ref() == Some(&question.rules)
            && json(ask.input).as_ref() == Some(&question.input)
            && (ask.options == question.options || nothing(&ask.options) && nothing(&question.options))
    }

    /// What the worker, the command and the server answer to the corpus byte by byte is what the editors ask.
    #[test]
    fn the_editors_ask_what_the_corpus_of_evaluations_asks() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/eval");
        let (mut asked, mut evaluations) = (0, BTreeSet::new());
        for entry in std::fs::read_dir(folder).unwrap() {
            for line in std::fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
                let case: Value = serde_json::from_str(line).unwrap();
                let field = |name: &str| case.get(name).cloned().unwrap_or_default();
                let question = TestQuestion {
                    rules: field("rules"),
                    input: field("input"),
                    options: field("options"),
                    ..TestQuestion::default()
                };
                let name = case["name"].as_str().unwrap();
                if ALL.iter().any(|editor| editor.eval == name && asks(editor, &question)) {
                    asked += 1;
                    evaluations.insert(name.to_owned());
                }
            }
        }
        assert!(asked >= 200, "{asked} cases");
        let missing: Vec<_> = eval_names().filter(|name| !evaluations.contains(*name)).collect();
        assert_eq!(missing, Vec::<&str>::new(), "no editor asks a case of these");
    }

    #[test]
    fn only_scripts_have_stubs_and_each_stub_has_the_function_of_its_name() {
        for editor in ALL {
            let script = editor.rules.as_ref().is_some_and(|rules| rules.language == Language::Script);
            assert_eq!(script, !editor.stubs.is_empty(), "{}", editor.slug);
            for stub in editor.stubs {
                assert!(stub.code.contains(&format!("function {}(", stub.name)));
                assert!(serde_json::from_str::<Value>(stub.input).is_ok(), "{}", stub.name);
            }
        }
    }
}
