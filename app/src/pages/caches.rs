//! A lookup cache: its data as a table, and its settings.
//!
//! The data is not in the document: the store keeps it on this device or asks the server, and says so when it cannot.

mod data;
mod entry;
mod files;
mod grid;
mod texts;

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::query_signal;
use tombolo_model::forms::form;
use tombolo_model::{Id, Kind};

use super::bin::BinnedBanner;
use super::resources::More;
use super::{NotFound, Unopened, id_param};
use crate::browser::page;
use crate::components::{ConflictBadge, DocForm, DocNotices, LiveName, PeopleHere, UndoButtons};
use crate::state::use_document;
use grid::Grid;

/// The page of the lookup cache in the address.
#[component]
pub(crate) fn CachePage() -> impl IntoView {
    let id = id_param("id");
    move || match id.get() {
        Some(id) => view! { <Cache id=id/> }.into_any(),
        None => NotFound().into_any(),
    }
}

#[component]
fn Cache(id: Id) -> impl IntoView {
    let doc = use_document(id);
    doc.here(None, None);
    page::title(move || doc.text("/name"));
    let (settings, set_settings) = query_signal::<bool>("settings");
    let in_settings = Memo::new(move |_| settings.get() == Some(true));
    let pressed = move |of_settings: bool| (in_settings.get() == of_settings).to_string();
    let sections = Signal::derive(|| form(Kind::LookupCache, ""));
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
            <div class="page-head">
                <div class="grow">
                    <nav class="crumbs" aria-label="Path"><A href="/lookup-caches">"Lookup caches"</A></nav>
                    <div class="title-line"><LiveName doc=doc action="Rename"/><ConflictBadge doc=doc/></div>
                </div>
                <div class="actions">
                    <PeopleHere id=id/>
                    <div class="segment" role="group" aria-label="Shown">
                        <button aria-pressed=move || pressed(false) on:click=move |_| set_settings.set(None)>"Data"</button>
                        <button aria-pressed=move || pressed(true) on:click=move |_| set_settings.set(Some(true))>"Settings"</button>
                    </div>
                    {move || in_settings.get().then(|| view! { <UndoButtons doc=doc/> })}
                    <More doc=doc/>
                </div>
            </div>
            <BinnedBanner id=id says="It is in the recycle bin. What uses it does not run."/>
            <DocNotices id=id/>
            <Show when=move || in_settings.get() fallback=move || view! { <Grid doc=doc/> }>
                <div class="page-form"><div class="form"><DocForm doc=doc sections=sections/></div></div>
            </Show>
        </Show>
    }
}
