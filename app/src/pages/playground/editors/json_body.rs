//! The editor: Renders a document of JSON from records.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "json-body",
    name: "JSON body",
    group: Group::Templates,
    icon: "file-braces",
    about: "Renders a document of JSON from records.",
    eval: "handlebars",
    rules: Some(Rules {
        title: "Template",
        language: Language::JsonTemplate,
        given: RulesAs::Field("template"),
        fixed: "",
    }),
    input: Some(Input { title: "Records", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "A list of records",
            rules: r##"[
  {{#each batch_of_records}}
  {"id": {{record.id}}, "name": "{{jsonEncode record.name}}"}{{#unless @last}},{{/unless}}
  {{/each}}
]"##,
            input: r##"{
  "batch_of_records": [
    {"record": {"id": 1, "name": "Ada \"Fern\""}},
    {"record": {"id": 2, "name": "Miles"}}
  ]
}"##,
            options: r##"{}"##,
        },
        Example {
            name: "The whole record",
            rules: r##"{"event": "order", "payload": {{{jsonSerialize record}}}}"##,
            input: r##"{"record": {"id": 10482, "lines": [{"sku": "hp-2040"}]}}"##,
            options: r##"{}"##,
        },
    ],
};
