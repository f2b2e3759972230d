//! The editor: Maps a record by pairs of fields and lists.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "mapper-1",
    name: "Mapper 1.0",
    group: Group::Records,
    icon: "arrow-right-left",
    about: "Maps a record by pairs of fields and lists.",
    eval: "mapper",
    rules: Some(Rules { title: "Mapping", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Record", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "Fields",
            rules: r#"{
  "fields": [
    {"generate": "customerId", "extract": "id"},
    {"generate": "city", "extract": "address.city"},
    {"generate": "source", "hardCodedValue": "shop"}
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
            name: "A list",
            rules: r#"{
  "fields": [{"generate": "name", "extract": "name"}],
  "lists": [{"generate": "orders", "fields": [{"generate": "number", "extract": "orders[*].id"}]}]
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
