//! The last that came to a listener, as the input of an editor.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::LastPayload;

use super::my_data::{Choices, Found};
use crate::components::{Icon, is_listener, last_of};
use crate::state::App;

/// The listeners of the account, each with what came to it last.
#[component]
pub(super) fn OfListeners(take: Callback<Value>) -> impl IntoView {
    let app = App::here();
    let mut listeners = app.of_kind(Kind::Export);
    listeners.retain(|row| row.adaptor.as_deref().is_some_and(is_listener));
    let account = app
        .account
        .with_untracked(|account| account.as_ref().filter(|account| !account.local).map(|account| account.id));
    let Some(account) = account.filter(|_| !listeners.is_empty()) else { return ().into_any() };
    let shown = RwSignal::new(None::<(Id, Result<Vec<Found>, String>)>);
    let looked = StoredValue::new(None::<Id>);
    let is_open = move |export: Id| shown.with(|shown| shown.as_ref().is_some_and(|(of, _)| *of == export));
    let look = move |export: Id| {
        if untrack(|| is_open(export)) {
            looked.set_value(None);
            return shown.set(None);
        }
        looked.set_value(Some(export));
        spawn_local(async move {
            let last = last_of(account, export).await;
            // Of two that are looked at quickly, the one that was pressed last is shown.
            if looked.try_get_value() == Some(Some(export)) {
                shown.try_set(Some((export, last.and_then(|last| last.map_or_else(|| Ok(Vec::new()), found)))));
            }
        });
    };
    view! {
        <section aria-label="What came to a listener">
            <h3>"What came to a listener"</h3>
            <ul class="records">
                {listeners.into_iter().map(|row| {
                    let id = row.id;
                    view! {
                        <li>
                            <button class="button small unfolds" type="button" aria-expanded=move || is_open(id).to_string() on:click=move |_| look(id)>
                                <Icon name="chevron-right" small=true/><span class="cut">"Last payload of "{row.name}</span>
                            </button>
                            {move || shown.get().filter(|(of, _)| *of == id).map(|(_, found)| match found {
                                Ok(list) if list.is_empty() => view! { <p class="quiet-line" role="status">"Nothing has come yet."</p> }.into_any(),
                                Ok(list) => view! { <Choices list=list take=take/> }.into_any(),
                                Err(message) => view! { <p class="error-text" role="alert">{message}</p> }.into_any(),
                            })}
                        </li>
                    }
                }).collect_view()}
            </ul>
        </section>
    }
    .into_any()
}

fn found(last: LastPayload) -> Result<Vec<Found>, String> {
    value_of(last).map(|value| vec![Found { title: "the payload".to_owned(), value }])
}

/// What came, as a value: as it is where it is JSON, else as a record with its text.
fn value_of(last: LastPayload) -> Result<Value, String> {
    let LastPayload { text, cut, .. } = last;
    let parsed = serde_json::from_str::<Value>(&text).ok().filter(|value| value.is_object() || value.is_array());
    match parsed {
        Some(value) => Ok(value),
        None if cut => Err("It is so large that only its beginning is kept.".to_owned()),
        None => Ok(json!({ "text": text })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_offered_as_what_it_is_and_half_of_one_is_not() {
        let last = |text: &str, cut| LastPayload {
            media_type: String::new(),
            text: text.into(),
            size_bytes: 9,
            cut,
            received_ms: 1,
        };
        assert_eq!(found(last("{\"a\":1}", false)).unwrap()[0].value, json!({"a": 1}));
        assert_eq!(found(last("a=1", false)).unwrap()[0].value, json!({"text": "a=1"}));
        assert!(found(last("{\"a\":", true)).is_err());
    }
}
