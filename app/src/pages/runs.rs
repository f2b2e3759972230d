//! The runs of the account: a table, and beside the chosen one its steps, files and errors.

mod details;

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use tombolo_model::Id;
use tombolo_wire::run::RunPlace;
use tombolo_wire::store::RunRow;

use crate::browser::time;
use crate::components::{Icon, RunState};
use crate::state::App;
use crate::words;
use details::Details;

/// Where a run ran, in words.
pub(crate) fn place_words(run: &RunRow) -> &'static str {
    match (run.place, run.offline) {
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

/// The page of all runs; `?run=` names the chosen one.
#[component]
pub(crate) fn RunsPage() -> impl IntoView {
    let app = App::here();
    let query = use_query_map();
    let chosen = Memo::new(move |_| query.with(|query| query.get("run").and_then(|text| text.parse::<Id>().ok())));
    let runs = Memo::new(move |_| {
        let mut runs: Vec<_> = app.runs.with(|runs| runs.values().cloned().collect());
        runs.sort_by_key(|run: &RunRow| (std::cmp::Reverse(run.started_ms), run.id));
        runs
    });
    let shown =
        Memo::new(move |_| chosen.get().and_then(|id| runs.with(|runs| runs.iter().find(|run| run.id == id).cloned())));
    view! {
        <div class="page-head"><div>
            <h1>"Runs"</h1>
            <p class="sub">{move || words::count(runs.with(Vec::len), "run")}</p>
        </div></div>
        <Show when=move || !runs.with(Vec::is_empty) fallback=|| view! {
            <div class="empty"><span class="kind"><Icon name="history"/></span><h2>"Nothing has run yet"</h2><p>"Open a flow and press Run flow; each run is kept here with what it read, wrote and could not write."</p></div>
        }>
            <div class="runs">
                <div class="table-wrap">
                    <table class="table">
                        <thead><tr>
                            <th>"Flow"</th><th>"State"</th><th>"Started"</th><th data-rank="2" class="num">"Took"</th>
                            <th class="num">"Written"</th><th class="num">"Errors"</th><th data-rank="3">"Where"</th>
                        </tr></thead>
                        <tbody><For each=move || runs.get() key=|run| (run.id, run.n) let:run><Line run=run chosen=chosen/></For></tbody>
                    </table>
                </div>
                {move || shown.get().map(|run| view! { <Details run=run/> })}
            </div>
        </Show>
    }
}

#[component]
fn Line(run: RunRow, chosen: Memo<Option<Id>>) -> impl IntoView {
    let id = run.id;
    let (written, errors) = totals(&run);
    let now = time::now_ms();
    let took = run.ended_ms.map(|end| words::duration(end - run.started_ms));
    let name = if run.flow_name.is_empty() { "Flow without a name".to_owned() } else { run.flow_name.clone() };
    let label = format!("{name}, {}", words::ago(run.started_ms, now));
    view! {
        <tr aria-selected=move || (chosen.get() == Some(id)).to_string()>
            <td><A href=format!("/runs?run={id}") attr:class="name" attr:aria-label=label>{name}</A></td>
            <td><RunState run=run.clone()/></td>
            <td class="muted" title=time::clock(run.started_ms)>{words::ago(run.started_ms, now)}</td>
            <td class="num muted" data-rank="2">{took}</td>
            <td class="num" class:faint=written == 0>{words::number(written)}</td>
            <td class="num" class:faint=errors == 0>{words::number(errors)}</td>
            <td class="muted" data-rank="3">{place_words(&run)}</td>
        </tr>
    }
}
