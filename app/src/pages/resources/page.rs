//! The page of one resource: its form, and its JSON beside it.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{query_signal, use_location, use_navigate};
use leptos_router::params::ParamsMap;
use tombolo_model::forms::form;
use tombolo_model::{Id, Kind};

use super::debug::Debug;
use super::stub::Stub;
use super::{UsedBy, folder_param};
use crate::browser::page;
use crate::components::{
    ConflictBadge, DocForm, DocNotices, HistoryDialog, Icon, JsonView, ListenerAddress, LiveName, Menu, MenuItem,
    PeopleHere, SignInTo, TestConnection, UndoButtons, is_listener,
};
use crate::pages::bin::BinnedBanner;
use crate::pages::caches::CachePage;
use crate::pages::{NotFound, ScriptPage, Unopened, id_param};
use crate::state::{App, Doc, use_document};
use crate::words::kinds::{self, KindWords};

/// The page of the resource in the address.
#[component]
pub(crate) fn ResourcePage() -> impl IntoView {
    let id = id_param("id");
    let kind = folder_param();
    let app = App::here();
    // Also of an open page whose person may open it no longer.
    let stub = Memo::new(move |_| id.get().and_then(|id| app.row(id)).is_some_and(|row| !app.may_open(&row)));
    move || match (kind.get(), id.get()) {
        (Some(words), Some(id)) if stub.get() => view! { <Stub words=words id=id/> }.into_any(),
        (Some(KindWords { kind: Kind::Script, .. }), Some(_)) => ScriptPage().into_any(),
        (Some(KindWords { kind: Kind::LookupCache, .. }), Some(_)) => CachePage().into_any(),
        (Some(KindWords { kind: Kind::Flow, .. }), Some(id)) => view! { <ToBuilder id=id/> }.into_any(),
        (Some(words), Some(id)) => view! { <Resource words=words id=id/> }.into_any(),
        _ => NotFound().into_any(),
    }
}

/// A flow is shown by the builder, which has its integration in the address: what says only its id leads there, with
/// what is asked for behind it.
#[component]
fn ToBuilder(id: Id) -> impl IntoView {
    let doc = use_document(id);
    let place = use_location();
    let navigate = StoredValue::new_local(use_navigate());
    Effect::new(move |_| {
        let Some(address) = doc.app.row(id).as_ref().and_then(kinds::address) else { return };
        let query = place.query.with_untracked(ParamsMap::to_query_string);
        let replace = NavigateOptions { replace: true, ..NavigateOptions::default() };
        navigate.with_value(|navigate| navigate(&format!("{address}{query}"), replace));
    });
    move || doc.error.with(Option::is_some).then(|| view! { <Unopened doc=doc/> })
}

#[component]
fn Resource(words: &'static KindWords, id: Id) -> impl IntoView {
    let doc = use_document(id);
    doc.here(None, None);
    page::title(move || doc.text("/name"));
    let (json, set_json) = query_signal::<bool>("json");
    let beside = Memo::new(move |_| json.get() == Some(true));
    let adaptor = Memo::new(move |_| {
        let adaptor = doc.text("/adaptorType");
        if adaptor.is_empty() { doc.text("/type") } else { adaptor }
    });
    // Of an address that names another kind the resource itself is right.
    let kind = Memo::new(move |_| doc.kind.get().unwrap_or(words.kind));
    let sections = Signal::derive(move || {
        form(kind.get(), &if kind.get() == Kind::Connection { doc.text("/type") } else { adaptor.get() })
    });
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
            <div class="page-head">
                <div class="grow">
                    <nav class="crumbs" aria-label="Path"><A href=format!("/{}", words.folder)>{words.title}</A></nav>
                    <div class="title-line"><LiveName doc=doc action="Rename"/><ConflictBadge doc=doc/></div>
                </div>
                <div class="actions">
                    <PeopleHere id=id/>
                    <UndoButtons doc=doc/>
                    <button class="icon-button" aria-label="Show the JSON" title="JSON" aria-pressed=move || beside.get().to_string()
                        on:click=move |_| set_json.set((!beside.get_untracked()).then_some(true))><Icon name="file-braces"/></button>
                    <More doc=doc/>
                </div>
            </div>
            <BinnedBanner id=id says="It is in the recycle bin. What uses it does not run."/>
            <DocNotices id=id/>
            <div class="resource-body" class:beside=move || beside.get()>
                <div class="page-form">
                    {(words.kind == Kind::Connection).then(|| view! { <SignInTo doc=doc/><TestConnection doc=doc/> })}
                    {move || is_listener(&adaptor.get()).then(|| view! { <ListenerAddress doc=doc/> })}
                    <div class="form"><DocForm doc=doc sections=sections/></div>
                    {(words.kind == Kind::Connection).then(|| view! { <div class="form"><Debug doc=doc/></div> })}
                </div>
                {move || beside.get().then(|| view! { <JsonView doc=doc/> })}
            </div>
        </Show>
    }
}

/// The menu of one resource.
#[component]
pub(crate) fn More(doc: Doc) -> impl IntoView {
    let history = RwSignal::new(false);
    let used = RwSignal::new(false);
    view! {
        <Menu id="resource-menu" label="More" face=view! { <Icon name="ellipsis"/> }.into_any()>
            <MenuItem on_choose=Callback::new(move |()| used.set(true))><Icon name="link"/>"Used by"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| history.set(true))><Icon name="history"/>"History"</MenuItem>
        </Menu>
        <HistoryDialog doc=doc open=history/>
        <UsedBy id=doc.id open=used/>
    }
}
