//! One run: its steps, the files it made and its errors.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use tombolo_model::Id;
use tombolo_wire::run::StepCount;
use tombolo_wire::store::{BlobInfo, Call, RunError, RunRow};

use crate::browser::{files, time};
use crate::components::{Icon, RunState};
use crate::state::App;
use crate::words;

/// How many errors are shown; the count says how many there are.
const SHOWN: usize = 200;

/// The chosen run.
#[component]
pub(crate) fn Details(run: RunRow) -> impl IntoView {
    let app = App::here();
    let id = run.id;
    let errors = RwSignal::new(Vec::<RunError>::new());
    spawn_local(async move {
        match app.call::<Vec<RunError>>(Call::RunErrors { run: id }).await {
            Ok(found) => errors.try_set(found).map_or((), |_| ()),
            Err(error) => app.toasts.fail(error.message),
        }
    });
    let flow = app
        .row(run.flow)
        .and_then(|row| row.integration)
        .map(|integration| format!("/integrations/{integration}/flows/{}", run.flow));
    let ended = run.error.clone();
    view! {
        <section class="card run-details" aria-label="Run">
            <header class="row">
                <h2 class="grow cut">{run.flow_name.clone()}</h2>
                <RunState run=run.clone()/>
                <A href="/runs" attr:class="icon-button" attr:aria-label="Close"><Icon name="x"/></A>
            </header>
            <p class="muted">{format!("Started {}, {}", time::clock(run.started_ms), super::place_words(&run).to_lowercase())}</p>
            {flow.map(|href| view! { <A href=href attr:class="link">"Open the flow"</A> })}
            {ended.map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error.message}</p></div> })}
            <table class="table compact">
                <thead><tr><th>"Step"</th><th class="num">"Success"</th><th class="num">"Ignored"</th><th class="num">"Errors"</th></tr></thead>
                <tbody>{run.steps.into_iter().map(|step| view! { <Step run=id step=step/> }).collect_view()}</tbody>
            </table>
            <Errors errors=errors/>
        </section>
    }
}

#[component]
fn Step(run: Id, step: StepCount) -> impl IntoView {
    let app = App::here();
    let file = step.file.clone().map(|file| {
        let label = format!("Download {} ({})", file.name, words::size(file.size_bytes));
        let id = step.step.clone();
        view! { <button class="button small" on:click=move |_| save(app, run, id.clone())><Icon name="download"/>{label}</button> }
    });
    view! {
        <tr>
            <td><span class="name">{step.name.clone()}</span>" "{file}</td>
            <td class="num" class:faint=step.success == 0>{words::number(step.success)}</td>
            <td class="num" class:faint=step.ignored == 0>{words::number(step.ignored)}</td>
            <td class="num" class:faint=step.errors == 0>{words::number(step.errors)}</td>
        </tr>
    }
}

/// Hands the file that a step made to the browser's downloads.
fn save(app: App, run: Id, step: String) {
    spawn_local(async move {
        let reply = match app.client() {
            Ok(client) => client.call_with::<BlobInfo>(Call::RunFile { run, step }, &[]).await,
            Err(error) => Err(error),
        };
        match reply {
            Ok(reply) => {
                let saved = reply.files.first().map(|file| files::download(file, &reply.value.name));
                if !matches!(saved, Some(Ok(()))) {
                    app.toasts.fail("The browser did not take the file. Try again.");
                }
            }
            Err(error) => app.toasts.fail(error.message),
        }
    });
}

#[component]
fn Errors(errors: RwSignal<Vec<RunError>>) -> impl IntoView {
    let count = move || errors.with(Vec::len);
    view! {
        <Show when=move || { count() > 0 }>
            <h3>{move || words::count(count(), "error")}</h3>
            <ul class="run-errors" aria-label="Errors">
                {move || errors.get().into_iter().take(SHOWN).map(|error| view! { <Line error=error/> }).collect_view()}
            </ul>
            {move || (count() > SHOWN).then(|| view! { <p class="muted">{format!("The first {SHOWN} are shown.")}</p> })}
        </Show>
    }
}

#[component]
fn Line(error: RunError) -> impl IntoView {
    let place = error.index.map(|index| format!("Record {}", words::number(index + 1)));
    let record =
        error.record.as_ref().map(|record| serde_json::to_string_pretty(record).unwrap_or_else(|_| record.to_string()));
    view! {
        <li>
            <p><span class="badge">{error.code}</span>" "{place.map(|place| view! { <strong>{place}": "</strong> })}{error.message}</p>
            {record.map(|record| view! { <details><summary>"Show the record"</summary><pre class="code">{record}</pre></details> })}
        </li>
    }
}
