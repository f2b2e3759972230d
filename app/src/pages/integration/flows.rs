//! The table of an integration's flows: those of the chosen group whose name has what is looked for.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{query_signal_with_options, use_navigate};
use serde_json::json;
use tombolo_model::{Action, Intent, Kind};
use tombolo_wire::run_worker::RunOptions;
use tombolo_wire::store::{Call, CatalogueRow, Created, Edited};

use super::Page;
use super::listed::{Chosen, listed};
use crate::browser;
use crate::components::{Ago, Icon, NameDialog, RunState, Switch};
use crate::pages::bin::put_away;
use crate::state::App;

/// The flows, with what finds one among them.
#[component]
pub(super) fn Flows(page: Page) -> impl IntoView {
    // Each letter of a search is not a page of its own.
    let quietly = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
    let (said, set_said) = query_signal_with_options::<String>("q", quietly);
    let search = RwSignal::new(said.get_untracked().unwrap_or_default());
    let type_in = move |text: String| {
        set_said.set(Some(text.clone()).filter(|text| !text.is_empty()));
        search.set(text);
    };
    let shown = Memo::new(move |_| {
        let groups = page.groups.get();
        page.flows.with(|flows| page.chosen.with(|chosen| search.with(|search| listed(flows, &groups, chosen, search))))
    });
    view! {
        <Show when=move || !page.flows.with(Vec::is_empty) fallback=move || view! {
            <div class="empty">
                <span class="kind"><Icon name="waypoints"/></span>
                <h2>"No flows yet"</h2>
                <p>"A flow reads records from a source, changes them, and writes them to a destination."</p>
                <CreateFlow page=page primary=false/>
            </div>
        }>
            <div class="flows-of">
                <div class="toolbar">
                    <label class="input"><Icon name="search"/>
                        <input type="search" placeholder="Find a flow" aria-label="Find a flow" prop:value=move || search.get() on:input=move |event| type_in(event_target_value(&event))/>
                    </label>
                </div>
                <Show when=move || !shown.with(Vec::is_empty) fallback=move || view! { <Nothing page=page searched=Signal::derive(move || !search.with(|search| search.trim().is_empty())) clear=Callback::new(move |()| type_in(String::new()))/> }>
                    <div class="table-wrap">
                        <table class="table flows">
                            <thead><tr><th>"Flow"</th><th>"Last run"</th><th data-rank="2">"When"</th><th class="tight">"On"</th><th><span class="sr">"Actions"</span></th></tr></thead>
                            <tbody><For each=move || shown.get() key=|flow| (flow.id, flow.name.clone(), flow.disabled, flow.conflicts, flow.group.clone()) let:flow><FlowRow page=page flow=flow/></For></tbody>
                        </table>
                    </div>
                </Show>
            </div>
        </Show>
    }
}

/// That no flow is listed, and the way on.
#[component]
fn Nothing(page: Page, searched: Signal<bool>, clear: Callback<()>) -> impl IntoView {
    view! {
        {move || if searched.get() {
            view! { <div class="empty"><span class="kind"><Icon name="search"/></span><h2>"Nothing matches"</h2><button class="button" on:click=move |_| clear.run(())>"Clear the search"</button></div> }.into_any()
        } else if page.chosen.with(|chosen| *chosen == Chosen::Rest) {
            view! { <div class="empty"><span class="kind"><Icon name="waypoints"/></span><h2>"Every flow is in a group"</h2></div> }.into_any()
        } else {
            view! { <div class="empty"><span class="kind"><Icon name="waypoints"/></span><h2>"No flows in this group"</h2><p>"Move a flow here from its row, or create one."</p></div> }.into_any()
        }}
    }
}

