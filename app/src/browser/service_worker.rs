//! Registers the service worker, so that the page opens without a network, and hears of newer versions.
//!
//! A version never takes over under a page that somebody works on: it waits until they press Reload in the only tab,
//! or until all tabs are closed. A browser without service workers (an insecure address) still works while there is a
//! network.

use std::cell::Cell;

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{MessageEvent, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

const HOUR_MS: u32 = 3_600_000;

/// What there is to say of a newer version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// It is here and waits.
    Waiting,
    /// It was asked to take over, and other tabs still run the version before.
    OtherTabs,
}

fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    let there = js_sys::Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false);
    there.then(|| navigator.service_worker())
}

/// Registers it, and tells of newer versions for as long as the page lives.
pub(crate) fn register(on_news: impl Fn(News) + Clone + 'static) {
    let Some(workers) = container() else { return };
    let registration = workers.register("/sw.js");
    listen(&workers, on_news.clone());
    spawn_local(async move {
        match JsFuture::from(registration).await {
            Ok(registration) => watch(&registration.unchecked_into(), move || on_news(News::Waiting)),
            Err(error) => leptos::logging::warn!("The page will not open without a network: {error:?}"),
        }
    });
}

/// Lets the version that waits take over; the page loads anew once it has. Without one, it loads anew at once.
pub(crate) fn take_over() {
    spawn_local(async move {
        let found = match container() {
            Some(workers) => JsFuture::from(workers.get_registration()).await.ok(),
            None => None,
        };
        let registration = found.and_then(|found| found.dyn_into::<ServiceWorkerRegistration>().ok());
        match registration.and_then(|registration| registration.waiting()) {
            Some(waiting) => {
                if let Err(error) = waiting.post_message(&"take over".into()) {
                    leptos::logging::error!("{error:?}");
                }
            }
            None => reload(),
        }
    });
}

/// Loads the page anew.
pub(crate) fn reload() {
    if let Err(error) = window().location().reload() {
        leptos::logging::error!("{error:?}");
    }
}

fn listen(workers: &ServiceWorkerContainer, on_news: impl Fn(News) + 'static) {
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if event.data().as_string().as_deref() == Some("other tabs are open") {
            on_news(News::OtherTabs);
        }
    });
    workers.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();
    // The first worker to take charge is of the version that this page already is.
    let in_charge = Cell::new(workers.controller().is_some());
    let changed = Closure::<dyn Fn()>::new(move || {
        if in_charge.replace(true) {
            reload();
        }
    });
    workers.set_oncontrollerchange(Some(changed.as_ref().unchecked_ref()));
    changed.forget();
}

/// Tells when a version is installed behind the one that runs.
fn watch(registration: &ServiceWorkerRegistration, on_update: impl Fn() + Clone + 'static) {
    if registration.waiting().is_some() {
        on_update();
    }
    let found = {
        let registration = registration.clone();
        let on_update = on_update.clone();
        Closure::<dyn Fn()>::new(move || tell_when_installed(&registration, on_update.clone()))
    };
    registration.set_onupdatefound(Some(found.as_ref().unchecked_ref()));
    // It listens as long as the page lives.
    found.forget();
    // One that is being installed already was found before anybody listened.
    tell_when_installed(registration, on_update);
    // A tab that stays open for days asks by itself; the browser asks only when a page is loaded.
    let registration = registration.clone();
    gloo::timers::callback::Interval::new(HOUR_MS, move || {
        if let Err(error) = registration.update() {
            leptos::logging::debug_warn!("{error:?}");
        }
    })
    .forget();
}

fn tell_when_installed(registration: &ServiceWorkerRegistration, on_update: impl Fn() + 'static) {
    let Some(worker) = registration.installing() else { return };
    let (registration, installing) = (registration.clone(), worker.clone());
    let changed = Closure::<dyn Fn()>::new(move || {
        // On the first visit there is none before it: what is installed is this very version.
        if installing.state() == ServiceWorkerState::Installed && registration.active().is_some() {
            on_update();
        }
    });
    worker.set_onstatechange(Some(changed.as_ref().unchecked_ref()));
    changed.forget();
}

/// Asks the browser not to evict what is stored here. Asked when there is something to lose.
pub(crate) async fn persist() -> bool {
    let Ok(asked) = window().navigator().storage().persist() else { return false };
    JsFuture::from(asked).await.ok().and_then(|answer| answer.as_bool()).unwrap_or(false)
}
