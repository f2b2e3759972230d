//! The runs of the account: a table, and beside the chosen one its steps, files and errors.

mod details;
mod told;
mod tried;
mod warnings;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use tombolo_model::Id;
use tombolo_wire::run::RunPlace;
use tombolo_wire::store::{AccountInfo, RunRow};

use crate::browser::page;
use crate::components::{Ago, Icon, RunState};
use crate::state::App;
use crate::words;
use details::Details;
pub(in crate::pages) use told::{Told, nothing_read};
pub(in crate::pages) use tried::{Tried, tried_memo};
pub(in crate::pages) use warnings::Warnings;

/// Where a run ran, in words. Of an account that is on this device alone there is no other device.
pub(crate) fn place_words(run: &RunRow, account: Option<&AccountInfo>) -> &'static str {
    let local = account.is_none_or(|account| account.local);
    match (run.place, run.offline) {
        (RunPlace::Browser, _) if local => "On this device",
        (RunPlace::Browser, true) => "On a device, offline",
        (RunPlace::Browser, false) => "On a device",
        (RunPlace::Server, _) => "On the server",
        (RunPlace::Schedule, _) => "On schedule",
        (RunPlace::CommandLine, _) => "Command line",
    }
}

/// Records that the destinations took, and records that failed anywhere.
pub(crate) fn totals(run: &RunRow) -> (u64, u64) {
    let written = run.steps.iter().filter(|step| step.kind == "import").map(|step| step.success).sum();
    (written, run.steps.iter().map(|step| step.errors).sum())
}

/// What the flow of a run is called.
pub(crate) fn flow_name(run: &RunRow) -> String {
    if run.flow_name.is_empty() { "Flow without a name".to_owned() } else { run.flow_name.clone() }
}

/// One run, followed while it goes; nothing once it is gone.
fn run_memo(app: App, id: Id) -> Memo<Option<RunRow>> {
    Memo::new(move |_| app.runs.with(|runs| runs.get(&id).cloned()))
}

/// The page of all runs; `?run=` names the chosen one.
#[component]
pub(crate) fn RunsPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Runs".into());
    let query = use_query_map();
    let chosen = Memo::new(move |_| query.with(|query| query.get("run").and_then(|text| text.parse::<Id>().ok())));
    // Rows move on while they are shown; which there are, and in which order, changes with a new run only.
    let order = Memo::new(move |_| {
        let mut runs: Vec<_> = app.runs.with(|runs| runs.values().map(|run| (run.started_ms, run.id)).collect());
        runs.sort_by_key(|(started, id)| (std::cmp::Reverse(*started), *id));
        runs.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    });
    let shown = Memo::new(move |_| chosen.get().filter(|id| order.with(|order| order.contains(id))));
    view! {
        <div class="page-head"><div>
            <h1>"Runs"</h1>
            <p class="sub">{move || words::count(order.with(Vec::len), "run")}</p>
        </div></div>
        <Show when=move || !order.with(Vec::is_empty) fallback=|| view! {
            <div class="empty"><span class="kind"><Icon name="history"/></span><h2>"Nothing has run yet"</h2><p>"Open a flow and press Run flow; each run is kept here with what it read, wrote and could not write."</p></div>
        }>
            <div class="runs">
                <div class="table-wrap">
                    <table class="table all-runs">
                        <thead><tr>
                            <th>"Flow"</th><th>"State"</th><th>"Started"</th><th data-rank="2" class="num">"Took"</th>
                            <th class="num">"Written"</th><th class="num" data-rank="2">"Errors"</th><th data-rank="3">"Where"</th>
                        </tr></thead>
                        <tbody><For each=move || order.get() key=|id| *id let:id><Line id=id chosen=chosen/></For></tbody>
                    </table>
                </div>
                {move || shown.get().map(|id| view! { <Details id=id run=run_memo(app, id)/> })}
            </div>
        </Show>
    }
}

#[component]
fn Line(id: Id, chosen: Memo<Option<Id>>) -> impl IntoView {
    let app = App::here();
    let run = run_memo(app, id);
    let started = run.with_untracked(|run| run.as_ref().map_or(0, |run| run.started_ms));
    let name = move || run.with(|run| run.as_ref().map(flow_name).unwrap_or_default());
    let label = move || format!("{}, {}", name(), words::ago(started, app.now_ms.get()));
    let took = move || {
        run.with(|run| run.as_ref().and_then(|run| run.ended_ms.map(|end| words::duration(end - run.started_ms))))
    };
    let counts = Memo::new(move |_| run.with(|run| run.as_ref().map(totals).unwrap_or_default()));
    let (written, errors) = (move || counts.get().0, move || counts.get().1);
    let kind = move || run.with(|run| run.as_ref().and_then(|run| words::run_type(run.origin.kind)));
    let current = move || (chosen.get() == Some(id)).to_string();
    view! {
        // A plain link: the router's own would call each of them the page that is shown, for their path is.
        <tr aria-selected=current>
            <td><a href=format!("/runs?run={id}") class="name" title=name aria-label=label aria-current=move || (chosen.get() == Some(id)).then_some("true")>{name}</a>{move || kind().map(|word| view! { " "<span class="badge">{word}</span> })}</td>
            <td>{move || run.get().map(|run| view! { <RunState run=run/> })}</td>
            <td class="muted"><Ago ms=started/></td>
            <td class="num muted" data-rank="2">{took}</td>
            <td class="num" data-label="written" class:faint=move || written() == 0>{move || words::number(written())}</td>
            <td class="num" data-rank="2" data-label=move || if errors() == 1 { "error" } else { "errors" } class:faint=move || errors() == 0>{move || words::number(errors())}</td>
            <td class="muted" data-rank="3">{move || run.with(|run| run.as_ref().map(|run| app.account.with(|account| place_words(run, account.as_ref()))))}</td>
        </tr>
    }
}
