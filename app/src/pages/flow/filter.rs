//! The filter editor: rules in rows, stored as the expression that the engine runs.

mod editing;
mod merge;
mod row;
mod rule;
mod rules;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::forms::{Input, Section, field, section};

use crate::browser::page;
use crate::components::{DocForm, FieldConflict, Icon};
use crate::state::Doc;
use editing::{Editing, Place};
use row::Row;
use rules::{Join, Line, What, read};

/// What calls a function in place of rules.
const BY_SCRIPT: &[Section] = &[section("", &[field("/script", "Script", Input::Hook)
    .help("filter: returns true for each record that goes on. In a branch it returns true for those that the branch takes.")])];

/// The editor of the filter at `base`: by rules, or by a script. Of both only what is chosen counts. `says` is what becomes
/// of the records for which the rules hold, and of the others.
#[component]
pub(super) fn FilterEditor(doc: Doc, #[prop(into)] base: String, says: &'static str) -> impl IntoView {
    let kind = format!("{base}/type");
    let at = StoredValue::new(kind);
    let script = Memo::new(move |_| at.with_value(|path| doc.text(path)) == "script");
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    let base = StoredValue::new(base);
    let choose = move |by: bool| {
        if by != script.get_untracked() {
            doc.set(at.get_value(), if by { "script" } else { "expression" });
        }
    };
    let choice = move |by: bool, words: &'static str| {
        view! {
            <button role="radio" prop:disabled=move || !doc.writable.get() aria-checked=move || (script.get() == by).to_string() on:click=move |_| choose(by)>{words}</button>
        }
    };
    move || {
        open.get().then(|| view! {
            <div class="form wide filter-kind"><div class="segment" role="radiogroup" aria-label="Filter by">{choice(false, "Rules")}{choice(true, "Script")}</div></div>
            {move || if script.get() {
                view! { <div class="form wide"><DocForm doc=doc sections=BY_SCRIPT base=base.get_value()/></div> }.into_any()
            } else {
                view! { <ByRules doc=doc base=base.get_value() says=says/> }.into_any()
            }}
        })
    }
}

/// Where the rules of a filter are: in its expression, or, as branches from elsewhere have them, right in it.
fn rules_place(doc: Doc, base: &str) -> String {
    let (usual, bare) = (format!("{base}/expression/rules"), format!("{base}/rules"));
    let some = |place: &str| {
        untrack(|| doc.at(place)).is_some_and(|rules| rules.as_array().is_some_and(|rules| !rules.is_empty()))
    };
    if !some(&usual) && some(&bare) { bare } else { usual }
}

#[component]
fn ByRules(doc: Doc, base: String, says: &'static str) -> impl IntoView {
    let place = StoredValue::new(rules_place(doc, &base));
    let base = StoredValue::new(base);
    let stored = Memo::new(move |_| place.with_value(|place| doc.at(place)).unwrap_or_else(|| json!([])));
    // Not each change of the document, or every rule would lose its focus at every edit.
    let simple = Memo::new(move |_| read(&stored.get()).is_some());
    move || {
        match simple.get().then(|| read(&stored.get_untracked())).flatten() {
            Some((top, lines)) => {
                let at = Place { base: base.get_value(), rules: place.get_value() };
                view! { <Rules doc=doc at=at stored=stored top=top lines=lines says=says/> }.into_any()
            }
            None => view! {
                <div class="form wide"><p>"This filter nests rules deeper than this editor shows. It runs as it is:"</p><pre class="code-panel"><code>{move || stored.get().to_string()}</code></pre></div>
            }
            .into_any(),
        }
    }
}

#[component]
fn Rules(doc: Doc, at: Place, stored: Memo<Value>, top: Join, lines: Vec<Line>, says: &'static str) -> impl IntoView {
    let place = at.rules.clone();
    let editing = Editing::begin(doc, at, stored, top, lines);
    let off = Signal::derive(move || !doc.writable.get());
    let several = Memo::new(move |_| editing.count() > 1 || editing.joined(None) != Join::All);
    view! {
        <div class="form wide">
            <p class="muted">{says}</p>
            <FieldConflict doc=doc path=place/>
            {move || several.get().then(|| view! { <Joined editing=editing group=None off=off/> })}
            <For each=move || editing.rows() key=|(id, line)| (*id, line.depth, line.as_rule().is_some()) let:row><LineView editing=editing id=row.0 line=row.1 off=off/></For>
            {move || (editing.count() == 0).then(|| view! { <p class="nothing muted">"No rule is set: every record goes on."</p> })}
            <div class="row"><AddButtons editing=editing group=None off=off/>
                {move || (editing.count() > 1).then(|| view! { <button class="button quiet" prop:disabled=off on:click=move |_| { editing.clear(); page::focus_soon(vec![ADD.to_owned()]); }>"Clear rules"</button> })}</div>
        </div>
    }
}

