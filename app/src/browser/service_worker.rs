//! Registers the service worker, so that the page opens without a network.

use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Registers it; a browser without service workers (an insecure address) still works while there is a network.
pub(crate) fn register() {
    let navigator = window().navigator();
    if !js_sys::Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
        return;
    }
    let registration = navigator.service_worker().register("/sw.js");
    spawn_local(async move {
        if let Err(error) = JsFuture::from(registration).await {
            leptos::logging::warn!("The page will not open without a network: {error:?}");
        }
    });
}

/// Asks the browser not to evict what is stored here. Asked when there is something to lose.
pub(crate) async fn persist() -> bool {
    let Ok(asked) = window().navigator().storage().persist() else { return false };
    JsFuture::from(asked).await.ok().and_then(|answer| answer.as_bool()).unwrap_or(false)
}
