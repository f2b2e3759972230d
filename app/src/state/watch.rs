//! What the store and the screen must know of the page: whether it is seen, whether there is a network, what time it is.

use gloo::timers::callback::Interval;
use leptos::prelude::*;
use tombolo_wire::store::Call;
use wasm_bindgen_futures::spawn_local;
use web_sys::VisibilityState;

use super::App;
use crate::browser::time;

/// How often times like "4 min ago" move on.
const TICK_MS: u32 = 30_000;

/// Watches for as long as the page lives.
pub(super) fn begin(app: App) {
    Interval::new(TICK_MS, move || app.now_ms.set(time::now_ms())).forget();
    // The store also tries a lost link at once when it hears this.
    for event in ["visibilitychange", "online", "pageshow"] {
        drop(window_event_listener_untyped(event, move |_| tell(app)));
    }
    // A secret that is only typed goes with the page: the browser asks first.
    drop(window_event_listener(leptos::ev::beforeunload, move |event| {
        if !app.drafts.is_empty() {
            event.prevent_default();
        }
    }));
    // The store takes a new tab for one that is seen.
    if document().visibility_state() != VisibilityState::Visible {
        tell(app);
    }
}

fn tell(app: App) {
    app.now_ms.set(time::now_ms());
    let visible = document().visibility_state() == VisibilityState::Visible;
    spawn_local(async move {
        // Nobody waits for this: a store that does not answer says so at the next call that somebody makes.
        if let Err(error) = app.call::<serde_json::Value>(Call::Visible { visible }).await {
            leptos::logging::debug_warn!("{}", error.message);
        }
    });
}
