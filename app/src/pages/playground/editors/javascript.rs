//! The editor: Calls a function of a script, as a flow does. It reaches no network and no files.

use crate::components::editor::{
    Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind, Rules, RulesAs, Stub,
};

pub(super) const EDITOR: Editor = Editor {
    slug: "javascript",
    name: "JavaScript",
    group: Group::Code,
    icon: "file-code",
    about: "Calls a function of a script, as a flow does. It reaches no network and no files.",
    eval: "javascript",
    rules: Some(Rules { title: "Script", language: Language::Script, given: RulesAs::Field("script"), fixed: "" }),
    input: Some(Input { title: "Function input", language: Language::Json, given: InputAs::Json }),
    options: &[
        OptionField { name: "function", label: "Function", kind: OptionKind::Function, of: Of::Rules },
        OptionField {
            name: "hook",
            label: "Called as",
            kind: OptionKind::Choice(&[
                ("", "The hook of its name"),
                ("none", "No hook"),
                ("preSavePage", "preSavePage"),
                ("preMap", "preMap"),
                ("postMap", "postMap"),
                ("postSubmit", "postSubmit"),
                ("postResponseMap", "postResponseMap"),
                ("filter", "filter"),
                ("transform", "transform"),
                ("branching", "branching"),
                ("handleRequest", "handleRequest"),
            ]),
            of: Of::Rules,
        },
    ],
    stubs: &[
        Stub {
            name: "preSavePage",
            code: r#"
/* Before a page of an export is handed on: change its records, or add errors. */
function preSavePage(options) {
  return {
    data: options.data,
    errors: options.errors,
    abort: false,
    newErrorsAndRetryData: [],
  };
}
"#,
            input: r#"{
  "data": [{"id": 1, "name": "ada"}, {"id": 2, "name": "miles"}],
  "errors": [],
  "retryData": {},
  "files": [],
  "pageIndex": 0,
  "_exportId": "6561",
  "_flowId": "6562",
  "settings": {},
  "testMode": true
}"#,
        },
        Stub {
            name: "preMap",
            code: r#"
/* Before the records of an import are mapped: one answer for each of them. */
function preMap(options) {
  return options.data.map((record) => ({ data: record }));
}
"#,
            input: r#"{
  "data": [{"id": 1, "name": "ada"}, {"id": 2, "name": "miles"}],
  "_exportId": "6561",
  "_flowId": "6562",
  "settings": {},
  "testMode": true
}"#,
        },
        Stub {
            name: "postMap",
            code: r#"
/* After the records of an import were mapped: one answer for each of them. */
function postMap(options) {
  return options.postMapData.map((record) => ({ data: record }));
}
"#,
            input: r#"{
  "preMapData": [{"id": 1, "name": "ada"}, {"id": 2, "name": "miles"}],
  "postMapData": [{"Name": "Ada"}, {"Name": "Miles"}],
  "_exportId": "6561",
  "_flowId": "6562",
  "settings": {},
  "testMode": true
}"#,
        },
        Stub {
            name: "postSubmit",
            code: r#"
/* After records were sent: what came of each of them. */
function postSubmit(options) {
  return options.responseData;
}
"#,
            input: r#"{
  "preMapData": [{"id": 1, "name": "ada"}, {"id": 2, "name": "miles"}],
  "postMapData": [{"Name": "Ada"}, {"Name": "Miles"}],
  "responseData": [
    {"statusCode": 200, "errors": [], "ignored": false, "id": "55", "_json": {"id": "55"}},
    {
      "statusCode": 422,
      "errors": [{"code": "taken", "message": "The name is taken."}],
      "ignored": false
    }
  ],
  "_exportId": "6561",
  "_flowId": "6562",
  "settings": {},
  "testMode": true
}"#,
        },
        Stub {
            name: "postResponseMap",
            code: r#"
/* After the answers were mapped into the records: the records that go on. */
function postResponseMap(options) {
  return options.postResponseMapData;
}
"#,
            input: r#"{
  "postResponseMapData": [{"id": 1, "shopId": "55"}],
  "responseData": [{"id": "55", "statusCode": 200}],
  "oneToMany": false,
  "pathToMany": "",
  "_exportId": "6561",
  "_flowId": "6562",
  "settings": {},
  "testMode": true
}"#,
        },
        Stub {
            name: "postAggregate",
            code: r#"
/* After a file was written. */
function postAggregate(options) {
  console.log(options.postAggregateData.success);
}
"#,
            input: r#"{
  "postAggregateData": {
    "success": true,
    "_json": {"name": "orders.csv"},
    "code": "",
    "message": "",
    "source": ""
  },
  "_exportId": "6561",
  "_flowId": "6562",
  "settings": {},
  "testMode": true
}"#,
        },
        Stub {
            name: "filter",
            code: r#"
/* Whether a record goes on. */
function filter(options) {
  return true;
}
"#,
            input: r#"{"record": {"id": 1, "name": "ada"}, "settings": {}}"#,
        },
        Stub {
            name: "transform",
            code: r#"
/* What a record becomes. */
function transform(options) {
  return options.record;
}
"#,
            input: r#"{"record": {"id": 1, "name": "ada"}, "settings": {}}"#,
        },
        Stub {
            name: "branching",
            code: r#"
/* The branches that a record takes: their numbers, from 0. */
function branching(options) {
  return [0];
}
"#,
            input: r#"{"record": {"id": 1, "name": "ada"}, "settings": {}}"#,
        },
        Stub {
            name: "handleRequest",
            code: r#"
/* Answers a request of an API. */
function handleRequest(options) {
  return {
    statusCode: 200,
    headers: {},
    body: { asked: options.method },
  };
}
"#,
            input: r#"{
  "method": "POST",
  "headers": {"content-type": "application/json"},
  "queryString": {},
  "pathParams": {},
  "body": {"id": 1},
  "rawBody": "{\"id\":1}"
}"#,
        },
        Stub {
            name: "formInit",
            code: r#"
/* The form of settings before it is shown. */
function formInit(options) {
  return options.resource.settingsForm.form;
}
"#,
            input: r#"{
  "resource": {
    "settingsForm": {"form": {"fieldMap": {"name": {"id": "name", "type": "text", "label": "Name"}}}}
  },
  "parentResource": {},
  "grandparentResource": {}
}"#,
        },
        Stub {
            name: "preSave",
            code: r#"
/* A resource before it is saved. */
function preSave(options) {
  return { newResource: options.newResource };
}
"#,
            input: r#"{"newResource": {"name": "Orders"}, "oldResource": {}}"#,
        },
        Stub {
            name: "contentBasedFlowRouter",
            code: r#"
/* The flow that takes a message. */
function contentBasedFlowRouter(options) {
  return { _flowId: "656200000000000000000000", _exportId: "656100000000000000000000" };
}
"#,
            input: r#"{"httpHeaders": {}, "mimeHeaders": {}, "rawMessageBody": ""}"#,
        },
    ],
    examples: &[
        Example {
            name: "Names in capitals",
            rules: r#"import dayjs from 'dayjs';

function preMap(options) {
  console.log('records:', options.data.length);
  return options.data.map((record) => ({
    data: { ...record, name: record.name.toUpperCase(), seen: dayjs(record.at).format('D MMM YYYY') },
  }));
}
"#,
            input: r#"{
  "data": [
    {"id": 1, "name": "ada", "at": "2026-11-23T08:39:51Z"},
    {"id": 2, "name": "miles", "at": "2026-11-24T10:00:00Z"}
  ],
  "_exportId": "6561",
  "_flowId": "6562",
  "settings": {},
  "testMode": true
}"#,
            options: r#"{"function": "preMap"}"#,
        },
        Example {
            name: "Drop what is empty",
            rules: r#"function preSavePage(options) {
  const data = options.data.filter((record) => record.email);
  console.info(`${options.data.length - data.length} without an address`);
  return { data, errors: options.errors, abort: false, newErrorsAndRetryData: [] };
}
"#,
            input: r#"{
  "data": [{"id": 1, "email": "ada@example.com"}, {"id": 2, "email": ""}],
  "errors": [],
  "pageIndex": 0,
  "_exportId": "6561",
  "_flowId": "6562",
  "settings": {},
  "testMode": true
}"#,
            options: r#"{"function": "preSavePage"}"#,
        },
        Example {
            name: "Choose a branch",
            rules: r#"function branching(options) {
  return options.record.total > 100 ? [0] : [1];
}
"#,
            input: r#"{"record": {"total": 258.3}, "settings": {}}"#,
            options: r#"{"function": "branching"}"#,
        },
    ],
};
