//! The editor: Renders a document of XML from records; values are escaped.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "xml-body",
    name: "XML body",
    group: Group::Templates,
    icon: "code-xml",
    about: "Renders a document of XML from records; values are escaped.",
    eval: "handlebars",
    rules: Some(Rules {
        title: "Template",
        language: Language::Xml,
        given: RulesAs::Field("template"),
        fixed: r#"{"escape": "html"}"#,
    }),
    input: Some(Input { title: "Records", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "An order",
            rules: r##"<?xml version="1.0" encoding="UTF-8"?>
<orders>
  {{#each batch_of_records}}
  <order id="{{record.id}}">
    <buyer>{{record.buyer}}</buyer>
  </order>
  {{/each}}
</orders>"##,
            input: r##"{
  "batch_of_records": [
    {"record": {"id": 10482, "buyer": "Fern & Sons"}},
    {"record": {"id": 10483, "buyer": "Miles O'Brien"}}
  ]
}"##,
            options: r##"{}"##,
        },
        Example {
            name: "An envelope",
            rules: r##"<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
  <soap:Body>
    <GetStock><Sku>{{uppercase record.sku}}</Sku></GetStock>
  </soap:Body>
</soap:Envelope>"##,
            input: r##"{"record": {"sku": "hp-2040"}}"##,
            options: r##"{}"##,
        },
    ],
};
