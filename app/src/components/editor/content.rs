//! What somebody has in an editor, and the question that it makes.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tombolo_model::test_case::TestQuestion;
use tombolo_wire::eval_worker::{Ask, Given};

use super::describe::{Editor, Example, InputAs, Of, OptionKind, RulesAs};

/// The content of an editor as it is kept and shared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// The rules.
    #[serde(default)]
    pub rules: String,
    /// The input.
    #[serde(default)]
    pub input: String,
    /// The options that were set.
    #[serde(default)]
    pub options: Map<String, Value>,
}

impl From<&Example> for Saved {
    fn from(example: &Example) -> Self {
        Self {
            rules: example.rules.to_owned(),
            input: example.input.to_owned(),
            options: serde_json::from_str(example.options).unwrap_or_default(),
        }
    }
}

/// The content of an editor while it is on the screen.
#[derive(Clone, Copy)]
pub(crate) struct Content {
    /// The rules.
    pub rules: RwSignal<String>,
    /// The input.
    pub input: RwSignal<String>,
    /// The options that were set.
    pub options: RwSignal<Map<String, Value>>,
    /// How often something else was put in the place of all of it.
    puts: StoredValue<u32>,
}

impl Content {
    /// With this in it.
    pub(crate) fn new(saved: Saved) -> Self {
        Self {
            rules: RwSignal::new(saved.rules),
            input: RwSignal::new(saved.input),
            options: RwSignal::new(saved.options),
            puts: StoredValue::new(0),
        }
    }

    /// Puts something else in.
    pub(crate) fn put(self, saved: Saved) {
        self.puts.update_value(|puts| *puts += 1);
        self.rules.set(saved.rules);
        self.input.set(saved.input);
        self.options.set(saved.options);
    }

    /// How often something else was put in.
    pub(crate) fn times_put(self) -> u32 {
        self.puts.try_get_value().unwrap_or_default()
    }

    /// Asks to be told of every change.
    pub(crate) fn track(self) {
        self.rules.track();
        self.input.track();
        self.options.track();
    }

    /// What is in it now; nothing once the screen is gone.
    pub(crate) fn saved(self) -> Option<Saved> {
        Some(Saved {
            rules: self.rules.try_get_untracked()?,
            input: self.input.try_get_untracked()?,
            options: self.options.try_get_untracked()?,
        })
    }
}

impl Editor {
    /// The question that a content makes.
    pub(crate) fn ask(&self, saved: Saved) -> Ask {
        let options = self.options.iter().any(|field| field.of == Of::Options);
        Ask {
            n: 0,
            moment: None,
            name: self.eval.to_owned(),
            options: if options { Value::Object(self.set_of(Of::Options, &saved.options)) } else { Value::Null },
            rules: match self.rules.as_ref().map(|rules| (rules.given, rules.fixed)) {
                None => Given::Value(Value::Null),
                Some((RulesAs::Json, _)) => Given::Json(saved.rules),
                Some((RulesAs::Field(name), fixed)) => {
                    let mut rules: Map<String, Value> = serde_json::from_str(fixed).unwrap_or_default();
                    rules.extend(self.set_of(Of::Rules, &saved.options));
                    rules.insert(name.to_owned(), Value::String(saved.rules));
                    Given::Value(Value::Object(rules))
                }
            },
            input: match self.input.as_ref().map(|input| input.given) {
                Some(InputAs::Json) => Given::Json(saved.input),
                Some(InputAs::Text | InputAs::File) if !saved.input.is_empty() => {
                    Given::Value(Value::String(saved.input))
                }
                _ => Given::Value(Value::Null),
            },
        }
    }

