//! The filter editor: rules in rows, stored as the expression that the engine runs.

mod rules;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::Intent;

use crate::components::{FieldConflict, Icon, SelectBox, TextBox};
use crate::state::Doc;
use rules::{OPERATORS, Rule, merge, read, write};

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
    let next = StoredValue::new(0_u64);
    let number = move || {
        next.update_value(|next| *next += 1);
        next.get_value()
    };
    let rows = RwSignal::new(rules.into_iter().map(|rule| (number(), rule)).collect::<Vec<_>>());
    let all = RwSignal::new(all);
    let expression =
        move || rows.with(|rows| write(all.get(), &rows.iter().map(|(_, rule)| rule.clone()).collect::<Vec<_>>()));
    // Edits from here that are not answered yet: until they are, the document says less than the rows do.
    let pending = RwSignal::new(0_usize);
    let written = StoredValue::new(stored.get_untracked());
    // What somebody else wrote meanwhile is shown, unless it is what is here already.
    Effect::new(move |_| {
        let theirs = stored.get();
        if pending.get() == 0
            && theirs != untrack(expression)
            && let Some((both, rules)) = read(&theirs)
        {
            all.set(both);
            rows.update(|rows| *rows = merge(rows, rules, number));
        }
    });
    let save = move || {
        let rules = untrack(expression);
        let known = if pending.get_untracked() == 0 { stored.get_untracked() } else { written.get_value() };
        if known == rules {
            return;
        }
        written.set_value(rules.clone());
        pending.update(|pending| *pending += 1);
        let set = |path: &str, value: Value| Intent::Set { path: path.into(), value };
        let intents = vec![
            set("/filter/type", "expression".into()),
            set("/filter/version", "1".into()),
            set("/filter/expression/version", "1".into()),
            set(PLACE, rules),
        ];
        spawn_local(async move {
            if let Err(error) = doc.try_edit(intents).await {
                doc.app.toasts.fail(error.message);
            }
            pending.try_update(|pending| *pending -= 1);
        });
    };
    let change = move |id: u64, change: &dyn Fn(&mut Rule)| {
        rows.update(|rows| rows.iter_mut().filter(|(have, _)| *have == id).for_each(|(_, rule)| change(rule)));
        save();
    };
    let off = Signal::derive(move || !doc.writable.get());
    let several = Memo::new(move |_| rows.with(Vec::len) > 1);
    view! {
        <div class="form wide">
            <p class="muted">"Records for which this holds go on. The others are counted as ignored; they are no errors."</p>
            <FieldConflict doc=doc path=PLACE/>
            {move || several.get().then(|| view! {
                <div class="segment" role="radiogroup" aria-label="How the rules are joined">
                    <button role="radio" prop:disabled=off aria-checked=move || all.get().to_string() on:click=move |_| { all.set(true); save(); }>"All must hold"</button>
                    <button role="radio" prop:disabled=off aria-checked=move || (!all.get()).to_string() on:click=move |_| { all.set(false); save(); }>"One is enough"</button>
                </div>
            })}
            <For each=move || rows.get() key=|(id, _)| *id let:row>
                {
                    let id = row.0;
                    let get = move |part: fn(&Rule) -> String| Signal::derive(move || rows.with(|rows| rows.iter().find(|(have, _)| *have == id).map(|(_, rule)| part(rule)).unwrap_or_default()));
                    let operators = Signal::derive(|| OPERATORS.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect::<Vec<_>>());
                    let casts = Signal::derive(|| [("string", "as text"), ("number", "as number"), ("boolean", "as true or false")].map(|(key, words)| (key.to_owned(), words.to_owned())).to_vec());
                    let unary = Memo::new(move |_| rows.with(|rows| rows.iter().any(|(have, rule)| *have == id && rule.unary())));
                    view! {
                        <div class="rule" role="group" aria-label="Rule">
                            <TextBox name=format!("field-{id}") label="Field" placeholder="Field" code=true value=get(|rule| rule.field.clone()) disabled=off on_change=Callback::new(move |text: String| change(id, &|rule| rule.field.clone_from(&text)))/>
                            <SelectBox name=format!("cast-{id}") label="Compare" value=get(|rule| rule.cast.clone()) choices=casts disabled=off on_change=Callback::new(move |key: String| change(id, &|rule| rule.cast.clone_from(&key)))/>
                            <SelectBox name=format!("operator-{id}") label="Operator" value=get(|rule| rule.operator.clone()) choices=operators disabled=off on_change=Callback::new(move |key: String| change(id, &|rule| rule.operator.clone_from(&key)))/>
                            {move || (!unary.get()).then(|| view! {
                                <TextBox name=format!("value-{id}") label="Value" placeholder="Value" value=get(|rule| rule.value.clone()) disabled=off on_change=Callback::new(move |text: String| change(id, &|rule| rule.value.clone_from(&text)))/>
                            })}
                            <button class="icon-button" aria-label="Delete rule" prop:disabled=off on:click=move |_| { rows.update(|rows| rows.retain(|(have, _)| *have != id)); save(); }><Icon name="trash-2"/></button>
                        </div>
                    }
                }
            </For>
            {move || rows.with(Vec::is_empty).then(|| view! { <p class="nothing muted">"No rule is set: every record goes on."</p> })}
            <button class="button" prop:disabled=off on:click=move |_| rows.update(|rows| rows.push((number(), Rule::new())))><Icon name="plus"/>"Add rule"</button>
        </div>
    }
}
