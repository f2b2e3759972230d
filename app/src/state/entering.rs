//! Going from one account to another.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use tombolo_wire::store::Call;
use wasm_bindgen_futures::spawn_local;

use super::App;

/// What makes a call that ends in another account, and goes to its first page: a page of the one before would be
/// about what is not there.
pub(crate) fn use_enter() -> Callback<Call> {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    Callback::new(move |call: Call| {
        let navigate = navigate.get_value();
        spawn_local(async move {
            if app.enter(call).await {
                navigate("/", NavigateOptions::default());
            }
        });
    })
}
