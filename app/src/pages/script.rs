//! A script, typed in by one or by several people at once.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::Id;

use super::bin::BinnedBanner;
use super::{NotFound, Unopened, id_param};
use crate::browser::page;
use crate::components::{
    CodeEditor, ConflictBadge, DocNotices, HistoryDialog, Icon, LiveName, Menu, MenuItem, PeopleHere,
};
use crate::state::use_document;

/// The page of the script in the address.
#[component]
pub(crate) fn ScriptPage() -> impl IntoView {
    let id = id_param("id");
    move || match id.get() {
        Some(id) => view! { <Script id=id/> }.into_any(),
        None => NotFound().into_any(),
    }
}

#[component]
fn Script(id: Id) -> impl IntoView {
    let doc = use_document(id);
    doc.here(None, None);
    page::title(move || doc.text("/name"));
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    let history = RwSignal::new(false);
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
            <div class="editor-head">
                <nav class="crumbs wide-only" aria-label="Path"><A href="/scripts">"Scripts"</A><Icon name="chevron-right" small=true/></nav>
                <div class="title-line"><LiveName doc=doc action="Rename script"/><ConflictBadge doc=doc/></div>
                <span class="grow"></span>
                <PeopleHere id=id/>
                <Menu id="script-menu" label="More" face=view! { <Icon name="ellipsis"/> }.into_any()>
                    <MenuItem on_choose=Callback::new(move |()| history.set(true))><Icon name="history"/>"History"</MenuItem>
                </Menu>
            </div>
            <HistoryDialog doc=doc open=history/>
            <BinnedBanner id=id says="This script is in the recycle bin. Nothing runs it."/>
            <DocNotices id=id/>
            {move || open.get().then(|| view! { <CodeEditor doc=doc path="/content" label="Content"/> })}
        </Show>
    }
}
