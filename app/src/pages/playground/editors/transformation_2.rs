//! The editor: Makes a new record, or changes the one that is there.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "transformation-2",
    name: "Transformation 2.0",
    group: Group::Records,
    icon: "wand-sparkles",
    about: "Makes a new record, or changes the one that is there.",
    eval: "transformTwoDotZero",
    rules: Some(Rules { title: "Rules", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Record", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "Create",
            rules: r#"{
  "mode": "create",
  "mappings": [
    {
      "generate": "customer",
      "dataType": "string",
      "status": "Active",
      "extract": "{{uppercase record.name}}"
    },
    {
      "generate": "city",
      "dataType": "string",
      "status": "Active",
      "extract": "$.address.city"
    },
    {
      "generate": "orders",
      "dataType": "number",
      "status": "Active",
      "extract": "{{record.orders.length}}"
    }
  ]
}"#,
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
            name: "Modify",
            rules: r#"{
  "mode": "modify",
  "mappings": [
    {
      "generate": "name",
      "dataType": "string",
      "status": "Active",
      "extract": "{{record.name}} of {{record.address.city}}"
    }
  ]
}"#,
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
