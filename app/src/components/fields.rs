//! Fields: label above, help below, the error in the help's place.
//!
//! A field that has the focus shows what is typed in it and never what comes from elsewhere meanwhile, so
//! that nobody's text jumps under their hands. It is applied a moment after the last key and on leaving.

use leptos::prelude::*;
use tombolo_model::Problem;
use tombolo_wire::store::Person;

use super::people::{Flag, in_field};
use super::{FieldConflict, Icon};
use crate::state::Doc;
use crate::words;

const PAUSE_MS: u32 = 350;
/// An edit that is not in the document by then has failed, and its field shows what is.
const ECHO_MS: u32 = 3_000;

/// A label with what belongs to it.
#[component]
pub(crate) fn Field(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(optional, into)] help: String,
    #[prop(optional)] optional: bool,
    #[prop(optional, into)] error: Signal<Option<String>>,
    /// Somebody else who is in it. That warns and does not lock.
    #[prop(optional, into)]
    held: Signal<Option<Person>>,
    children: Children,
) -> impl IntoView {
    let class = move || {
        held.with(|held| {
            held.as_ref()
                .map_or_else(|| "field".to_owned(), |person| format!("field held p{}", words::tint(&person.user.email)))
        })
    };
    view! {
        <div class=class>
            {move || held.get().map(|person| view! { <Flag person=person/> })}
            <label for=name>{label}{optional.then(|| view! { <span class="optional">"optional"</span> })}</label>
            {children()}
            {move || match error.get() {
                Some(error) => view! { <p class="error"><Icon name="triangle-alert"/>{error}</p> }.into_any(),
                None if help.is_empty() => ().into_any(),
                None => view! { <p class="help">{help.clone()}</p> }.into_any(),
            }}
        </div>
    }
}

/// A text that is forgotten as soon as `value` changes.
fn until_it_changes(value: Signal<String>) -> RwSignal<Option<String>> {
    let kept = RwSignal::new(None::<String>);
    Effect::new(move |before: Option<String>| {
        let now = value.get();
        if before.is_some_and(|before| before != now) {
            kept.set(None);
        }
        now
    });
    kept
}

/// A line of text that is applied as it is typed.
#[component]
pub(crate) fn TextBox(
    #[prop(into)] name: String,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] on_change: Callback<String>,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional, into)] placeholder: String,
    #[prop(optional)] code: bool,
    #[prop(optional)] secret: bool,
    #[prop(optional)] lines: u32,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] invalid: Signal<bool>,
    #[prop(optional, into)] on_focus: Option<Callback<bool>>,
    /// Applied on leaving and on Enter only: half of it would mean something else.
    #[prop(optional)]
    late: bool,
) -> impl IntoView {
    // A browser blurs a focused field while it takes it off the page, when its signals are gone already: hence `try_`.
    let draft = RwSignal::new(None::<String>);
    let sent = StoredValue::new(None::<String>);
    // What was typed stays on the screen after leaving until the document says it, so that nothing flickers.
    let left = until_it_changes(value);
    let apply = move |text: String| {
        let Some(known) = sent.try_get_value().and_then(|sent| sent.or_else(|| value.try_get_untracked())) else {
            return;
        };
        if known != text {
            sent.try_set_value(Some(text.clone()));
            on_change.try_run(text);
        }
    };
    let on_input = move |text: String| {
        draft.try_set(Some(text.clone()));
        if late {
            return;
        }
        gloo::timers::callback::Timeout::new(PAUSE_MS, move || {
            if draft.try_get_untracked().flatten().as_ref() == Some(&text) {
                apply(text);
            }
        })
        .forget();
    };
    let on_leave = move || {
        if let Some(text) = draft.try_get_untracked().flatten() {
            apply(text.clone());
            if value.try_get_untracked().is_some_and(|value| value != text)
                && sent.try_get_value().flatten().as_ref() == Some(&text)
            {
                left.try_set(Some(text));
                gloo::timers::callback::Timeout::new(ECHO_MS, move || {
                    left.try_set(None);
                })
                .forget();
            }
        }
        draft.try_set(None);
        sent.try_set_value(None);
        if let Some(on_focus) = on_focus {
            on_focus.try_run(false);
        }
    };
    let on_enter = move || {
        let waiting = left.get_untracked();
        sent.set_value(waiting.clone());
        draft.set(Some(waiting.unwrap_or_else(|| value.get_untracked())));
        if let Some(on_focus) = on_focus {
            on_focus.run(true);
        }
    };
    let shown = move || draft.get().or_else(|| left.get()).unwrap_or_else(|| value.get());
    let class = if code { "input code" } else { "input" };
    if lines > 1 {
        view! {
            <textarea class=class id=name.clone() name=name rows=lines aria-label=label placeholder=placeholder spellcheck="false" prop:value=shown
                prop:disabled=disabled aria-invalid=move || invalid.get().to_string()
                on:input=move |event| on_input(event_target_value(&event)) on:change=move |event| on_input(event_target_value(&event)) on:focus=move |_| on_enter() on:blur=move |_| on_leave()></textarea>
        }
        .into_any()
    } else {
        view! {
            <input class=class id=name.clone() name=name type=if secret { "password" } else { "text" } autocomplete=if secret { "new-password" } else { "off" }
                aria-label=label placeholder=placeholder spellcheck="false" prop:value=shown prop:disabled=disabled aria-invalid=move || invalid.get().to_string()
                on:input=move |event| on_input(event_target_value(&event)) on:change=move |event| on_input(event_target_value(&event)) on:focus=move |_| on_enter() on:blur=move |_| on_leave()
                on:keydown=move |event| if event.key() == "Enter" && let Some(text) = draft.try_get_untracked().flatten() { apply(text) }/>
        }
        .into_any()
    }
}

