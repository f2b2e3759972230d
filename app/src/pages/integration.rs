//! One integration: its flows.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use serde_json::json;
use tombolo_model::forms::form;
use tombolo_model::{Action, Id, Intent, Kind};
use tombolo_wire::run_worker::RunOptions;
use tombolo_wire::store::{Call, CatalogueRow, Created, Edited};

use super::bin::{BinnedBanner, put_away};
use super::packages::{self, CloneDialog};
use super::{NotFound, Unopened, id_param};
use crate::browser::page;
use crate::components::{
    Ago, ConflictBadge, Dialog, DocForm, DocNotices, HistoryDialog, Icon, LiveName, Menu, MenuItem, NameDialog,
    PeopleHere, RunState, Switch,
};
use crate::state::{App, use_document};
use crate::words;

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
    let app = App::here();
    let doc = use_document(id);
    let flows = Memo::new(move |_| {
        app.of_kind(Kind::Flow).into_iter().filter(|flow| flow.integration == Some(id)).collect::<Vec<_>>()
    });
    doc.here(None, None);
    page::title(move || doc.text("/name"));
    let navigate = StoredValue::new_local(use_navigate());
    let history = RwSignal::new(false);
    let cloning = RwSignal::new(false);
    let settings = RwSignal::new(false);
    let bin = move |()| {
        // Its flows go with it: what is left of them would have no page.
        let ids = flows.get_untracked().into_iter().map(|flow| flow.id).chain([id]).collect();
        put_away(app, ids, binned_words(flows.with_untracked(Vec::len)));
        navigate.with_value(|navigate| navigate("/", leptos_router::NavigateOptions::default()));
    };
    let tests = move |()| {
        navigate.with_value(|navigate| {
            navigate(&format!("/integrations/{id}/tests"), leptos_router::NavigateOptions::default());
        });
    };
    let blocked = Signal::derive(move || (!doc.writable.get()).then(|| "You may look, not change.".to_owned()));
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
            <div class="page-head">
                <div class="grow">
                    <nav class="crumbs" aria-label="Path"><A href="/">"Home"</A></nav>
                    <div class="title-line"><LiveName doc=doc action="Rename integration"/><ConflictBadge doc=doc/></div>
                </div>
                <div class="actions">
                    <PeopleHere id=id/>
                    <Menu id="integration-menu" label="More" face=view! { <Icon name="ellipsis"/> }.into_any()>
                        <MenuItem on_choose=Callback::new(move |()| settings.set(true))><Icon name="settings"/>"Settings"</MenuItem>
                        <MenuItem on_choose=Callback::new(move |()| history.set(true))><Icon name="history"/>"History"</MenuItem>
                        <MenuItem on_choose=Callback::new(move |()| packages::download(app, id))><Icon name="download"/>"Download"</MenuItem>
                        <MenuItem on_choose=Callback::new(move |()| cloning.set(true)) blocked=Signal::derive(move || (!app.may_write()).then(|| "You may look, not change.".to_owned()))><Icon name="copy"/>"Clone"</MenuItem>
                        <MenuItem on_choose=Callback::new(tests)><Icon name="clipboard-check"/>"Tests"</MenuItem>
                        <MenuItem on_choose=Callback::new(move |()| navigate.with_value(|navigate| navigate("/transfers", leptos_router::NavigateOptions::default())))><Icon name="arrow-right-left"/>"Hand over"</MenuItem>
                        <MenuItem on_choose=Callback::new(bin) blocked=blocked><Icon name="trash-2"/>"Put the integration in the bin"</MenuItem>
                    </Menu>
                    <CreateFlow integration=id primary=true/>
                </div>
            </div>
            <HistoryDialog doc=doc open=history/>
            {move || cloning.get().then(|| view! { <CloneDialog id=id open=cloning/> })}
            <Dialog open=settings title="Settings of the integration"><div class="dialog-body form"><DocForm doc=doc sections=Signal::derive(|| form(Kind::Integration, ""))/></div></Dialog>
            <BinnedBanner id=id says="This integration is in the recycle bin. Its flows do not run."/>
            <DocNotices id=id/>
            <Show when=move || !flows.with(Vec::is_empty) fallback=move || view! {
                <div class="empty">
                    <span class="kind"><Icon name="waypoints"/></span>
                    <h2>"No flows yet"</h2>
                    <p>"A flow reads records from a source, changes them, and writes them to a destination."</p>
                    <CreateFlow integration=id primary=false/>
                </div>
            }>
                <div class="table-wrap">
                    <table class="table flows">
                        <thead><tr><th>"Flow"</th><th>"Last run"</th><th data-rank="2">"When"</th><th class="tight">"On"</th><th><span class="sr">"Actions"</span></th></tr></thead>
                        <tbody><For each=move || flows.get() key=|flow| (flow.id, flow.name.clone(), flow.disabled, flow.conflicts) let:flow><FlowRow flow=flow/></For></tbody>
                    </table>
                </div>
            </Show>
        </Show>
    }
}

fn binned_words(flows: usize) -> String {
    match flows {
        0 => "The integration is in the recycle bin.".into(),
        flows => format!("The integration and its {} are in the recycle bin.", words::count(flows, "flow")),
    }
}

/// Makes a flow and opens it.
#[component]
fn CreateFlow(integration: Id, primary: bool) -> impl IntoView {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    let create = move |name: String| {
        // Taken now: with the first flow the empty state goes away, and this button with it.
        let navigate = navigate.get_value();
        spawn_local(async move {
            let value = json!({"name": name, "_integrationId": integration, "disabled": false});
            match app.call::<Created>(Call::Create { kind: Kind::Flow, value }).await {
                Ok(created) => {
                    navigate(
                        &format!("/integrations/{integration}/flows/{}", created.id),
                        leptos_router::NavigateOptions::default(),
                    );
                    page::focus_when_there(vec!["add-source".to_owned(), "outline-add-source".to_owned()]);
                }
                Err(error) => app.toasts.fail(error.message),
            }
        });
    };
    view! { <NameDialog action="Create flow" primary=primary disabled=Signal::derive(move || !app.may_in(Action::Write, Kind::Flow, Some(integration))) on_create=Callback::new(create)/> }
}

#[component]
fn FlowRow(flow: CatalogueRow) -> impl IntoView {
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
    let (shown, on_label, run_label, bin_label) =
        (name.clone(), format!("{name} is on"), format!("Run flow {name}"), format!("Put {name} in the bin"));
    let bin = move |_| put_away(app, vec![id], format!("{name} is in the recycle bin."));
    let own = flow.clone();
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
                <button class="icon-button small" aria-label=bin_label on:click=bin prop:disabled=closed><Icon name="trash-2" small=true/></button>
            </span></td>
        </tr>
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
