//! The runs of the flow: the last one live, its errors, and those before.

use gloo::timers::callback::Interval;
use leptos::prelude::*;
use tombolo_model::Id;
use tombolo_wire::run::{RunRow, RunStatus, RunType, StepCount};
use tombolo_wire::store::Call;

use super::Builder;
use super::counts::{state, totals};
use super::errors::{Asked, ERRORS, Errors, first_errors};
use super::log::Log;
use super::past::Past;
use super::steps::Router;
use crate::browser::{page, time};
use crate::components::{Icon, RunState};
use crate::pages::run_file::{ELSEWHERE, RunFile};
use crate::pages::runs::{Told, Warnings, nothing_read};
use crate::state::App;
use crate::words;

/// The dock below the canvas.
#[component]
pub(crate) fn Console(flow: Id) -> impl IntoView {
    let app = App::here();
    let builder = expect_context::<Builder>();
    let picked = builder.picked;
    let runs = Memo::new(move |_| {
        let mut runs: Vec<RunRow> =
            app.runs.with(|runs| runs.values().filter(|run| run.flow == flow).cloned().collect());
        runs.sort_by_key(|run| std::cmp::Reverse(run.started_ms));
        runs
    });
    // A run that starts is the one to look at. What came of trying a record again is said beside its error.
    Effect::new(move |before: Option<Option<Id>>| {
        let newest = runs.with(|runs| first_whole(runs).map(|run| run.id));
        if before.is_some_and(|before| before != newest) {
            picked.set(None);
            builder.errors_of.set(None);
        }
        newest
    });
    let shown = Memo::new(move |_| {
        let picked = picked.get();
        runs.with(|runs| match picked {
            Some(id) => runs.iter().find(|run| run.id == id).cloned(),
            None => first_whole(runs).cloned(),
        })
    });
    // The parts below stay while the same run moves on, so that an error that is open stays open.
    let id = Memo::new(move |_| shown.with(|run| run.as_ref().map(|run| run.id)));
    view! {
        <section class="console" aria-label="Run console">
            {move || match id.get() {
                None => view! { <p class="console-empty muted">{move || if builder.doc.flag("/disabled") {
                    "No runs yet. Switch the flow on; then Run flow starts the first one."
                } else {
                    "No runs yet. Run flow starts the first one."
                }}</p> }.into_any(),
                Some(id) => view! { <Shown flow=flow id=id run=shown/> }.into_any(),
            }}
            {move || (runs.with(Vec::len) > 1).then(|| view! {
                <Past flow=flow runs=runs/>
            })}
            <Asked flow=flow/>
        </section>
    }
}

/// The newest run of the whole flow: one that tries a record again does not take the place of its figures.
fn first_whole(runs: &[RunRow]) -> Option<&RunRow> {
    runs.iter().find(|run| run.origin.kind != RunType::Retry).or(runs.first())
}

/// What a screen reader hears of a run: how it starts, its first error, how it ends. Counters stay silent.
fn announcement(run: &RunRow) -> String {
    let failed: u64 = run.steps.iter().map(|step| step.errors).sum();
    let errors = words::count(usize::try_from(failed).unwrap_or(usize::MAX), "error");
    match run.status {
        RunStatus::Queued | RunStatus::Running if failed > 0 => "The run has errors.".into(),
        RunStatus::Queued | RunStatus::Running => "The run has started.".into(),
        RunStatus::Completed => format!("The run is completed with {errors}."),
        RunStatus::Failed => "The run failed.".into(),
        RunStatus::Canceled => "The run is canceled.".into(),
    }
}

