//! The editor: Writes records as elements at a path.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind};

pub(super) const EDITOR: Editor = Editor {
    slug: "xml-generator",
    name: "XML generator",
    group: Group::Files,
    icon: "code-xml",
    about: "Writes records as elements at a path.",
    eval: "xmlGenerate",
    rules: None,
    input: Some(Input { title: "Records", language: Language::Json, given: InputAs::Json }),
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
        OptionField { name: "V0_json", label: "Automatic", kind: OptionKind::Check(true), of: Of::Options },
    ],
    stubs: &[],
    examples: &[
        Example {
            name: "With attributes",
            rules: "",
            input: r#"[
  {
    "@id": "10482",
    "buyer": "Ada Fern",
    "line": [{"@sku": "hp-2040", "qty": 12}, {"@sku": "hp-4471", "qty": 4}]
  }
]"#,
            options: r#"{"resourcePath": "/orders/order", "V0_json": false, "attributePrefix": "@"}"#,
        },
        Example {
            name: "Plain",
            rules: "",
            input: r#"[{"id": 1, "name": "A & B"}, {"id": 2, "name": "C"}]"#,
            options: r#"{"resourcePath": "/items/item", "V0_json": false}"#,
        },
    ],
};
