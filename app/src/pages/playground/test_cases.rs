//! The test cases of an integration: each is asked again, and what comes is held against what was kept.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use tombolo_model::test_case::{TEST_CASES, TestAnswer, TestCase, TestQuestion};
use tombolo_model::{Id, Intent, RowId};
use tombolo_wire::eval_worker::{Ask, Given, Helper, Moment};

use super::save_test::{DEADLINE_MS, answer};
use super::{editors, share};
use crate::browser::page;
use crate::components::Icon;
use crate::pages::{NotFound, Unopened, id_param};
use crate::state::{Answer, App, Doc, Evaluator, use_document};
use crate::words;

/// How a case went.
#[derive(Debug, Clone, PartialEq)]
enum Went {
    /// As it was wanted.
    Passed,
    /// Something else came: what was wanted, and what came.
    Failed(String, String),
    /// It could not be asked: a sentence.
    Broken(String),
}

/// The page of the integration in the address.
#[component]
pub(crate) fn TestCasesPage() -> impl IntoView {
    let id = id_param("id");
    move || match id.get() {
        Some(id) => view! { <TestCases id=id/> }.into_any(),
        None => NotFound().into_any(),
    }
}

#[component]
fn TestCases(id: Id) -> impl IntoView {
    let doc = use_document(id);
    page::title(move || format!("Tests of {}", doc.text("/name")));
    let cases = Memo::new(move |_| {
        doc.view.with(|view| {
            let Some(view) = view else { return Vec::new() };
            let rows = view.rows.get(TEST_CASES).cloned().unwrap_or_default();
            rows.into_iter().zip(TestCase::all(&view.value)).collect::<Vec<_>>()
        })
    });
    let went = RwSignal::new(BTreeMap::<RowId, Went>::new());
    let busy = RwSignal::new(false);
    let helpers = RwSignal::new(Vec::<Helper>::new());
    let run = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        went.set(BTreeMap::new());
        let evaluator = Evaluator::start(helpers);
        spawn_local(async move {
            for (row, case) in cases.get_untracked() {
                let one = tried(&case, &evaluator).await;
                if went.try_update(|all| drop(all.insert(row, one))).is_none() {
                    break;
                }
            }
            evaluator.end();
            busy.try_set(false);
        });
    };
    let said = Memo::new(move |_| went.with(summary));
    let name =
        move || Some(doc.text("/name")).filter(|name| !name.is_empty()).unwrap_or_else(|| "Integration".to_owned());
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
            <div class="page-head">
                <div class="grow">
                    <nav class="crumbs" aria-label="Path"><A href="/">"Home"</A><Icon name="chevron-right" small=true/><A href=format!("/integrations/{id}")>{name}</A></nav>
                    <h1>"Tests"</h1>
                </div>
                <div class="actions">
                    <span class="muted" role="status">{said}</span>
                    <button class="button primary" prop:disabled=move || cases.with(Vec::is_empty) aria-busy=move || busy.get().to_string() on:click=run><Icon name="play"/>"Run all tests"</button>
                </div>
            </div>
            <Show when=move || !cases.with(Vec::is_empty) fallback=|| view! {
                <div class="empty">
                    <span class="kind"><Icon name="clipboard-check"/></span>
                    <h2>"No tests yet"</h2>
                    <p>"A test keeps rules, an input and the output that they give. Try rules in the playground, then choose “Save as test case” in its menu."</p>
                    <A href="/playground" attr:class="button">"Open the playground"</A>
                </div>
            }>
                <ul class="test-cases" aria-label="Test cases">
                    <For each=move || cases.get() key=|(row, case)| (row.clone(), case.name.clone(), case.expected.len()) let:entry>
                        <TestRow doc=doc row=entry.0 case=entry.1 went=went/>
                    </For>
                </ul>
            </Show>
        </Show>
    }
}

