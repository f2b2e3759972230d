//! What the mapping makes of a record, and what is wrong with it: asked of the worker that evaluates, a moment after each
//! change. The last good output stays while something is wrong, and says that it is old.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::View;
use tombolo_wire::eval_worker::{Ask, EvalProblem, Given, Side};

use super::{Editing, Purpose};
use crate::browser::page;
use crate::components::Icon;
use crate::state::{Answer, Evaluator};

/// A key is followed by the next one sooner than this when somebody writes.
const SOON_MS: u32 = 150;
const DEADLINE_MS: u32 = 10_000;

/// What came of the rules.
#[derive(Clone, Default, PartialEq)]
struct Made {
    text: String,
    old: bool,
    problems: Vec<EvalProblem>,
}

/// The rules as the evaluation takes them.
fn asked(purpose: Purpose, rules: &[Value], lookups: &Value, mode: &Value) -> Value {
    if purpose.eval == "mapper" {
        json!({"mappings": rules, "lookups": lookups})
    } else {
        json!({"mappings": rules, "lookups": lookups, "mode": mode})
    }
}

/// The row that a problem is about: its list and its id. Problems name rows by their places.
fn row_of(view: &View, base: &str, path: &str) -> Option<(String, String)> {
    let path = path.strip_prefix("/mappings").unwrap_or(path);
    let mut list = base.to_owned();
    let mut found = None;
    let mut parts = path.split('/').skip(1);
    while let Some(place) = parts.next() {
        let row = view.rows.get(&list)?.get(place.parse::<usize>().ok()?)?.clone();
        let here = tombolo_model::path::join(&list, &row);
        if !list.ends_with("/buildArrayHelper") {
            found = Some((list.clone(), row));
        }
        match parts.next() {
            Some(inner @ ("mappings" | "buildArrayHelper")) => list = format!("{here}/{inner}"),
            _ => break,
        }
    }
    found
}

/// The panel at the right.
#[component]
pub(super) fn OutputPanel(editing: Editing) -> impl IntoView {
    let (doc, purpose, sample) = (editing.doc, editing.purpose, editing.sample);
    let made = RwSignal::new(Made::default());
    let evaluator = StoredValue::new_local(Evaluator::start(RwSignal::new(Vec::new())));
    on_cleanup(move || {
        evaluator.try_with_value(Evaluator::end);
    });
    let record = Memo::new(move |_| sample.value());
    // Without a record nothing is asked.
    let rules = Memo::new(move |_| {
        record.with(Option::is_some).then(|| {
            let mode = purpose.base.strip_suffix("/mappings").and_then(|base| doc.at(&format!("{base}/mode")));
            let lookups = doc.at(purpose.lookups).unwrap_or_default();
            editing.with_rules(|rules| asked(purpose, rules, &lookups, &mode.unwrap_or_default()))
        })
    });
    let timer = StoredValue::new_local(None::<Timeout>);
    Effect::new(move |_| {
        let (Some(rules), Some(input)) = (rules.get(), record.get()) else {
            // What is shown is not of what is written now.
            timer.set_value(None);
            made.update(|made| made.old = !made.text.is_empty());
            return;
        };
        timer.set_value(Some(Timeout::new(SOON_MS, move || {
            let Some(evaluator) = evaluator.try_get_value() else { return };
            let ask = Ask {
                n: 0,
                name: purpose.eval.to_owned(),
                rules: Given::Value(rules),
                input: Given::Value(input),
                options: Value::Null,
                moment: None,
            };
            spawn_local(async move {
                let answer = evaluator.ask(ask, DEADLINE_MS).await;
                made.try_update(|made| {
                    take(made, answer);
                    made.old |= record.try_with_untracked(Option::is_none) == Some(true) && !made.text.is_empty();
                });
            });
        })));
    });
    let own = move |event: leptos::ev::Event| sample.own.set(Some(event_target_value(&event)));
    let shown = RwSignal::new(false);
    let unread = move || sample.is_unread();
    let nothing = Signal::derive(move || record.with(Option::is_none) && sample.own.with(Option::is_none));
    let choice = move |input: bool, words: &'static str| {
        view! { <button type="button" aria-pressed=move || (shown.get() == input).to_string() on:click=move |_| shown.set(input)>{words}</button> }
    };
    view! {
        <section class="panel map-output" aria-label="Output of the mapping">
            <header>
                <div class="segment small" role="group" aria-label="What is shown">{choice(false, "Output")}{choice(true, "Input")}</div>
                {move || (unread() || made.with(|made| made.old)).then(|| view! { <span class="badge warning">"Last good output"</span> })}
            </header>
            {move || if shown.get() {
                view! {
                    <textarea class="input code map-input" aria-label="Record" spellcheck="false" placeholder="Get records, or paste one as JSON" aria-invalid=move || unread().to_string() prop:value=move || sample.text() on:input=own></textarea>
                    {move || unread().then(|| view! { <p class="error tree-note" role="alert"><Icon name="triangle-alert" small=true/>"The record is not JSON yet."</p> })}
                }.into_any()
            } else {
                view! {
                    <div class="scroll">
                        {move || nothing.get().then(|| view! { <p class="muted tree-note">"What comes out is shown here once there is a record: get some at the left, or paste one as the input."</p> })}
                        <pre class="code map-made" tabindex="0">{move || (!nothing.get()).then(|| made.with(|made| made.text.clone()))}</pre>
                    </div>
                }.into_any()
            }}
            <Problems editing=editing made=made/>
        </section>
    }
}

