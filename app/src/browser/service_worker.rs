//! Registers the service worker, so that the page opens without a network.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ServiceWorkerRegistration, ServiceWorkerState};

const HOUR_MS: u32 = 3_600_000;

/// Registers it, and calls `on_update` when a newer version of the page is here and waits.
///
/// A version never takes over under a page that runs: reloading the last tab does. A browser without service
/// workers (an insecure address) still works while there is a network.
pub(crate) fn register(on_update: impl Fn() + Clone + 'static) {
    let navigator = window().navigator();
    if !js_sys::Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
        return;
    }
    let workers = navigator.service_worker();
    let registration = workers.register("/sw.js");
    spawn_local(async move {
        match JsFuture::from(registration).await {
            // Without one in charge this is the first visit, and what is installed now is this very version.
            Ok(registration) if workers.controller().is_some() => watch(&registration.unchecked_into(), on_update),
            Ok(_) => {}
            Err(error) => leptos::logging::warn!("The page will not open without a network: {error:?}"),
        }
    });
}

/// Tells when a version is installed behind the one that runs.
fn watch(registration: &ServiceWorkerRegistration, on_update: impl Fn() + Clone + 'static) {
    if registration.waiting().is_some() {
        on_update();
    }
    let found = {
        let registration = registration.clone();
        Closure::<dyn Fn()>::new(move || {
            let Some(worker) = registration.installing() else { return };
            let (installing, on_update) = (worker.clone(), on_update.clone());
            let changed = Closure::<dyn Fn()>::new(move || {
                if installing.state() == ServiceWorkerState::Installed {
                    on_update();
                }
            });
            worker.set_onstatechange(Some(changed.as_ref().unchecked_ref()));
            changed.forget();
        })
    };
    registration.set_onupdatefound(Some(found.as_ref().unchecked_ref()));
    // It listens as long as the page lives.
    found.forget();
    // A tab that stays open for days asks by itself; the browser asks only when a page is loaded.
    let registration = registration.clone();
    gloo::timers::callback::Interval::new(HOUR_MS, move || {
        if let Err(error) = registration.update() {
            leptos::logging::debug_warn!("{error:?}");
        }
    })
    .forget();
}

/// Asks the browser not to evict what is stored here. Asked when there is something to lose.
pub(crate) async fn persist() -> bool {
    let Ok(asked) = window().navigator().storage().persist() else { return false };
    JsFuture::from(asked).await.ok().and_then(|answer| answer.as_bool()).unwrap_or(false)
}
