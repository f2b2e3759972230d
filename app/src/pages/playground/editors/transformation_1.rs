//! The editor: Makes another record by pairs of fields.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "transformation-1",
    name: "Transformation 1.0",
    group: Group::Records,
    icon: "wand-sparkles",
    about: "Makes another record by pairs of fields.",
    eval: "transform",
    rules: Some(Rules { title: "Rules", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Record", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "Rename fields",
            rules: r#"[
  [
    {"extract": "id", "generate": "customerId"},
    {"extract": "address.city", "generate": "city"}
  ]
]"#,
            input: r#"{
  "id": 7,
  "name": "Ann",
  "address": {"city": "Rome", "zip": "00184"},
  "orders": [
    {"id": "O1", "items": [{"sku": "A", "qty": 2}, {"sku": "B", "qty": 1}]},
    {"id": "O2", "items": [{"sku": "C", "qty": 3}]}
  ]
}"#,
            options: "{}",
        },
        Example {
            name: "A list of records",
            rules: r#"[
  [
    {"extract": "name", "generate": "customer"},
    {"extract": "orders[*].id", "generate": "orders[*].number"}
  ]
]"#,
            input: r#"{
  "id": 7,
  "name": "Ann",
  "address": {"city": "Rome", "zip": "00184"},
  "orders": [
    {"id": "O1", "items": [{"sku": "A", "qty": 2}, {"sku": "B", "qty": 1}]},
    {"id": "O2", "items": [{"sku": "C", "qty": 3}]}
  ]
}"#,
            options: "{}",
        },
    ],
};
