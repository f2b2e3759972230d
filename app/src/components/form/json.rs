//! A resource as JSON, beside its form: read, and edited as a whole.
//!
//! What was changed here becomes intents field by field, so that what somebody else changed meanwhile stays, and a field
//! that no form knows stays as it is. Secrets are in no document, so none is here.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::difference::intents;
use tombolo_model::merge::merged;

use crate::browser::clipboard;
use crate::components::Icon;
use crate::state::Doc;

/// What is typed, and what it began with.
#[derive(Clone, Default)]
struct Draft {
    text: String,
    base: Value,
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// What is wrong with a text, in words.
fn problem(text: &str) -> Option<String> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(_)) => None,
        Ok(_) => Some("A resource is a JSON object: it begins with { and ends with }.".to_owned()),
        Err(error) => Some(format!("This is not JSON: {error}.")),
    }
}

/// The view.
#[component]
pub(crate) fn JsonView(doc: Doc) -> impl IntoView {
    let draft = RwSignal::new(None::<Draft>);
    let error = RwSignal::new(None::<String>);
    let stored =
        Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| view.value.clone()).unwrap_or_default()));
    let shown = move || {
        draft.with(|draft| draft.as_ref().map(|draft| draft.text.clone())).unwrap_or_else(|| stored.with(pretty))
    };
    let changed = Memo::new(move |_| draft.with(Option::is_some));
    let wrong = Memo::new(move |_| {
        draft.with(|draft| draft.as_ref().and_then(|draft| problem(&draft.text))).or_else(|| error.get())
    });
    let type_in = move |text: String| {
        error.set(None);
        draft.update(|draft| match draft {
            Some(draft) => draft.text = text,
            None => *draft = Some(Draft { text, base: stored.get_untracked() }),
        });
    };
    let discard = move |_| {
        draft.set(None);
        error.set(None);
    };
    let apply = move |_| {
        let Some(Draft { text, base }) = draft.get_untracked() else { return };
        let Ok(value) = serde_json::from_str::<Value>(&text) else { return };
        let saving = doc.app.saving();
        spawn_local(async move {
            let now = stored.get_untracked();
            match doc.try_edit(intents(&now, &merged(&base, &value, &now))).await {
                Ok(_) => drop(draft.try_set(None)),
                Err(failed) => drop(error.try_set(Some(failed.message))),
            }
            drop(saving);
        });
    };
    let copy = move |_| {
        let text = untrack(shown);
        spawn_local(async move {
            match clipboard::copy(&text).await {
                Ok(()) => doc.app.toasts.say("The JSON is copied."),
                Err(_) => doc.app.toasts.fail("The browser did not copy it. Select the text and copy it."),
            }
        });
    };
    view! {
        <section class="json-view" aria-label="JSON">
            <header class="row"><h2 class="grow">"JSON"</h2>
                <button class="icon-button" type="button" aria-label="Copy the JSON" title="Copy" on:click=copy><Icon name="copy" small=true/></button></header>
            <textarea class="input code" aria-label="JSON of the resource" spellcheck="false" aria-invalid=move || wrong.with(Option::is_some).to_string() aria-describedby="json-help"
                prop:value=shown prop:disabled=move || !doc.writable.get() on:input=move |event| type_in(event_target_value(&event))></textarea>
            {move || match wrong.get() {
                Some(why) => view! { <p class="error" id="json-help" role="alert"><Icon name="triangle-alert"/>{why}</p> }.into_any(),
                None => view! { <p class="help" id="json-help">"All of it but the secrets. Fields that no form shows are kept."</p> }.into_any(),
            }}
            {move || changed.get().then(|| view! {
                <footer class="row">
                    <button class="button" type="button" on:click=discard>"Discard"</button>
                    <button class="button primary" type="button" prop:disabled=move || wrong.with(Option::is_some) on:click=apply>"Apply"</button>
                </footer>
            })}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_is_a_resource() {
        assert_eq!(problem("{\"name\": \"x\"}"), None);
        assert!(problem("[]").is_some_and(|why| why.contains("JSON object")));
        assert!(problem("{").is_some_and(|why| why.starts_with("This is not JSON")));
    }
}
