//! The editor: Lists the values that a path leads to.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "json-path",
    name: "JSONPath",
    group: Group::Records,
    icon: "waypoints",
    about: "Lists the values that a path leads to.",
    eval: "jsonPath",
    rules: Some(Rules { title: "Path", language: Language::Text, given: RulesAs::Field("path"), fixed: "" }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "All of a list",
            rules: "$.orders[*].items[*].sku",
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
            name: "By a condition",
            rules: "$.orders[*].items[?@.qty > 1]",
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
