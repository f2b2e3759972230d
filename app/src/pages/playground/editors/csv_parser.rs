//! The editor: Reads the rows of a text as records.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind};

pub(super) const EDITOR: Editor = Editor {
    slug: "csv-parser",
    name: "CSV parser",
    group: Group::Files,
    icon: "file-text",
    about: "Reads the rows of a text as records.",
    eval: "csvParse",
    rules: None,
    input: Some(Input { title: "File", language: Language::Text, given: InputAs::Text }),
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
            kind: OptionKind::Text("Found by itself"),
            of: Of::Options,
        },
        OptionField { name: "rowsToSkip", label: "Rows to skip", kind: OptionKind::Number("0"), of: Of::Options },
        OptionField {
            name: "keyColumns",
            label: "Key columns",
            kind: OptionKind::List("None: each row is a record"),
            of: Of::Options,
        },
        OptionField {
            name: "hasHeaderRow",
            label: "The first row has the names",
            kind: OptionKind::Check(true),
            of: Of::Options,
        },
        OptionField { name: "trimSpaces", label: "Trim spaces", kind: OptionKind::Check(false), of: Of::Options },
        OptionField {
            name: "disableQuoteAndStripEnclosingQuotes",
            label: "Quotes mean nothing",
            kind: OptionKind::Check(false),
            of: Of::Options,
        },
    ],
    stubs: &[],
    examples: &[
        Example {
            name: "With a header",
            rules: "",
            input: r#"order,sku,quantity
10482,hp-2040,12
10482,"hp-4471, blue",4
10483,hp-1000,1
"#,
            options: "{}",
        },
        Example {
            name: "Rows of one key",
            rules: "",
            input: r#"order;sku;quantity
10482;hp-2040;12
10482;hp-4471;4
10483;hp-1000;1
"#,
            options: r#"{"columnDelimiter": ";", "keyColumns": ["order"]}"#,
        },
        Example {
            name: "Without a header",
            rules: "",
            input: r#"Report of 23 November
10482|hp-2040|12
10483|hp-1000|1
"#,
            options: r#"{"columnDelimiter": "|", "rowsToSkip": 1, "hasHeaderRow": false}"#,
        },
    ],
};
