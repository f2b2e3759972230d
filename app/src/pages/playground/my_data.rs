//! Data of this person as the input of an editor: a record that a run failed on, or what a step of a flow was given.
//!
//! A step's page is that of the last test run in this tab, or read by one, which asks the source and writes nothing.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::run::RunRow;
use tombolo_model::{Id, Kind};
use tombolo_wire::run_worker::{RunOptions, StageRow};
use tombolo_wire::store::{Call, RunError, TestReport};

use super::received::OfListeners;
use super::unfolds::{Line, Unfolds};
use crate::components::editor::{Editor, Group, InputAs};
use crate::components::{Ago, Dialog, Field, Icon};
use crate::state::App;
use crate::words;

/// More runs, and more records of one, nobody looks through here.
const MOST_RUNS: usize = 20;
const MOST: usize = 50;
const FLOW: &str = "data-flow";

/// A value that can be taken, with words that tell it from the others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) title: String,
    pub(super) value: Value,
}

/// The dialog. `on_input` takes the text of the input.
#[component]
pub(super) fn MyData(editor: &'static Editor, open: RwSignal<bool>, on_input: Callback<String>) -> impl IntoView {
    let take = Callback::new(move |value: Value| {
        let text = serde_json::to_string_pretty(&wrapped(editor, value)).unwrap_or_default();
        open.set(false);
        on_input.run(text);
    });
    view! {
        <Dialog open=open title="Use my data" wide=true>
            <div class="dialog-body my-data">
                <OfStep take=take/>
                <OfListeners take=take/>
                <OfRuns take=take/>
            </div>
        </Dialog>
    }
}

/// Whether the input of an editor is made of records.
pub(super) fn takes_records(editor: &Editor) -> bool {
    editor.input.as_ref().is_some_and(|input| input.given == InputAs::Json)
        && !matches!(editor.eval, "form" | "api" | "fileDefinitionGenerate")
}

/// A record as the editor wants its input.
pub(super) fn wrapped(editor: &Editor, record: Value) -> Value {
    let is_list = record.is_array();
    match (editor.eval, editor.group) {
        ("sortGroup" | "csvGenerate" | "xmlGenerate", _) if !is_list => json!([record]),
        ("javascript", _) => json!({"data": if is_list { record } else { json!([record]) }}),
        ("responseMapping", _) => json!({"record": {}, "response": record}),
        ("handlebars" | "httpRequest" | "sql" | "graphql", Group::Templates | Group::Records) if is_list => {
            let records = record.as_array().into_iter().flatten();
            json!({"batch_of_records": records.map(|record| json!({"record": record})).collect::<Vec<_>>()})
        }
        ("handlebars" | "httpRequest" | "sql" | "graphql", Group::Templates | Group::Records) => {
            json!({"record": record})
        }
        _ => record,
    }
}

/// What the steps of a flow are given, from a test run.
#[component]
fn OfStep(take: Callback<Value>) -> impl IntoView {
    let app = App::here();
    let flows = app.of_kind(Kind::Flow);
    let last = app.tried_out.get_untracked().filter(|(of, _)| flows.iter().any(|flow| flow.id == *of));
    let first = last.as_ref().map(|(flow, _)| *flow).or_else(|| flows.first().map(|flow| flow.id));
    let chosen = RwSignal::new(first.map(|flow| flow.to_string()).unwrap_or_default());
    let busy = RwSignal::new(false);
    let found = RwSignal::new(last.map(|(_, report)| Ok::<_, String>(of_stages(&report))));
    let read = move |_| {
        let Ok(flow) = chosen.get_untracked().parse::<Id>() else { return };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let report =
                app.call::<TestReport>(Call::TestRun { flow, options: RunOptions::default(), reads_only: false }).await;
            let came = match report.map(Arc::new) {
                Ok(report) => {
                    // As in the flow builder: another account that was opened meanwhile does not have the flow.
                    if app.row(flow).is_some() {
                        app.tried_out.set(Some((flow, Arc::clone(&report))));
                    }
                    read_of(&report)
                }
                Err(error) => Err(error.message),
            };
            // Another flow may have been chosen meanwhile: these are not its records.
            if busy.try_set(false).is_none() && chosen.with_untracked(|now| *now == flow.to_string()) {
                found.set(Some(came));
            }
        });
    };
    if flows.is_empty() {
        return ().into_any();
    }
    view! {
        <section aria-label="What a step is given">
            <h3>"What a step is given"</h3>
            <div class="row">
                <div class="grow"><Field label="Flow" name=FLOW>
                    <select class="input select-native" id=FLOW on:change=move |event| { chosen.set(event_target_value(&event)); found.set(None); }>
                        {flows.into_iter().map(|flow| view! { <option value=flow.id.to_string() prop:selected=Some(flow.id) == first>{flow.name}</option> }).collect_view()}
                    </select>
                </Field></div>
                <button class="button" aria-busy=move || busy.get().to_string() on:click=read><Icon name="flask-conical"/>"Read a page"</button>
            </div>
            <p class="help">"The first page of each source is read. Nothing is written."</p>
            {move || found.get().map(|found| match found {
                Ok(list) if list.is_empty() => view! { <p class="quiet-line" role="status">"The sources had no records."</p> }.into_any(),
                Ok(list) => view! { <Choices list=list take=take/> }.into_any(),
                Err(message) => view! { <p class="error-text" role="alert">{message}</p> }.into_any(),
            })}
        </section>
    }
    .into_any()
}

