//! The editor: Renders the address at which people see a record in its application.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "data-uri",
    name: "Data URI",
    group: Group::Templates,
    icon: "globe",
    about: "Renders the address at which people see a record in its application.",
    eval: "handlebars",
    rules: Some(Rules {
        title: "Data URI",
        language: Language::Template,
        given: RulesAs::Field("template"),
        fixed: r#"{"escape": "uri"}"#,
    }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "Of an answer",
            rules: "https://shop.example.com/admin/orders/{{id}}",
            input: r#"{"id": 10482, "statusCode": 201}"#,
            options: "{}",
        },
        Example {
            name: "With a name in it",
            rules: "https://crm.example.com/#/customers/{{record.name}}?tab=orders",
            input: r#"{"record": {"name": "Harbour & Pine"}}"#,
            options: "{}",
        },
    ],
};
