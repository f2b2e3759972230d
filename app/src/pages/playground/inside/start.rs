//! What an editor inside a resource begins with: an input of its own step where one is known, else the example. The other
//! one is a press away, and the screen says which of them it is.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

use super::super::my_data::takes_records;
use super::connection::with;
use super::known::Known;
use crate::components::Ago;
use crate::components::editor::{Content, Editor};

/// The input as it was put there, and what else can be.
#[derive(Clone, Copy)]
pub(super) struct Start {
    content: Content,
    example: StoredValue<String>,
    known: RwSignal<Option<Known>>,
    /// The input is, or began as, what is known.
    own: RwSignal<bool>,
    /// As it was put there: what differs from it was written by the person.
    put: RwSignal<String>,
    /// The connection of the step, where templates see it.
    connection: StoredValue<Option<Value>>,
    /// Why nothing is known.
    failed: RwSignal<Option<String>>,
}

impl Start {
    /// Begins with what is in the content: what is known, or else the example.
    pub(super) fn new(content: Content, known: Option<Known>, example: String) -> Self {
        let put = content.input.get_untracked();
        Self {
            content,
            example: StoredValue::new(example),
            own: RwSignal::new(known.is_some()),
            known: RwSignal::new(known),
            put: RwSignal::new(put),
            connection: StoredValue::new(None),
            failed: RwSignal::new(None),
        }
    }

    /// Asks for what has to be asked for. Until it comes the example stands there, and stays when somebody wrote in it.
    pub(super) fn ask(self, found: impl Future<Output = Result<Option<Known>, String>> + 'static) {
        if self.known.with_untracked(Option::is_some) {
            return;
        }
        spawn_local(async move {
            let found = found.await;
            if self.known.is_disposed() {
                return;
            }
            match found {
                Ok(Some(known)) => {
                    self.known.set(Some(known));
                    if self.is_as_it_was_put() {
                        self.show(true);
                    }
                }
                Ok(None) => {}
                Err(why) => self.failed.set(Some(why)),
            }
        });
    }

    /// Whether nobody wrote in it.
    pub(super) fn is_as_it_was_put(self) -> bool {
        self.content.input.with_untracked(|input| self.put.with_untracked(|put| input == put))
    }

    /// Templates see a connection from now on.
    pub(super) fn connect(self, connection: Value) {
        self.connection.set_value(Some(connection));
        self.show(self.own.get_untracked());
    }

    /// Shows what is known, or the example.
    fn show(self, own: bool) {
        let known = || self.known.with_untracked(|known| known.as_ref().map(|known| known.input.clone()));
        let plain = own.then(known).flatten().unwrap_or_else(|| self.example.get_value());
        let connected = self.connection.get_value().and_then(|connection| with(&plain, connection));
        let text = connected.unwrap_or(plain);
        self.own.set(own);
        self.put.set(text.clone());
        self.content.input.set(text);
    }
}

/// Says what the input is, and offers the other one.
#[component]
pub(super) fn StartNote(start: Start, editor: &'static Editor) -> impl IntoView {
    let Start { content, known, own, put, failed, .. } = start;
    let is_put = Memo::new(move |_| content.input.with(|input| put.with(|put| input == put)));
    let takes = takes_records(editor);
    let says = move || {
        if !is_put.get() {
            return "The input is what you put there. ".into_any();
        }
        match known.get().filter(|_| own.get()) {
            Some(Known { what, at_ms: Some(ms), .. }) => view! { "The input is "{what}", "<Ago ms=ms/>". " }.into_any(),
            Some(Known { what, .. }) => format!("The input is {what}. ").into_any(),
            None if takes => "The input is an example. “Use my data” brings a record of yours. ".into_any(),
            None => "The input is an example. ".into_any(),
        }
    };
    let to_example = move || own.get() || !is_put.get();
    let to_known = move || known.with(Option::is_some) && !(own.get() && is_put.get());
    view! {
        <div class="play-note" role="group" aria-label="What the input is">
            <span role="status">{says}{move || failed.get().map(|why| format!("What came last cannot be read: {why} "))}</span>
            {move || to_known().then(|| view! { <button class="link" type="button" on:click=move |_| start.show(true)>"Take your data"</button>" " })}
            {move || to_example().then(|| view! { <button class="link" type="button" on:click=move |_| start.show(false)>"Show the example"</button> })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::components::editor::Saved;

    fn known(input: &str) -> Known {
        Known { input: input.to_owned(), what: "a record of the last test run in this tab", at_ms: None }
    }

    fn start(input: &str, known: Option<Known>) -> Start {
        let content = Content::new(Saved { input: input.to_owned(), ..Saved::default() });
        Start::new(content, known, "{\"example\": 1}".to_owned())
    }

    #[test]
    fn the_example_is_a_press_away_from_what_is_known_and_back() {
        Owner::new().with(|| {
            let start = start("{\"own\": 1}", Some(known("{\"own\": 1}")));
            assert!(start.is_as_it_was_put() && start.own.get_untracked());
            start.show(false);
            assert_eq!(start.content.input.get_untracked(), "{\"example\": 1}");
            start.content.input.set("{\"typed\": 1}".to_owned());
            assert!(!start.is_as_it_was_put());
            start.show(true);
            assert_eq!(start.content.input.get_untracked(), "{\"own\": 1}");
            assert!(start.is_as_it_was_put());
        });
    }

    #[test]
    fn a_connection_is_in_whichever_input_is_shown() {
        Owner::new().with(|| {
            let start = start("{\"own\": 1}", Some(known("{\"own\": 1}")));
            let input = || serde_json::from_str::<Value>(&start.content.input.get_untracked()).unwrap();
            start.connect(json!({"name": "Shop"}));
            assert_eq!(input(), json!({"own": 1, "connection": {"name": "Shop"}}));
            start.show(false);
            assert_eq!(input(), json!({"example": 1, "connection": {"name": "Shop"}}));
            assert!(start.is_as_it_was_put());
        });
    }
}
