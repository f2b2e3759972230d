//! Home: the integrations as tiles.

mod first;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use serde_json::json;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::{Call, CatalogueRow, Created, RunRow};

use crate::browser::{page, service_worker};
use crate::components::{Ago, Icon, NameDialog, RunState, opener_id};
use crate::pages::packages::InstallButton;
use crate::state::{App, offline_of};
use crate::words;
use first::FirstSteps;

/// The home page.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Home".into());
    let search = RwSignal::new(String::new());
    let all = Memo::new(move |_| app.of_kind(Kind::Integration));
    let found = move || {
        let wanted = search.get().to_lowercase();
        all.get().into_iter().filter(|row| row.name.to_lowercase().contains(&wanted)).collect::<Vec<_>>()
    };
    let flows = move || app.of_kind(Kind::Flow).len();
    view! {
        <div class="page-head">
            <div>
                <h1>"Home"</h1>
                <p class="sub">{move || says(app.account.with(Option::is_some), all.with(Vec::len), flows())}</p>
            </div>
            <div class="actions"><InstallButton action="Install from a zip"/><CreateIntegration/></div>
        </div>
        <Show when=move || app.account.with(Option::is_some) fallback=move || app.failed.with(Option::is_none).then(|| view! { <Skeletons/> })>
            <Show when=move || !all.with(Vec::is_empty) fallback=FirstSteps>
                <div class="toolbar">
                    <label class="input"><Icon name="search"/>
                        <input type="search" placeholder="Find an integration" aria-label="Find an integration"
                            prop:value=move || search.get() on:input=move |event| search.set(event_target_value(&event))/>
                    </label>
                </div>
                <div class="page-body">
                    <Show when=move || !found().is_empty() fallback=move || view! {
                        <div class="empty"><span class="kind"><Icon name="search"/></span><h2>"Nothing matches"</h2><button class="button" on:click=move |_| search.set(String::new())>"Clear the search"</button></div>
                    }>
                        <div class="tiles">
                            <For each=found key=|row| (row.id, row.name.clone(), row.conflicts, row.damaged, row.pending) let:row><Tile row=row/></For>
                        </div>
                    </Show>
                </div>
            </Show>
        </Show>
    }
}

/// The line below the title; nothing while the store opens.
fn says(open: bool, integrations: usize, flows: usize) -> String {
    match (open, integrations) {
        (false, _) => "\u{a0}".into(),
        (true, 0) => "Nothing here yet".into(),
        (true, _) => format!("{}, {}", words::count(integrations, "integration"), words::count(flows, "flow")),
    }
}

#[component]
fn Skeletons() -> impl IntoView {
    view! { <div class="page-body"><div class="tiles" aria-busy="true"><div class="skeleton tile"></div><div class="skeleton tile"></div><div class="skeleton tile"></div></div></div> }
}

/// Makes an integration and opens it.
#[component]
fn CreateIntegration() -> impl IntoView {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    let create = move |name: String| {
        let navigate = navigate.get_value();
        spawn_local(async move {
            let call = Call::Create { kind: Kind::Integration, value: json!({"name": name}) };
            match app.call::<Created>(call).await {
                Ok(created) => {
                    navigate(&format!("/integrations/{}", created.id), leptos_router::NavigateOptions::default());
                    page::focus_when_there(vec![opener_id("Create flow")]);
                }
                Err(error) => app.toasts.fail(error.message),
            }
            if !service_worker::persist().await {
                leptos::logging::log!("the browser may evict what is stored here");
            }
        });
    };
    view! {
        <NameDialog action="Create integration" primary=true disabled=Signal::derive(move || !app.may_write()) on_create=Callback::new(create)
            hint="Name it after the systems it joins."/>
    }
}

/// What a tile says of an integration.
pub(crate) fn summary(rows: &[CatalogueRow], integration: Id) -> (usize, usize) {
    let flows = rows.iter().filter(|row| row.integration == Some(integration));
    let (mut on, mut all) = (0, 0);
    for flow in flows {
        all += 1;
        on += usize::from(!flow.disabled);
    }
    (on, all)
}

/// `2 of 3 flows on`.
fn flows_in_words((on, all): (usize, usize)) -> String {
    match (on, all) {
        (_, 0) => "No flows yet".into(),
        (on, all) if on == all => format!("{}, all on", words::count(all, "flow")),
        (on, all) => format!("{on} of {} on", words::count(all, "flow")),
    }
}

/// What the mark of a tile means.
fn offline_in_words(many: usize) -> String {
    format!(
        "The credentials of {} were refused, and nothing is sent through {}. Open the connections and enter them again.",
        words::count(many, "connection"),
        if many == 1 { "it" } else { "them" }
    )
}

#[component]
fn Tile(row: CatalogueRow) -> impl IntoView {
    let app = App::here();
    let id = row.id;
    let full = row.name.clone();
    let flows = Memo::new(move |_| app.of_kind(Kind::Flow));
    let counts = move || flows.with(|flows| summary(flows, id));
    // Of an account that is on this device alone everything is, and the pill at the top says it once.
    let shared = move || app.account.with(|account| account.as_ref().is_some_and(|account| !account.local));
    let offline = move || app.outages.with(|outages| app.rows.with(|rows| offline_of(rows, outages, id)));
    let last = move || -> Option<RunRow> {
        let flows = flows.get();
        flows
            .iter()
            .filter(|flow| flow.integration == Some(id))
            .filter_map(|flow| app.last_run(flow.id))
            .max_by_key(|run| run.started_ms)
    };
    view! {
        <article class="card tile">
            <header><span class=format!("app t{}", words::tint(&row.name))>{words::monogram(&row.name)}</span></header>
            <div>
                <h3 title=full><A href=format!("/integrations/{id}")>{row.name.clone()}</A></h3>
                <p class="meta">{move || flows_in_words(counts())}</p>
            </div>
            <footer>
                {move || match last() {
                    Some(run) => {
                        let when = run.started_ms;
                        view! { <RunState run=run/><span class="muted when"><Ago ms=when/></span> }.into_any()
                    }
                    None => view! { <span class="status off">"Not run yet"</span> }.into_any(),
                }}
                {move || match offline() {
                    0 => None,
                    many => Some(view! { <span class="badge warning" title=offline_in_words(many)><Icon name="unplug"/>"Offline"</span> }),
                }}
                {(row.conflicts > 0).then(|| view! { <span class="badge warning">"Two values"</span> })}
                {move || (row.pending && shared()).then(|| view! { <span class="sync" data-state="device" title="Not all changes are on the server yet.">"On this device"</span> })}
                {row.damaged.then(|| view! { <span class="badge danger">"Damaged"</span> })}
            </footer>
        </article>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_counts_its_own_flows_and_says_which_are_on() {
        assert_eq!(flows_in_words((0, 0)), "No flows yet");
        assert_eq!(flows_in_words((1, 1)), "1 flow, all on");
        assert_eq!(flows_in_words((2, 3)), "2 of 3 flows on");
    }

    #[test]
    fn nothing_is_counted_before_the_store_has_opened() {
        assert_eq!(says(false, 0, 0).trim(), "");
        assert_eq!(says(true, 0, 0), "Nothing here yet");
        assert_eq!(says(true, 2, 1), "2 integrations, 1 flow");
    }
}
