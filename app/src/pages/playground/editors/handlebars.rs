//! The editor: Renders a template with a context.

use crate::components::editor::{
    Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind, Rules, RulesAs,
};

pub(super) const EDITOR: Editor = Editor {
    slug: "handlebars",
    name: "Handlebars",
    group: Group::Templates,
    icon: "braces",
    about: "Renders a template with a context.",
    eval: "handlebars",
    rules: Some(Rules {
        title: "Template",
        language: Language::Template,
        given: RulesAs::Field("template"),
        fixed: "",
    }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[
        OptionField {
            name: "escape",
            label: "Escape values for",
            kind: OptionKind::Choice(&[("plain", "Nothing"), ("html", "HTML"), ("uri", "Addresses"), ("sql", "SQL")]),
            of: Of::Rules,
        },
        OptionField {
            name: "strict",
            label: "A missing field is an error",
            kind: OptionKind::Check(false),
            of: Of::Rules,
        },
    ],
    stubs: &[],
    examples: &[
        Example {
            name: "Order to XML",
            rules: r##"<?xml version="1.0" encoding="UTF-8"?>
<Order number="{{replace record.order.name "#" ""}}">
  <Placed>{{dateFormat "YYYY-MM-DD" record.order.created_at}}</Placed>
  <Buyer>{{capitalizeAll record.order.customer.name}}</Buyer>
  {{! Only wholesale buyers have a purchase order number }}
  {{#if record.order.po_number}}
  <PurchaseOrder>{{record.order.po_number}}</PurchaseOrder>
  {{/if}}
  <Total>{{toFixed record.order.total 2}}</Total>
  <Lines count="{{record.order.lines.length}}">
    {{#each record.order.lines}}
    <Line no="{{add @index 1}}" sku="{{uppercase sku}}">
      <Quantity>{{quantity}}</Quantity>
      <Price>{{toFixed price 2}}</Price>
      {{#compare quantity ">=" 10}}<Pallet>true</Pallet>{{else}}<Parcel>true</Parcel>{{/compare}}
    </Line>
    {{/each}}
  </Lines>
</Order>"##,
            input: r##"{
  "record": {
    "order": {
      "name": "#10482",
      "created_at": "2026-11-23T08:39:51Z",
      "customer": {"name": "ada fern", "email": "ada@example.com"},
      "po_number": "PO-88120",
      "total": 258.3,
      "lines": [
        {"sku": "hp-2040", "quantity": 12, "price": 19.9},
        {"sku": "hp-4471", "quantity": 4, "price": 3.5}
      ]
    }
  }
}"##,
            options: r#"{"escape": "html"}"#,
        },
        Example {
            name: "Signed request header",
            rules: r#"{{hmac "sha256" connection.http.unencrypted.key "hex" record.id}}"#,
            input: r#"{
  "record": {"id": "10482", "day": "2026-11-23"},
  "connection": {"http": {"unencrypted": {"key": "not a secret"}}}
}"#,
            options: "{}",
        },
        Example {
            name: "Email text",
            rules: r#"Dear {{capitalize record.customer.name}},

your order {{record.name}} of {{dateFormat "D MMMM YYYY" record.created_at}} has {{record.lines.length}} items:
{{#each record.lines}}
- {{quantity}} × {{uppercase sku}}
{{/each}}
Total: {{addCommas record.total}} EUR"#,
            input: r##"{
  "record": {
    "name": "#10482",
    "created_at": "2026-11-23T08:39:51Z",
    "customer": {"name": "ada"},
    "total": 12580,
    "lines": [{"sku": "hp-2040", "quantity": 12}, {"sku": "hp-4471", "quantity": 4}]
  }
}"##,
            options: "{}",
        },
        Example {
            name: "An old template (AFE 1.0)",
            rules: r##"{{! Imports still know these names: data is the records of the request, the first is data.0. }}
{{#each data}}{{sku}}: {{quantity}}{{#unless @last}}, {{/unless}}{{/each}} for {{data.0.shop}}"##,
            input: r##"{
  "data": [
    {"sku": "hp-2040", "quantity": 12, "shop": "eu"},
    {"sku": "hp-4471", "quantity": 4, "shop": "eu"}
  ]
}"##,
            options: r##"{}"##,
        },
    ],
};