#[component]
fn Shown(flow: Id, id: Id, run: Memo<Option<RunRow>>) -> impl IntoView {
    let app = App::here();
    let going = Memo::new(move |_| {
        run.with(|run| run.as_ref().is_some_and(|run| matches!(run.status, RunStatus::Running | RunStatus::Queued)))
    });
    let failed =
        Memo::new(move |_| run.with(|run| run.iter().flat_map(|run| &run.steps).map(|step| step.errors).sum::<u64>()));
    let said = Memo::new(move |_| run.with(|run| run.as_ref().map(announcement).unwrap_or_default()));
    // Rows move on in place while records run: what has the focus in one keeps it.
    let builder = expect_context::<Builder>();
    let steps = Memo::new(move |_| {
        let passes = |step: &StepCount| builder.routers.with(|routers| is_passed(routers, step));
        let all = |run: &RunRow| run.steps.iter().filter(|step| !passes(step)).map(|step| step.step.clone()).collect();
        run.with(|run| run.as_ref().map(all)).unwrap_or_else(Vec::new)
    });
    // While it runs its time moves on by the second.
    let seconds = RwSignal::new(0_u32);
    Effect::new(move |_: Option<Option<Interval>>| {
        going.get().then(|| {
            Interval::new(1_000, move || {
                seconds.try_update(|seconds| *seconds += 1);
            })
        })
    });
    let times = move || {
        app.now_ms.track();
        seconds.track();
        run.with(|run| {
            run.as_ref().map(|run| {
                let took = words::duration(run.ended_ms.unwrap_or_else(time::now_ms) - run.started_ms);
                format!("Started {}, {took}", time::clock(run.started_ms))
            })
        })
    };
    let offline = move || run.with(|run| run.as_ref().is_some_and(|run| run.offline));
    let errors = first_errors(id, failed, going);
    let told = Memo::new(move |_| {
        let ended = run.with(|run| run.as_ref().and_then(|run| run.error.clone()));
        errors.with(|errors| Told::of(ended.as_ref(), errors))
    });
    let ended = Memo::new(move |_| told.with(|told| told.ended.clone()));
    let empty = move || run.with(|run| run.as_ref().and_then(nothing_read));
    view! {
        <p class="sr" role="status">{said}</p>
        <div class="console-head row">
            {move || run.get().map(|run| view! { <RunState run=run/> })}
            <span class="muted num">{times}</span>
            {move || offline().then(|| view! { <span class="badge">"Offline"</span> })}
            <span class="grow"></span>
            {move || going.get().then(|| view! { <button class="button small" on:click=move |_| app.send(Call::CancelRun { run: id })><Icon name="square"/>"Cancel run"</button> })}
        </div>
        {move || going.get().then(|| view! { <span class="progress unknown" role="progressbar" aria-label="Run in progress"><i></i></span> })}
        {move || ended.get().map(|message| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p class="grow">{message}</p></div> })}
        {move || empty().map(|says| view! { <p class="console-note muted">{says}</p> })}
        <Warnings run=run/>
        <div class="table-wrap"><table class="table compact">
            <thead><tr><th>"Step"</th><th data-rank="2">"Status"</th><th class="num">"Success"</th><th class="num">"Ignored"</th><th class="num">"Errors"</th><th class="num" data-rank="3">"Auto-resolved"</th><th class="num" data-rank="3">"Pages"</th><th class="num" data-rank="3">"Duration"</th><th><span class="sr">"File"</span></th></tr></thead>
            <tbody>
                <TotalRow run=run/>
                <For each=move || steps.get() key=|step| step.clone() let:step><StepRow id=id run=run step=step/></For>
            </tbody>
        </table></div>
        <Errors told=told count=failed run=run id=id flow=flow/>
        <Log id=id run=run/>
    }
}

/// The branching before a flow's first real one only passes records on, and is nowhere on the picture.
pub(super) fn is_passed(routers: &[Router], step: &StepCount) -> bool {
    step.kind == "router" && routers.iter().any(|router| router.passes && router.id == step.step)
}

fn figure(count: u64) -> impl IntoView {
    view! { <span class:faint=count == 0>{words::number(count)}</span> }
}

/// The counts of one line, in the order of the head. The number of errors lists them: those of a step, or all.
#[component]
fn Figures(count: Memo<StepCount>, #[prop(optional, into)] step: Option<String>) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let step = StoredValue::new(step);
    let list = move |_| {
        builder.errors_of.set(step.get_value());
        builder.errors_over.set(false);
        page::focus_soon(vec![ERRORS.to_owned()]);
    };
    let failed = Memo::new(move |_| count.with(|count| count.errors));
    let label = move || {
        let of = count.with(|count| count.name.clone());
        let many = words::count(usize::try_from(failed.get()).unwrap_or(usize::MAX), "error");
        if of.is_empty() { format!("Show all: {many}") } else { format!("Show {many} of {of}") }
    };
    view! {
        <td class="num">{move || figure(count.with(|count| count.success))}</td>
        <td class="num">{move || figure(count.with(|count| count.ignored))}</td>
        <td class="num" class:errs=move || failed.get() != 0>{move || match failed.get() {
            0 => figure(0).into_any(),
            many => view! { <button class="link num" aria-label=label on:click=list>{words::number(many)}</button> }.into_any(),
        }}</td>
        <td class="num" data-rank="3">{move || figure(count.with(|count| count.auto_resolved))}</td>
        <td class="num" data-rank="3">{move || figure(count.with(|count| count.pages))}</td>
        <td class="num" data-rank="3">{move || match count.with(StepCount::took_ms) {
            Some(ms) => view! { <span>{words::duration(ms)}</span> }.into_any(),
            None => view! { <span class="faint">"–"</span> }.into_any(),
        }}</td>
    }
}

