//! The editor: Reads the elements at a path as records.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind};

pub(super) const EDITOR: Editor = Editor {
    slug: "xml-parser",
    name: "XML parser",
    group: Group::Files,
    icon: "code-xml",
    about: "Reads the elements at a path as records.",
    eval: "xmlParse",
    rules: None,
    input: Some(Input { title: "File", language: Language::Xml, given: InputAs::Text }),
    options: &[
        OptionField {
            name: "resourcePath",
            label: "Resource path",
            kind: OptionKind::Text("/orders/order"),
            of: Of::Options,
        },
        OptionField {
            name: "attributePrefix",
            label: "Prefix of attributes",
            kind: OptionKind::Text("None"),
            of: Of::Options,
        },
        OptionField { name: "textNodeName", label: "Name of texts", kind: OptionKind::Text("&txt"), of: Of::Options },
        OptionField {
            name: "listNodes",
            label: "Always lists",
            kind: OptionKind::List("/orders/order/line"),
            of: Of::Options,
        },
        OptionField { name: "includeNodes", label: "Only these", kind: OptionKind::List("All"), of: Of::Options },
        OptionField { name: "excludeNodes", label: "Not these", kind: OptionKind::List("None"), of: Of::Options },
        OptionField { name: "V0_json", label: "Automatic", kind: OptionKind::Check(true), of: Of::Options },
        OptionField { name: "trimSpaces", label: "Trim spaces", kind: OptionKind::Check(false), of: Of::Options },
        OptionField {
            name: "stripNewLineChars",
            label: "Strip line ends",
            kind: OptionKind::Check(false),
            of: Of::Options,
        },
    ],
    stubs: &[],
    examples: &[
        Example {
            name: "Custom",
            rules: "",
            input: r#"<?xml version="1.0"?>
<orders>
  <order id="10482">
    <buyer>Ada Fern</buyer>
    <line sku="hp-2040">12</line>
    <line sku="hp-4471">4</line>
  </order>
  <order id="10483">
    <buyer>Miles O'Brien</buyer>
    <line sku="hp-1000">1</line>
  </order>
</orders>
"#,
            options: r#"{"resourcePath": "/orders/order", "V0_json": false, "attributePrefix": "@", "listNodes": ["/orders/order/line"]}"#,
        },
        Example {
            name: "Automatic",
            rules: "",
            input: r#"<?xml version="1.0"?>
<orders>
  <order id="10482">
    <buyer>Ada Fern</buyer>
    <line sku="hp-2040">12</line>
    <line sku="hp-4471">4</line>
  </order>
  <order id="10483">
    <buyer>Miles O'Brien</buyer>
    <line sku="hp-1000">1</line>
  </order>
</orders>
"#,
            options: r#"{"resourcePath": "/orders/order"}"#,
        },
    ],
};