/// Records of errors, the newest runs first.
#[component]
fn OfRuns(take: Callback<Value>) -> impl IntoView {
    let app = App::here();
    let failed = |run: &RunRow| run.steps.iter().any(|step| step.errors > 0);
    let mut runs: Vec<_> = app.runs.with_untracked(|runs| runs.values().filter(|run| failed(run)).cloned().collect());
    runs.sort_by_key(|run: &RunRow| std::cmp::Reverse(run.started_ms));
    runs.truncate(MOST_RUNS);
    let ask = move |run: Id| async move {
        let errors = app.call::<Vec<RunError>>(Call::RunErrors { run }).await;
        errors.map(|errors| of_errors(&errors)).map_err(|error| error.message)
    };
    let line = |run: RunRow| {
        let errors = run.steps.iter().map(|step| usize::try_from(step.errors).unwrap_or(usize::MAX));
        let errors = words::count(errors.fold(0, usize::saturating_add), "error");
        let says = view! { {run.flow_name}", "<Ago ms=run.started_ms/>", "{errors} };
        Line { id: run.id, says: says.into_any() }
    };
    view! {
        <section aria-label="Records that a run failed on">
            <h3>"Records that a run failed on"</h3>
            {runs.is_empty().then(|| view! { <p class="quiet-line">"No run on this device has errors."</p> })}
            <Unfolds lines=runs.into_iter().map(line).collect() none="Its errors have no records." ask=ask take=take/>
        </section>
    }
}

#[component]
pub(super) fn Choices(list: Vec<Found>, take: Callback<Value>) -> impl IntoView {
    view! {
        <ul class="records">
            {list.into_iter().map(|found| {
                let shown: String = found.value.to_string().chars().take(120).collect();
                let label = format!("Use {}", found.title);
                view! {
                    <li class="row">
                        <span class="grow cut"><b>{found.title}</b>" "<code class="muted">{shown}</code></span>
                        <button class="button small" aria-label=label on:click=move |_| take.run(found.value.clone())>"Use"</button>
                    </li>
                }
            }).collect_view()}
        </ul>
    }
}

/// What a test run read. One that failed before there was a record says why.
fn read_of(report: &TestReport) -> Result<Vec<Found>, String> {
    let found = of_stages(report);
    match &report.row.error {
        Some(error) if found.is_empty() => Err(error.message.clone()),
        _ => Ok(found),
    }
}

/// A record, or a page, with its place in the page.
type Placed<'v> = (Option<u64>, &'v Value);

