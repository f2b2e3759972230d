//! An address that leads nowhere, and a resource that does not open.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::browser::page;
use crate::components::Icon;
use crate::state::{App, Doc};

/// Says so and offers the way home.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    page::title(|| "Nothing here".into());
    view! {
        <div class="empty">
            <span class="kind"><Icon name="search"/></span>
            <h2>"Nothing is at this address"</h2>
            <p>"It may have been deleted, or it belongs to another account."</p>
            <A href="/" attr:class="button">"Go home"</A>
        </div>
    }
}

/// Why a document does not open, instead of it. Only what is not there is called so: a damaged document still is.
#[component]
pub(crate) fn Unopened(doc: Doc) -> impl IntoView {
    let app = App::here();
    move || {
        match doc.error.get() {
        None => ().into_any(),
        Some(error) if error.code == "not_found" => view! { <NotFound/> }.into_any(),
        Some(error) => view! {
            <div class="empty" role="alert">
                <span class="kind"><Icon name="triangle-alert"/></span>
                <h2>{if error.code == "damaged" { "This is damaged" } else { "This does not open" }}</h2>
                <p>{error.message}</p>
                <div class="row">
                    <button class="button" on:click=move |_| super::export_all(app)><Icon name="download"/>"Export everything"</button>
                    <A href="/" attr:class="button">"Go home"</A>
                </div>
            </div>
        }
        .into_any(),
    }
    }
}
