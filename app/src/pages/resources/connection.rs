//! The page of one connection: the same form that opens from a step.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::Id;

use crate::browser::page;
use crate::components::{ConflictBadge, DocNotices, HistoryDialog, Icon, LiveName, Menu, MenuItem, PeopleHere};
use crate::pages::bin::BinnedBanner;
use crate::pages::flow::ConnectionForm;
use crate::pages::{NotFound, Unopened, id_param};
use crate::state::use_document;

/// The page of the connection in the address.
#[component]
pub(crate) fn ConnectionPage() -> impl IntoView {
    let id = id_param("id");
    move || match id.get() {
        Some(id) => view! { <Connection id=id/> }.into_any(),
        None => NotFound().into_any(),
    }
}

#[component]
fn Connection(id: Id) -> impl IntoView {
    let doc = use_document(id);
    doc.here(None, None);
    page::title(move || doc.text("/name"));
    let history = RwSignal::new(false);
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
            <div class="page-head">
                <div class="grow">
                    <nav class="crumbs" aria-label="Path"><A href="/connections">"Connections"</A></nav>
                    <div class="title-line"><LiveName doc=doc action="Rename connection"/><ConflictBadge doc=doc/></div>
                </div>
                <div class="actions">
                    <PeopleHere id=id/>
                    <Menu id="connection-menu" label="More" face=view! { <Icon name="ellipsis"/> }.into_any()>
                        <MenuItem on_choose=Callback::new(move |()| history.set(true))><Icon name="history"/>"History"</MenuItem>
                    </Menu>
                </div>
            </div>
            <HistoryDialog doc=doc open=history/>
            <BinnedBanner id=id says="This connection is in the recycle bin. Steps that use it do not run."/>
            <DocNotices id=id/>
            <div class="page-form"><ConnectionForm id=id/></div>
        </Show>
    }
}
