//! The runs of a flow, newest first: all that are kept on this device, once somebody opens the list.

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;
use tombolo_wire::store::Call;

use super::Builder;
use crate::browser::time;
use crate::components::{DayRange, Days, RunState};
use crate::state::App;
use crate::words;

/// More than anybody looks through; the page of all runs has the others.
const MOST: usize = 1_000;

/// Whether nothing came out of the sources of a run, and nothing failed.
fn is_empty(run: &RunRow) -> bool {
    let nothing = |step: &tombolo_wire::run::StepCount| step.received + step.success + step.ignored + step.errors == 0;
    run.ended_ms.is_some() && run.error.is_none() && run.steps.iter().all(nothing)
}

/// The list; a run that is chosen is shown above it.
#[component]
pub(super) fn Past(flow: Id, runs: Memo<Vec<RunRow>>) -> impl IntoView {
    let app = App::here();
    let without = RwSignal::new(false);
    let days = RwSignal::new(Days::default());
    let asked = StoredValue::new(false);
    let open = RwSignal::new(false);
    // A page begins with the newest runs of the account; those of this flow may be older.
    let turned = move |event: leptos::ev::Event| {
        let is_open = event_target::<web_sys::Element>(&event).has_attribute("open");
        let gone = open.try_set(is_open).is_some();
        if gone || !is_open || asked.get_value() {
            return;
        }
        asked.set_value(true);
        spawn_local(async move {
            match app.call::<Vec<RunRow>>(Call::Runs { flow: Some(flow), limit: MOST }).await {
                Ok(rows) => app.take_runs(rows),
                Err(error) => {
                    // Whoever opens the list again asks again.
                    asked.try_set_value(false);
                    app.toasts.fail(error.message);
                }
            }
        });
    };
    // Hundreds of lines that nobody sees are not drawn anew whenever a run moves on.
    let listed = move || {
        if !open.get() {
            return Vec::new();
        }
        let hides = without.get();
        let fits = |run: &&RunRow| days.with(|days| days.take(run.started_ms)) && !(hides && is_empty(run));
        runs.with(|runs| runs.iter().filter(fits).cloned().collect::<Vec<_>>())
    };
    let none = move || open.get() && !days.with(Days::is_empty) && listed().is_empty();
    let some_empty = Memo::new(move |_| runs.with(|runs| runs.iter().any(is_empty)));
    view! {
        <details class="history" on:toggle=turned><summary>{move || format!("Run history ({})", runs.with(Vec::len))}</summary>
            <div class="row history-bar"><DayRange days=days of="runs" on_change=Callback::new(move |chosen| days.set(chosen))/>
            {move || some_empty.get().then(|| view! { <label class="check"><input type="checkbox" prop:checked=move || without.get() on:change=move |event| without.set(event_target_checked(&event))/><span>"Hide empty runs"</span></label> })}</div>
            {move || none().then(|| view! { <p class="muted">"No run of this device was started on these days."</p> })}
            <ul><For each=listed key=|run| (run.id, run.n, run.ended_ms) let:run><Line run=run/></For></ul>
        </details>
    }
}

/// One run, which a click shows above.
#[component]
fn Line(run: RunRow) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let id = run.id;
    let when = time::exact(run.started_ms);
    let took = run.ended_ms.map(|end| words::duration(end - run.started_ms));
    let pick = move |_| {
        builder.picked.set(Some(id));
        builder.errors_of.set(None);
    };
    view! {
        <li><button class="row" on:click=pick><span class="num">{when}</span>{words::run_type(run.origin.kind).map(|word| view! { <span class="badge">{word}</span> })}<RunState run=run/>{took.map(|took| view! { <small class="muted num">{took}</small> })}</button></li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_wire::run::{RunOrigin, RunPlace, RunStatus, StepCount};

    #[test]
    fn a_run_is_empty_when_nothing_came_and_nothing_failed() {
        let mut run = RunRow {
            id: Id::from_parts(0, [0; 8]),
            flow: Id::from_parts(0, [1; 8]),
            flow_name: String::new(),
            status: RunStatus::Completed,
            place: RunPlace::Browser,
            offline: false,
            started_ms: 0,
            ended_ms: Some(1),
            steps: vec![StepCount { kind: "export".into(), ..StepCount::default() }],
            error: None,
            heads: std::collections::BTreeMap::new(),
            origin: RunOrigin::default(),
            n: 1,
        };
        assert!(is_empty(&run));
        run.steps[0].ignored = 1;
        assert!(!is_empty(&run));
        run.steps[0].ignored = 0;
        run.ended_ms = None;
        assert!(!is_empty(&run), "it may still read something");
    }
}
