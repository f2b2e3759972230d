//! The editor: Renders the key by which a record is found again in other steps.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "trace-key",
    name: "Trace key",
    group: Group::Templates,
    icon: "fingerprint",
    about: "Renders the key by which a record is found again in other steps.",
    eval: "handlebars",
    rules: Some(Rules {
        title: "Trace key",
        language: Language::Template,
        given: RulesAs::Field("template"),
        fixed: "",
    }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "One field",
            rules: "{{record.orderId}}",
            input: r#"{"record": {"orderId": "10482"}}"#,
            options: "{}",
        },
        Example {
            name: "Several fields",
            rules: r#"{{record.shop}}-{{record.orderId}}-{{dateFormat "YYYYMMDD" record.created_at}}"#,
            input: r#"{
  "record": {"shop": "eu", "orderId": "10482", "created_at": "2026-11-23T08:39:51Z"}
}"#,
            options: "{}",
        },
    ],
};
