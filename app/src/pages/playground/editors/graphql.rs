//! The editor: Builds the body of a GraphQL request: query, variables and operation. Nothing is sent.

use crate::components::editor::{
    Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind, Rules, RulesAs,
};

pub(super) const EDITOR: Editor = Editor {
    slug: "graphql",
    name: "GraphQL query",
    group: Group::Templates,
    icon: "braces",
    about: "Builds the body of a GraphQL request: query, variables and operation. Nothing is sent.",
    eval: "graphql",
    rules: Some(Rules { title: "Query", language: Language::GraphQl, given: RulesAs::Field("query"), fixed: "" }),
    input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
    options: &[
        OptionField {
            name: "variables",
            label: "Variables",
            kind: OptionKind::Lines("{\"id\": \"{{record.id}}\"}"),
            of: Of::Rules,
        },
        OptionField {
            name: "operationName",
            label: "Operation",
            kind: OptionKind::Text("The only one"),
            of: Of::Rules,
        },
    ],
    stubs: &[],
    examples: &[
        Example {
            name: "With variables",
            rules: r##"query Order($id: ID!, $lines: Int = 10) {
  order(id: $id) {
    name
    totalPrice
    lines(first: $lines) {
      sku
      quantity
    }
  }
}"##,
            input: r##"{
  "record": {"id": "gid://shop/Order/10482", "name": "#10482"}
}"##,
            options: r##"{"variables": "{\n  \"id\": \"{{record.id}}\",\n  \"lines\": 5\n}"}"##,
        },
        Example {
            name: "One of two operations",
            rules: r##"query Find($email: String!) {
  customers(email: $email) { id }
}

mutation Create($input: CustomerInput!) {
  customerCreate(input: $input) {
    customer { id }
    userErrors { field message }
  }
}"##,
            input: r##"{
  "record": {"email": "ada@example.com", "name": "Ada \"Fern\" Lovelace", "isNew": true}
}"##,
            options: r##"{"operationName": "{{#if record.isNew}}Create{{else}}Find{{/if}}", "variables": "{\"input\": {\"email\": \"{{record.email}}\", \"name\": \"{{jsonEncode record.name}}\"}}"}"##,
        },
    ],
};