/// The run as a whole, above its steps.
#[component]
fn TotalRow(run: Memo<Option<RunRow>>) -> impl IntoView {
    let total = Memo::new(move |_| run.with(|run| run.as_ref().map(totals).unwrap_or_default()));
    view! {
        <tr class="parent">
            <td>"All steps"</td>
            <td data-rank="2">{move || run.get().map(|run| view! { <RunState run=run/> })}</td>
            <Figures count=total/>
            <td></td>
        </tr>
    }
}

#[component]
fn StepRow(id: Id, run: Memo<Option<RunRow>>, step: String) -> impl IntoView {
    let key = step.clone();
    let count = Memo::new(move |_| {
        run.with(|run| {
            run.iter().flat_map(|run| &run.steps).find(|count| count.step == key).cloned().unwrap_or_default()
        })
    });
    let stands = Memo::new(move |_| run.with(|run| run.as_ref().map(|run| count.with(|count| state(run, count)))));
    let file = Memo::new(move |_| count.with(|count| count.file.clone()));
    let errors_of = step.clone();
    let here = RunFile::new(run, id, step, Signal::derive(move || file.with(Option::is_some)));
    view! {
        <tr>
            <td><span class="indent" data-kind=move || count.with(|count| count.kind.clone())>{move || count.with(|count| count.name.clone())}</span>
                // Where the columns are narrow the reason has its own line.
                {move || here.is_elsewhere().then(|| view! { <small class="elsewhere below">{ELSEWHERE}</small> })}</td>
            <td data-rank="2">{move || stands.get().map(|stands| {
                let (class, icon, word) = stands.shown(count.with(|count| count.errors));
                view! { <span class=format!("status {class}")><Icon name=icon/>{word}</span> }
            })}</td>
            <Figures count=count step=errors_of/>
            <td class="actions">{move || file.get().map(|file| view! {
                <span class="row file">
                    <span class="muted cut">{format!("{}, {}", file.name, words::size(file.size_bytes))}</span>
                    {move || here.is_elsewhere().then(|| view! { <small class="elsewhere beside">{ELSEWHERE}</small> })}
                    <button class="button small" prop:disabled=move || here.is_elsewhere() title=move || here.is_elsewhere().then_some(ELSEWHERE) on:click=move |_| here.save()><Icon name="download"/><span class="word">"Download"</span><span class="sr">{format!(" {}", file.name)}</span></button>
                </span>
            })}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_wire::run::RunPlace;

    #[test]
    fn a_branching_that_only_passes_records_on_is_no_line_of_a_run() {
        let router = |id: &str, passes| Router {
            row: id.into(),
            id: id.into(),
            name: String::new(),
            passes,
            to_all: false,
            by_script: false,
            branches: Vec::new(),
        };
        let routers = [router("p", true), router("a", false)];
        let step = |kind: &str, key: &str| StepCount { kind: kind.into(), step: key.into(), ..StepCount::default() };
        assert!(is_passed(&routers, &step("router", "p")));
        assert!(!is_passed(&routers, &step("router", "a")) && !is_passed(&routers, &step("import", "p")));
    }

    #[test]
    fn a_run_is_announced_once_a_stage_and_not_once_a_record() {
        let mut run = RunRow {
            id: Id::from_parts(0, [0; 8]),
            flow: Id::from_parts(0, [1; 8]),
            flow_name: String::new(),
            status: RunStatus::Running,
            place: RunPlace::Browser,
            offline: false,
            started_ms: 0,
            ended_ms: None,
            steps: vec![StepCount { success: 5, ..StepCount::default() }],
            error: None,
            heads: std::collections::BTreeMap::new(),
            origin: tombolo_wire::run::RunOrigin::default(),
            n: 1,
        };
        let first = announcement(&run);
        run.steps[0].success = 5_000;
        assert_eq!(announcement(&run), first);
        run.steps[0].errors = 3;
        let failing = announcement(&run);
        run.steps[0].errors = 300;
        assert_eq!(announcement(&run), failing);
        run.status = RunStatus::Completed;
        assert_eq!(announcement(&run), "The run is completed with 300 errors.");
    }
}