/// A rule, or the head of a group.
#[component]
fn LineView(editing: Editing, id: u64, line: Line, off: Signal<bool>) -> impl IntoView {
    let depth = line.depth;
    match line.what {
        What::Rule(_) => view! { <Row editing=editing id=id depth=depth off=off/> }.into_any(),
        What::Group(_) => view! { <Group editing=editing id=id depth=depth off=off/> }.into_any(),
    }
}

/// How the rules of a group are joined, what adds to it and what takes it away; what is in it follows it.
#[component]
fn Group(editing: Editing, id: u64, depth: usize, off: Signal<bool>) -> impl IntoView {
    let delete = move |_| {
        let neighbor = editing.remove(id).map(delete_id);
        page::focus_soon(neighbor.into_iter().chain([ADD.to_owned()]).collect());
    };
    view! {
        <div class="rule-group" role="group" aria-label="Group of rules" style=format!("--depth:{depth}")>
            <Joined editing=editing group=Some(id) off=off/>
            <span class="grow"></span>
            <AddButtons editing=editing group=Some(id) off=off/>
            <button class="icon-button" aria-label="Copy the group" title="Copy" prop:disabled=off on:click=move |_| copy(editing, id)><Icon name="copy"/></button>
            <button class="icon-button" id=delete_id(id) aria-label="Delete the group" title="Delete" prop:disabled=off on:click=delete><Icon name="trash-2"/></button>
        </div>
    }
}

/// What adds a rule or a group to a group, or to none.
#[component]
fn AddButtons(editing: Editing, group: Option<u64>, off: Signal<bool>) -> impl IntoView {
    let add = move |_| page::focus_soon(vec![field_name(editing.add(group))]);
    let add_group = move |_| page::focus_soon(vec![field_name(editing.add_group(group))]);
    let class = if group.is_some() { "button small quiet" } else { "button" };
    let (rule, inner) = if group.is_some() { ("Rule", "Group") } else { ("Add rule", "Add group") };
    let label = |words: &'static str| group.map(|_| words);
    let full = move || off.get() || !editing.has_room(group);
    view! {
        <button class=class id=group.is_none().then_some(ADD) aria-label=label("Add a rule to the group") prop:disabled=off on:click=add><Icon name="plus"/>{rule}</button>
        <button class=class aria-label=label("Add a group to the group") prop:disabled=full on:click=add_group><Icon name="plus"/>{inner}</button>
    }
}

/// How several rules are joined: one stop for the Tab key, and arrows go from one choice to the other.
#[component]
fn Joined(editing: Editing, group: Option<u64>, off: Signal<bool>) -> impl IntoView {
    const CHOICES: [(Join, &str); 3] =
        [(Join::All, "All must hold"), (Join::One, "One is enough"), (Join::None, "None may hold")];
    let id = move |at: usize| format!("join-{}-{at}", group.map(|id| id.to_string()).unwrap_or_default());
    let on_key = move |event: KeyboardEvent| {
        let forward = matches!(event.key().as_str(), "ArrowRight" | "ArrowDown");
        if (forward || matches!(event.key().as_str(), "ArrowLeft" | "ArrowUp")) && !off.get_untracked() {
            event.prevent_default();
            let now = untrack(|| editing.joined(group));
            let at = CHOICES.iter().position(|(join, _)| *join == now).unwrap_or_default();
            let step = if forward { 1 } else { CHOICES.len() - 1 };
            let to = (at + step) % CHOICES.len();
            editing.join(group, CHOICES[to].0);
            page::focus_soon(vec![id(to)]);
        }
    };
    let choice = move |at: usize, join: Join, words: &'static str| {
        let chosen = move || editing.joined(group) == join;
        view! {
            <button role="radio" id=id(at) tabindex=move || if chosen() { "0" } else { "-1" } prop:disabled=off
                aria-checked=move || chosen().to_string() on:click=move |_| editing.join(group, join)>{words}</button>
        }
    };
    view! {
        <div class="segment" role="radiogroup" aria-label="How the rules are joined" on:keydown=on_key>
            {CHOICES.into_iter().enumerate().map(|(at, (join, words))| choice(at, join, words)).collect_view()}
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

/// Puts a copy behind a line and moves the focus into it.
fn copy(editing: Editing, id: u64) {
    if let Some(first) = editing.copy(id) {
        page::focus_soon(vec![field_name(first)]);
    }
}
