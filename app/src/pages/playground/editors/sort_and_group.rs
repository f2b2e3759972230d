//! The editor: Orders records and puts those of one key together.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "sort-and-group",
    name: "Sort and group",
    group: Group::Records,
    icon: "arrow-up-down",
    about: "Orders records and puts those of one key together.",
    eval: "sortGroup",
    rules: Some(Rules { title: "Rules", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Records", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "Sort, then group",
            rules: r#"{
  "sortByFields": [{"field": "customer"}, {"field": "sku"}],
  "groupByFields": ["customer"]
}"#,
            input: r#"[
  {"customer": "Fern", "sku": "hp-2040", "qty": 12},
  {"customer": "Ada", "sku": "hp-4471", "qty": 4},
  {"customer": "Fern", "sku": "hp-1000", "qty": 1}
]"#,
            options: "{}",
        },
        Example {
            name: "Descending",
            rules: r#"{
  "sortByFields": [{"field": "customer", "descending": true}, {"field": "sku"}]
}"#,
            input: r#"[
  {"customer": "Fern", "sku": "hp-2040", "qty": 12},
  {"customer": "Ada", "sku": "hp-4471", "qty": 4},
  {"customer": "Fern", "sku": "hp-1000", "qty": 1}
]"#,
            options: "{}",
        },
    ],
};
