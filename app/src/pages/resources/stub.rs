//! What somebody sees of a connection or iClient that they may not open: what it is, and whether it works.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::{Id, Kind};

use super::rows::application;
use crate::browser::page;
use crate::components::{Ago, Icon};
use crate::state::App;
use crate::words::kinds::KindWords;

/// The page in the place of its form.
#[component]
pub(super) fn Stub(words: &'static KindWords, id: Id) -> impl IntoView {
    let app = App::here();
    let row = Memo::new(move |_| app.row(id));
    let name = move || row.with(|row| row.as_ref().map(|row| row.name.clone()).unwrap_or_default());
    let of = move || row.with(|row| row.as_ref().map(|row| application(row).to_owned()).unwrap_or_default());
    let outage = move || app.outage(id);
    page::title(name);
    view! {
        <div class="page-head">
            <div class="grow">
                <nav class="crumbs" aria-label="Path"><A href=format!("/{}", words.folder)>{words.title}</A></nav>
                <h1>{name}</h1><p class="sub">{of}</p>
            </div>
        </div>
        {move || outage().map(|outage| view! {
            <div class="banner warning"><Icon name="unplug"/><p class="grow">{format!("Offline: {}.", outage.why)}" Since "<Ago ms=outage.since_ms/>"."</p></div>
        })}
        <div class="empty">
            <span class="kind"><Icon name="lock"/></span>
            <h2>{format!("You may not open this {}", words.one)}</h2>
            <p>"How it signs in is seen and changed by who manages it. Flows that use it run on the server for you."</p>
            {(words.kind == Kind::Connection).then_some(move || outage().is_none().then(|| view! { <p class="status success"><Icon name="circle-check"/>"Online"</p> }))}
        </div>
    }
}
