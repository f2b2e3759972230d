//! A test run, and what each stage did to each record: input, output, what was wrong.

use std::sync::Arc;

use leptos::prelude::*;
use serde_json::Value;
use tombolo_wire::run::StepCount;
use tombolo_wire::run_worker::{RunOptions, StageRow};
use tombolo_wire::store::{Call, TestReport};

use super::console::is_passed;
use super::{Builder, sample};
use crate::browser::page;
use crate::components::Icon;
use crate::words;

/// The id of the view, for the focus.
const VIEW: &str = "test-run";

/// How a trial stands.
#[derive(Clone)]
pub(super) enum Trial {
    /// It goes on.
    Going,
    /// It is over.
    Done(Arc<TestReport>),
    /// It came to nothing, in words.
    Failed(String),
}

/// Tries the flow out as it is after everything that was entered so far.
pub(super) fn start(builder: Builder) {
    // The form of a step would stand over it, or beside it with a second "Done".
    builder.choice.choose(None);
    builder.trial.set(Some(Trial::Going));
    page::focus_soon(vec![VIEW.to_owned()]);
    let flow = builder.doc.id;
    builder.app.in_turn(async move {
        let outcome = builder
            .app
            .call::<TestReport>(Call::TestRun { flow, options: RunOptions::default(), reads_only: false })
            .await;
        let trial = match outcome {
            Ok(report) => {
                let report = Arc::new(report);
                sample::keep(builder.app, flow, &report);
                Trial::Done(report)
            }
            Err(error) => Trial::Failed(error.message),
        };
        // One that was closed meanwhile stays closed.
        builder.trial.try_update(|shown| {
            if shown.is_some() {
                *shown = Some(trial);
            }
        });
        Ok(())
    });
}

/// What a stage is called on the screen.
fn stage_words(name: &str) -> String {
    let known = match name {
        "inputFilter" => "Input filter",
        "outputFilter" => "Output filter",
        "mapping" => "Mapping",
        "transform" => "Transformation",
        "response" => "Answer",
        "responseMap" => "Response mapping",
        "router" => "Branching",
        "parse" => "Records as they were read",
        "request" => "Request",
        other => return format!("Script: {other}"),
    };
    known.to_owned()
}

/// The records that a report tells of, in order; nothing stands for stages about whole pages.
fn records(stages: &[StageRow], step: &str) -> Vec<Option<u64>> {
    let mut found: Vec<Option<u64>> =
        stages.iter().filter(|stage| stage.step == step).map(|stage| stage.index).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The stages of one record at one step.
fn stages_of<'s>(stages: &'s [StageRow], step: &str, record: Option<u64>) -> Vec<&'s StageRow> {
    stages.iter().filter(|stage| stage.step == step && stage.index == record).collect()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The view over the canvas while there is a trial.
#[component]
pub(super) fn TrialView() -> impl IntoView {
    let builder = expect_context::<Builder>();
    let open = Memo::new(move |_| builder.trial.with(Option::is_some));
    let close = move || builder.trial.set(None);
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            close();
        }
    };
    let going = move || builder.trial.with(|trial| matches!(trial, Some(Trial::Going)));
    view! {
        <Show when=move || open.get()>
            <section class="step-editor trial" id=VIEW tabindex="-1" aria-label="Test run" on:keydown=on_key>
                <header class="editor-head">
                    <div class="title-line"><h2>"Test run"</h2></div>
                    <span class="muted wide-only">"The first page of each source. Nothing is written."</span>
                    <span class="grow"></span>
                    <button class="button" prop:disabled=going on:click=move |_| start(builder)><Icon name="refresh-cw"/>"Again"</button>
                    <button class="button primary" on:click=move |_| close()>"Done"</button>
                </header>
                {move || match builder.trial.get() {
                    None => ().into_any(),
                    Some(Trial::Going) => view! { <div class="empty" role="status"><span class="progress unknown"><i></i></span><p>"Reading the first page of each source…"</p></div> }.into_any(),
                    Some(Trial::Failed(why)) => view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{why}</p></div> }.into_any(),
                    Some(Trial::Done(report)) => view! { <Report report=report/> }.into_any(),
                }}
            </section>
        </Show>
    }
}