/// What each step was given and each source read, each record once, and all of a page where there are several.
fn of_stages(report: &TestReport) -> Vec<Found> {
    let name = |stage: &StageRow| {
        let step = report.row.steps.iter().find(|step| step.step == stage.step);
        step.map_or_else(|| stage.step.clone(), |step| step.name.clone())
    };
    let mut of_each: Vec<(String, Vec<Placed<'_>>)> = Vec::new();
    for stage in &report.stages {
        let Some(value) = given(stage).filter(|value| !value.is_null()) else { continue };
        let name = name(stage);
        let at = of_each.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            of_each.push((name, Vec::new()));
            of_each.len() - 1
        });
        let Some((_, records)) = of_each.get_mut(at) else { continue };
        if records.len() < MOST && !records.iter().any(|(index, _)| *index == stage.index) {
            records.push((stage.index, value));
        }
    }
    let offered = of_each.into_iter().flat_map(|(name, records)| {
        let list: Vec<Value> =
            records.iter().filter(|(index, _)| index.is_some()).map(|(_, value)| (*value).clone()).collect();
        let all = (list.len() > 1)
            .then(|| Found { title: format!("{name}, all {} records", list.len()), value: list.into() });
        let one = move |(index, value): Placed<'_>| Found {
            title: index.map_or_else(|| format!("{name}, page"), |index| format!("{name}, record {}", index + 1)),
            value: value.clone(),
        };
        all.into_iter().chain(records.into_iter().map(one).collect::<Vec<_>>())
    });
    offered.collect()
}

/// What somebody would try rules on: what was read at a source, what came in elsewhere. What is asked of an endpoint for a
/// page is no data.
fn given(stage: &StageRow) -> Option<&Value> {
    match stage.name.as_str() {
        "parse" | "mockOutput" => Some(&stage.output),
        "request" | "response" if stage.index.is_none() => None,
        _ => Some(&stage.input),
    }
}

fn of_errors(errors: &[RunError]) -> Vec<Found> {
    let with_record = errors.iter().filter_map(|error| Some((error, error.record.clone()?)));
    with_record
        .take(MOST)
        .map(|(error, value)| {
            let place = error.index.map_or_else(String::new, |index| format!("Record {}: ", index + 1));
            Found { title: format!("{place}{}", error.message), value }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::playground::editors;

    #[test]
    fn a_record_becomes_the_input_that_an_editor_wants() {
        for (slug, wanted) in [
            ("handlebars", json!({"record": {"a": 1}})),
            ("mapper-2", json!({"a": 1})),
            ("sort-and-group", json!([{"a": 1}])),
            ("javascript", json!({"data": [{"a": 1}]})),
            ("results-mapping", json!({"record": {}, "response": {"a": 1}})),
        ] {
            assert_eq!(wrapped(editors::find(slug).unwrap(), json!({"a": 1})), wanted, "{slug}");
        }
        assert_eq!(wrapped(editors::find("csv-generator").unwrap(), json!([1])), json!([1]));
        let batch = json!({"batch_of_records": [{"record": {"a": 1}}]});
        assert_eq!(wrapped(editors::find("json-body").unwrap(), json!([{"a": 1}])), batch);
    }

    #[test]
    fn each_record_that_a_step_was_given_is_offered_once() {
        let row = |name: &str, index: Value, input: Value| json!({"step": "e1", "name": name, "index": index, "input": input, "output": null, "errors": []});
        let mut parsed = row("parse", json!(0), Value::Null);
        parsed["output"] = json!({"a": "as it was read"});
        let stages = [
            row("response", Value::Null, json!({"method": "GET"})),
            parsed,
            row("inputFilter", json!(0), json!({"a": 1})),
            row("mapping", json!(0), json!({"a": 1})),
            row("inputFilter", json!(1), json!({"a": 2})),
            row("preSavePage", Value::Null, json!({"data": []})),
            row("request", json!(2), Value::Null),
        ];
        let id = "0123456789abcdef01234567";
        let step = json!({"step": "e1", "name": "Shop", "kind": "export", "received": 1, "success": 1, "ignored": 0, "errors": 0, "pages": 1, "file": null});
        let run = json!({"id": id, "flow": id, "flowName": "F", "status": "completed", "place": "server", "startedMs": 1,
            "endedMs": null, "steps": [step], "error": null, "n": 1});
        let report = json!({"row": run, "errors": [], "stages": stages, "leftOut": 0});
        let report: TestReport = serde_json::from_value(report).unwrap();
        let found = of_stages(&report);
        let titles: Vec<_> = found.iter().map(|found| found.title.as_str()).collect();
        assert_eq!(titles, ["Shop, all 2 records", "Shop, record 1", "Shop, record 2", "Shop, page"]);
        assert_eq!(found[0].value, json!([{"a": "as it was read"}, {"a": 2}]));
    }
}
