//! An error of a run with its record, which can be edited and tried again at the step where it failed.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::run::{Attempt, RunError};
use tombolo_wire::run_worker::{RunOptions, RunRetry};

use crate::components::Icon;
use crate::pages::runs::Tried;
use crate::state::App;
use crate::words;

/// The run that tries one record again. Nothing where the error is about no record, or not about one step.
fn retry(run: Id, error: &RunError, record: Value) -> Option<RunOptions> {
    let index = error.index?;
    error.record.as_ref().filter(|_| !error.step.is_empty())?;
    let of = (error.n > 0).then(|| (run, vec![error.n]));
    let retry = RunRetry { step: error.step.clone(), records: vec![(index, record)], of };
    Some(RunOptions { retry: Some(retry), ..RunOptions::default() })
}

/// One error.
#[component]
pub(super) fn ErrorRow(error: RunError, run: Id, flow: Id, tried: Memo<BTreeMap<u64, Attempt>>) -> impl IntoView {
    let n = error.n;
    let attempt = Memo::new(move |_| tried.with(|tried| tried.get(&n).cloned()));
    let is_open = move || attempt.with(|attempt| attempt.as_ref().is_none_or(|attempt| !attempt.resolved));
    let editing = RwSignal::new(false);
    let record = error.record.clone();
    let again = record.is_some() && error.index.is_some() && !error.step.is_empty();
    let text = record.map(|record| serde_json::to_string_pretty(&record).unwrap_or_default());
    let shown = text.clone();
    let stored = StoredValue::new(error.clone());
    view! {
        <li><details>
            <summary>
                <Icon name="circle-alert" small=true/><span class="cut">{error.message}</span>
                {error.index.map(|index| view! { <small class="muted num">{format!("record {}", words::number(index + 1))}</small> })}
                {move || attempt.get().map(|attempt| view! { <Tried attempt=attempt/> })}
            </summary>
            {move || match (editing.get(), text.clone()) {
                (true, Some(text)) => view! { <Edit run=run flow=flow error=stored text=text on_done=Callback::new(move |()| editing.set(false))/> }.into_any(),
                _ => shown.clone().map(|text| view! {
                    <pre class="code-panel"><code>{text}</code></pre>
                    {(again && is_open()).then(|| view! { <button class="button small" on:click=move |_| editing.set(true)><Icon name="pencil" small=true/>"Edit and try again"</button> })}
                }).into_any(),
            }}
        </details></li>
    }
}

#[component]
fn Edit(run: Id, flow: Id, error: StoredValue<RunError>, text: String, on_done: Callback<()>) -> impl IntoView {
    let app = App::here();
    let draft = RwSignal::new(text);
    let wrong = Memo::new(move |_| {
        draft.with(|text| serde_json::from_str::<Value>(text).err().map(|error| format!("This is not JSON: {error}.")))
    });
    let go = move |_| {
        let record = draft.with_untracked(|text| serde_json::from_str::<Value>(text));
        let options = record.ok().and_then(|record| error.with_value(|error| retry(run, error, record)));
        if let Some(options) = options {
            app.start_run(flow, options);
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
    fn a_record_is_tried_again_where_it_failed_and_an_error_without_one_is_not() {
        let error =
            RunError { step: "s1".into(), record: Some(json!({"a": 1})), index: Some(4), n: 3, ..RunError::default() };
        let run = Id::from_parts(1, [0; 8]);
        let options = retry(run, &error, json!({"a": 2})).and_then(|options| options.retry);
        let records = vec![(4, json!({"a": 2}))];
        assert_eq!(options, Some(RunRetry { step: "s1".into(), records, of: Some((run, vec![3])) }));
        assert_eq!(retry(run, &RunError { index: None, ..error.clone() }, json!({})), None);
        assert_eq!(retry(run, &RunError { step: String::new(), ..error }, json!({})), None);
    }
}
