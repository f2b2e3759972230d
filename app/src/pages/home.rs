//! Home: the integrations as tiles.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use serde_json::json;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::{Call, CatalogueRow, Created, RunRow};

use crate::browser::{service_worker, time};
use crate::components::{Icon, NameDialog, RunState};
use crate::state::App;
use crate::words;

/// The home page.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    let app = App::here();
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
                <p class="sub">{move || format!("{}, {}", words::count(all.get().len(), "integration"), words::count(flows(), "flow"))}</p>
            </div>
            <div class="actions"><CreateIntegration primary=true/></div>
        </div>
        <Show when=move || app.account.with(Option::is_some) fallback=Skeletons>
            <Show when=move || !all.with(Vec::is_empty) fallback=FirstSteps>
                <div class="toolbar">
                    <label class="input"><Icon name="search"/>
                        <input type="search" placeholder="Find an integration" aria-label="Find an integration"
                            prop:value=move || search.get() on:input=move |event| search.set(event_target_value(&event))/>
                    </label>
                </div>
                <div class="page-body">
                    <Show when=move || !found().is_empty() fallback=move || view! {
                        <div class="empty"><h2>"Nothing matches"</h2><button class="button" on:click=move |_| search.set(String::new())>"Clear the search"</button></div>
                    }>
                        <div class="tiles">
                            <For each=found key=|row| (row.id, row.name.clone(), row.conflicts) let:row><Tile row=row/></For>
                        </div>
                    </Show>
                </div>
            </Show>
        </Show>
    }
}

#[component]
fn Skeletons() -> impl IntoView {
    view! { <div class="page-body"><div class="tiles" aria-busy="true"><div class="skeleton tile"></div><div class="skeleton tile"></div><div class="skeleton tile"></div></div></div> }
}

#[component]
fn FirstSteps() -> impl IntoView {
    view! {
        <div class="empty first">
            <span class="kind"><Icon name="waypoints"/></span>
            <h2>"No integrations yet"</h2>
            <p>"An integration holds the flows that move records between two systems. It works on this device alone; sign in when somebody should join."</p>
            <div class="row"><CreateIntegration primary=false/><A href="/sign-in" attr:class="button quiet">"Sign in to an account"</A></div>
        </div>
    }
}

/// Makes an integration and opens it.
#[component]
fn CreateIntegration(primary: bool) -> impl IntoView {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    let create = move |name: String| {
        spawn_local(async move {
            let call = Call::Create { kind: Kind::Integration, value: json!({"name": name}) };
            match app.call::<Created>(call).await {
                Ok(created) => navigate.with_value(|go| go(&format!("/integrations/{}", created.id), leptos_router::NavigateOptions::default())),
                Err(error) => app.toasts.fail(error.message),
            }
            if !service_worker::persist().await {
                leptos::logging::log!("the browser may evict what is stored here");
            }
        });
    };
    view! {
        <NameDialog action="Create integration" primary=primary disabled=Signal::derive(move || !app.may_write()) on_create=Callback::new(create)
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

#[component]
fn Tile(row: CatalogueRow) -> impl IntoView {
    let app = App::here();
    let id = row.id;
    let flows = Memo::new(move |_| app.of_kind(Kind::Flow));
    let counts = move || flows.with(|flows| summary(flows, id));
    let last = move || -> Option<RunRow> {
        let flows = flows.get();
        flows.iter().filter(|flow| flow.integration == Some(id)).filter_map(|flow| app.last_run(flow.id)).max_by_key(|run| run.started_ms)
    };
    view! {
        <article class="card tile">
            <header><span class=format!("app t{}", words::tint(&row.name))>{words::monogram(&row.name)}</span></header>
            <div>
                <h3><A href=format!("/integrations/{id}")>{row.name.clone()}</A></h3>
                <p class="meta">{move || { let (on, all) = counts(); format!("{on} of {} on", words::count(all, "flow")) }}</p>
            </div>
            <footer>
                {move || match last() {
                    Some(run) => {
                        let when = words::ago(run.started_ms, time::now_ms());
                        view! { <RunState run=run/><span class="muted">{when}</span> }.into_any()
                    }
                    None => view! { <span class="status off">"Not run yet"</span> }.into_any(),
                }}
                {(row.conflicts > 0).then(|| view! { <span class="badge warning">"Two values"</span> })}
            </footer>
        </article>
    }
}
