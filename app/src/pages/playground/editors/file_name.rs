//! The editor: Renders the name of a file that an import writes.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "file-name",
    name: "File name",
    group: Group::Templates,
    icon: "file-pen",
    about: "Renders the name of a file that an import writes.",
    eval: "handlebars",
    rules: Some(Rules {
        title: "File name",
        language: Language::Template,
        given: RulesAs::Field("template"),
        fixed: "",
    }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "With the day",
            rules: r#"orders-{{dateFormat "YYYY-MM-DD" job.startedAt}}.csv"#,
            input: r#"{"job": {"startedAt": "2026-11-23T08:39:51Z"}}"#,
            options: "{}",
        },
        Example {
            name: "A file for each customer",
            rules: "{{dashcase record.customer}}/{{record.id}}.json",
            input: r#"{"record": {"customer": "Harbour & Pine", "id": 10482}}"#,
            options: "{}",
        },
    ],
};
