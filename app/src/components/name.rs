//! The name of a resource: a heading that becomes a field on its pencil.
//!
//! It is applied as it is typed, as every field is; Escape gives the name back that was there before. An empty text, or
//! one that is too long, is no name and is never applied.

use leptos::html;
use leptos::prelude::*;

use super::Icon;
use super::fields::Live;
use crate::state::{App, Doc};
use crate::words;

/// The id of the button that makes the name a field.
pub(super) const RENAME: &str = "rename";

/// The id of what is wrong with the name; one is edited at a time.
const ERROR: &str = "live-name-error";

/// The name, and the button `action` ("Rename flow") that makes it a field labelled "Name".
#[component]
pub(crate) fn LiveName(doc: Doc, action: &'static str) -> impl IntoView {
    let editing = RwSignal::new(false);
    // The name that was there before, and those that were written here since.
    let before = StoredValue::new(String::new());
    let mine = StoredValue::new(Vec::<String>::new());
    let value = Signal::derive(move || doc.text("/name"));
    let on_change = Callback::new(move |name: String| {
        if !is_none(&name) {
            mine.update_value(|mine| mine.push(name.trim().to_owned()));
            doc.set("/name", name.trim());
        }
    });
    let live = Live::new(value, on_change, is_none, |name| name.trim().to_owned());
    let input = NodeRef::<html::Input>::new();
    let pencil = NodeRef::<html::Button>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            focus(&input);
            input.select();
        }
    });
    // Who ends with a key goes on from the pencil; who went elsewhere stays there.
    let by_key = StoredValue::new(false);
    Effect::new(move |_| {
        if let Some(pencil) = pencil.get()
            && by_key.get_value()
        {
            by_key.set_value(false);
            focus(&pencil);
        }
    });
    let problem = Signal::derive(move || words::name_problem(&live.shown()));
    let begin = move |_| {
        before.set_value(value.get_untracked());
        mine.set_value(Vec::new());
        editing.set(true);
        doc.here(Some("/name".into()), None);
    };
    // The browser blurs the field while it takes it off the page, when this may be gone already.
    let end = move |key: bool| {
        if editing.try_get_untracked() == Some(true) {
            by_key.set_value(key);
            live.leave();
            drop_none(doc.app, live);
            editing.set(false);
            doc.here(None, None);
        }
    };
    let give_back = move || {
        live.drop_typed();
        let (name, now) = (before.get_value(), value.get_untracked());
        // A name that somebody else gave meanwhile is theirs.
        let theirs = now != name && mine.with_value(|mine| !mine.contains(&now));
        if mine.with_value(|mine| !mine.is_empty()) && !theirs && !is_none(&name) {
            doc.set("/name", name);
        }
    };
    view! {
        <Show when=move || editing.get() fallback=move || view! {
            <h1 class="live-name cut" title=move || live.shown()>{move || live.shown()}</h1>
            <button class="icon-button small" id=RENAME aria-label=action node_ref=pencil prop:disabled=move || !doc.writable.get() on:click=begin><Icon name="pencil" small=true/></button>
        }>
            <input class="input live-name" aria-label="Name" aria-describedby=ERROR aria-invalid=move || problem.with(Option::is_some).to_string() node_ref=input prop:value=move || live.shown()
                on:input=move |event| live.type_in(event_target_value(&event)) on:blur=move |_| end(false)
                on:keydown=move |event| match event.key().as_str() {
                    // The key has done its work: the pencil, which gets the focus, must not be pressed by it.
                    "Enter" => { event.prevent_default(); end(true); }
                    "Escape" => { event.prevent_default(); give_back(); end(true); }
                    _ => {}
                }/>
            <Problem problem=problem/>
        </Show>
    }
}

/// Why what is typed is no name, below it.
#[component]
fn Problem(problem: Signal<Option<String>>) -> impl IntoView {
    move || {
        problem.get().map(|why| view! { <p class="name-error" id=ERROR role="alert"><Icon name="triangle-alert" small=true/>{why}</p> })
    }
}

/// Forgets what is typed when it is no name, and says why unless that is plain to see.
fn drop_none(app: App, live: Live) {
    let typed = untrack(|| live.shown());
    if let Some(why) = words::name_problem(&typed) {
        live.drop_typed();
        if !typed.trim().is_empty() {
            app.toasts.fail(format!("{why} The name before stays."));
        }
    }
}

fn is_none(text: &str) -> bool {
    words::name_problem(text).is_some()
}

fn focus(element: &web_sys::HtmlElement) {
    if let Err(error) = element.focus() {
        leptos::logging::debug_warn!("{error:?}");
    }
}
