//! The last that came to a listener, as the input of an editor.

use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::LastPayload;
use tombolo_wire::store::CatalogueRow;

use super::my_data::Found;
use super::unfolds::{Line, Unfolds};
use crate::components::{is_listener, last_of};
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
    let ask = move |export: Id| async move { last_of(account, export).await?.map_or_else(|| Ok(Vec::new()), found) };
    let line = |row: CatalogueRow| Line { id: row.id, says: view! { "Last payload of "{row.name} }.into_any() };
    view! {
        <section aria-label="What came to a listener">
            <h3>"What came to a listener"</h3>
            <Unfolds lines=listeners.into_iter().map(line).collect() none="Nothing has come yet." ask=ask take=take/>
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
