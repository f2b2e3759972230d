//! The editor: Says whether a record leaves an export.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "output-filter",
    name: "Output filter",
    group: Group::Records,
    icon: "funnel",
    about: "Says whether a record leaves an export.",
    eval: "filter",
    rules: Some(Rules { title: "Rules", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Record", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "Paid and large",
            rules: r#"[
  "and",
  ["equals", ["string", ["extract", "status"]], "paid"],
  ["greaterthan", ["number", ["extract", "total"]], 100]
]"#,
            input: r#"{
  "status": "paid",
  "total": 258.3,
  "country": "FR",
  "tags": ["wholesale", "eu"],
  "customer": {"email": "ada@example.com"}
}"#,
            options: "{}",
        },
        Example {
            name: "Not empty",
            rules: r#"["notempty", ["extract", "customer.email"]]"#,
            input: r#"{
  "status": "paid",
  "total": 258.3,
  "country": "FR",
  "tags": ["wholesale", "eu"],
  "customer": {"email": "ada@example.com"}
}"#,
            options: "{}",
        },
        Example {
            name: "One of two countries",
            rules: r#"[
  "or",
  ["equals", ["string", ["extract", "country"]], "FR"],
  ["equals", ["string", ["extract", "country"]], "DE"]
]"#,
            input: r#"{
  "status": "paid",
  "total": 258.3,
  "country": "FR",
  "tags": ["wholesale", "eu"],
  "customer": {"email": "ada@example.com"}
}"#,
            options: "{}",
        },
    ],
};
