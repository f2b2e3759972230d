//! Calls to the store worker and its events.
//!
//! A frame is a JSON string; files ride along as the further items of an array. Calls made before the
//! worker is ready wait here, because a message posted to a worker that does not listen yet is lost.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use futures::channel::oneshot;
use js_sys::Array;
use leptos::prelude::RwSignal;
use serde::de::DeserializeOwned;
use tombolo_wire::store::{Call, CallError, Event, Outgoing, Request};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::Saving;

/// The answer to a call, and the files that came with it.
pub(crate) struct Reply<R> {
    /// The answer.
    pub(crate) value: R,
    /// The files.
    pub(crate) files: Vec<Blob>,
}

/// The JSON text of an answer, and its files.
type Answer = Result<(String, Vec<Blob>), CallError>;

/// The store worker, as the screen sees it.
pub(crate) struct Client {
    worker: Worker,
    next: Cell<u64>,
    waiting: RefCell<HashMap<u64, oneshot::Sender<Answer>>>,
    /// What was called before the worker was ready; nothing once it is.
    queue: RefCell<Option<Vec<JsValue>>>,
    on_event: Box<dyn Fn(Event)>,
    on_failure: Box<dyn Fn(String)>,
    /// How much of what was entered is not stored yet.
    unstored: RwSignal<usize>,
    /// The worker never got ready and never will.
    dead: Cell<bool>,
}

impl Client {
    /// Starts the worker; `on_failure` hears in words when it breaks.
    ///
    /// # Errors
    ///
    /// Returns the browser's error when it does not start workers.
    pub(crate) fn start(
        on_event: impl Fn(Event) + 'static,
        on_failure: impl Fn(String) + 'static,
        unstored: RwSignal<usize>,
    ) -> Result<Rc<Self>, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let client = Rc::new(Self {
            worker: Worker::new_with_options("/workers/store.js", &options)?,
            next: Cell::new(1),
            waiting: RefCell::default(),
            queue: RefCell::new(Some(Vec::new())),
            on_event: Box::new(on_event),
            on_failure: Box::new(on_failure),
            unstored,
            dead: Cell::new(false),
        });
        let listener = Rc::clone(&client);
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| listener.take(&event.data()));
        client.worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let failing = Rc::clone(&client);
        let on_error = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| failing.fail(&event));
        client.worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        // The worker lives as long as the page.
        on_message.forget();
        on_error.forget();
        Ok(client)
    }

    /// Calls the worker and waits for its answer.
    pub(crate) async fn call<R: DeserializeOwned>(&self, call: Call) -> Result<R, CallError> {
        Ok(self.call_with(call, &[]).await?.value)
    }

    /// Calls the worker with files.
    pub(crate) async fn call_with<R: DeserializeOwned>(
        &self,
        call: Call,
        files: &[Blob],
    ) -> Result<Reply<R>, CallError> {
        let (value, files) = self.ask(call, files).await?;
        let value = serde_json::from_str(&value).map_err(|error| internal(&error))?;
        Ok(Reply { value, files })
    }

    /// What is the same for every type of answer, so that it is compiled once.
    async fn ask(&self, call: Call, files: &[Blob]) -> Answer {
        if self.dead.get() {
            return Err(stopped());
        }
        let _saving = changes(&call).then(|| Saving::begin(self.unstored));
        let id = self.next.replace(self.next.get() + 1);
        let frame = serde_json::to_string(&Request { id, call }).map_err(|error| internal(&error))?;
        let message = if files.is_empty() {
            JsValue::from_str(&frame)
        } else {
            let message = Array::of1(&JsValue::from_str(&frame));
            files.iter().for_each(|file| {
                message.push(file);
            });
            message.into()
        };
        let (sender, receiver) = oneshot::channel();
        self.waiting.borrow_mut().insert(id, sender);
        self.post(message)?;
        receiver.await.map_err(|error| internal(&error))?
    }

    fn post(&self, message: JsValue) -> Result<(), CallError> {
        if let Some(queue) = self.queue.borrow_mut().as_mut() {
            queue.push(message);
            return Ok(());
        }
        self.worker.post_message(&message).map_err(|error| CallError {
            code: "internal".into(),
            message: format!("The store does not answer ({error:?}). Reload the page; nothing that was saved is lost."),
        })
    }

    fn take(&self, data: &JsValue) {
        let (frame, files) = match data.dyn_ref::<Array>() {
            Some(items) => {
                (items.get(0).as_string(), items.iter().skip(1).filter_map(|item| item.dyn_into().ok()).collect())
            }
            None => (data.as_string(), Vec::new()),
        };
        let Some(frame) = frame else { return };
        match serde_json::from_str(&frame) {
            Ok(Outgoing::Ready) => self.ready(),
            Ok(Outgoing::Reply { id, result }) => {
                let waiting = self.waiting.borrow_mut().remove(&id);
                // A caller that went away with its screen does not wait any more.
                if let Some(Err(_)) = waiting.map(|sender| sender.send(result.map(|value| (value, files)))) {
                    leptos::logging::debug_warn!("nobody waits for reply {id}");
                }
            }
            Ok(Outgoing::Event { event }) => (self.on_event)(event),
            Err(error) => leptos::logging::error!("The store worker sent what this page does not know: {error}"),
        }
    }

    /// Something in the worker broke: who waits for an answer hears it, because none will come.
    fn fail(&self, event: &JsValue) {
        self.dead.set(self.queue.borrow().is_some());
        let said = js_sys::Reflect::get(event, &"message".into()).ok().and_then(|message| message.as_string());
        let error = stopped();
        (self.on_failure)(match said {
            Some(said) => format!("{} ({said})", error.message),
            None => error.message.clone(),
        });
        for (id, sender) in self.waiting.borrow_mut().drain() {
            if sender.send(Err(error.clone())).is_err() {
                leptos::logging::debug_warn!("nobody waits for reply {id}");
            }
        }
    }

    fn ready(&self) {
        for message in self.queue.borrow_mut().take().into_iter().flatten() {
            if let Err(error) = self.worker.post_message(&message) {
                leptos::logging::error!("The store worker does not listen: {error:?}");
            }
        }
    }
}

