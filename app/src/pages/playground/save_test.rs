//! Keeps what is in an editor as a test case of an integration.
//!
//! It is evaluated once more for that, at a time and with a seed that are kept with it: what asks for the time, or for
//! random values, has to give the same again.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::test_case::{MAX_TEST_CASE_BYTES, TEST_CASES, TestAnswer, TestCase, TestQuestion};
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::eval_worker::{Done, Given, Helper, Moment};
use tombolo_wire::store::{Call, Edited};

use crate::browser::time::now_ms;
use crate::components::editor::{Content, Editor, SCRIPT_MS, Saved};
use crate::components::{Dialog, Field, Icon, described_by};
use crate::state::{Answer, App, Evaluator, row_id};
use crate::words;

/// How long the worker may take: the first call of a script loads the interpreter.
pub(super) const DEADLINE_MS: u32 = 60_000;
const NAME: &str = "test-name";
const PLACE: &str = "test-integration";

/// The dialog.
#[component]
pub(super) fn SaveTest(editor: &'static Editor, content: Content, open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open=open title="Save as test case">
            <Form editor=editor content=content open=open/>
        </Dialog>
    }
}

#[component]
fn Form(editor: &'static Editor, content: Content, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let places: Vec<_> = app.of_kind(Kind::Integration).into_iter().filter(|row| app.may_change(row)).collect();
    if places.is_empty() {
        return view! {
            <div class="dialog-body"><p>"A test case is kept in an integration, and there is none that you may change. Create an integration first."</p></div>
        }
        .into_any();
    }
    let name = RwSignal::new(String::new());
    let place = RwSignal::new(places.first().map(|row| row.id.to_string()).unwrap_or_default());
    let (tried, busy) = (RwSignal::new(false), RwSignal::new(false));
    let wrong = RwSignal::new(None::<String>);
    let helpers = RwSignal::new(Vec::<Helper>::new());
    let problem = Signal::derive(move || name.with(|name| words::name_problem(name).filter(|_| tried.get())));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        let (Some(saved), Ok(id)) = (content.saved(), place.get_untracked().parse::<Id>()) else { return };
        if problem.with_untracked(Option::is_some) || busy.get_untracked() {
            return;
        }
        wrong.set(None);
        busy.set(true);
        let evaluator = Evaluator::start(helpers);
        spawn_local(async move {
            let kept = keep(app, editor, saved, name.get_untracked().trim().to_owned(), id, &evaluator).await;
            evaluator.end();
            if busy.try_set(false).is_some() {
                return;
            }
            match kept {
                Ok(()) => {
                    open.set(false);
                    app.toasts.say("The test case is saved. You find it in the menu of its integration, under Tests.");
                }
                Err(message) => wrong.set(Some(message)),
            }
        });
    };
    view! {
        <form class="dialog-body" novalidate=true on:submit=submit>
            <p>"The rules, the input and the output that they give now are kept in the integration. Everybody who sees it can run the test."</p>
            <Field label="Name" name=NAME error=problem>
                <input class="input" id=NAME autocomplete="off" aria-required="true" aria-describedby=described_by(NAME) aria-invalid=move || problem.with(Option::is_some).to_string() prop:value=name on:input=move |event| name.set(event_target_value(&event))/>
            </Field>
            <Field label="Integration" name=PLACE>
                <select class="input select-native" id=PLACE on:change=move |event| place.set(event_target_value(&event))>
                    {places.into_iter().map(|row| {
                        let id = row.id.to_string();
                        view! { <option value=id.clone() prop:selected=move || place.get() == id>{row.name}</option> }
                    }).collect_view()}
                </select>
            </Field>
            {move || wrong.get().map(|message| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{message}</p></div> })}
            <footer class="dialog-foot"><button class="button primary" type="submit" aria-busy=move || busy.get().to_string()>"Save test case"</button></footer>
        </form>
    }
    .into_any()
}

async fn keep(
    app: App,
    editor: &'static Editor,
    saved: Saved,
    name: String,
    id: Id,
    evaluator: &Evaluator,
) -> Result<(), String> {
    let mut ask = editor.ask(saved);
    let moment = Moment { at_ms: now_ms(), seed: 1 };
    ask.moment = Some(moment);
    if editor.is_script() {
        ask.options = serde_json::json!({"timeoutMs": SCRIPT_MS});
    }
    let question = TestQuestion {
        rules: read(&ask.rules, "rules")?,
        input: read(&ask.input, "input")?,
        options: ask.options.clone(),
        at_ms: moment.at_ms,
        seed: moment.seed,
    };
    let wanted = match evaluator.ask(ask, DEADLINE_MS).await {
        Answer::Done(done) => answer(&done),
        Answer::Failed(message) => return Err(message),
        Answer::Stopped | Answer::Dropped => {
            return Err("The evaluation did not come to an end. Shorten the input and try again.".to_owned());
        }
    };
    let text = |error: serde_json::Error| format!("The test case cannot be written: {error}.");
    let case = TestCase {
        name,
        evaluation: editor.eval.to_owned(),
        editor: editor.slug.to_owned(),
        question: serde_json::to_string(&question).map_err(text)?,
        expected: serde_json::to_string(&wanted).map_err(text)?,
    };
    if case.question.len() + case.expected.len() > MAX_TEST_CASE_BYTES {
        return Err("The test case has more than 200 KB. Shorten the input to what the test is about.".to_owned());
    }
    let value = serde_json::to_value(case).map_err(text)?;
    let intents = vec![Intent::InsertRow { list: TEST_CASES.to_owned(), row: row_id::fresh(), after: None, value }];
    app.call::<Edited>(Call::Edit { id, intents }).await.map(drop).map_err(|error| error.message)
}

fn read(given: &Given, what: &str) -> Result<Value, String> {
    match given {
        Given::Value(value) => Ok(value.clone()),
        Given::Json(text) if text.trim().is_empty() => Ok(Value::Null),
        Given::Json(text) => serde_json::from_str(text)
            .map_err(|_| format!("The {what} are not JSON. Mend them, and save the test then.")),
    }
}

/// What an evaluation answered, as a test wants it again.
pub(super) fn answer(done: &Done) -> TestAnswer {
    let output = done.output.as_ref().map(|output| match output.json {
        true => serde_json::from_str(&output.text).unwrap_or_default(),
        false => Value::String(output.text.clone()),
    });
    let errors = done.problems.iter().map(|problem| problem.code.clone()).collect();
    TestAnswer { output: output.unwrap_or_default(), errors }
}
