//! The editor: Puts what a step was answered into the record that goes on.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "results-mapping",
    name: "Results mapping",
    group: Group::Records,
    icon: "corner-down-left",
    about: "Puts what a step was answered into the record that goes on.",
    eval: "responseMapping",
    rules: Some(Rules { title: "Mapping", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Record and response", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "The id of what was made",
            rules: r#"{
  "fields": [{"extract": "id", "generate": "shopId"}, {"extract": "_json.url", "generate": "link"}]
}"#,
            input: r#"{
  "record": {"sku": "hp-2040"},
  "response": {
    "id": "55",
    "statusCode": 201,
    "ignored": false,
    "errors": [],
    "_json": {"id": "55", "url": "https://shop.example.com/55", "lines": [{"n": 1}, {"n": 2}]}
  }
}"#,
            options: "{}",
        },
        Example {
            name: "What a lookup found",
            rules: r#"{
  "fields": [
    {"extract": "data[0].id", "generate": "customerId"},
    {"extract": "data[*].name", "generate": "candidates"}
  ]
}"#,
            input: r#"{
  "record": {"email": "ada@example.com"},
  "response": {
    "data": [{"id": 5, "name": "Ada"}, {"id": 6, "name": "Ada F."}],
    "errors": [],
    "ignored": false,
    "statusCode": 200
  }
}"#,
            options: "{}",
        },
    ],
};
