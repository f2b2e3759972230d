//! Going from one account to another, and away.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use tombolo_model::Id;
use tombolo_wire::store::Call;
use wasm_bindgen_futures::spawn_local;

use super::App;
use super::feedback;

/// What makes a call that ends in another account, and goes to its first page: a page of the one before would be
/// about what is not there.
pub(crate) fn use_enter() -> Callback<Call> {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    Callback::new(move |call: Call| {
        let navigate = navigate.get_value();
        let leaves = matches!(call, Call::SignOut).then(|| feedback::user_of(app)).flatten();
        spawn_local(async move {
            if app.enter(call).await {
                leaves.into_iter().for_each(forget);
                navigate("/", NavigateOptions::default());
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
