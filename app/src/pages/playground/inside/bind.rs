//! The content of an editor and the fields of a resource that it shows, kept the same whoever writes.
//!
//! Rules of several fields are written field by field (`object`); what is no JSON yet is not written.

use leptos::prelude::*;
use serde_json::{Map, Value, json};

use super::graphql::Body;
use super::object::object;
use super::options::{is_list, stored};
use super::places::Shown;
use crate::components::editor::{Content, OptionKind};
use crate::components::{Reading, Shared, Typed, change};
use crate::state::Doc;

/// What the rules are made of, as an object; nothing where they are a text, or there are none.
pub(super) fn composed(doc: Doc, shown: Shown, here: &str) -> Option<Value> {
    let mut object = Map::new();
    let mut take = |name: &str, path: &str| {
        if let Some(value) = doc.at(path).filter(|value| !value.is_null()) {
            object.insert(name.to_owned(), value);
        }
    };
    match shown {
        Shown::Fields(fields) => fields.iter().for_each(|(name, path)| take(name, path)),
        Shown::List(name) => take(name, here),
        Shown::Text | Shown::Other(_) | Shown::Nothing => return None,
    }
    Some(Value::Object(object))
}

/// The places of what an object says, and what it says of them.
pub(super) fn parts(shown: Shown, here: &str, rules: &Value) -> Vec<(String, Option<Value>)> {
    let said = |name: &str| rules.get(name).filter(|value| !value.is_null()).cloned();
    match shown {
        Shown::Fields(fields) => fields.iter().map(|(name, path)| ((*path).to_owned(), said(name))).collect(),
        Shown::List(name) => vec![(here.to_owned(), said(name))],
        Shown::Text | Shown::Other(_) | Shown::Nothing => Vec::new(),
    }
}

/// Rules as they are shown; of none, nothing.
pub(super) fn pretty(value: &Value) -> String {
    let nothing = value.as_object().is_some_and(Map::is_empty);
    if nothing { String::new() } else { serde_json::to_string_pretty(value).unwrap_or_default() }
}

/// Whether a text can be a field of the rules.
fn is_known(shown: Shown, name: &str) -> bool {
    match shown {
        Shown::Fields(fields) => fields.iter().any(|(known, _)| *known == name),
        Shown::List(known) => known == name,
        Shown::Text | Shown::Other(_) | Shown::Nothing => true,
    }
}

/// What a text says of the fields that there are; nothing while it is no object.
pub(super) fn heard(shown: Shown, text: &str) -> Option<Map<String, Value>> {
    let rules = if text.trim().is_empty() { json!({}) } else { serde_json::from_str(text).ok()? };
    let Value::Object(mut rules) = rules else { return None };
    rules.retain(|name, value| !value.is_null() && is_known(shown, name));
    Some(rules)
}

/// Why rules of several fields, or a part of them, cannot be kept.
pub(super) fn unkept(shown: Shown, text: &str) -> Option<String> {
    if text.trim().is_empty() || matches!(shown, Shown::Text | Shown::Other(_) | Shown::Nothing) {
        return None;
    }
    let Ok(Value::Object(rules)) = serde_json::from_str(text) else {
        return Some(
            "What you wrote last is no JSON object and was not kept. Open the editor and write it again.".into(),
        );
    };
    let unknown: Vec<_> = rules.keys().filter(|name| !is_known(shown, name)).map(|name| format!("“{name}”")).collect();
    (!unknown.is_empty()).then(|| format!("{} was not kept: these rules have no such field.", unknown.join(", ")))
}

/// The text of the rules as it is typed in; nothing where there are none.
pub(super) fn typed(
    doc: Doc,
    shown: Shown,
    here: StoredValue<String>,
    text: Option<Callback<(), Typed>>,
) -> Option<Typed> {
    match shown {
        Shown::Text => text.map(|text| text.run(())),
        Shown::Fields(_) | Shown::List(_) => Some(object(doc, shown, here)),
        Shown::Other(path) => Some(text_of(doc, path)),
        Shown::Nothing => None,
    }
}

