//! One integration: its flows, in groups.

mod flows;
mod groups;
mod listed;
mod people;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{query_signal_with_options, use_navigate};
use tombolo_model::forms::form;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::CatalogueRow;

use super::aliases::AliasesDialog;
use super::bin::{BinnedBanner, put_away};
use super::packages::{self, CloneDialog};
use super::{NotFound, Unopened, id_param};
use crate::browser::page;
use crate::components::{
    ConflictBadge, Dialog, DocForm, DocNotices, HistoryDialog, Icon, LiveName, Menu, MenuItem, PeopleHere,
};
use crate::state::{App, Doc, use_document};
use crate::words;
use flows::{CreateFlow, Flows};
use groups::{Groups, MoveToGroup};
use listed::{Chosen, Group};
use people::PeopleDialog;

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Page {
    doc: Doc,
    /// The flows of the integration, by name.
    flows: Memo<Vec<CatalogueRow>>,
    groups: Memo<Vec<Group>>,
    /// The group that is looked at, which is in the address.
    chosen: Memo<Chosen>,
    set_chosen: SignalSetter<Option<String>>,
    /// The dialog that makes a group.
    adding_group: RwSignal<bool>,
    /// The flow that is to go into another group.
    moving: RwSignal<Option<CatalogueRow>>,
}

impl Page {
    fn of(id: Id) -> Self {
        let (app, doc) = (App::here(), use_document(id));
        let groups = Memo::new(move |_| {
            doc.view.with(|view| view.as_ref().map(|view| listed::groups(view)).unwrap_or_default())
        });
        let quietly = NavigateOptions { scroll: false, ..NavigateOptions::default() };
        let (said, set_chosen) = query_signal_with_options::<String>("group", quietly);
        Self {
            doc,
            flows: Memo::new(move |_| {
                app.of_kind(Kind::Flow).into_iter().filter(|flow| flow.integration == Some(id)).collect::<Vec<_>>()
            }),
            groups,
            chosen: Memo::new(move |_| said.with(|said| groups.with(|groups| Chosen::of(said.as_deref(), groups)))),
            set_chosen,
            adding_group: RwSignal::new(false),
            moving: RwSignal::new(None),
        }
    }

    /// Shows the flows of a group.
    fn choose(self, chosen: &Chosen) {
        self.set_chosen.set(chosen.said());
    }
}

/// The page of the integration in the address.
#[component]
pub(crate) fn IntegrationPage() -> impl IntoView {
    let id = id_param("id");
    move || match id.get() {
        Some(id) => view! { <Integration id=id/> }.into_any(),
        None => NotFound().into_any(),
    }
}

#[component]
fn Integration(id: Id) -> impl IntoView {
    let here = Page::of(id);
    let doc = here.doc;
    doc.here(None, None);
    page::title(move || doc.text("/name"));
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
            <div class="page-head">
                <div class="grow">
                    <nav class="crumbs" aria-label="Path"><A href="/">"Home"</A></nav>
                    <div class="title-line"><LiveName doc=doc action="Rename integration"/><ConflictBadge doc=doc/></div>
                </div>
                <div class="actions">
                    <PeopleHere id=id/>
                    <More page=here/>
                    <CreateFlow page=here primary=true/>
                </div>
            </div>
            <BinnedBanner id=id says="This integration is in the recycle bin. Its flows do not run."/>
            <DocNotices id=id/>
            <div class="integration-body" class:grouped=move || !here.groups.with(Vec::is_empty)>
                <Groups page=here/>
                <Flows page=here/>
            </div>
            <MoveToGroup page=here/>
        </Show>
    }
}

/// What is done with an integration less often.
#[component]
fn More(page: Page) -> impl IntoView {
    let (doc, id) = (page.doc, page.doc.id);
    let app = doc.app;
    let navigate = StoredValue::new_local(use_navigate());
    let go = move |to: String| navigate.with_value(|navigate| navigate(&to, NavigateOptions::default()));
    let history = RwSignal::new(false);
    let cloning = RwSignal::new(false);
    let settings = RwSignal::new(false);
    let (aliases, people) = (RwSignal::new(false), RwSignal::new(false));
    let bin = move |()| {
        // Its flows go with it: what is left of them would have no page.
        let ids = page.flows.get_untracked().into_iter().map(|flow| flow.id).chain([id]).collect();
        put_away(app, ids, binned_words(page.flows.with_untracked(Vec::len)));
        go("/".to_owned());
    };
    let no = |yes: bool| (!yes).then(|| "You may look, not change.".to_owned());
    let blocked = Signal::derive(move || no(doc.writable.get()));
    view! {
        <Menu id="integration-menu" label="More" face=view! { <Icon name="ellipsis"/> }.into_any()>
            <MenuItem on_choose=Callback::new(move |()| settings.set(true))><Icon name="settings"/>"Settings"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| page.adding_group.set(true)) blocked=blocked><Icon name="folder-plus"/>"Create group"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| aliases.set(true))><Icon name="tag"/>"Aliases"</MenuItem>
            {move || people::are_shown(app).then(|| view! { <MenuItem on_choose=Callback::new(move |()| people.set(true))><Icon name="users"/>"Members"</MenuItem> })}
            <MenuItem on_choose=Callback::new(move |()| history.set(true))><Icon name="history"/>"History"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| packages::download(app, id))><Icon name="download"/>"Download"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| cloning.set(true)) blocked=Signal::derive(move || no(app.may_write()))><Icon name="copy"/>"Clone"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| go(format!("/integrations/{id}/tests")))><Icon name="clipboard-check"/>"Tests"</MenuItem>
            <MenuItem on_choose=Callback::new(move |()| go("/transfers".to_owned()))><Icon name="arrow-right-left"/>"Hand over"</MenuItem>
            <MenuItem on_choose=Callback::new(bin) blocked=blocked><Icon name="trash-2"/>"Put the integration in the bin"</MenuItem>
        </Menu>
        <HistoryDialog doc=doc open=history/>
        <PeopleDialog id=id open=people/>
        {move || cloning.get().then(|| view! { <CloneDialog id=id open=cloning/> })}
        <AliasesDialog doc=doc open=aliases above=None/>
        <Dialog open=settings title="Settings of the integration"><div class="dialog-body form"><DocForm doc=doc sections=Signal::derive(|| form(Kind::Integration, ""))/></div></Dialog>
    }
}

fn binned_words(flows: usize) -> String {
    match flows {
        0 => "The integration is in the recycle bin.".into(),
        flows => format!("The integration and its {} are in the recycle bin.", words::count(flows, "flow")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_into_the_bin_is_named() {
        assert_eq!(binned_words(0), "The integration is in the recycle bin.");
        assert_eq!(binned_words(2), "The integration and its 2 flows are in the recycle bin.");
    }
}
