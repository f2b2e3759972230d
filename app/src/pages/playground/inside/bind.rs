//! The content of an editor and the fields of a resource that it shows, kept the same whoever writes.
//!
//! Rules of several fields are written field by field; what is no JSON yet is not written.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Map, Value, json};
use tombolo_model::{Intent, difference, path as paths};

use super::places::{Place, Shown};
use crate::components::Typed;
use crate::components::editor::{Content, Editor, OptionField, OptionKind};
use crate::state::Doc;

/// What the rules are made of, as an object; nothing where they are a text, or there are none.
fn composed(doc: Doc, shown: Shown, here: &str) -> Option<Value> {
    let mut object = Map::new();
    let mut take = |name: &str, path: &str| {
        if let Some(value) = doc.at(path).filter(|value| !value.is_null()) {
            object.insert(name.to_owned(), value);
        }
    };
    match shown {
        Shown::Fields(fields) => fields.iter().for_each(|(name, path)| take(name, path)),
        Shown::List(name) => take(name, here),
        Shown::Text | Shown::Nothing => return None,
    }
    Some(Value::Object(object))
}

/// The places of what an object says, and what it says of them.
fn parts(shown: Shown, here: &str, rules: &Value) -> Vec<(String, Option<Value>)> {
    let said = |name: &str| rules.get(name).filter(|value| !value.is_null()).cloned();
    match shown {
        Shown::Fields(fields) => fields.iter().map(|(name, path)| ((*path).to_owned(), said(name))).collect(),
        Shown::List(name) => vec![(here.to_owned(), said(name))],
        Shown::Text | Shown::Nothing => Vec::new(),
    }
}

/// What has to be done for a place to have another value: the fields in it that differ, and no others.
fn change(path: &str, had: Option<Value>, have: Option<Value>) -> Vec<Intent> {
    match (had, have) {
        (None, None) => Vec::new(),
        (Some(_), None) => vec![Intent::Remove { path: path.to_owned() }],
        (None, Some(value)) => vec![Intent::Set { path: path.to_owned(), value }],
        (Some(had), Some(have)) => difference::intents(&nested(path, had), &nested(path, have)),
    }
}

fn nested(path: &str, value: Value) -> Value {
    paths::split(path).into_iter().rev().fold(value, |inner, name| json!({ name: inner }))
}

fn pretty(value: &Value) -> String {
    let nothing = value.as_object().is_some_and(Map::is_empty);
    if nothing { String::new() } else { serde_json::to_string_pretty(value).unwrap_or_default() }
}

/// Whether a text can be a field of the rules.
fn is_known(shown: Shown, name: &str) -> bool {
    match shown {
        Shown::Fields(fields) => fields.iter().any(|(known, _)| *known == name),
        Shown::List(known) => known == name,
        Shown::Text | Shown::Nothing => true,
    }
}

/// What a text says of the fields that there are; nothing while it is no object.
fn heard(shown: Shown, text: &str) -> Option<Map<String, Value>> {
    let rules = if text.trim().is_empty() { json!({}) } else { serde_json::from_str(text).ok()? };
    let Value::Object(mut rules) = rules else { return None };
    rules.retain(|name, value| !value.is_null() && is_known(shown, name));
    Some(rules)
}

/// The resource's text, where it says what was typed, in whatever order; else what was typed.
fn again(shown: Shown, text: &str, now: &str) -> String {
    let typed = heard(shown, text);
    if typed.is_some() && typed == heard(shown, now) { now.to_owned() } else { text.to_owned() }
}

