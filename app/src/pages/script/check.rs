//! Reads a script a moment after somebody typed in it, and tells what cannot be read. Nothing of it is called.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_wire::eval_worker::{Ask, EvalProblem, Given};

use crate::components::Icon;
use crate::components::editor::SCRIPT_MS;
use crate::state::{Answer, Evaluator};

/// Somebody who writes has not finished.
const SOON_MS: u32 = 700;
/// The interpreter is loaded with the first question.
const DEADLINE_MS: u32 = 60_000;
/// A function that no script has: a script that can be read answers that it has none.
const NOBODY: &str = "tombolo_reads_this_script_only";
/// What it answers with.
const NO_FUNCTION: &str = "script_function";

/// A question about a script.
pub(super) fn ask(script: &str, function: &str, input: Value) -> Ask {
    Ask {
        n: 0,
        name: "javascript".to_owned(),
        rules: Given::Value(json!({"script": script, "function": function})),
        input: Given::Value(input),
        options: json!({"timeoutMs": SCRIPT_MS}),
        moment: None,
    }
}

/// What is wrong with a script, as far as reading it tells; nothing before that is known.
pub(super) fn checked(
    content: Memo<String>,
    evaluator: StoredValue<Evaluator, LocalStorage>,
) -> RwSignal<Option<Vec<EvalProblem>>> {
    let problems = RwSignal::new(None);
    let timer = StoredValue::new_local(None::<Timeout>);
    let read = move |text: String| {
        let Some(evaluator) = evaluator.try_get_value() else { return };
        spawn_local(async move {
            let found = match evaluator.ask(ask(&text, NOBODY, Value::Null), DEADLINE_MS).await {
                Answer::Done(done) => done.problems.into_iter().filter(|problem| problem.code != NO_FUNCTION).collect(),
                Answer::Stopped => vec![problem("Reading the script took too long and was stopped.".to_owned())],
                Answer::Failed(message) => vec![problem(message)],
                Answer::Dropped => return,
            };
            problems.try_set(Some(found));
        });
    };
    Effect::new(move |_| {
        let text = content.get();
        if text.trim().is_empty() {
            timer.set_value(None);
            problems.set(Some(Vec::new()));
            return;
        }
        timer.set_value(Some(Timeout::new(SOON_MS, move || read(text))));
    });
    problems
}

fn problem(message: String) -> EvalProblem {
    EvalProblem {
        code: "stopped".to_owned(),
        message,
        side: tombolo_wire::eval_worker::Side::Rules,
        path: None,
        place: None,
    }
}

/// The list of what is wrong; each leads to its place.
#[component]
pub(super) fn Problems(
    problems: RwSignal<Option<Vec<EvalProblem>>>,
    go: RwSignal<Option<(u32, u32)>>,
) -> impl IntoView {
    view! {
        <section class="script-problems" aria-label="Problems"><div role="status">
            {move || match problems.get() {
                None => view! { <p class="quiet-line">"Reading the script…"</p> }.into_any(),
                Some(all) if all.is_empty() => view! { <p class="quiet-line">"No problems."</p> }.into_any(),
                Some(all) => all.into_iter().map(|problem| view! { <Line problem=problem go=go/> }).collect_view().into_any(),
            }}
        </div></section>
    }
}

/// One problem, with where it is.
#[component]
pub(super) fn Line(problem: EvalProblem, go: RwSignal<Option<(u32, u32)>>) -> impl IntoView {
    let place = problem.place;
    let at = place.map(|(line, column)| format!("Line {line}, column {column}"));
    view! {
        <button class="problem danger" type="button" on:click=move |_| go.set(place)>
            <Icon name="circle-alert"/><span>{problem.message}</span><span class="at">{at}</span>
        </button>
    }
}
