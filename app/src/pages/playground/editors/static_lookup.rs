//! The editor: Replaces values by those of a table.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "static-lookup",
    name: "Static lookup",
    group: Group::Records,
    icon: "table-2",
    about: "Replaces values by those of a table.",
    eval: "handlebars",
    rules: Some(Rules { title: "Template and tables", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "States",
            rules: r#"{
  "template": "{{lookup \"states\" record.state}}",
  "lookups": [{"name": "states", "map": {"TX": "Texas", "CA": "California"}}]
}"#,
            input: r#"{"record": {"state": "TX"}}"#,
            options: "{}",
        },
        Example {
            name: "With a default",
            rules: r#"{
  "template": "{{lookup \"carriers\" record.carrier}}",
  "lookups": [
    {
      "name": "carriers",
      "map": {"ups": "UPS Standard"},
      "default": "Post",
      "allowFailures": true
    }
  ]
}"#,
            input: r#"{"record": {"carrier": "unknown"}}"#,
            options: "{}",
        },
    ],
};
