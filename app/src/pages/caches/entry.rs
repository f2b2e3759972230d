//! The dialog of one entry: its key, and its value by its type.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_wire::store::CallError;

use super::data::Data;
use super::texts::Entry;
use crate::browser::page;
use crate::components::{Dialog, Field, Icon, SelectBox, described_by};

const KEY: &str = "entry-key";
const VALUE: &str = "entry-value";

/// The types of a value: keys and words.
const TYPES: [(&str, &str); 5] =
    [("text", "Text"), ("number", "Number"), ("boolean", "Yes or no"), ("null", "Null"), ("json", "Object or list")];

/// What is being typed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edited {
    /// The key that it had; nothing for a new entry.
    was: Option<String>,
    key: String,
    kind: &'static str,
    text: String,
}

impl Edited {
    pub(super) fn fresh() -> Self {
        Self { was: None, key: String::new(), kind: "text", text: String::new() }
    }

    pub(super) fn of((key, value): &Entry) -> Self {
        let (kind, text) = match value {
            Value::String(text) => ("text", text.clone()),
            Value::Number(number) => ("number", number.to_string()),
            Value::Bool(on) => ("boolean", on.to_string()),
            Value::Null => ("null", String::new()),
            other => ("json", serde_json::to_string_pretty(other).unwrap_or_default()),
        };
        Self { was: Some(key.clone()), key: key.clone(), kind, text }
    }

    /// The value of what is typed.
    fn value(&self) -> Result<Value, String> {
        match self.kind {
            "number" => match serde_json::from_str(self.text.trim()) {
                Ok(value @ Value::Number(_)) => Ok(value),
                _ => Err(format!("“{}” is not a number: one looks like 42 or 1.5.", self.text.trim())),
            },
            "boolean" => Ok(Value::Bool(self.text == "true")),
            "null" => Ok(Value::Null),
            "json" => match serde_json::from_str(&self.text) {
                Ok(value @ (Value::Object(_) | Value::Array(_))) => Ok(value),
                Ok(_) => Err("An object begins with { and a list with [.".to_owned()),
                Err(error) => Err(format!("This is not JSON: {error}.")),
            },
            _ => Ok(Value::from(self.text.clone())),
        }
    }

    fn key_problem(&self) -> Option<String> {
        match self.key.len() {
            0 => Some("Enter a key.".to_owned()),
            1..=1_024 => None,
            _ => Some("A key has at most 1,024 bytes. Shorten it.".to_owned()),
        }
    }
}

/// That the key which is typed is another entry's.
fn clash(edited: &Edited, taken: Option<&str>) -> Option<String> {
    let clashes = taken == Some(edited.key.as_str()) && edited.was.as_deref() != taken;
    clashes.then(|| format!("“{}” is there already. Change that entry, or choose another key.", edited.key))
}

/// Writes an entry, in place of the one whose key was changed; tells whether it did: what another entry has under this
/// key stays.
async fn put(data: Data, was: Option<String>, key: String, value: Value) -> Result<bool, CallError> {
    if was.as_ref() != Some(&key) && data.has(&key).await? {
        return Ok(false);
    }
    let gone = was.filter(|was| *was != key).into_iter().collect();
    data.write(vec![(key, value)], gone).await.map(|()| true)
}

/// Open while an entry is edited.
#[component]
pub(super) fn EntryDialog(data: Data, editing: RwSignal<Option<Edited>>) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        let wanted = editing.with(Option::is_some);
        if open.get_untracked() != wanted {
            open.set(wanted);
            page::focus_soon(vec![KEY.to_owned(), VALUE.to_owned()]);
        }
    });
    Effect::new(move |_| {
        if !open.get() && editing.with_untracked(Option::is_some) {
            editing.set(None);
        }
    });
    view! {
        <Dialog open=open title="Entry">{move || editing.get_untracked().map(|edited| view! { <Form data=data edited=edited open=open/> })}</Dialog>
    }
}

