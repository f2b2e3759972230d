//! The runs of the flow: the last one live, its errors, and those before.

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Id;
use tombolo_wire::run::{RunError, RunRow, RunStatus, StepCount};
use tombolo_wire::store::{BlobInfo, Call};

use crate::browser::{files, time};
use crate::components::{Icon, RunState};
use crate::state::App;
use crate::words;

/// The dock below the canvas.
#[component]
pub(super) fn Console(flow: Id) -> impl IntoView {
    let app = App::here();
    let picked = RwSignal::new(None::<Id>);
    let runs = Memo::new(move |_| {
        let mut runs: Vec<RunRow> = app.runs.with(|runs| runs.values().filter(|run| run.flow == flow).cloned().collect());
        runs.sort_by_key(|run| std::cmp::Reverse(run.started_ms));
        runs
    });
    // A run that starts is the one to look at.
    Effect::new(move |before: Option<Option<Id>>| {
        let newest = runs.with(|runs| runs.first().map(|run| run.id));
        if before.is_some_and(|before| before != newest) {
            picked.set(None);
        }
        newest
    });
    let shown = Memo::new(move |_| {
        let picked = picked.get();
        runs.with(|runs| runs.iter().find(|run| picked.is_none_or(|id| run.id == id)).cloned())
    });
    view! {
        <section class="console" aria-label="Run console">
            {move || match shown.get() {
                None => view! { <p class="console-empty muted">"No runs yet. Run flow starts the first one."</p> }.into_any(),
                Some(run) => view! { <Shown run=run/> }.into_any(),
            }}
            {move || (runs.with(Vec::len) > 1).then(|| view! {
                <details class="history"><summary>{move || format!("Run history ({})", runs.with(Vec::len))}</summary>
                    <ul>{move || runs.get().into_iter().map(|run| {
                        let id = run.id;
                        let when = time::clock(run.started_ms);
                        view! { <li><button class="row" on:click=move |_| picked.set(Some(id))><span class="num">{when}</span><RunState run=run/></button></li> }
                    }).collect_view()}</ul>
                </details>
            })}
        </section>
    }
}

#[component]
fn Shown(run: RunRow) -> impl IntoView {
    let app = App::here();
    let id = run.id;
    let going = matches!(run.status, RunStatus::Running | RunStatus::Queued);
    let took = words::duration(run.ended_ms.unwrap_or_else(time::now_ms) - run.started_ms);
    let failed: u64 = run.steps.iter().map(|step| step.errors).sum();
    let started = format!("Started {}, {took}", time::clock(run.started_ms));
    let ended = run.error.clone();
    view! {
        <div class="console-head row">
            <RunState run=run.clone()/>
            <span class="muted num">{started}</span>
            {run.offline.then(|| view! { <span class="badge">"Offline"</span> })}
            <span class="grow"></span>
            {going.then(|| view! { <button class="button small" on:click=move |_| app.send(Call::CancelRun { run: id })><Icon name="square"/>"Cancel run"</button> })}
        </div>
        {going.then(|| view! { <span class="progress indeterminate" role="progressbar" aria-label="Run in progress"><i></i></span> })}
        {ended.map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p class="grow">{error.message}</p></div> })}
        <div class="table-wrap"><table class="table compact">
            <thead><tr><th>"Step"</th><th class="num">"Success"</th><th class="num">"Ignored"</th><th class="num">"Errors"</th><th class="num" data-rank="3">"Pages"</th><th></th></tr></thead>
            <tbody>{run.steps.into_iter().map(|step| view! { <StepRow run=id step=step/> }).collect_view()}</tbody>
        </table></div>
        {(failed > 0).then(|| view! { <Errors run=id count=failed/> })}
    }
}

#[component]
fn StepRow(run: Id, step: StepCount) -> impl IntoView {
    let app = App::here();
    let figure = |count: u64| if count == 0 { view! { <span class="faint">"0"</span> }.into_any() } else { view! { <span>{words::number(count)}</span> }.into_any() };
    let (key, file) = (step.step.clone(), step.file.clone());
    let save = move |step: String| {
        spawn_local(async move {
            let made = match app.client() {
                Ok(client) => client.call_with::<BlobInfo>(Call::RunFile { run, step }, &[]).await,
                Err(error) => Err(error),
            };
            match made {
                Ok(reply) => match reply.files.first().map(|blob| files::download(blob, &reply.value.name)) {
                    Some(Ok(())) => {}
                    _ => app.toasts.fail("The browser did not take the file. Try again."),
                },
                Err(error) => app.toasts.fail(error.message),
            }
        });
    };
    view! {
        <tr>
            <td><span class="indent" data-kind=step.kind.clone()>{step.name.clone()}</span></td>
            <td class="num">{figure(step.success)}</td>
            <td class="num">{figure(step.ignored)}</td>
            <td class="num" class:errs=step.errors != 0>{figure(step.errors)}</td>
            <td class="num" data-rank="3">{figure(step.pages)}</td>
            <td class="actions">{file.map(|file| view! {
                <span class="muted cut">{format!("{}, {}", file.name, words::size(file.size_bytes))}</span>
                <button class="button small" aria-label="Download" on:click=move |_| save(key.clone())><Icon name="download"/>"Download"</button>
            })}</td>
        </tr>
    }
}

/// The first errors of a run, with the record they are about.
#[component]
fn Errors(run: Id, count: u64) -> impl IntoView {
    let app = App::here();
    let errors = RwSignal::new(Vec::<RunError>::new());
    spawn_local(async move {
        match app.call::<Vec<RunError>>(Call::RunErrors { run }).await {
            Ok(found) => errors.set(found),
            Err(error) => app.toasts.fail(error.message),
        }
    });
    const SHOWN: usize = 50;
    let more = usize::try_from(count).unwrap_or(usize::MAX);
    view! {
        <section class="console-errors" aria-label="Errors">
            <h3>{words::count(more, "error")}</h3>
            <ul>{move || errors.get().into_iter().take(SHOWN).map(|error| view! {
                <li><details><summary><Icon name="circle-alert" small=true/><span class="cut">{error.message}</span>{error.index.map(|index| view! { <small class="muted num">{format!("record {}", words::number(index + 1))}</small> })}</summary>
                    {error.record.map(|record| view! { <pre class="code-panel"><code>{serde_json::to_string_pretty(&record).unwrap_or_default()}</code></pre> })}
                </details></li>
            }).collect_view()}</ul>
            {(more > SHOWN).then(|| view! { <p class="muted">{format!("These are the first {SHOWN}.")}</p> })}
        </section>
    }
}
