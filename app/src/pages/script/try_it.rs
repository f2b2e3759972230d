//! Calls a function of the script with an input, as a flow would, and shows what came of it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_wire::eval_worker::Done;

use super::check::ask;
use crate::components::editor::functions;
use crate::components::{Field, Icon, SelectBox};
use crate::pages::playground::stubs;
use crate::state::{Answer, Evaluator};

const DEADLINE_MS: u32 = 60_000;

/// The input that a place gives to a function of this name; an empty record for others.
fn usual_input(function: &str) -> &'static str {
    stubs().iter().find(|stub| stub.name == function).map_or("{}", |stub| stub.input)
}

/// What came of a call: the output or what went wrong, and what was printed.
#[derive(Clone, PartialEq)]
struct Came {
    output: Option<String>,
    wrong: Vec<String>,
    printed: Vec<(String, String)>,
}

impl Came {
    fn of(answer: Answer) -> Option<Self> {
        let failed = |message: String| Self { output: None, wrong: vec![message], printed: Vec::new() };
        match answer {
            Answer::Done(done) => Some(Self::done(*done)),
            Answer::Stopped => Some(failed("The call took too long and was stopped.".to_owned())),
            Answer::Failed(message) => Some(failed(message)),
            Answer::Dropped => None,
        }
    }

    fn done(done: Done) -> Self {
        let wrong = done.problems.into_iter().map(|problem| match problem.place {
            Some((line, column)) => format!("{} (line {line}, column {column})", problem.message),
            None => problem.message,
        });
        Self {
            wrong: wrong.collect(),
            output: done.output.map(|output| output.text),
            printed: done.console.into_iter().map(|line| (line.level, line.text)).collect(),
        }
    }
}

fn started() -> Evaluator {
    Evaluator::start(RwSignal::new(Vec::new()))
}

/// The panel below the editor; closed until somebody wants it.
#[component]
pub(super) fn TryIt(content: Memo<String>) -> impl IntoView {
    // One of its own, from the first call on: one that waits behind the check of the script would be called off by the
    // next key.
    let evaluator = StoredValue::new_local(None::<Evaluator>);
    on_cleanup(move || {
        evaluator.try_with_value(|evaluator| evaluator.as_ref().map(Evaluator::end));
    });
    let names = Memo::new(move |_| content.with(|text| functions(text)));
    let wanted = RwSignal::new(String::new());
    let function = Memo::new(move |_| {
        let wanted = wanted.get();
        names.with(|names| names.iter().find(|name| **name == wanted).or(names.first()).cloned()).unwrap_or_default()
    });
    // What somebody typed goes with the function it was typed for.
    let typed = RwSignal::new(None::<(String, String)>);
    let input = Memo::new(move |_| {
        let function = function.get();
        typed
            .with(|typed| typed.as_ref().filter(|(of, _)| *of == function).map(|(_, text)| text.clone()))
            .unwrap_or_else(|| usual_input(&function).to_owned())
    });
    let came = RwSignal::new(None::<Came>);
    let busy = RwSignal::new(false);
    let wrong_input = Signal::derive(move || {
        input.with(|text| serde_json::from_str::<Value>(text).err().map(|error| format!("This is not JSON: {error}.")))
    });
    let call = move |_| {
        let Ok(value) = input.with_untracked(|text| serde_json::from_str::<Value>(text)) else { return };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let evaluator = evaluator.try_update_value(|own| own.get_or_insert_with(started).clone());
        let Some(evaluator) = evaluator else { return };
        let ask = ask(&content.get_untracked(), &function.get_untracked(), value);
        spawn_local(async move {
            let answer = Came::of(evaluator.ask(ask, DEADLINE_MS).await);
            busy.try_set(false);
            if let Some(answer) = answer {
                came.try_set(Some(answer));
            }
        });
    };
    let choices = Signal::derive(move || names.get().into_iter().map(|name| (name.clone(), name)).collect::<Vec<_>>());
    let nothing = Memo::new(move |_| names.with(Vec::is_empty));
    view! {
        <details class="script-try"><summary>"Try it"</summary>
            <Show when=move || !nothing.get() fallback=|| view! { <p class="quiet-line">"The script has no function yet. Insert one above."</p> }>
                <div class="script-try-body">
                    <div class="form">
                        <Field label="Function" name="try-function"><SelectBox name="try-function" value=function choices=choices on_change=Callback::new(move |name| wanted.set(name))/></Field>
                        <Field label="Input" name="try-input" help="What the function is called with, as JSON." error=wrong_input>
                            <textarea class="input code" id="try-input" rows="8" spellcheck="false" aria-describedby="try-input-help" aria-invalid=move || wrong_input.get().is_some().to_string()
                                prop:value=move || input.get() on:input=move |event| typed.set(Some((function.get_untracked(), event_target_value(&event))))></textarea>
                        </Field>
                        <div><button class="button primary" type="button" prop:disabled=move || wrong_input.get().is_some() aria-busy=move || busy.get().to_string() on:click=call><Icon name="play"/>"Call the function"</button></div>
                    </div>
                    <div class="script-came" role="status" aria-label="What came of it">{move || came.get().map(|came| view! { <Shown came=came/> })}</div>
                </div>
            </Show>
        </details>
    }
}

#[component]
fn Shown(came: Came) -> impl IntoView {
    view! {
        {came.wrong.into_iter().map(|message| view! { <div class="banner danger"><Icon name="circle-alert"/><p class="grow">{message}</p></div> }).collect_view()}
        {came.output.map(|output| view! { <pre class="code" tabindex="0" aria-label="Output">{output}</pre> })}
        {came.printed.into_iter().map(|(level, text)| view! { <p class=format!("print {level}")><span class="level">{level.clone()}</span><code>{text}</code></p> }).collect_view()}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_tried_with_what_its_place_gives_it() {
        assert!(usual_input("preSavePage").contains("pageIndex"));
        assert_eq!(usual_input("myOwn"), "{}");
    }
}
