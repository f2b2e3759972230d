//! The content of an editor and the fields of a resource that it shows, kept the same whoever writes.
//!
//! Rules of several fields are written field by field (`object`); what is no JSON yet is not written.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Map, Value, json};
use tombolo_model::Kind;
use tombolo_model::forms::Input;

use super::graphql::Body;
use super::object::object;
use super::places::{Place, Shown};
use crate::components::editor::{Content, Editor, OptionField, OptionKind, header_lines, header_rows};
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

/// Whether a resource has a list there, with one item for each operation, also where there is nothing yet.
fn is_list(kind: Option<Kind>, path: &str) -> bool {
    kind == Some(Kind::Import) && matches!(path, "/http/method" | "/http/relativeURI" | "/http/body")
}

/// A text of the resource as it is typed in; of a list, the first.
fn text_of(doc: Doc, path: &'static str) -> Typed {
    if doc.is_text(path) {
        return Shared::new(doc, path.to_owned(), Reading::default(), None).into();
    }
    let write = Callback::new(move |text: String| {
        let had = untrack(|| doc.at(path));
        let have =
            stored(OptionKind::Text(""), is_list(doc.kind.get_untracked(), path), Some(&text.into()), had.as_ref());
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

fn text_option(options: &Map<String, Value>, name: &str) -> String {
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

/// Whether what was typed is what the option holds: half a number is kept as a text while it is typed.
fn is_whole(kind: OptionKind, value: Option<&Value>) -> bool {
    !matches!((kind, value), (OptionKind::Number(_), Some(Value::String(_))))
}

/// An option as the editor has it: headers are lines, and of a list it is the first.
fn shown(kind: OptionKind, value: Value) -> Value {
    match (kind, value) {
        (OptionKind::Headers(_), value) => header_lines(&value),
        (OptionKind::Text(_) | OptionKind::Choice(_), Value::Array(mut items)) if !items.is_empty() => items.remove(0),
        (_, value) => value,
    }
}

/// The same as the resource has it, where it has `had` now.
fn stored(kind: OptionKind, is_list: bool, chosen: Option<&Value>, had: Option<&Value>) -> Option<Value> {
    match kind {
        // What else a header has stays.
        OptionKind::Headers(_) if had.is_some_and(|had| Some(&header_lines(had)) == chosen) => had.cloned(),
        OptionKind::Headers(_) => {
            Some(header_rows(chosen?)).filter(|rows| rows.as_array().is_some_and(|rows| !rows.is_empty()))
        }
        OptionKind::Text(_) | OptionKind::Choice(_) if is_list || had.is_some_and(Value::is_array) => {
            Input::Item(0).value(chosen.and_then(Value::as_str).unwrap_or_default(), had)
        }
        _ => chosen.cloned(),
    }
}

/// The options that a resource has.
pub(super) fn options_of(doc: Doc, editor: &Editor, at: &dyn Fn(&str) -> String) -> Map<String, Value> {
    let said = |name: &str| doc.at(&at(name)).filter(|value| !value.is_null());
    let one = |field: &OptionField| Some((field.name.to_owned(), shown(field.kind, said(field.name)?)));
    editor.options.iter().filter_map(one).collect()
}

/// Keeps the options the same as the fields. While something that was chosen here is on its way, the resource says less.
pub(super) fn options(doc: Doc, place: &'static Place, editor: &'static Editor, content: Content) {
    // Where they are is as it was when the editor was opened: it shows this kind of file until it is closed.
    let kind = untrack(|| doc.text("/file/type"));
    let at = move |name: &str| place.option(name, &|_| kind.clone());
    let there = StoredValue::new(at);
    let away = RwSignal::new(0_usize);
    let had = move |field: &OptionField| {
        let path = there.with_value(|at| at(field.name));
        let had = doc.at(&path).filter(|value| !value.is_null());
        (is_list(doc.kind.get_untracked(), &path), path, had)
    };
    Effect::new(move |before: Option<()>| {
        let mut said = there.with_value(|at| options_of(doc, editor, at));
        // Half a header is no header yet, and stays as it is typed.
        for field in editor.options {
            let (is_list, _, had) = had(field);
            let chosen = content.options.with_untracked(|options| options.get(field.name).cloned());
            if let Some(chosen) = chosen.filter(|chosen| stored(field.kind, is_list, Some(chosen), had.as_ref()) == had)
            {
                said.insert(field.name.to_owned(), chosen);
            }
        }
        if before.is_some() && away.get() == 0 && content.options.with_untracked(|options| *options != said) {
            content.options.set(said);
        }
    });
    Effect::new(move |before: Option<()>| {
        let chosen = content.options.get();
        if before.is_none() {
            return;
        }
        let intents: Vec<_> = editor
            .options
            .iter()
            .filter(|field| is_whole(field.kind, chosen.get(field.name)))
            .flat_map(|field| {
                let (is_list, path, had) = untrack(|| had(field));
                let have = stored(field.kind, is_list, chosen.get(field.name), had.as_ref());
                change(&path, had, have)
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
    fn half_a_number_of_an_option_is_not_written() {
        assert!(!is_whole(OptionKind::Number(""), Some(&json!("1x"))));
        assert!(is_whole(OptionKind::Number(""), Some(&json!(1))) && is_whole(OptionKind::Number(""), None));
        assert!(is_whole(OptionKind::Text(""), Some(&json!("1x"))));
    }

    #[test]
    fn the_options_of_a_request_are_fields_of_its_step() {
        let rows = json!([{"name": "A", "value": "b: c"}, {"name": "B", "value": ""}]);
        let headers = OptionKind::Headers("");
        assert_eq!(shown(headers, rows.clone()), json!("A: b: c\nB: "));
        assert_eq!(stored(headers, false, Some(&json!("A: b: c\nB:\nhalf")), None), Some(rows));
        assert_eq!(stored(headers, false, Some(&json!("half")), None), None);
        let more = json!([{"name": "A", "value": "b", "secret": false}]);
        assert_eq!(stored(headers, false, Some(&json!("A: b")), Some(&more)), Some(more));
        let (text, one) = (OptionKind::Text(""), json!("/a"));
        assert_eq!(shown(text, json!(["/a", "/b"])), one);
        assert_eq!(stored(text, true, Some(&one), None), Some(json!(["/a"])));
        assert_eq!(stored(text, true, Some(&json!("/c")), Some(&json!(["/a", "/b"]))), Some(json!(["/c", "/b"])));
        assert_eq!(stored(text, false, Some(&one), None), Some(one));
        assert!(is_list(Some(Kind::Import), "/http/body") && !is_list(Some(Kind::Export), "/http/body"));
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