/// A text of the resource as it is typed in; of a list, the first.
fn text_of(doc: Doc, path: &'static str) -> Typed {
    if doc.is_text(path) {
        return Shared::new(doc, path.to_owned(), Reading::default(), None).into();
    }
    let write = Callback::new(move |text: String| {
        let had = untrack(|| doc.at(path));
        let is_list = is_list(doc.kind.get_untracked(), path);
        let have = stored(OptionKind::Text(""), is_list, Some(&text.into()), None, had.as_ref());
        let intents = change(path, had, have);
        if !intents.is_empty() {
            doc.edit(intents);
        }
    });
    Typed::value(Signal::derive(move || doc.text(path)), write)
}

/// Keeps the parts of a query the same as the body that it is in.
pub(super) fn query(typed: Typed, content: Content) {
    let parts = move || Body {
        query: content.rules.get(),
        variables: text_option(&content.options.get(), "variables"),
        operation: text_option(&content.options.get(), "operationName"),
    };
    Effect::new(move |before: Option<()>| {
        let (text, _) = typed.shown();
        let now = untrack(parts);
        // What is half written may be read as something else: it stays as it is.
        let Some(body) = Body::read(&text).filter(|body| *body != now && now.written() != text) else { return };
        if before.is_some() {
            content.rules.set(body.query.clone());
            content.options.set(query_options(&body));
        }
    });
    Effect::new(move |before: Option<()>| {
        let body = parts();
        let text = untrack(|| typed.shown().0);
        if before.is_some() && Body::read(&text).as_ref() != Some(&body) && body.written() != text {
            typed.type_in(body.written());
        }
    });
}

/// What an option says that is a text; empty where there is none.
pub(super) fn text_option(options: &Map<String, Value>, name: &str) -> String {
    options.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What a query has beside it, as the editor has it.
pub(super) fn query_options(body: &Body) -> Map<String, Value> {
    let set = [("variables", &body.variables), ("operationName", &body.operation)];
    let there = set.into_iter().filter(|(_, text)| !text.is_empty());
    there.map(|(name, text)| (name.to_owned(), text.clone().into())).collect()
}

/// Keeps the rules the same as the fields.
pub(super) fn rules(typed: Typed, rules: RwSignal<String>) {
    Effect::new(move |_| {
        let (text, _) = typed.shown();
        rules.try_maybe_update(|rules| {
            let news = *rules != text;
            *rules = text;
            (news, ())
        });
    });
    Effect::new(move |before: Option<()>| {
        let text = rules.get();
        if before.is_some() && untrack(|| typed.shown().0) != text {
            typed.type_in(text);
        }
    });
}

#[cfg(test)]
mod tests {
    use tombolo_model::Intent;

    use super::*;

    #[test]
    fn rules_of_several_fields_are_written_field_by_field() {
        let shown = Shown::Fields(&[("form", "/settingsForm/form"), ("other", "/other")]);
        let all = parts(shown, "", &json!({"form": {"fieldMap": {"a": 1, "b": 3}}, "other": null}));
        let (path, have) = all[0].clone();
        let had = json!({"fieldMap": {"a": 1, "b": 2}});
        let set = Intent::Set { path: "/settingsForm/form/fieldMap/b".to_owned(), value: json!(3) };
        assert_eq!(change(&path, Some(had), have), [set]);
        assert_eq!(change(&all[1].0, Some(json!(1)), all[1].1.clone()), [Intent::Remove { path: "/other".to_owned() }]);
        assert_eq!(change(&all[1].0, None, None), []);
    }

    #[test]
    fn a_list_of_a_flow_is_the_only_field_of_its_rules() {
        let here = "/pageProcessors/r1/responseMapping/fields";
        let rows = json!([{"extract": "id", "generate": "shopId"}]);
        let all = parts(Shown::List("fields"), here, &json!({ "fields": rows }));
        assert_eq!(all, [(here.to_owned(), Some(rows.clone()))]);
        assert_eq!(change(here, None, Some(rows.clone())), [Intent::Set { path: here.to_owned(), value: rows }]);
    }

    #[test]
    fn who_leaves_rules_that_cannot_be_kept_hears_which() {
        let shown = Shown::List("fields");
        assert!(unkept(shown, "{").is_some_and(|why| why.contains("no JSON object")));
        assert!(unkept(shown, r#"{"fields": [], "rows": []}"#).is_some_and(|why| why.starts_with("“rows” was")));
        assert_eq!((unkept(shown, r#"{"fields": []}"#), unkept(shown, " ")), (None, None));
        assert_eq!(unkept(Shown::Text, "{"), None);
    }
}