/// Why rules of several fields, or a part of them, cannot be kept.
pub(super) fn unkept(shown: Shown, text: &str) -> Option<String> {
    if text.trim().is_empty() || matches!(shown, Shown::Text | Shown::Nothing) {
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

/// The rules of several fields as one text that is typed in.
fn object(doc: Doc, shown: Shown, here: StoredValue<String>) -> Typed {
    let value = Signal::derive(move || {
        here.try_with_value(|here| composed(doc, shown, here)).flatten().map(|value| pretty(&value)).unwrap_or_default()
    });
    let write = Callback::new(move |text: String| {
        let Ok(rules @ Value::Object(_)) = serde_json::from_str::<Value>(&text) else { return };
        let all = here.try_with_value(|here| parts(shown, here, &rules)).unwrap_or_default();
        let now = |path: &str| untrack(|| doc.at(path)).filter(|value| !value.is_null());
        let intents: Vec<_> = all.into_iter().flat_map(|(path, have)| change(&path, now(&path), have)).collect();
        if !intents.is_empty() {
            doc.edit(intents);
        }
    });
    Typed::value_as(value, write, move |text| again(shown, text, &value.get_untracked()))
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
        Shown::Nothing => None,
    }
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

/// Whether what was typed is what the option holds: half a number is kept as a text while it is typed.
fn is_whole(kind: OptionKind, value: Option<&Value>) -> bool {
    !matches!((kind, value), (OptionKind::Number(_), Some(Value::String(_))))
}

/// The options that a resource has.
pub(super) fn options_of(doc: Doc, editor: &Editor, at: &dyn Fn(&str) -> String) -> Map<String, Value> {
    let said = |name: &str| doc.at(&at(name)).filter(|value| !value.is_null());
    editor.options.iter().filter_map(|field| Some((field.name.to_owned(), said(field.name)?))).collect()
}

/// Keeps the options the same as the fields. While something that was chosen here is on its way, the resource says less.
pub(super) fn options(doc: Doc, place: &'static Place, editor: &'static Editor, content: Content) {
    // Where they are is as it was when the editor was opened: it shows this kind of file until it is closed.
    let kind = untrack(|| doc.text("/file/type"));
    let at = move |name: &str| place.option(name, &|_| kind.clone());
    let there = StoredValue::new(at);
    let away = RwSignal::new(0_usize);
    Effect::new(move |before: Option<()>| {
        let said = there.with_value(|at| options_of(doc, editor, at));
        if before.is_some() && away.get() == 0 && content.options.with_untracked(|options| *options != said) {
            content.options.set(said);
        }
    });
    Effect::new(move |before: Option<()>| {
        let chosen = content.options.get();
        if before.is_none() {
            return;
        }
        let said = untrack(|| there.with_value(|at| options_of(doc, editor, at)));
        let differs = |field: &&OptionField| chosen.get(field.name) != said.get(field.name);
        let intents: Vec<_> = editor
            .options
            .iter()
            .filter(differs)
            .filter(|field| is_whole(field.kind, chosen.get(field.name)))
            .flat_map(|field| {
                let path = there.with_value(|at| at(field.name));
                change(&path, said.get(field.name).cloned(), chosen.get(field.name).cloned())
            })
            .collect();
        if intents.is_empty() {
            return;
        }
        away.update(|away| *away += 1);
        spawn_local(async move {
            if let Err(error) = doc.try_edit(intents).await {
                doc.app.toasts.fail(error.message);
            }
            away.try_update(|away| *away -= 1);
        });
    });
}

#[cfg(test)]
mod tests {
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
    fn half_a_number_of_an_option_is_not_written() {
        assert!(!is_whole(OptionKind::Number(""), Some(&json!("1x"))));
        assert!(is_whole(OptionKind::Number(""), Some(&json!(1))) && is_whole(OptionKind::Number(""), None));
        assert!(is_whole(OptionKind::Text(""), Some(&json!("1x"))));
    }

    #[test]
    fn what_is_no_json_yet_stays_as_it_is_typed() {
        let shown = Shown::Fields(&[("a", "/a")]);
        assert_eq!(again(shown, "{\"a\":1}", "{\n  \"a\": 1\n}"), "{\n  \"a\": 1\n}");
        assert_eq!((again(shown, "{\"a\":", ""), again(shown, "{}", "")), ("{\"a\":".to_owned(), String::new()));
    }

    #[test]
    fn rules_are_heard_again_in_another_order_and_without_fields_that_there_are_not() {
        let shown = Shown::Fields(&[("a", "/a"), ("b", "/b")]);
        let now = r#"{"a": {"x": 1, "y": 2}, "b": 3}"#;
        assert_eq!(again(shown, r#"{"b": 3, "c": 4, "a": {"y": 2, "x": 1}}"#, now), now);
        let typed = r#"{"b": 3}"#;
        assert_eq!(again(shown, typed, now), typed);
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
