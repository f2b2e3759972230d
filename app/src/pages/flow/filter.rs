//! The filter editor: rules in rows, stored as the expression that the engine runs.

mod editing;
mod rules;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use serde_json::{Value, json};

use crate::browser::page;
use crate::components::{FieldConflict, Icon, SelectBox, TextBox, Typed};
use crate::state::Doc;
use editing::Editing;
use rules::{CASTS, OPERATORS, Rule, read};

const PLACE: &str = "/filter/expression/rules";

/// The editor.
#[component]
pub(super) fn FilterEditor(doc: Doc) -> impl IntoView {
    let stored = Memo::new(move |_| doc.at(PLACE).unwrap_or_else(|| json!([])));
    // Not each change of the document, or every rule would lose its focus at every edit.
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    let simple = Memo::new(move |_| read(&stored.get()).is_some());
    move || {
        match (open.get(), simple.get().then(|| read(&stored.get_untracked())).flatten()) {
        (false, _) => ().into_any(),
        (true, Some((all, rules))) => view! { <Rules doc=doc stored=stored all=all rules=rules/> }.into_any(),
        (true, None) => view! {
            <div class="form wide"><p>"This filter nests rules deeper than this editor shows. It runs as it is:"</p><pre class="code-panel"><code>{move || stored.get().to_string()}</code></pre></div>
        }
        .into_any(),
    }
    }
}

#[component]
fn Rules(doc: Doc, stored: Memo<Value>, all: bool, rules: Vec<Rule>) -> impl IntoView {
    let editing = Editing::begin(doc, stored, all, rules);
    let off = Signal::derive(move || !doc.writable.get());
    let several = Memo::new(move |_| editing.count() > 1);
    let add = move |_| page::focus_soon(vec![field_name(editing.add())]);
    view! {
        <div class="form wide">
            <p class="muted">"Records for which this holds go on. The others are counted as ignored; they are no errors."</p>
            <FieldConflict doc=doc path=PLACE/>
            {move || several.get().then(|| view! { <Joined editing=editing off=off/> })}
            <For each=move || editing.rows() key=|(id, _)| *id let:row><Row editing=editing id=row.0 off=off/></For>
            {move || (editing.count() == 0).then(|| view! { <p class="nothing muted">"No rule is set: every record goes on."</p> })}
            <button class="button" id=ADD prop:disabled=off on:click=add><Icon name="plus"/>"Add rule"</button>
        </div>
    }
}

/// How several rules are joined: one stop for the Tab key, and arrows go from one choice to the other.
#[component]
fn Joined(editing: Editing, off: Signal<bool>) -> impl IntoView {
    let id = |all: bool| if all { "join-all" } else { "join-one" };
    let on_key = move |event: KeyboardEvent| {
        let arrow = matches!(event.key().as_str(), "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown");
        if arrow && !off.get_untracked() {
            event.prevent_default();
            let all = !untrack(|| editing.all_must_hold());
            editing.join(all);
            page::focus_soon(vec![id(all).to_owned()]);
        }
    };
    let choice = move |all: bool, words: &'static str| {
        let chosen = move || editing.all_must_hold() == all;
        view! {
            <button role="radio" id=id(all) tabindex=move || if chosen() { "0" } else { "-1" } prop:disabled=off
                aria-checked=move || chosen().to_string() on:click=move |_| editing.join(all)>{words}</button>
        }
    };
    view! {
        <div class="segment" role="radiogroup" aria-label="How the rules are joined" on:keydown=on_key>
            {choice(true, "All must hold")}{choice(false, "One is enough")}
        </div>
    }
}

/// The id of the button that adds a rule.
const ADD: &str = "add-rule";

/// The name of the first field of a row.
fn field_name(id: u64) -> String {
    format!("field-{id}")
}

/// The id of the button that deletes a row.
fn delete_id(id: u64) -> String {
    format!("delete-{id}")
}

fn choices(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect()
}

#[component]
fn Row(editing: Editing, id: u64, off: Signal<bool>) -> impl IntoView {
    let operators = Signal::derive(|| choices(&OPERATORS));
    let casts = Signal::derive(|| choices(&CASTS));
    let text = move |read: fn(&Rule) -> String| editing.part(id, read);
    let set = move |write: fn(&mut Rule, String)| {
        Callback::new(move |text: String| editing.change(id, |rule| write(rule, text)))
    };
    let typed = move |read: fn(&Rule) -> String, write: fn(&mut Rule, String)| Typed::value(text(read), set(write));
    let delete = move |_| {
        let neighbor = editing.remove(id).map(delete_id);
        page::focus_soon(neighbor.into_iter().chain([ADD.to_owned()]).collect());
    };
    let unary = editing.part(id, Rule::unary);
    let unary = Memo::new(move |_| unary.get());
    view! {
        <div class="rule" role="group" aria-label="Rule">
            <TextBox name=field_name(id) label="Field" placeholder="Field" code=true typed=typed(|rule| rule.field.clone(), |rule, text| rule.field = text) disabled=off/>
            <SelectBox name=format!("cast-{id}") label="Compare" value=text(|rule| rule.cast.clone()) choices=casts disabled=off on_change=set(|rule, key| rule.cast = key)/>
            <SelectBox name=format!("operator-{id}") label="Operator" value=text(|rule| rule.operator.clone()) choices=operators disabled=off on_change=set(|rule, key| rule.operator = key)/>
            {move || (!unary.get()).then(|| view! {
                <TextBox name=format!("value-{id}") label="Value" placeholder="Value" typed=typed(|rule| rule.value.clone(), |rule, text| rule.value = text) disabled=off/>
            })}
            <button class="icon-button" id=delete_id(id) aria-label="Delete rule" prop:disabled=off on:click=delete><Icon name="trash-2"/></button>
        </div>
    }
}
