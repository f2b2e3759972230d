//! An error of a run with its record, which can be edited and tried again at the step where it failed. What came of that
//! is said here: the figures of the run are those of the run.

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::run::{RunError, RunRow, RunStatus};
use tombolo_wire::run_worker::{RunOptions, RunRetry};
use tombolo_wire::store::Call;
use wasm_bindgen::JsCast;

use crate::components::Icon;
use crate::state::App;
use crate::words;

/// The run that tries one record again. Nothing where the error is about no record, or not about one step.
fn retry(error: &RunError, record: Value) -> Option<RunOptions> {
    let index = error.index?;
    error.record.as_ref().filter(|_| !error.step.is_empty())?;
    let retry = RunRetry { step: error.step.clone(), records: vec![(index, record)] };
    Some(RunOptions { retry: Some(retry), ..RunOptions::default() })
}

/// What came of trying a record again.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Going,
    Through,
    /// Why not.
    Failed(String),
}

/// How a run that tried one record again stands.
fn outcome(run: &RunRow) -> Outcome {
    let errors: u64 = run.steps.iter().map(|step| step.errors).sum();
    let why = || run.error.as_ref().map(|error| error.message.clone());
    match run.status {
        RunStatus::Queued | RunStatus::Running => Outcome::Going,
        RunStatus::Completed if errors == 0 => Outcome::Through,
        RunStatus::Canceled => Outcome::Failed("It was canceled.".to_owned()),
        RunStatus::Completed | RunStatus::Failed => Outcome::Failed(why().unwrap_or_default()),
    }
}

/// Says it below the error.
#[component]
fn Said(run: Id) -> impl IntoView {
    let app = App::here();
    let now = Memo::new(move |_| app.runs.with(|runs| runs.get(&run).map_or(Outcome::Going, outcome)));
    // A run that completed has its errors in the store.
    let why = RwSignal::new(String::new());
    Effect::new(move |_| {
        if matches!(now.get(), Outcome::Failed(known) if known.is_empty()) {
            leptos::task::spawn_local(async move {
                if let Ok(errors) = app.call::<Vec<RunError>>(Call::RunErrors { run }).await {
                    why.try_set(errors.first().map(|error| error.message.clone()).unwrap_or_default());
                }
            });
        }
    });
    view! {
        <p class="again-said" role="status">{move || match now.get() {
            Outcome::Going => view! { <span class="status running"><Icon name="loader-circle"/>"Trying again"</span> }.into_any(),
            Outcome::Through => view! { <span class="status success"><Icon name="circle-check"/>"It went through when it was tried again."</span> }.into_any(),
            Outcome::Failed(known) => {
                let why = if known.is_empty() { why.get() } else { known };
                view! { <span class="status danger"><Icon name="circle-alert"/>{format!("It failed again. {why}")}</span> }.into_any()
            }
        }}</p>
    }
}

/// Brings an error that was opened into view: the console is half a page high.
fn bring(event: &leptos::ev::Event) {
    let Some(row) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else { return };
    if row.has_attribute("open") {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// One error.
#[component]
pub(super) fn ErrorRow(error: RunError, flow: Id) -> impl IntoView {
    let editing = RwSignal::new(false);
    let record = error.record.clone();
    let again = record.is_some() && error.index.is_some() && !error.step.is_empty();
    let text = record.map(|record| serde_json::to_string_pretty(&record).unwrap_or_default());
    let shown = text.clone();
    let stored = StoredValue::new(error.clone());
    let tried = RwSignal::new(None::<Id>);
    view! {
        <li><details on:toggle=move |event| bring(&event)>
            <summary>
                <Icon name="circle-alert" small=true/><span class="cut">{error.message}</span>
                {error.index.map(|index| view! { <small class="muted num">{format!("record {}", words::number(index + 1))}</small> })}
            </summary>
            {move || match (editing.get(), text.clone()) {
                (true, Some(text)) => view! { <Edit flow=flow error=stored text=text tried=tried on_done=Callback::new(move |()| editing.set(false))/> }.into_any(),
                _ => shown.clone().map(|text| view! {
                    <pre class="code-panel"><code>{text}</code></pre>
                    {again.then(|| view! { <button class="button small" on:click=move |_| editing.set(true)><Icon name="pencil" small=true/>"Edit and try again"</button> })}
                }).into_any(),
            }}
        </details>{move || tried.get().map(|run| view! { <Said run=run/> })}</li>
    }
}

#[component]
fn Edit(
    flow: Id,
    error: StoredValue<RunError>,
    text: String,
    tried: RwSignal<Option<Id>>,
    on_done: Callback<()>,
) -> impl IntoView {
    let app = App::here();
    let draft = RwSignal::new(text);
    let wrong = Memo::new(move |_| {
        draft.with(|text| serde_json::from_str::<Value>(text).err().map(|error| format!("This is not JSON: {error}.")))
    });
    let go = move |_| {
        let record = draft.with_untracked(|text| serde_json::from_str::<Value>(text));
        let options = record.ok().and_then(|record| error.with_value(|error| retry(error, record)));
        if let Some(options) = options {
            app.in_turn(async move {
                tried.try_set(Some(app.try_again(flow, options).await?));
                Ok(())
            });
            on_done.run(());
        }
    };
    view! {
        <div class="retry">
            <textarea class="input code" rows="8" aria-label="Record to try again" spellcheck="false" aria-invalid=move || wrong.with(Option::is_some).to_string()
                prop:value=move || draft.get() on:input=move |event| draft.set(event_target_value(&event))></textarea>
            {move || wrong.get().map(|why| view! { <p class="error" role="alert"><Icon name="triangle-alert"/>{why}</p> })}
            <div class="row">
                <button class="button small primary" prop:disabled=move || wrong.with(Option::is_some) on:click=go><Icon name="rotate-ccw" small=true/>"Try again"</button>
                <button class="button small" on:click=move |_| on_done.run(())>"Cancel"</button>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_that_was_tried_again_says_what_came_of_it() {
        let mut run = RunRow {
            id: Id::from_parts(0, [0; 8]),
            flow: Id::from_parts(0, [1; 8]),
            flow_name: String::new(),
            status: RunStatus::Running,
            place: tombolo_wire::run::RunPlace::Browser,
            offline: false,
            started_ms: 0,
            ended_ms: None,
            steps: vec![tombolo_wire::run::StepCount { errors: 1, ..Default::default() }],
            error: None,
            heads: std::collections::BTreeMap::new(),
            n: 1,
        };
        assert_eq!(outcome(&run), Outcome::Going);
        run.status = RunStatus::Completed;
        assert_eq!(outcome(&run), Outcome::Failed(String::new()), "the store knows why");
        run.steps[0].errors = 0;
        assert_eq!(outcome(&run), Outcome::Through);
        run.status = RunStatus::Failed;
        run.error = Some(RunError { message: "No answer.".into(), ..RunError::default() });
        assert_eq!(outcome(&run), Outcome::Failed("No answer.".into()));
    }

    #[test]
    fn a_record_is_tried_again_where_it_failed_and_an_error_without_one_is_not() {
        let error =
            RunError { step: "s1".into(), record: Some(json!({"a": 1})), index: Some(4), ..RunError::default() };
        let options = retry(&error, json!({"a": 2})).and_then(|options| options.retry);
        assert_eq!(options, Some(RunRetry { step: "s1".into(), records: vec![(4, json!({"a": 2}))] }));
        assert_eq!(retry(&RunError { index: None, ..error.clone() }, json!({})), None);
        assert_eq!(retry(&RunError { step: String::new(), ..error }, json!({})), None);
    }
}
