//! The editor: Renders what asks for the next page, or marks records that were read.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "paging-body",
    name: "Body of the next page",
    group: Group::Templates,
    icon: "layers",
    about: "Renders what asks for the next page, or marks records that were read.",
    eval: "handlebars",
    rules: Some(Rules {
        title: "Body",
        language: Language::JsonTemplate,
        given: RulesAs::Field("template"),
        fixed: "",
    }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "The next page",
            rules: r##"{
  "cursor": "{{previous_page.last_record.id}}",
  "page": {{export.http.paging.page}},
  "limit": 100
}"##,
            input: r##"{
  "previous_page": {"last_record": {"id": "o-10482"}, "full_response": {"next": true}},
  "export": {"http": {"paging": {"page": 3}}}
}"##,
            options: r##"{}"##,
        },
        Example {
            name: "Records that were read",
            rules: r##"{"ids": [{{#each data}}"{{id}}"{{#unless @last}}, {{/unless}}{{/each}}], "exported": true}"##,
            input: r##"{"data": [{"id": "o-1"}, {"id": "o-2"}]}"##,
            options: r##"{}"##,
        },
    ],
};