/// A choice among a few.
#[component]
pub(crate) fn SelectBox(
    #[prop(into)] name: String,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] choices: Signal<Vec<(String, String)>>,
    #[prop(into)] on_change: Callback<String>,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    view! {
        <select class="input select-native" id=name.clone() name=name aria-label=label prop:disabled=disabled
            on:change=move |event| on_change.run(event_target_value(&event)) prop:value=move || value.get()>
            {move || choices.get().into_iter().map(|(key, words)| {
                let chosen = value.get() == key;
                view! { <option value=key prop:selected=chosen>{words}</option> }
            }).collect_view()}
        </select>
    }
}

fn write(doc: Doc, path: &str, text: String, listed: bool, number: bool) {
    match text.trim().parse::<i64>() {
        Ok(whole) if number => doc.set(path, whole),
        _ if listed && !text.is_empty() => doc.set(path, vec![text]),
        _ => doc.set_text(path, text),
    }
}

/// The problem of a field, in words.
fn problem_at(doc: Doc, path: &str) -> Option<String> {
    doc.view.with(|view| {
        let problems: &[Problem] = view.as_ref().map_or(&[], |view| &view.problems);
        problems.iter().find(|problem| problem.path == path).map(|problem| problem.message.clone())
    })
}

/// A field of a document.
#[component]
pub(crate) fn DocText(
    doc: Doc,
    path: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] help: String,
    #[prop(optional, into)] placeholder: String,
    #[prop(optional)] optional: bool,
    #[prop(optional)] code: bool,
    #[prop(optional)] lines: u32,
    /// The field is a list of texts of which this is the only one, as the import's `relativeURI` is.
    #[prop(optional)]
    listed: bool,
    /// The field is a whole number.
    #[prop(optional)]
    number: bool,
) -> impl IntoView {
    let error = Signal::derive(move || problem_at(doc, path));
    let held = Memo::new(move |_| in_field(doc.app, doc.id, path));
    let value = Signal::derive(move || doc.text(path));
    let name = path.trim_start_matches('/').replace('/', "-");
    view! {
        <Field label=label name=name.clone() help=help optional=optional error=error held=held>
            <TextBox name=name value=value code=code lines=lines placeholder=placeholder disabled=Signal::derive(move || !doc.writable.get())
                invalid=Signal::derive(move || error.get().is_some())
                on_focus=Callback::new(move |inside: bool| doc.here(inside.then(|| path.to_owned()), None))
                on_change=Callback::new(move |text: String| write(doc, path, text, listed, number))/>
            <FieldConflict doc=doc path=path/>
        </Field>
    }
}

/// A choice in a document.
#[component]
pub(crate) fn DocSelect(
    doc: Doc,
    path: &'static str,
    #[prop(into)] label: String,
    choices: &'static [(&'static str, &'static str)],
    /// What is shown while nothing is set.
    #[prop(optional)]
    usual: &'static str,
    #[prop(optional, into)] help: String,
    #[prop(optional)] listed: bool,
) -> impl IntoView {
    let held = Memo::new(move |_| in_field(doc.app, doc.id, path));
    let value = Signal::derive(move || {
        let text = doc.text(path);
        if text.is_empty() { usual.to_owned() } else { text }
    });
    let choices = Signal::derive(move || {
        choices.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect::<Vec<_>>()
    });
    let name = path.trim_start_matches('/').replace('/', "-");
    view! {
        <Field label=label name=name.clone() help=help held=held>
            <SelectBox name=name value=value choices=choices disabled=Signal::derive(move || !doc.writable.get())
                on_change=Callback::new(move |key: String| write(doc, path, key, listed, false))/>
            <FieldConflict doc=doc path=path/>
        </Field>
    }
}
