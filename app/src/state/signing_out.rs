//! Signing out. Where something is on this device alone, the person says first what becomes of it.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use tombolo_model::Id;
use tombolo_wire::store::{Call, Overview, Unsent, WithUnsent};
use wasm_bindgen_futures::spawn_local;

use super::App;
use super::feedback;

/// As the store worker says that something is on this device alone.
const UNSENT: &str = "unsent";

/// What the person is asked before they go.
#[derive(Clone, Copy)]
pub(crate) struct SigningOut {
    /// Whether they are being asked.
    pub(crate) open: RwSignal<bool>,
    /// What is on this device alone, as last counted.
    pub(crate) unsent: RwSignal<Vec<Unsent>>,
}

impl SigningOut {
    /// Nobody goes.
    pub(super) fn new() -> Self {
        Self { open: RwSignal::new(false), unsent: RwSignal::new(Vec::new()) }
    }

    /// Counts what is on this device alone; whether that could be done.
    pub(crate) async fn count(self, app: App) -> bool {
        match app.call::<Vec<Unsent>>(Call::Unsent).await {
            Ok(unsent) => {
                self.unsent.set(unsent);
                true
            }
            Err(error) => {
                app.toasts.fail(error.message);
                false
            }
        }
    }
}

/// Signs the person out and goes to the first page of what is left on this device.
pub(crate) fn use_sign_out() -> Callback<WithUnsent> {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    Callback::new(move |unsent: WithUnsent| {
        let navigate = navigate.get_value();
        let user = feedback::user_of(app);
        spawn_local(async move {
            match app.call::<Overview>(Call::SignOut { unsent }).await {
                Ok(overview) => {
                    app.signing_out.open.set(false);
                    app.show(overview);
                    user.into_iter().for_each(forget);
                    if unsent != WithUnsent::Keep {
                        app.note_waits(None);
                    }
                    navigate("/", NavigateOptions::default());
                }
                Err(error) if error.code == UNSENT => {
                    if app.signing_out.count(app).await {
                        app.signing_out.open.set(true);
                    }
                }
                Err(error) => app.toasts.fail(error.message),
            }
        });
    })
}

/// Takes from this device what it remembers of somebody who signs out, beside their databases.
fn forget(user: Id) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    for of in ["bell", "profile"] {
        if let Err(error) = storage.remove_item(&format!("tombolo.{of}.{user}")) {
            leptos::logging::warn!("what this device remembers of you stays: {error:?}");
        }
    }
}