#[component]
fn Form(data: Data, edited: Edited, open: RwSignal<bool>) -> impl IntoView {
    let fresh = edited.was.is_none();
    let edited = RwSignal::new(edited);
    let (tried, busy) = (RwSignal::new(false), RwSignal::new(false));
    let failed = RwSignal::new(None::<String>);
    // A key that another entry has, which writing would replace.
    let taken = RwSignal::new(None::<String>);
    let key_problem = Signal::derive(move || {
        let wrong = || {
            edited
                .with(Edited::key_problem)
                .or_else(|| edited.with(|edited| taken.with(|taken| clash(edited, taken.as_deref()))))
        };
        tried.get().then(wrong).flatten()
    });
    let value_problem = Signal::derive(move || {
        edited.with(|edited| edited.value().err().filter(|_| tried.get() || !edited.text.trim().is_empty()))
    });
    let kind = Memo::new(move |_| edited.with(|edited| edited.kind.to_owned()));
    let types = Signal::derive(|| TYPES.map(|(key, words)| (key.to_owned(), words.to_owned())).to_vec());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        let (now, value) = edited.with_untracked(|edited| (edited.clone(), edited.value()));
        let wrong = now.key_problem().is_some();
        let Some(value) = value.ok().filter(|_| !wrong && !busy.get_untracked()) else {
            return page::focus_soon(vec![if wrong { KEY } else { VALUE }.to_owned()]);
        };
        busy.set(true);
        spawn_local(async move {
            match put(data, now.was, now.key.clone(), value).await {
                Ok(true) => drop(open.try_set(false)),
                Ok(false) => {
                    taken.try_set(Some(now.key));
                    page::focus_soon(vec![KEY.to_owned()]);
                }
                Err(error) => drop(failed.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    let choose = move |key: String| {
        let known = TYPES.iter().find(|(have, _)| *have == key).map_or("text", |(have, _)| have);
        edited.update(|edited| edited.kind = known);
    };
    view! {
        <form class="dialog-body form" novalidate=true on:submit=submit>
            <Field label="Key" name=KEY error=key_problem><input class="input code" id=KEY autocomplete="off" aria-required="true" aria-describedby=described_by(KEY) aria-invalid=move || key_problem.with(Option::is_some).to_string()
                prop:value=move || edited.with(|edited| edited.key.clone()) on:input=move |event| edited.update(|edited| edited.key = event_target_value(&event))/></Field>
            <Field label="Type" name="entry-type"><SelectBox name="entry-type" value=kind choices=types on_change=Callback::new(choose)/></Field>
            {move || match kind.get().as_str() {
                "null" => ().into_any(),
                "boolean" => {
                    let on = Signal::derive(move || edited.with(|edited| (edited.text == "true").to_string()));
                    let choices = Signal::derive(|| vec![("true".to_owned(), "Yes".to_owned()), ("false".to_owned(), "No".to_owned())]);
                    view! { <Field label="Value" name=VALUE><SelectBox name=VALUE value=on choices=choices on_change=Callback::new(move |key: String| edited.update(|edited| edited.text = key))/></Field> }.into_any()
                }
                _ => view! {
                    <Field label="Value" name=VALUE error=value_problem><textarea class="input code" id=VALUE rows="5" spellcheck="false" aria-describedby=described_by(VALUE) aria-invalid=move || value_problem.with(Option::is_some).to_string()
                        prop:value=move || edited.with(|edited| edited.text.clone()) on:input=move |event| edited.update(|edited| edited.text = event_target_value(&event))></textarea></Field>
                }.into_any(),
            }}
            {move || failed.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
            <footer class="dialog-foot"><button class="button primary" type="submit" aria-busy=move || busy.get().to_string()>{if fresh { "Add entry" } else { "Change entry" }}</button></footer>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_is_edited_by_its_type_and_is_the_same_when_nothing_is_typed() {
        for value in
            [json!("42"), json!(42), json!(1.5), json!(true), json!(false), Value::Null, json!({"a": [1]}), json!([])]
        {
            assert_eq!(Edited::of(&("k".into(), value.clone())).value(), Ok(value));
        }
        let typed = |kind, text: &str| Edited { was: None, key: "k".into(), kind, text: text.into() }.value();
        assert_eq!(typed("number", " 7 "), Ok(json!(7)));
        assert!(typed("number", "seven").is_err_and(|why| why.contains("“seven”")));
        assert!(typed("json", "3").is_err());
        assert_eq!(typed("text", "true"), Ok(json!("true")));
    }

    #[test]
    fn a_key_of_another_entry_is_refused_until_another_is_typed() {
        let edited =
            |was: Option<&str>| Edited { was: was.map(Into::into), key: "a".into(), kind: "text", text: String::new() };
        assert!(clash(&edited(None), Some("a")).is_some_and(|why| why.contains("“a”")));
        assert_eq!(clash(&edited(None), Some("b")), None, "another key is typed by now");
        assert_eq!(clash(&edited(Some("a")), Some("a")), None, "it is its own");
    }
}