    /// The content that makes a question.
    pub(crate) fn saved(&self, question: &TestQuestion) -> Saved {
        let pretty = |value: &Value| match value {
            Value::Null => String::new(),
            value => serde_json::to_string_pretty(value).unwrap_or_default(),
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut options = Map::new();
        for field in self.options {
            let from = if field.of == Of::Rules { &question.rules } else { &question.options };
            let Some(value) = from.get(field.name) else { continue };
            let value = if matches!(field.kind, OptionKind::Headers(_)) { lines(value) } else { value.clone() };
            options.insert(field.name.to_owned(), value);
        }
        Saved {
            rules: match self.rules.as_ref().map(|rules| rules.given) {
                None => String::new(),
                Some(RulesAs::Json) => pretty(&question.rules),
                Some(RulesAs::Field(name)) => question.rules.get(name).map(text).unwrap_or_default(),
            },
            input: match self.input.as_ref().map(|input| input.given) {
                None => String::new(),
                Some(InputAs::Json) => pretty(&question.input),
                Some(InputAs::Text | InputAs::File) => text(&question.input),
            },
            options,
        }
    }

    /// The options of one place that were set.
    fn set_of(&self, of: Of, options: &Map<String, Value>) -> Map<String, Value> {
        let mut set = Map::new();
        for field in self.options.iter().filter(|field| field.of == of) {
            if let Some(value) = options.get(field.name).filter(|value| !is_blank(value)) {
                let value = if matches!(field.kind, OptionKind::Headers(_)) { headers(value) } else { value.clone() };
                set.insert(field.name.to_owned(), value);
            }
        }
        set
    }
}

/// Whether an option is as good as not set.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Lines of `Name: value` as an export has them.
pub(crate) fn headers(lines: &Value) -> Value {
    let lines = lines.as_str().unwrap_or_default().lines();
    lines
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some(serde_json::json!({"name": name.trim(), "value": value.trim()}))
        })
        .collect()
}

/// Headers as lines of `Name: value`.
pub(crate) fn lines(headers: &Value) -> Value {
    let text = |header: &Value, field: &str| header.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let headers = headers.as_array().into_iter().flatten();
    Value::String(
        headers.map(|one| format!("{}: {}", text(one, "name"), text(one, "value"))).collect::<Vec<_>>().join("\n"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::components::editor::{Group, Input, Language, OptionField, Rules};

    const EDITOR: Editor = Editor {
        slug: "x",
        name: "X",
        group: Group::Templates,
        icon: "braces",
        about: "",
        eval: "httpRequest",
        rules: Some(Rules {
            title: "Body",
            language: Language::Template,
            given: RulesAs::Field("body"),
            fixed: r#"{"escape": "uri"}"#,
        }),
        input: Some(Input { title: "Input", language: Language::Json, given: InputAs::Json }),
        options: &[
            OptionField { name: "method", label: "Method", kind: OptionKind::Text(""), of: Of::Rules },
            OptionField { name: "headers", label: "Headers", kind: OptionKind::Headers(""), of: Of::Rules },
            OptionField { name: "at", label: "At", kind: OptionKind::Number(""), of: Of::Options },
        ],
        stubs: &[],
        examples: &[],
    };

    fn asked(options: &Value) -> Ask {
        let options = options.as_object().unwrap().clone();
        EDITOR.ask(Saved { rules: "b".to_owned(), input: "{}".to_owned(), options })
    }

    #[test]
    fn options_go_where_the_editor_says_and_the_text_beside_them() {
        let ask = asked(&json!({"method": "PUT", "at": 1, "headers": "A: b:c\nnone\n D :e ", "strange": 1}));
        let headers = json!([{"name": "A", "value": "b:c"}, {"name": "D", "value": "e"}]);
        let rules = json!({"escape": "uri", "method": "PUT", "headers": headers, "body": "b"});
        assert_eq!(ask.rules, Given::Value(rules));
        assert_eq!((ask.options, ask.input), (json!({"at": 1}), Given::Json("{}".to_owned())));
    }

    #[test]
    fn a_question_becomes_the_content_that_makes_it() {
        let ask = asked(&json!({"method": "PUT", "at": 1, "headers": "A: b:c\nD: e"}));
        let value = |given: &Given| match given {
            Given::Value(value) => value.clone(),
            Given::Json(text) => serde_json::from_str(text).unwrap(),
        };
        let (rules, input) = (value(&ask.rules), value(&ask.input));
        let question = TestQuestion { rules, input, options: ask.options.clone(), ..TestQuestion::default() };
        assert_eq!(EDITOR.ask(EDITOR.saved(&question)), ask);
    }

    #[test]
    fn an_option_that_was_emptied_is_not_sent() {
        let ask = asked(&json!({"method": "", "at": null}));
        assert_eq!((ask.rules, ask.options), (Given::Value(json!({"escape": "uri", "body": "b"})), json!({})));
    }
}
