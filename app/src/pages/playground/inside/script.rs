//! The script of a hook in its editor: the function is called with what its place gives it. What is written is written
//! into the script, which others may use too.

use leptos::prelude::*;
use serde_json::{Map, Value};

use super::super::{InnerFrame, bench_of, editors, stubs};
use super::start::{Start, StartNote};
use super::{bind, known};
use crate::browser::page;
use crate::components::editor::{Content, Saved, leave_full};
use crate::components::{Dialog, Icon, Reading, Shared};
use crate::state::{Doc, Evaluator};

/// The way into the editor of a script.
#[component]
pub(crate) fn ScriptDoor(
    script: Doc,
    /// The resource that has the hook.
    of: Doc,
    /// What the hook is called; it decides what the function is given.
    hook: &'static str,
    /// The function that is called.
    #[prop(into)]
    function: Signal<String>,
    label: &'static str,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let there = Memo::new(move |_| script.view.with(Option::is_some));
    view! {
        <div class="to-editors"><Show when=move || there.get()>
            <button class="link to-editor" type="button" aria-haspopup="dialog" aria-label=format!("Editor of {label}") title="Call it with an example, and see what it returns" on:click=move |_| open.set(true)>
                <Icon name="maximize" small=true/>"Editor"
            </button>
            <Dialog open=open title=label vast=true>
                {move || view! { <Inside script=script of=of hook=hook function=function.get_untracked()/> }}
            </Dialog>
        </Show></div>
    }
}

#[component]
fn Inside(script: Doc, of: Doc, hook: &'static str, function: String) -> impl IntoView {
    let editor = editors::script();
    let helpers = RwSignal::default();
    let evaluator = StoredValue::new_local(Evaluator::start(helpers));
    on_cleanup(move || {
        evaluator.try_with_value(Evaluator::end);
    });
    let example = stubs().iter().find(|stub| stub.name == hook).map_or("{}", |stub| stub.input).to_owned();
    let known = known::of_hook(of, &function);
    let input = known.as_ref().map_or_else(|| example.clone(), |known| known.input.clone());
    let mut options = Map::new();
    if !function.is_empty() {
        options.insert("function".to_owned(), Value::String(function));
    }
    let rules = untrack(|| script.text("/content"));
    let content = Content::new(Saved { rules, input, options });
    let start = Start::new(content, known, example.clone());
    start.ask(async move { known::asked_for_hook(of, hook, &example).await });
    let writable = script.writable.get_untracked();
    if writable {
        bind::rules(Shared::new(script, "/content".to_owned(), Reading::default(), None).into(), content.rules);
    }
    page::focus_when_there(vec![editor.beginning()]);
    let full = RwSignal::new(false);
    view! {
        <div class="inside" class:full=full on:keydown=move |event| leave_full(full, &event)>
        {if writable {
            view! { <p class="play-note">"You write in the script itself: everything that uses it calls what is here."</p> }
        } else {
            view! { <p class="play-note">"You may look, not change: what you write here is tried, and not kept."</p> }
        }}
        <StartNote start=start editor=editor/>
        <InnerFrame editor=editor content=content bench=bench_of(|| None) evaluator=evaluator helpers=helpers full=full/>
        </div>
    }
}
