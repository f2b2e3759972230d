//! The name of a resource: a heading that becomes a field on its pencil.

use leptos::html;
use leptos::prelude::*;

use super::Icon;
use crate::state::Doc;

/// The name, and the button `action` ("Rename flow") that makes it a field labelled "Name".
#[component]
pub(crate) fn LiveName(doc: Doc, action: &'static str) -> impl IntoView {
    let editing = RwSignal::new(false);
    let draft = RwSignal::new(String::new());
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            input.select();
            if let Err(error) = input.focus() {
                leptos::logging::debug_warn!("{error:?}");
            }
        }
    });
    let begin =
        move |_| {
            draft.set(doc.view.with_untracked(|view| {
                view.as_ref().map(|view| crate::state::text_at(view, "/name")).unwrap_or_default()
            }));
            editing.set(true);
            doc.here(Some("/name".into()), None);
        };
    let end = move || {
        if editing.get_untracked() {
            editing.set(false);
            let name = draft.get_untracked().trim().to_owned();
            if !name.is_empty()
                && name
                    != doc.view.with_untracked(|view| {
                        view.as_ref().map(|view| crate::state::text_at(view, "/name")).unwrap_or_default()
                    })
            {
                doc.set("/name", name);
            }
            doc.here(None, None);
        }
    };
    view! {
        <Show when=move || editing.get() fallback=move || view! {
            <h1 class="live-name cut">{move || doc.text("/name")}</h1>
            <button class="icon-button small" aria-label=action prop:disabled=move || !doc.writable.get() on:click=begin><Icon name="pencil" small=true/></button>
        }>
            <input class="input live-name" aria-label="Name" node_ref=input prop:value=move || draft.get()
                on:input=move |event| draft.set(event_target_value(&event)) on:blur=move |_| end()
                on:keydown=move |event| match event.key().as_str() {
                    "Enter" => end(),
                    "Escape" => { editing.set(false); doc.here(None, None); }
                    _ => {}
                }/>
        </Show>
    }
}
