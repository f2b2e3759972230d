//! The editor: Renders the value of a header of a request.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "header",
    name: "HTTP header",
    group: Group::Templates,
    icon: "heading",
    about: "Renders the value of a header of a request.",
    eval: "handlebars",
    rules: Some(Rules { title: "Value", language: Language::Template, given: RulesAs::Field("template"), fixed: "" }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "An idempotency key",
            rules: r##"{{record.shop}}-{{record.id}}-{{hash "md5" "hex" record.updated_at}}"##,
            input: r##"{
  "record": {"shop": "eu", "id": 10482, "updated_at": "2026-11-23T08:39:51Z"}
}"##,
            options: r##"{}"##,
        },
        Example {
            name: "Only what is newer",
            rules: r##"{{dateFormat "ddd, DD MMM YYYY HH:mm:ss [GMT]" lastExportDateTime}}"##,
            input: r##"{"lastExportDateTime": "2026-11-23T08:39:51Z"}"##,
            options: r##"{}"##,
        },
    ],
};
