//! The editor: Reads a file of X12, EDIFACT or fixed width by its file definition.

use crate::components::editor::{
    Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind, Rules, RulesAs,
};

pub(super) const EDITOR: Editor = Editor {
    slug: "edi-parser",
    name: "EDI parser",
    group: Group::Files,
    icon: "list-ordered",
    about: "Reads a file of X12, EDIFACT or fixed width by its file definition.",
    eval: "fileDefinitionParse",
    rules: Some(Rules { title: "File definition", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "File", language: Language::Text, given: InputAs::Text }),
    options: &[
        OptionField {
            name: "resourcePath",
            label: "Resource path",
            kind: OptionKind::Text("Where the records are"),
            of: Of::Options,
        },
        OptionField {
            name: "allowPartialSuccess",
            label: "A bad record costs only itself",
            kind: OptionKind::Check(false),
            of: Of::Options,
        },
    ],
    stubs: &[],
    examples: &[
        Example {
            name: "X12 850",
            rules: r#"{
  "name": "Purchase order",
  "version": "1",
  "format": "delimited/x12",
  "delimited": {"rowSuffix": "~", "rowDelimiter": "\n", "colDelimiter": "*"},
  "rules": [
    {
      "name": "ISA",
      "required": true,
      "maxOccurrence": 1,
      "elements": [
        {"name": "ISA", "value": "ISA"},
        {"name": "ISA01", "value": "{{[ISA01]}}"},
        {"name": "ISA02", "value": "{{[ISA02]}}"},
        {"name": "ISA03", "value": "{{[ISA03]}}"},
        {"name": "ISA04", "value": "{{[ISA04]}}"},
        {"name": "ISA05", "value": "{{[ISA05]}}"},
        {"name": "ISA06", "value": "{{[ISA06]}}"},
        {"name": "ISA07", "value": "{{[ISA07]}}"},
        {"name": "ISA08", "value": "{{[ISA08]}}"},
        {"name": "ISA09", "value": "{{[ISA09]}}"},
        {"name": "ISA10", "value": "{{[ISA10]}}"},
        {"name": "ISA11", "value": "{{[ISA11]}}"},
        {"name": "ISA12", "value": "{{[ISA12]}}"},
        {"name": "ISA13", "value": "{{[ISA13]}}"},
        {"name": "ISA14", "value": "{{[ISA14]}}"},
        {"name": "ISA15", "value": "{{[ISA15]}}"},
        {"name": "ISA16", "value": "{{[ISA16]}}"}
      ],
      "children": [
        {
          "name": "GS",
          "required": true,
          "maxOccurrence": 1,
          "elements": [{"name": "GS", "value": "GS"}, {"name": "Kind", "value": "{{[Kind]}}"}],
          "children": [
            {
              "name": "ST",
              "required": true,
              "maxOccurrence": 1,
              "elements": [
                {"name": "ST", "value": "ST"},
                {"name": "Set", "value": "{{[Set]}}"},
                {"name": "Control", "value": "{{[Control]}}"}
              ],
              "children": [
                {
                  "name": "BEG",
                  "required": true,
                  "maxOccurrence": 1,
                  "elements": [
                    {"name": "BEG", "value": "BEG"},
                    {"name": "Order", "value": "{{[Order]}}"}
                  ]
                },
                {
                  "name": "lines",
                  "container": true,
                  "maxOccurrence": 100,
                  "children": [
                    {
                      "name": "PO1",
                      "required": true,
                      "maxOccurrence": 1,
                      "elements": [
                        {"name": "PO1", "value": "PO1"},
                        {"name": "Line", "value": "{{[Line]}}"},
                        {"name": "Quantity", "value": "{{[Quantity]}}"},
                        {"name": "Unit", "value": "{{[Unit]}}"},
                        {"name": "Price", "value": "{{[Price]}}"}
                      ]
                    }
                  ]
                }
              ],
              "closeRule": {
                "name": "SE",
                "required": true,
                "maxOccurrence": 1,
                "elements": [
                  {"name": "SE", "value": "SE"},
                  {"name": "Count", "value": "{{[Count]}}"},
                  {"name": "Control2", "value": "{{[Control2]}}"}
                ]
              }
            }
          ],
          "closeRule": {
            "name": "GE",
            "required": true,
            "maxOccurrence": 1,
            "elements": [{"name": "GE", "value": "GE"}, {"name": "Sets", "value": "{{[Sets]}}"}]
          }
        }
      ],
      "closeRule": {
        "name": "IEA",
        "required": true,
        "maxOccurrence": 1,
        "elements": [{"name": "IEA", "value": "IEA"}, {"name": "Groups", "value": "{{[Groups]}}"}]
      }
    }
  ]
}"#,
            input: r#"ISA*00*          *00*          *ZZ*HARBOUR        *ZZ*PINE           *261123*0839*U*00401*000000001*0*P*>~
GS*PO~
ST*850*0001~
BEG*10482~
PO1*1*12*EA*19.90~
PO1*2*4*EA*3.50~
SE*5*0001~
GE*1~
IEA*1~
"#,
            options: "{}",
        },
        Example {
            name: "X12, one record a line",
            rules: r#"{
  "name": "Purchase order",
  "version": "1",
  "format": "delimited/x12",
  "delimited": {"rowSuffix": "~", "rowDelimiter": "\n", "colDelimiter": "*"},
  "rules": [
    {
      "name": "ISA",
      "required": true,
      "maxOccurrence": 1,
      "elements": [
        {"name": "ISA", "value": "ISA"},
        {"name": "ISA01", "value": "{{[ISA01]}}"},
        {"name": "ISA02", "value": "{{[ISA02]}}"},
        {"name": "ISA03", "value": "{{[ISA03]}}"},
        {"name": "ISA04", "value": "{{[ISA04]}}"},
        {"name": "ISA05", "value": "{{[ISA05]}}"},
        {"name": "ISA06", "value": "{{[ISA06]}}"},
        {"name": "ISA07", "value": "{{[ISA07]}}"},
        {"name": "ISA08", "value": "{{[ISA08]}}"},
        {"name": "ISA09", "value": "{{[ISA09]}}"},
        {"name": "ISA10", "value": "{{[ISA10]}}"},
        {"name": "ISA11", "value": "{{[ISA11]}}"},
        {"name": "ISA12", "value": "{{[ISA12]}}"},
        {"name": "ISA13", "value": "{{[ISA13]}}"},
        {"name": "ISA14", "value": "{{[ISA14]}}"},
        {"name": "ISA15", "value": "{{[ISA15]}}"},
        {"name": "ISA16", "value": "{{[ISA16]}}"}
      ],
      "children": [
        {
          "name": "GS",
          "required": true,
          "maxOccurrence": 1,
          "elements": [{"name": "GS", "value": "GS"}, {"name": "Kind", "value": "{{[Kind]}}"}],
          "children": [
            {
              "name": "ST",
              "required": true,
              "maxOccurrence": 1,
              "elements": [
                {"name": "ST", "value": "ST"},
                {"name": "Set", "value": "{{[Set]}}"},
                {"name": "Control", "value": "{{[Control]}}"}
              ],
              "children": [
                {
                  "name": "BEG",
                  "required": true,
                  "maxOccurrence": 1,
                  "elements": [
                    {"name": "BEG", "value": "BEG"},
                    {"name": "Order", "value": "{{[Order]}}"}
                  ]
                },
                {
                  "name": "lines",
                  "container": true,
                  "maxOccurrence": 100,
                  "children": [
                    {
                      "name": "PO1",
                      "required": true,
                      "maxOccurrence": 1,
                      "elements": [
                        {"name": "PO1", "value": "PO1"},
                        {"name": "Line", "value": "{{[Line]}}"},
                        {"name": "Quantity", "value": "{{[Quantity]}}"},
                        {"name": "Unit", "value": "{{[Unit]}}"},
                        {"name": "Price", "value": "{{[Price]}}"}
                      ]
                    }
                  ]
                }
              ],
              "closeRule": {
                "name": "SE",
                "required": true,
                "maxOccurrence": 1,
                "elements": [
                  {"name": "SE", "value": "SE"},
                  {"name": "Count", "value": "{{[Count]}}"},
                  {"name": "Control2", "value": "{{[Control2]}}"}
                ]
              }
            }
          ],
          "closeRule": {
            "name": "GE",
            "required": true,
            "maxOccurrence": 1,
            "elements": [{"name": "GE", "value": "GE"}, {"name": "Sets", "value": "{{[Sets]}}"}]
          }
        }
      ],
      "closeRule": {
        "name": "IEA",
        "required": true,
        "maxOccurrence": 1,
        "elements": [{"name": "IEA", "value": "IEA"}, {"name": "Groups", "value": "{{[Groups]}}"}]
      }
    }
  ]
}"#,
            input: r#"ISA*00*          *00*          *ZZ*HARBOUR        *ZZ*PINE           *261123*0839*U*00401*000000001*0*P*>~
GS*PO~
ST*850*0001~
BEG*10482~
PO1*1*12*EA*19.90~
PO1*2*4*EA*3.50~
SE*5*0001~
GE*1~
IEA*1~
"#,
            options: r#"{"resourcePath": "lines"}"#,
        },
        Example {
            name: "EDIFACT DESADV",
            rules: r#"{
  "name": "Despatch advice",
  "version": "1",
  "format": "delimited/edifact",
  "skipEmptyEndColDelimiter": true,
  "escapeReleaseChar": true,
  "delimited": {"rowSuffix": "'", "rowDelimiter": "\n", "colDelimiter": "+"},
  "rules": [
    {
      "required": true,
      "elements": [
        {"name": "UNB", "value": "UNB"},
        {
          "name": "Syntax",
          "value": {
            "delimiter": ":",
            "elements": [
              {"name": "id", "value": "{{{[Syntax].[id]}}}"},
              {"name": "version", "value": "{{{[Syntax].[version]}}}"}
            ]
          }
        },
        {"name": "Sender", "value": "{{Sender}}"}
      ],
      "children": [
        {
          "name": "Dates",
          "container": true,
          "children": [
            {
              "required": true,
              "elements": [
                {"name": "DTM", "value": "DTM"},
                {
                  "name": "Date",
                  "value": {
                    "delimiter": ":",
                    "elements": [
                      {"name": "kind", "value": "{{{[Date].[kind]}}}"},
                      {"name": "value", "value": "{{{[Date].[value]}}}"}
                    ]
                  }
                }
              ]
            }
          ]
        }
      ],
      "closeRule": {
        "name": "UNZ",
        "required": true,
        "maxOccurrence": 1,
        "elements": [{"name": "UNZ", "value": "UNZ"}, {"name": "Count", "value": "{{[Count]}}"}]
      }
    }
  ]
}"#,
            input: r#"UNB+UNOC:3+O?'Neil ?+ Sons'
DTM+11:20261123'
DTM+13:20261130'
UNZ+1'
"#,
            options: "{}",
        },
        Example {
            name: "Fixed width",
            rules: r#"{
  "name": "Stock",
  "format": "fixed",
  "fixed": {"rowDelimiter": "\n", "paddingChar": " "},
  "rules": [
    {
      "name": "rows",
      "container": true,
      "children": [
        {
          "required": true,
          "elements": [
            {"name": "sku", "value": "{{sku}}", "length": 10},
            {"name": "place", "value": "{{place}}", "length": 6},
            {"name": "quantity", "value": "{{quantity}}", "length": 5}
          ]
        }
      ]
    }
  ]
}"#,
            input: r#"hp-2040   A-12  12   
hp-4471   B-03  4    
"#,
            options: r#"{"resourcePath": "rows"}"#,
        },
    ],
};