fn take(made: &mut Made, answer: Answer) {
    let fail = |made: &mut Made, message: String| {
        made.old = !made.text.is_empty();
        made.problems =
            vec![EvalProblem { code: "stopped".into(), message, side: Side::Rules, path: None, place: None }];
    };
    match answer {
        Answer::Done(done) => {
            made.old = done.output.is_none() && !made.text.is_empty();
            if let Some(output) = done.output {
                made.text = output.text;
            }
            made.problems = done.problems;
        }
        Answer::Stopped => fail(made, "This took too long and was stopped. Choose a shorter record.".to_owned()),
        Answer::Failed(message) => fail(made, message),
        Answer::Dropped => {}
    }
}

/// What is wrong, each with its row.
#[component]
fn Problems(editing: Editing, made: RwSignal<Made>) -> impl IntoView {
    let listed =
        Memo::new(move |_| made.with(|made| made.problems.iter().take(20).cloned().enumerate().collect::<Vec<_>>()));
    let go = move |problem: &EvalProblem| {
        let path = problem.path.clone().unwrap_or_default();
        let found = |view: &std::sync::Arc<View>| row_of(view, editing.purpose.base, &path);
        let found = editing.doc.view.with_untracked(|view| view.as_ref().and_then(found));
        if let Some((list, row)) = found {
            editing.seek.set(Some((list, row.clone())));
            page::focus_when_there(vec![format!("{row}-extract"), format!("{row}-generate")]);
        }
    };
    view! {
        <div class="map-problems" role="status" aria-label="Problems of the mapping">
            <For each=move || listed.get() key=|(at, problem)| (*at, problem.message.clone(), problem.path.clone()) let:item>
                {
                    let problem = item.1;
                    let place = problem.path.is_some() && problem.side == Side::Rules;
                    let message = problem.message.clone();
                    view! {
                        <div class="problem danger"><Icon name="circle-alert"/><span class="grow">{message}</span>
                            {place.then(|| view! { <button class="link at" on:click=move |_| go(&problem)>"Go to row"</button> })}</div>
                    }
                }
            </For>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_leads_to_the_row_that_it_is_about() {
        let rows = [
            ("/mappings", vec!["a", "l"]),
            ("/mappings/l/buildArrayHelper", vec!["e"]),
            ("/mappings/l/buildArrayHelper/e/mappings", vec!["s", "t"]),
        ];
        let rows = rows.map(|(list, rows)| (list.to_owned(), rows.into_iter().map(str::to_owned).collect()));
        let view = View { rows: rows.into(), ..View::default() };
        let of = |path: &str| row_of(&view, "/mappings", path).map(|(_, row)| row);
        assert_eq!(of("/mappings/0/extract").as_deref(), Some("a"));
        assert_eq!(of("/1/buildArrayHelper/0/mappings/1/dataType").as_deref(), Some("t"));
        assert_eq!(of("/mappings/1/buildArrayHelper/0/extract").as_deref(), Some("l"));
        assert_eq!((of("/mappings/7"), of(""), of("/x")), (None, None, None));
    }

    #[test]
    fn a_mode_is_one_of_transformations_alone() {
        assert_eq!(
            asked(super::super::IMPORT, &[], &json!([]), &json!("modify")),
            json!({"mappings": [], "lookups": []})
        );
        assert_eq!(asked(super::super::TRANSFORM, &[], &json!(null), &json!("modify"))["mode"], "modify");
    }
}