#[component]
fn Report(report: Arc<TestReport>) -> impl IntoView {
    let ended = report.row.error.as_ref().map(|error| error.message.clone());
    let first = report.row.steps.first().map(|step| step.step.clone()).unwrap_or_default();
    let chosen = RwSignal::new(first);
    let report = StoredValue::new(report);
    let builder = expect_context::<Builder>();
    let steps: Vec<StepCount> = builder.routers.with_untracked(|routers| {
        let all = report.with_value(|report| report.row.steps.clone());
        all.into_iter().filter(|step| !is_passed(routers, step)).collect()
    });
    let left_out = report.with_value(|report| report.left_out);
    view! {
        {ended.map(|why| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{why}</p></div> })}
        <div class="trial-body">
            <nav class="trial-steps" aria-label="Steps of the test run">
                {steps.into_iter().map(|count| view! { <StepLine count=count chosen=chosen/> }).collect_view()}
                {(left_out > 0).then(|| view! { <p class="muted">{format!("{} more stages are not shown.", words::number(left_out as u64))}</p> })}
            </nav>
            {move || view! { <StepStages report=report step=chosen.get()/> }}
        </div>
    }
}

#[component]
fn StepLine(count: StepCount, chosen: RwSignal<String>) -> impl IntoView {
    let step = StoredValue::new(count.step.clone());
    let here = move || step.with_value(|step| chosen.with(|chosen| chosen == step));
    let numbers = format!("{} went through", words::number(count.success));
    view! {
        <button class="trial-step" aria-current=move || here().then_some("true") on:click=move |_| chosen.set(step.get_value())>
            <b class="cut">{count.name.clone()}</b><small class="muted">{numbers}</small>
            {(count.errors > 0).then(|| view! { <span class="badge danger">{words::count(usize::try_from(count.errors).unwrap_or(usize::MAX), "error")}</span> })}
        </button>
    }
}

#[component]
fn StepStages(report: StoredValue<Arc<TestReport>>, step: String) -> impl IntoView {
    let all = report.with_value(|report| records(&report.stages, &step));
    let errors: Vec<String> = report.with_value(|report| {
        report.errors.iter().filter(|error| error.step == step).map(|error| error.message.clone()).collect()
    });
    let chosen =
        RwSignal::new(all.iter().flatten().next().map(|index| Some(*index)).or(all.first().copied()).flatten());
    let nothing = all.is_empty();
    let step = StoredValue::new(step);
    let shown = move || {
        let record = chosen.get();
        report.with_value(|report| {
            step.with_value(|step| stages_of(&report.stages, step, record).into_iter().cloned().collect::<Vec<_>>())
        })
    };
    view! {
        <div class="trial-stages scroll">
            {errors.into_iter().map(|why| view! { <div class="banner danger"><Icon name="circle-alert"/><p>{why}</p></div> }).collect_view()}
            {nothing.then(|| view! { <p class="muted nothing">"No stage changes records here: they go through as they came."</p> })}
            {(all.len() > 1).then(|| view! {
                <div class="trial-records" role="group" aria-label="Records">{all.iter().map(|record| {
                    let record = *record;
                    let words = record.map_or_else(|| "Page".to_owned(), |index| format!("Record {}", index + 1));
                    view! { <button class="button small" aria-pressed=move || (chosen.get() == record).to_string() on:click=move |_| chosen.set(record)>{words}</button> }
                }).collect_view()}</div>
            })}
            {move || shown().into_iter().map(|stage| view! { <StageCard stage=stage/> }).collect_view()}
        </div>
    }
}

#[component]
fn StageCard(stage: StageRow) -> impl IntoView {
    let same = stage.input == stage.output && stage.errors.is_empty();
    view! {
        <article class="card stage">
            <header class="row"><h3 class="grow">{stage_words(&stage.name)}</h3>{same.then(|| view! { <span class="badge">"Unchanged"</span> })}</header>
            {stage.errors.iter().map(|why| view! { <div class="banner danger"><Icon name="circle-alert"/><p>{why.clone()}</p></div> }).collect_view()}
            <div class="stage-sides">
                <div><small class="muted">"Input"</small><pre class="code" tabindex="0">{pretty(&stage.input)}</pre></div>
                <div><small class="muted">"Output"</small><pre class="code" tabindex="0">{pretty(&stage.output)}</pre></div>
            </div>
        </article>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stage(step: &str, name: &str, index: Option<u64>) -> StageRow {
        StageRow { step: step.into(), name: name.into(), index, input: json!(1), output: json!(2), errors: Vec::new() }
    }

    #[test]
    fn stages_are_found_by_step_and_record() {
        let all = [
            stage("a", "transform", Some(1)),
            stage("a", "transform", Some(0)),
            stage("a", "preMap", None),
            stage("b", "mapping", Some(0)),
            stage("a", "outputFilter", Some(0)),
        ];
        assert_eq!(records(&all, "a"), [None, Some(0), Some(1)]);
        let names: Vec<_> = stages_of(&all, "a", Some(0)).into_iter().map(|stage| stage.name.as_str()).collect();
        assert_eq!(names, ["transform", "outputFilter"]);
        assert_eq!(stage_words("mapping"), "Mapping");
        assert_eq!(stage_words("keepOpen"), "Script: keepOpen");
    }
}
