//! The editor: Renders the address of a request; values are percent-encoded.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "relative-uri",
    name: "Relative URI",
    group: Group::Templates,
    icon: "link",
    about: "Renders the address of a request; values are percent-encoded.",
    eval: "handlebars",
    rules: Some(Rules {
        title: "Relative URI",
        language: Language::Template,
        given: RulesAs::Field("template"),
        fixed: r#"{"escape": "uri"}"#,
    }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "Search",
            rules: "/orders?since={{lastExportDateTime}}&customer={{record.name}}&page={{export.http.paging.page}}",
            input: r#"{
  "lastExportDateTime": "2026-11-23T08:39:51.000Z",
  "record": {"name": "Fern & Sons"},
  "export": {"http": {"paging": {"page": 3}}}
}"#,
            options: "{}",
        },
        Example {
            name: "Only what was chosen",
            rules: "/items{{#if record.sku}}/{{record.sku}}{{else}}?limit=100{{/if}}",
            input: r#"{"record": {"sku": "hp 2040/a"}}"#,
            options: "{}",
        },
    ],
};
