//! The editor: Maps a record to what an import sends.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "mapper-2",
    name: "Mapper 2.0",
    group: Group::Records,
    icon: "arrow-right-left",
    about: "Maps a record to what an import sends.",
    eval: "mapper",
    rules: Some(Rules { title: "Mappings", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Record", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "Fields and an object",
            rules: r#"[
  {"generate": "customerId", "dataType": "number", "status": "Active", "extract": "$.id"},
  {
    "generate": "name",
    "dataType": "string",
    "status": "Active",
    "extract": "{{capitalize record.name}}"
  },
  {
    "generate": "ship",
    "dataType": "object",
    "status": "Active",
    "mappings": [
      {
        "generate": "town",
        "dataType": "string",
        "status": "Active",
        "extract": "$.address.city"
      },
      {
        "generate": "zip",
        "dataType": "string",
        "status": "Active",
        "extract": "$.address.zip"
      }
    ]
  }
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
            name: "A list of lines",
            rules: r#"[
  {"generate": "customerId", "dataType": "string", "status": "Active", "extract": "$.id"},
  {
    "generate": "lines",
    "dataType": "objectarray",
    "status": "Active",
    "buildArrayHelper": [
      {
        "extract": "$.orders[*].items[*]",
        "mappings": [
          {
            "generate": "sku",
            "dataType": "string",
            "status": "Active",
            "extract": "$.orders[*].items[*].sku"
          },
          {
            "generate": "quantity",
            "dataType": "number",
            "status": "Active",
            "extract": "$.orders[*].items[*].qty"
          }
        ]
      }
    ]
  }
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
