//! The editor: Builds the address, headers and body of a request. Nothing is sent.

use crate::components::editor::{
    Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind, Rules, RulesAs,
};

pub(super) const EDITOR: Editor = Editor {
    slug: "http-request",
    name: "HTTP request",
    group: Group::Templates,
    icon: "send",
    about: "Builds the address, headers and body of a request. Nothing is sent.",
    eval: "httpRequest",
    rules: Some(Rules { title: "Body", language: Language::JsonTemplate, given: RulesAs::Field("body"), fixed: "" }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[
        OptionField {
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
        },
        OptionField {
            name: "baseURI",
            label: "Base URI",
            kind: OptionKind::Text("https://api.example.com"),
            of: Of::Rules,
        },
        OptionField {
            name: "relativeURI",
            label: "Relative URI",
            kind: OptionKind::Text("/orders/{{record.id}}"),
            of: Of::Rules,
        },
        OptionField {
            name: "headers",
            label: "Headers",
            kind: OptionKind::Headers("Content-Type: application/json"),
            of: Of::Rules,
        },
    ],
    stubs: &[],
    examples: &[
        Example {
            name: "Create a customer",
            rules: r#"{
  "name": "{{jsonEncode record.name}}",
  "email": "{{lowercase record.email}}",
  "tags": {{{jsonSerialize record.tags}}}
}"#,
            input: r#"{
  "record": {
    "name": "Ada \"Fern\" Lovelace",
    "email": "Ada@Example.com",
    "tags": ["wholesale", "eu"]
  },
  "connection": {"http": {"baseURI": "https://api.example.com/v2"}}
}"#,
            options: r#"{"method": "POST", "relativeURI": "/customers", "headers": "Content-Type: application/json\nX-Source: {{record.name}}"}"#,
        },
        Example {
            name: "Search since the last run",
            rules: "",
            input: r#"{
  "lastExportDateTime": "2026-11-23T08:39:51Z",
  "record": {"status": "open & paid"},
  "connection": {"http": {"baseURI": "https://api.example.com"}}
}"#,
            options: r#"{"method": "GET", "relativeURI": "/orders?since={{lastExportDateTime}}&status={{record.status}}"}"#,
        },
        Example {
            name: "Batch of records",
            rules: r#"[{{#each batch_of_records}}
  {"id": {{record.id}}, "qty": {{record.qty}} }{{#unless @last}},{{/unless}}{{/each}}
]"#,
            input: r#"{
  "batch_of_records": [{"record": {"id": 1, "qty": 5}}, {"record": {"id": 2, "qty": 8}}],
  "connection": {"http": {"baseURI": "https://api.example.com"}}
}"#,
            options: r#"{"method": "PUT", "relativeURI": "/stock"}"#,
        },
    ],
};
