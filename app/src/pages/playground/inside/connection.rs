//! What an editor of requests has to know of the connection of its step: where it leads, and the database that it is.

use leptos::prelude::*;
use serde_json::{Map, Value, json};
use tombolo_model::Id;

use super::start::Start;
use crate::components::editor::Content;
use crate::state::{App, Doc, use_document};

/// The fields of a connection that its requests show. Secrets are in no document.
const FIELDS: [(&str, &str); 4] = [
    ("/http/baseURI", "baseURI"),
    ("/http/headers", "headers"),
    ("/http/unencrypted", "unencrypted"),
    ("/http/mediaType", "mediaType"),
];

/// A connection as the context of a template has it.
fn shown(connection: &Value) -> Value {
    let there = |path: &str| connection.pointer(path).filter(|value| !value.is_null()).cloned();
    let http: Map<_, _> = FIELDS.iter().filter_map(|(path, name)| Some(((*name).to_owned(), there(path)?))).collect();
    let mut made = Map::new();
    made.extend(there("/name").map(|name| ("name".to_owned(), name)));
    if !http.is_empty() {
        made.insert("http".to_owned(), http.into());
    }
    made.extend(there("/rdbms/type").map(|kind| ("rdbms".to_owned(), json!({ "type": kind }))));
    made.into()
}

/// The input with the connection in it; of an input that is no object there is none.
pub(super) fn with(input: &str, connection: Value) -> Option<String> {
    let Ok(Value::Object(mut context)) = serde_json::from_str(input) else { return None };
    context.insert("connection".to_owned(), connection);
    serde_json::to_string_pretty(&context).ok()
}

/// Puts the step's connection into the input once it is open; then it is the person's to change. Where they have written
/// something in the input before, it waits in what is given back.
pub(super) fn put_into(doc: Doc, start: Start) -> Option<RwSignal<Option<Value>>> {
    let id = untrack(|| doc.text("/_connectionId")).parse::<Id>().ok()?;
    let connection = use_document(id);
    let late = RwSignal::new(None);
    Effect::new(move |done: Option<bool>| {
        if done == Some(true) {
            return true;
        }
        let Some(value) = connection.view.with(|view| view.as_ref().map(|view| shown(&view.value))) else {
            return false;
        };
        if start.is_as_it_was_put() {
            start.connect(value);
        } else {
            late.set(Some(value));
        }
        true
    });
    Some(late)
}

/// Offers a connection that opened when somebody was writing in the input already.
#[component]
pub(super) fn LateConnection(late: RwSignal<Option<Value>>, content: Content) -> impl IntoView {
    let app = App::here();
    let put = move |_: leptos::ev::MouseEvent| {
        let Some(value) = late.get_untracked() else { return };
        match content.input.with_untracked(|input| with(input, value)) {
            Some(text) => {
                content.input.set(text);
                late.set(None);
            }
            None => app.toasts.fail("The input is no JSON object. Mend it, and put the connection in then."),
        }
    };
    move || {
        late.with(Option::is_some).then(|| view! {
            <p class="play-note">"The connection of the step is not in the input. "<button class="link" type="button" on:click=put>"Put it in"</button></p>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_tried_with_the_address_of_its_connection_and_no_secret() {
        let connection = json!({"name": "Shop", "type": "http", "http": {"baseURI": "https://a.example", "headers": [],
            "auth": {"type": "token", "token": {"token": "******"}}}});
        let want = json!({"name": "Shop", "http": {"baseURI": "https://a.example", "headers": []}});
        assert_eq!(shown(&connection), want);
        assert_eq!(shown(&json!({"rdbms": {"type": "mysql", "password": 1}})), json!({"rdbms": {"type": "mysql"}}));
        let text = with("{\"record\": {}}", want.clone()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({"record": {}, "connection": want}));
        assert_eq!(with("[", json!({})), None);
    }
}