/// Whether a call stores something that somebody entered; as long as it is not answered, that is not stored.
fn changes(call: &Call) -> bool {
    matches!(
        call,
        Call::Create { .. }
            | Call::Edit { .. }
            | Call::Undo { .. }
            | Call::Redo { .. }
            | Call::PutFile { .. }
            | Call::Install { .. }
            | Call::SetSecret { .. }
            | Call::CacheWrite { .. }
            | Call::CachePurge { .. }
            | Call::ParkedRetry { .. }
    )
}

fn stopped() -> CallError {
    CallError {
        code: "internal".into(),
        message:
            "The part of Tombolo that keeps your work has stopped. Reload the page; nothing that was saved is lost."
                .into(),
    }
}

fn internal(error: &dyn std::fmt::Display) -> CallError {
    CallError {
        code: "internal".into(),
        message: format!("The page and its store do not understand each other ({error}). Reload the page."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tombolo_model::{Id, Kind};

    #[test]
    fn a_call_that_stores_what_was_entered_counts_until_it_is_answered() {
        let id = Id::from_parts(1, [1; 8]);
        for call in [
            Call::Create { kind: Kind::Flow, value: json!({}) },
            Call::Edit { id, intents: Vec::new() },
            Call::Undo { id },
            Call::ParkedRetry { parked: String::new() },
        ] {
            assert!(changes(&call), "{call:?}");
        }
        for call in [Call::Hello, Call::Open { id }, Call::ParkedList, Call::Visible { visible: true }] {
            assert!(!changes(&call), "{call:?}");
        }
    }
}