/// Makes a flow and opens it.
#[component]
pub(super) fn CreateFlow(page: Page, primary: bool) -> impl IntoView {
    let (app, integration) = (page.doc.app, page.doc.id);
    let navigate = StoredValue::new_local(use_navigate());
    let create = move |name: String| {
        // Taken now: with the first flow the empty state goes away, and this button with it.
        let navigate = navigate.get_value();
        let group = page.chosen.with_untracked(|chosen| chosen.group().map(str::to_owned));
        spawn_local(async move {
            let mut value = json!({"name": name, "_integrationId": integration, "disabled": false});
            if let Some(group) = group {
                value["_flowGroupingId"] = group.into();
            }
            match app.call::<Created>(Call::Create { kind: Kind::Flow, value }).await {
                Ok(created) => {
                    let address = format!("/integrations/{integration}/flows/{}", created.id);
                    navigate(&address, NavigateOptions::default());
                    browser::page::focus_when_there(vec!["add-source".to_owned(), "outline-add-source".to_owned()]);
                }
                Err(error) => app.toasts.fail(error.message),
            }
        });
    };
    view! { <NameDialog action="Create flow" primary=primary disabled=Signal::derive(move || !app.may_in(Action::Write, Kind::Flow, Some(integration))) on_create=Callback::new(create)/> }
}

#[component]
fn FlowRow(page: Page, flow: CatalogueRow) -> impl IntoView {
    let app = App::here();
    let id = flow.id;
    let href = format!("/integrations/{}/flows/{id}", flow.integration.map(|id| id.to_string()).unwrap_or_default());
    let name = if flow.name.is_empty() { "Flow without a name".to_owned() } else { flow.name.clone() };
    let on = !flow.disabled;
    let turn = move |on: bool| async move {
        let intents = vec![Intent::Set { path: "/disabled".into(), value: (!on).into() }];
        app.call::<Edited>(Call::Edit { id, intents }).await.map(drop)
    };
    let full = name.clone();
    let (shown, on_label, run_label) = (name.clone(), format!("{name} is on"), format!("Run flow {name}"));
    let (bin_label, move_label) = (format!("Put {name} in the bin"), format!("Move {name} to a group"));
    let bin = move |_| put_away(app, vec![id], format!("{name} is in the recycle bin."));
    let own = flow.clone();
    let moved = StoredValue::new(flow.clone());
    let closed = Signal::derive(move || !app.may_change(&own));
    let going = Memo::new(move |_| app.is_running(id));
    let blocked = move || match (on, going.get()) {
        (false, _) => Some("Switch the flow on to run it."),
        (true, true) => Some("A run of this flow is going."),
        (true, false) => None,
    };
    view! {
        <tr>
            <td><A href=href attr:class="name" attr:title=full>{shown}</A> {(flow.conflicts > 0).then(|| view! { <span class="badge warning">"Two values"</span> })}</td>
            <td>{move || match app.last_run(id) {
                Some(run) => view! { <A href=format!("/runs?run={}", run.id) attr:class="run-link"><RunState run=run/></A> }.into_any(),
                None => view! { <span class="faint">"Not run yet"</span> }.into_any(),
            }}</td>
            <td data-rank="2" class="muted">{move || app.last_run(id).map(|run| view! { <Ago ms=run.started_ms/> })}</td>
            <td class="tight"><Switch label=on_label on=on disabled=closed turn=turn/></td>
            <td class="actions"><span class="row end">
                <button class="button small" aria-label=run_label title=move || blocked().unwrap_or_default() on:click=move |_| app.start_run(id, RunOptions::default()) prop:disabled=move || blocked().is_some() aria-busy=move || going.get().to_string()><Icon name="play"/>"Run flow"</button>
                {move || (!page.groups.with(Vec::is_empty)).then(|| view! {
                    <button class="icon-button small" aria-label=move_label.clone() title="Move to a group" on:click=move |_| page.moving.set(Some(moved.get_value())) prop:disabled=closed><Icon name="folder-input" small=true/></button>
                })}
                <button class="icon-button small" aria-label=bin_label title="Put in the bin" on:click=bin prop:disabled=closed><Icon name="trash-2" small=true/></button>
            </span></td>
        </tr>
    }
}
