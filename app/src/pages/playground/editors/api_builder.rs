//! The editor: Answers a request by the rules of an API: request, transformation, responses. No step runs.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "api-builder",
    name: "API builder",
    group: Group::Code,
    icon: "unplug",
    about: "Answers a request by the rules of an API: request, transformation, responses. No step runs.",
    eval: "api",
    rules: Some(Rules { title: "API", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Request", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "A customer by its id",
            rules: r##"{
  "request": {
    "method": "GET",
    "relativeURI": "/customers/:id",
    "transform": {
      "type": "expression",
      "expression": {
        "version": "2",
        "rulesTwoDotZero": {
          "mode": "create",
          "mappings": [
            {"generate": "customer", "dataType": "string", "status": "Active", "extract": "$.pathParams.id"},
            {"generate": "fields", "dataType": "string", "status": "Active", "extract": "$.queryParams.fields", "default": "all"}
          ]
        }
      }
    }
  },
  "responses": [
    {
      "name": "Found",
      "type": "success",
      "statusCode": 200,
      "headers": [{"key": "X-Customer", "value": "{{record.customer}}"}],
      "inputFilter": {"version": "1", "rules": ["equals", ["boolean", ["context", "success"]], true]},
      "mappings": [
        {"generate": "id", "dataType": "string", "status": "Active", "extract": "$.customer"},
        {"generate": "shown", "dataType": "string", "status": "Active", "extract": "$.fields"}
      ]
    },
    {"name": "Broken", "type": "fail", "statusCode": 500}
  ]
}"##,
            input: r##"{
  "request": {
    "method": "GET",
    "path": "/customers/10482?fields=name",
    "headers": {"accept": "application/json"}
  }
}"##,
            options: r##"{}"##,
        },
        Example {
            name: "After steps that failed",
            rules: r##"{
  "request": {"method": "POST", "relativeURI": "/orders"},
  "responses": [
    {"name": "Created", "type": "success", "statusCode": 201},
    {
      "name": "Out of stock",
      "type": "custom",
      "statusCode": 409,
      "inputFilter": {"version": "1", "rules": ["equals", ["string", ["extract", "code"]], "stock"]},
      "mappings": [
        {"generate": "message", "dataType": "string", "status": "Active", "extract": "{{record.sku}} is out of stock."}
      ]
    },
    {"name": "Broken", "type": "fail", "statusCode": 500}
  ]
}"##,
            input: r##"{
  "request": {"method": "POST", "path": "/orders", "body": {"sku": "hp-2040", "quantity": 12}},
  "record": {"code": "stock", "sku": "hp-2040"},
  "success": false
}"##,
            options: r##"{}"##,
        },
    ],
};
