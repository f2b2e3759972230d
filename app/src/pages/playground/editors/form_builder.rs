//! The editor: Shows a settings form, and what it saves.

use crate::components::editor::{Editor, Example, Group, Input, InputAs, Language, Rules, RulesAs};

pub(super) const EDITOR: Editor = Editor {
    slug: "form-builder",
    name: "Form builder",
    group: Group::Code,
    icon: "layout-list",
    about: "Shows a settings form, and what it saves.",
    eval: "form",
    rules: Some(Rules { title: "Form", language: Language::Json, given: RulesAs::Json, fixed: "" }),
    input: Some(Input { title: "Values", language: Language::Json, given: InputAs::Json }),
    options: &[],
    stubs: &[],
    examples: &[
        Example {
            name: "Conditions",
            rules: r##"{
  "form": {
    "fieldMap": {
      "mode": {
        "id": "mode",
        "name": "mode",
        "type": "radiogroup",
        "label": "Which orders",
        "required": true,
        "options": [{"items": [{"label": "All", "value": "all"}, {"label": "Since a day", "value": "since"}]}]
      },
      "since": {
        "id": "since",
        "name": "since",
        "type": "date",
        "label": "Since",
        "visibleWhen": [{"field": "mode", "is": ["since"]}],
        "requiredWhen": [{"field": "mode", "is": ["since"]}]
      },
      "notify": {"id": "notify", "name": "notify", "type": "checkbox", "label": "Tell me about errors"},
      "email": {
        "id": "email",
        "name": "email",
        "type": "text",
        "label": "Email address",
        "visibleWhen": [{"field": "notify", "is": [true]}],
        "omitWhenValueIs": [""]
      }
    },
    "layout": {"fields": ["mode", "since", "notify", "email"]}
  }
}"##,
            input: r##"{
  "mode": "since",
  "since": "2026-11-01"
}"##,
            options: r##"{}"##,
        },
        Example {
            name: "Field dictionary",
            rules: r##"{
  "form": {
    "fieldMap": {
      "text": {"id": "text", "name": "text", "type": "text", "label": "Text", "placeholder": "One line", "helpText": "What people see below the field."},
      "area": {"id": "area", "name": "area", "type": "textarea", "label": "Long text"},
      "count": {"id": "count", "name": "count", "type": "text", "inputType": "number", "label": "Number", "defaultValue": 5},
      "secret": {"id": "secret", "name": "secret", "type": "password", "label": "Password"},
      "check": {"id": "check", "name": "check", "type": "checkbox", "label": "Check box"},
      "switch": {"id": "switch", "name": "switch", "type": "toggle", "label": "Switch", "defaultValue": true},
      "radio": {"id": "radio", "name": "radio", "type": "radiogroup", "label": "One of few", "defaultValue": "a",
        "options": [{"items": [{"label": "First", "value": "a"}, {"label": "Second", "value": "b"}]}]},
      "select": {"id": "select", "name": "select", "type": "select", "label": "One of many",
        "options": [{"items": ["Denmark", "France", "Italy"]}]},
      "several": {"id": "several", "name": "several", "type": "multiselect", "label": "Several",
        "options": [{"items": ["Orders", "Refunds", "Stock"]}]},
      "day": {"id": "day", "name": "day", "type": "date", "label": "Day"},
      "time": {"id": "time", "name": "time", "type": "datetime", "label": "Day and time"},
      "uri": {"id": "uri", "name": "uri", "type": "relativeuri", "label": "Relative URI"},
      "pairs": {"id": "pairs", "name": "pairs", "type": "keyvalue", "label": "Names and values"}
    },
    "layout": {
      "containers": [
        {"label": "Texts", "fields": ["text", "area", "count", "secret"]},
        {"label": "Choices", "fields": ["check", "switch", "radio", "select", "several"]},
        {"label": "Times and others", "fields": ["day", "time", "uri", "pairs"]}
      ]
    }
  }
}"##,
            input: r##"{}"##,
            options: r##"{}"##,
        },
    ],
};