#[component]
fn TestRow(doc: Doc, row: RowId, case: TestCase, went: RwSignal<BTreeMap<RowId, Went>>) -> impl IntoView {
    let app = App::here();
    let editor = editors::find(&case.editor);
    let navigate = StoredValue::new_local(use_navigate());
    let own = row.clone();
    let state = Memo::new(move |_| went.with(|went| went.get(&own).cloned()));
    let kept = case.clone();
    let open = move |_| {
        let (Some(editor), Ok((question, _))) = (editor, kept.read()) else {
            return app.toasts.fail("This test case cannot be opened: it was made by another version. Save it anew.");
        };
        let navigate = navigate.get_value();
        spawn_local(async move {
            match share::link(editor.slug, &editor.saved(&question)).await {
                Ok(link) => navigate(share::within(&link), leptos_router::NavigateOptions::default()),
                Err(_) => app.toasts.fail("The test case is too long to be opened in the playground."),
            }
        });
    };
    let name = case.name.clone();
    let remove = move |_| {
        doc.edit(vec![Intent::DeleteRow { list: TEST_CASES.to_owned(), row: row.clone() }]);
        app.toasts.offer_undo(format!("The test case {name} is deleted."), move || doc.undo());
    };
    let closed = move || !doc.writable.get();
    let delete = format!("Delete {}", case.name);
    view! {
        <li>
            <div class="row">
                <b class="grow cut">{case.name.clone()}</b>
                <span class="muted">{editor.map_or_else(|| case.evaluation.clone(), |editor| editor.name.to_owned())}</span>
                {move || state.get().map(|went| badge(&went))}
                <button class="button small" on:click=open>"Open in the playground"</button>
                <button class="icon-button small" aria-label=delete prop:disabled=closed on:click=remove><Icon name="trash-2" small=true/></button>
            </div>
            {move || state.get().and_then(|went| details(&went))}
        </li>
    }
}

fn badge(went: &Went) -> impl IntoView + use<> {
    let (class, icon, words) = match went {
        Went::Passed => ("badge success", "check", "Passed"),
        Went::Failed(..) => ("badge danger", "x", "Failed"),
        Went::Broken(_) => ("badge danger", "circle-alert", "Not run"),
    };
    view! { <span class=class><Icon name=icon small=true/>{words}</span> }
}

fn details(went: &Went) -> Option<AnyView> {
    match went {
        Went::Passed => None,
        Went::Broken(message) => Some(view! { <p class="error-text">{message.clone()}</p> }.into_any()),
        Went::Failed(wanted, came) => Some(
            view! {
                <div class="wanted-came">
                    <section aria-label="Expected"><h3>"Expected"</h3><pre>{wanted.clone()}</pre></section>
                    <section aria-label="Came"><h3>"Came"</h3><pre>{came.clone()}</pre></section>
                </div>
            }
            .into_any(),
        ),
    }
}

/// Asks a case again.
async fn tried(case: &TestCase, evaluator: &Evaluator) -> Went {
    let (question, wanted) = match case.read() {
        Ok(read) => read,
        Err(message) => return Went::Broken(message),
    };
    match evaluator.ask(asked(&case.evaluation, question), DEADLINE_MS).await {
        Answer::Done(done) => judged(&wanted, &answer(&done)),
        Answer::Failed(message) => Went::Broken(message),
        Answer::Stopped | Answer::Dropped => Went::Broken("It did not come to an end, and was stopped.".to_owned()),
    }
}

fn asked(evaluation: &str, question: TestQuestion) -> Ask {
    Ask {
        n: 0,
        name: evaluation.to_owned(),
        rules: Given::Value(question.rules),
        input: Given::Value(question.input),
        options: question.options,
        moment: Some(Moment { at_ms: question.at_ms, seed: question.seed }),
    }
}

fn judged(wanted: &TestAnswer, came: &TestAnswer) -> Went {
    if wanted == came {
        return Went::Passed;
    }
    let shown = |answer: &TestAnswer| {
        let output = match &answer.output {
            serde_json::Value::String(text) => text.clone(),
            value => serde_json::to_string_pretty(value).unwrap_or_default(),
        };
        let errors = answer.errors.join(", ");
        if errors.is_empty() { output } else { format!("{output}\nProblems: {errors}") }
    };
    Went::Failed(shown(wanted), shown(came))
}

fn summary(went: &BTreeMap<RowId, Went>) -> String {
    let failed = went.values().filter(|went| **went != Went::Passed).count();
    match (went.len(), failed) {
        (0, _) => String::new(),
        (all, 0) => format!("{} passed.", words::count(all, "test")),
        (all, failed) => format!("{failed} of {} failed.", words::count(all, "test")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_case_is_held_against_what_was_kept_of_it() {
        let answer = |output, errors: &[&str]| TestAnswer {
            output,
            errors: errors.iter().map(|code| (*code).to_owned()).collect(),
        };
        assert_eq!(judged(&answer(json!({"a": 1}), &[]), &answer(json!({"a": 1}), &[])), Went::Passed);
        let failed = judged(&answer(json!("x"), &[]), &answer(json!(null), &["filter"]));
        assert_eq!(failed, Went::Failed("x".to_owned(), "null\nProblems: filter".to_owned()));
    }

    #[test]
    fn the_tests_that_went_are_counted() {
        let went = |list: &[Went]| {
            summary(&list.iter().enumerate().map(|(at, went)| (at.to_string(), went.clone())).collect())
        };
        assert_eq!(went(&[Went::Passed, Went::Passed]), "2 tests passed.");
        assert_eq!(went(&[Went::Passed, Went::Broken(String::new())]), "1 of 2 tests failed.");
    }
}
