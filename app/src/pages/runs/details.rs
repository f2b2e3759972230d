//! One run: its steps, the files it made and its errors.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use tombolo_model::Id;
use tombolo_wire::run::{Attempt, StepCount};
use tombolo_wire::store::{Call, RunError, RunRow};

use super::{Told, Tried, Warnings, nothing_read, tried_memo};
use crate::browser::time;
use crate::components::{Icon, RunState};
use crate::pages::run_file::{ELSEWHERE, RunFile};
use crate::state::App;
use crate::words;

/// How many errors are shown; the count says how many there are.
const SHOWN: usize = 200;

/// The chosen run.
#[component]
pub(super) fn Details(id: Id, run: Memo<Option<RunRow>>) -> impl IntoView {
    let app = App::here();
    let errors = RwSignal::new(Vec::<RunError>::new());
    let failed = Memo::new(move |_| run.with(|run| run.as_ref().map_or(0, |run| super::totals(run).1)));
    Effect::new(move |_| {
        if failed.get() == 0 || errors.with_untracked(Vec::len) >= SHOWN {
            return;
        }
        spawn_local(async move {
            match app.call::<Vec<RunError>>(Call::RunErrors { run: id }).await {
                Ok(found) => drop(errors.try_set(found)),
                Err(error) => app.toasts.fail(error.message),
            }
        });
    });
    let head = Memo::new(move |_| {
        run.with(|run| {
            run.as_ref().map(|run| {
                let place = app.account.with(|account| super::place_words(run, account.as_ref())).to_lowercase();
                (run.flow, super::flow_name(run), {
                    let by = run.origin.by.as_ref().map(|by| format!(" by {}", by.name)).unwrap_or_default();
                    format!("Started{by} {}, {place}", time::exact(run.started_ms))
                })
            })
        })
    });
    let told = Memo::new(move |_| {
        let ended = run.with(|run| run.as_ref().and_then(|run| run.error.clone()));
        errors.with(|errors| Told::of(ended.as_ref(), errors))
    });
    let ended = Memo::new(move |_| told.with(|told| told.ended.clone()));
    let tried = tried_memo(app, id);
    let empty = move || run.with(|run| run.as_ref().and_then(nothing_read));
    view! {
        <section class="card run-details" aria-label="Run">
            {move || head.get().map(|(flow, name, started)| {
                let place = app.row(flow).and_then(|row| row.integration).map(|integration| format!("/integrations/{integration}/flows/{flow}"));
                view! {
                    <header class="row">
                        <h2 class="grow cut">{name}</h2>
                        {move || run.get().map(|run| view! { <RunState run=run/> })}
                        <A href="/runs" attr:class="icon-button" attr:aria-label="Close"><Icon name="x"/></A>
                    </header>
                    <p class="muted">{started}</p>
                    {place.map(|href| view! { <A href=href attr:class="link">"Open the flow"</A> })}
                }
            })}
            {move || ended.get().map(|message| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{message}</p></div> })}
            {move || empty().map(|says| view! { <p class="muted">{says}</p> })}
            <Warnings run=run/>
            // What could not begin has no steps to tell of.
            <Show when=move || run.with(|run| run.as_ref().is_some_and(|run| !run.steps.is_empty()))>
                <div class="table-wrap"><table class="table compact">
                    <thead><tr><th>"Step"</th><th class="num">"Success"</th><th class="num">"Ignored"</th><th class="num">"Errors"</th></tr></thead>
                    <tbody>{move || run.get().into_iter().flat_map(|run| run.steps).map(|step| view! { <Step id=id run=run step=step/> }).collect_view()}</tbody>
                </table></div>
            </Show>
            <Errors told=told count=failed tried=tried/>
        </section>
    }
}

#[component]
fn Step(id: Id, run: Memo<Option<RunRow>>, step: StepCount) -> impl IntoView {
    let file = step.file.clone().map(|file| {
        let label = format!("Download {} ({})", file.name, words::size(file.size_bytes));
        let file = RunFile::new(run, id, step.step.clone(), true.into());
        view! {
            <button class="button small" prop:disabled=move || file.is_elsewhere() on:click=move |_| file.save()><Icon name="download"/><span class="cut">{label}</span></button>
            {move || file.is_elsewhere().then(|| view! { <small class="muted elsewhere">{ELSEWHERE}</small> })}
        }
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

#[component]
fn Errors(told: Memo<Told>, count: Memo<u64>, tried: Memo<BTreeMap<u64, Attempt>>) -> impl IntoView {
    let resolved = move || tried.with(|tried| tried.values().filter(|attempt| attempt.resolved).count());
    let count = move || usize::try_from(told.with(|told| told.count(count.get()))).unwrap_or(usize::MAX);
    view! {
        <Show when=move || { count() > 0 }>
            <h3>{move || words::count(count(), "error")}{move || (resolved() > 0).then(|| format!(", {} resolved", resolved()))}</h3>
            <ul class="run-errors" aria-label="Errors">
                <For each=move || told.get().errors.into_iter().take(SHOWN).enumerate() key=|(at, error)| (*at, error.time_ms, error.message.clone()) let:item><Line error=item.1 tried=tried/></For>
            </ul>
            {move || (count() > SHOWN).then(|| view! { <p class="muted">{format!("The first {SHOWN} are shown.")}</p> })}
        </Show>
    }
}

/// The class of an error in words: `http_status` becomes "HTTP status".
fn class_words(code: &str) -> String {
    let words = code.replace('_', " ");
    if let Some(rest) = words.strip_prefix("http") {
        return format!("HTTP{rest}");
    }
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[component]
fn Line(error: RunError, tried: Memo<BTreeMap<u64, Attempt>>) -> impl IntoView {
    let n = error.n;
    let attempt = Memo::new(move |_| tried.with(|tried| tried.get(&n).cloned()));
    let place = error.index.map(|index| format!("Record {}", words::number(index + 1)));
    let record =
        error.record.as_ref().map(|record| serde_json::to_string_pretty(record).unwrap_or_else(|_| record.to_string()));
    view! {
        <li>
            <p><span class="badge">{class_words(&error.code)}</span>" "{place.map(|place| view! { <strong>{place}": "</strong> })}{error.message}</p>
            {move || attempt.get().map(|attempt| view! { <Tried attempt=attempt/> })}
            {record.map(|record| view! { <details><summary>"Show the record"</summary><pre class="code">{record}</pre></details> })}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_of_an_error_is_shown_in_words() {
        assert_eq!(class_words("http_status"), "HTTP status");
        assert_eq!(class_words("mapping"), "Mapping");
        assert_eq!(class_words(""), "");
    }
}
