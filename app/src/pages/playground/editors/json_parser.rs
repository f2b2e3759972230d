//! The editor: Reads the records of a JSON file.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind};

pub(super) const EDITOR: Editor = Editor {
    slug: "json-parser",
    name: "JSON parser",
    group: Group::Files,
    icon: "file-braces",
    about: "Reads the records of a JSON file.",
    eval: "jsonParse",
    rules: None,
    input: Some(Input { title: "File", language: Language::Json, given: InputAs::Text }),
    options: &[OptionField {
        name: "resourcePath",
        label: "Resource path",
        kind: OptionKind::Text("Where the records are, such as data.orders"),
        of: Of::Options,
    }],
    stubs: &[],
    examples: &[
        Example {
            name: "At a path",
            rules: "",
            input: r#"{
  "data": {"orders": [{"id": 1, "total": 5}, {"id": 2, "total": 8}]},
  "next": null
}"#,
            options: r#"{"resourcePath": "data.orders"}"#,
        },
        Example {
            name: "One object a line",
            rules: "",
            input: r#"{"id":1,"total":5}
{"id":2,"total":8}
"#,
            options: "{}",
        },
    ],
};
