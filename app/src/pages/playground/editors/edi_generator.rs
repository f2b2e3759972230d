//! The editor: Writes a file of X12, EDIFACT or fixed width by its file definition.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "edi-generator",
    name: "EDI generator",
    group: Group::Files,
    icon: "list-ordered",
    about: "Writes a file of X12, EDIFACT or fixed width by its file definition.",
    eval: "fileDefinitionGenerate",
    rules: Some(Rules { title: "File definition", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Record", language: Language::Json, given: InputAs::Json }),
    options: &[],
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
            input: r#"{
  "ISA01": "00",
  "ISA02": "          ",
  "ISA03": "00",
  "ISA04": "          ",
  "ISA05": "ZZ",
  "ISA06": "HARBOUR        ",
  "ISA07": "ZZ",
  "ISA08": "PINE           ",
  "ISA09": "261123",
  "ISA10": "0839",
  "ISA11": "U",
  "ISA12": "00401",
  "ISA13": "000000001",
  "ISA14": "0",
  "ISA15": "P",
  "ISA16": ">",
  "Kind": "PO",
  "Set": "850",
  "Control": "0001",
  "Order": "10482",
  "lines": [
    {"Line": "1", "Quantity": "12", "Unit": "EA", "Price": "19.90"},
    {"Line": "2", "Quantity": "4", "Unit": "EA", "Price": "3.50"}
  ],
  "Count": "5",
  "Control2": "0001",
  "Sets": "1",
  "Groups": "1"
}"#,
            options: "{}",
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
            input: r#"{
  "Syntax": {"id": "UNOC", "version": "3"},
  "Sender": "O'Neil + Sons",
  "Dates": [{"Date": {"kind": "11", "value": "20261123"}}],
  "Count": "1"
}"#,
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
            input: r#"{
  "rows": [
    {"sku": "hp-2040", "place": "A-12", "quantity": "12"},
    {"sku": "hp-4471", "place": "B-03", "quantity": "4"}
  ]
}"#,
            options: "{}",
        },
    ],
};
