//! The editor: Says whether a step takes a record.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "input-filter",
    name: "Input filter",
    group: Group::Records,
    icon: "list-filter",
    about: "Says whether a step takes a record.",
    eval: "filter",
    rules: Some(Rules { title: "Rules", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Record", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "Only new records",
            rules: r#"["empty", ["extract", "erpId"]]"#,
            input: r#"{"id": 7, "erpId": ""}"#,
            options: "{}",
        },
        Example {
            name: "Name begins with",
            rules: r#"["startswith", ["string", ["extract", "sku"]], "hp-"]"#,
            input: r#"{"sku": "hp-2040", "quantity": 12}"#,
            options: "{}",
        },
    ],
};
