//! The editor: Writes records as the rows of a text.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind};

pub(super) const EDITOR: Editor = Editor {
    slug: "csv-generator",
    name: "CSV generator",
    group: Group::Files,
    icon: "file-text",
    about: "Writes records as the rows of a text.",
    eval: "csvGenerate",
    rules: None,
    input: Some(Input { title: "Records", language: Language::Json, given: InputAs::Json }),
    options: &[
        OptionField {
            name: "columnDelimiter",
            label: "Columns are parted by",
            kind: OptionKind::ChoiceOrOwn(&[
                (",", "Comma"),
                (";", "Semicolon"),
                ("\t", "Tab"),
                ("|", "Pipe"),
                (" ", "Space"),
            ]),
            of: Of::Options,
        },
        OptionField {
            name: "rowDelimiter",
            label: "Rows are parted by",
            kind: OptionKind::Text("\\n"),
            of: Of::Options,
        },
        OptionField {
            name: "includeHeader",
            label: "Begin with the names",
            kind: OptionKind::Check(true),
            of: Of::Options,
        },
        OptionField {
            name: "wrapWithQuotes",
            label: "Quote every value",
            kind: OptionKind::Check(false),
            of: Of::Options,
        },
        OptionField {
            name: "replaceTabWithSpace",
            label: "Tabs become spaces",
            kind: OptionKind::Check(false),
            of: Of::Options,
        },
        OptionField {
            name: "replaceNewlineWithSpace",
            label: "Line ends become spaces",
            kind: OptionKind::Check(false),
            of: Of::Options,
        },
        OptionField {
            name: "truncateLastRowDelimiter",
            label: "No line end behind the last row",
            kind: OptionKind::Check(false),
            of: Of::Options,
        },
    ],
    stubs: &[],
    examples: &[
        Example {
            name: "With a header",
            rules: "",
            input: r#"[
  {"order": 10482, "sku": "hp-2040", "note": "blue, large"},
  {"order": 10483, "sku": "hp-1000", "note": "say \"hi\""}
]"#,
            options: r#"{"includeHeader": true}"#,
        },
        Example {
            name: "Tabs, all quoted",
            rules: "",
            input: r#"[
  {"order": 10482, "sku": "hp-2040", "note": "blue, large"},
  {"order": 10483, "sku": "hp-1000", "note": "say \"hi\""}
]"#,
            options: r#"{"columnDelimiter": "\t", "wrapWithQuotes": true, "includeHeader": false}"#,
        },
    ],
};
