//! The integrations on the home page: as tiles, and as the lines of a list that say the same.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::CatalogueRow;

use super::standing::{Facts, Standing, facts};
use crate::components::{Ago, Icon};
use crate::state::{App, offline_of};
use crate::words;

type AllFacts = Memo<BTreeMap<Id, Facts>>;

/// What is said of all integrations; worked out once for all tiles.
fn use_facts() -> AllFacts {
    let app = App::here();
    let flows = Memo::new(move |_| app.of_kind(Kind::Flow));
    Memo::new(move |_| flows.with(|flows| app.runs.with(|runs| app.marks.with(|marks| facts(flows, runs, marks)))))
}

/// What is said of one.
fn of(all: AllFacts, id: Id) -> Memo<Facts> {
    Memo::new(move |_| all.with(|all| all.get(&id).copied().unwrap_or_default()))
}

/// What asks for attention and is no error of a run.
fn marks(row: &CatalogueRow) -> impl IntoView + use<> {
    let app = App::here();
    let (id, conflicts, pending, damaged) = (row.id, row.conflicts, row.pending, row.damaged);
    let offline = move || app.outages.with(|outages| app.rows.with(|rows| offline_of(rows, outages, id)));
    // Of an account that is on this device alone everything is, and the pill at the top says it once.
    let shared = move || app.account.with(|account| account.as_ref().is_some_and(|account| !account.local));
    view! {
        {move || (offline() > 0).then(|| view! { <span class="badge warning" title=offline_in_words(offline())><Icon name="unplug"/>"Offline"</span> })}
        {(conflicts > 0).then(|| view! { <span class="badge warning">"Two values"</span> })}
        {move || (pending && shared()).then(|| view! { <span class="sync" data-state="device" title="Not all changes are on the server yet.">"On this device"</span> })}
        {damaged.then(|| view! { <span class="badge danger">"Damaged"</span> })}
    }
}

/// What the mark of connections that are offline means.
fn offline_in_words(many: usize) -> String {
    format!(
        "The credentials of {} were refused, and nothing is sent through {}. Open the connections and enter them again.",
        words::count(many, "connection"),
        if many == 1 { "it" } else { "them" }
    )
}

#[component]
fn State(facts: Memo<Facts>) -> impl IntoView {
    let standing = Memo::new(move |_| facts.with(|facts| facts.standing));
    move || {
        let (class, icon, words) = standing.get().shown();
        let sign = (standing.get() != Standing::Unrun).then(|| view! { <Icon name=icon/> });
        view! { <span class=format!("status {class}")>{sign}{words}</span> }
    }
}

/// As tiles.
#[component]
pub(super) fn Tiles(found: Signal<Vec<CatalogueRow>>) -> impl IntoView {
    let all = use_facts();
    view! {
        <div class="tiles">
            <For each=move || found.get() key=|row| (row.id, row.name.clone(), row.conflicts, row.damaged, row.pending) let:row><Tile row=row all=all/></For>
        </div>
    }
}

#[component]
fn Tile(row: CatalogueRow, all: AllFacts) -> impl IntoView {
    let (facts, marks) = (of(all, row.id), marks(&row));
    let (full, name) = (row.name.clone(), row.name.clone());
    view! {
        <article class="card tile">
            <header><span class=format!("app t{}", words::tint(&row.name))>{words::monogram(&row.name)}</span></header>
            <div>
                <h3 title=full><A href=format!("/integrations/{}", row.id)>{name}</A></h3>
                <p class="meta">{move || facts.with(Facts::flows_in_words)}</p>
            </div>
            <footer>
                <State facts=facts/>
                {move || facts.with(|facts| facts.last_ms).map(|ms| view! { <span class="muted when"><Ago ms=ms/></span> })}
                {marks}
            </footer>
        </article>
    }
}

/// As a list.
#[component]
pub(super) fn IntegrationList(found: Signal<Vec<CatalogueRow>>) -> impl IntoView {
    let all = use_facts();
    view! {
        <div class="table-wrap flush">
            <table class="table integrations" aria-label="Integrations">
                <thead><tr><th>"Integration"</th><th>"State"</th><th data-rank="2">"Flows"</th><th data-rank="2">"Last run"</th></tr></thead>
                <tbody><For each=move || found.get() key=|row| (row.id, row.name.clone(), row.conflicts, row.damaged, row.pending) let:row><Line row=row all=all/></For></tbody>
            </table>
        </div>
    }
}

#[component]
fn Line(row: CatalogueRow, all: AllFacts) -> impl IntoView {
    let (facts, marks) = (of(all, row.id), marks(&row));
    let (full, name) = (row.name.clone(), row.name);
    view! {
        <tr>
            <td><span class="row"><A href=format!("/integrations/{}", row.id) attr:class="name" attr:title=full>{name}</A>{marks}</span></td>
            <td><State facts=facts/></td>
            <td data-rank="2" class="muted">{move || facts.with(Facts::flows_in_words)}</td>
            <td data-rank="2" class="muted">{move || facts.with(|facts| facts.last_ms).map(|ms| view! { <Ago ms=ms/> })}</td>
        </tr>
    }
}
