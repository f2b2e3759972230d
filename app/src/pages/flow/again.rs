//! An error of a run with its record, which can be edited and tried again at the step where it failed. What came of that
//! is said beside it: the figures of the run are those of the run.

use std::collections::BTreeSet;

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::run::RunError;
use tombolo_wire::run_worker::{RunOptions, RunRetry};
use wasm_bindgen::JsCast;

use super::errors::{Acts, Key, Known, Listed, Targets};
use crate::components::{Ago, Icon};
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

/// Brings an error that was opened into view: the console is half a page high.
fn bring(event: &leptos::ev::Event) {
    let Some(row) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else { return };
    if row.has_attribute("open") {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// One error. `dated` says of which run it is, where the list has several.
#[component]
pub(super) fn ErrorRow(
    listed: Listed,
    flow: Id,
    known: Memo<Known>,
    selected: RwSignal<BTreeSet<Key>>,
    dated: RwSignal<bool>,
) -> impl IntoView {
    let (key, run, error) = (listed.key(), listed.run, listed.error.clone());
    let attempt = Memo::new(move |_| known.with(|known| known.attempt(key).cloned()));
    let is_open = move || attempt.with(|attempt| attempt.as_ref().is_none_or(|attempt| !attempt.resolved));
    let editing = RwSignal::new(false);
    let time_ms = error.time_ms;
    let record = error.record.clone();
    let again = record.is_some() && error.index.is_some() && !error.step.is_empty();
    let text = StoredValue::new(record.map(|record| serde_json::to_string_pretty(&record).unwrap_or_default()));
    let stored = StoredValue::new(error.clone());
    let trace = error.trace_key.clone().filter(|key| !key.is_empty());
    let label = format!("Select: {}", error.message);
    let on = Memo::new(move |_| selected.with(|selected| selected.contains(&key)));
    let turn = move |event| {
        let on = event_target_checked(&event);
        selected.update(|selected| {
            if on {
                selected.insert(key);
            } else {
                selected.remove(&key);
            }
        });
    };
    let numbered = listed.has_number();
    let targets = Targets { errors: Signal::stored(vec![listed]), known, flow };
    view! {
        <li>
            {numbered.then(|| view! { <label class="check pick"><input type="checkbox" aria-label=label prop:checked=on on:change=turn/></label> })}
            <details on:toggle=move |event| bring(&event)>
            <summary>
                <Icon name="circle-alert" small=true/><span class="cut">{error.message}</span>
                {error.index.map(|index| view! { <small class="muted num">{format!("record {}", words::number(index + 1))}</small> })}
                {move || dated.get().then(|| view! { <small class="muted"><Ago ms=time_ms/></small> })}
                <Decided key=key known=known/>
                {move || attempt.get().map(|attempt| view! { <Tried attempt=attempt/> })}
            </summary>
            {trace.map(|key| view! { <p class="muted">"Trace key "<code>{key}</code></p> })}
            <Show when=move || editing.get() fallback=move || view! {
                {move || text.get_value().map(|text| view! { <pre class="code-panel"><code>{text}</code></pre> })}
                <div class="row">
                    {move || (again && is_open()).then(|| view! { <button class="button small" on:click=move |_| editing.set(true)><Icon name="pencil" small=true/>"Edit and try again"</button> })}
                    {numbered.then(|| view! { <Acts targets=targets/> })}
                </div>
            }>
                <Edit run=run flow=flow error=stored text=text.get_value().unwrap_or_default() on_done=Callback::new(move |()| editing.set(false))/>
            </Show>
        </details></li>
    }
}

/// Who is to look at it, and its tags.
#[component]
fn Decided(key: Key, known: Memo<Known>) -> impl IntoView {
    let standing = Memo::new(move |_| known.with(|known| known.standing(key).cloned().unwrap_or_default()));
    view! {
        {move || standing.with(|standing| standing.tags.iter().map(|tag| view! { <span class="badge">{tag.clone()}</span> }).collect_view())}
        {move || standing.with(|standing| standing.assigned.as_ref().map(|to| view! { <span class="badge" title=format!("Assigned to {}", to.name)><Icon name="user" small=true/>{to.name.clone()}</span> }))}
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
