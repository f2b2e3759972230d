//! The transformation of a source or a lookup: rows of a mapping, over the record or in its place, or a script.

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::forms::{Input, Section, field, section};
use tombolo_model::{Intent, RowId};

use super::mapping::{MappingEditor, TRANSFORM};
use crate::components::{DocForm, Icon, SelectBox};
use crate::pages::Door;
use crate::state::Doc;

const TYPE: &str = "/transform/type";
const VERSION: &str = "/transform/expression/version";
const MODE: &str = "/transform/expression/rulesTwoDotZero/mode";
const OLD: &str = "/transform/expression/rules";

/// What calls a function in place of rows.
const BY_SCRIPT: &[Section] =
    &[section("", &[field("/script", "Script", Input::Hook).help("transform: returns what becomes of each record.")])];

/// What a transformation of rows says besides them, where it does not say so yet.
pub(super) fn prepare(doc: Doc) -> Vec<Intent> {
    untrack(|| missing(&doc.text(TYPE), &doc.text(VERSION), &doc.text(MODE), has_old_rules(doc)))
}

/// The same by what it says. Rules of version 1 stop where version 2 is named, so beside them no version is.
fn missing(kind: &str, version: &str, mode: &str, old_rules: bool) -> Vec<Intent> {
    let set = |path: &str, value: &str| Intent::Set { path: path.to_owned(), value: value.into() };
    let mut intents = Vec::new();
    if kind != "expression" {
        intents.push(set(TYPE, "expression"));
    }
    if old_rules {
        return intents;
    }
    if version != "2" {
        intents.push(set(VERSION, "2"));
    }
    if mode.is_empty() {
        intents.push(set(MODE, "create"));
    }
    intents
}

/// Whether there are rules of version 1, which run as long as version 2 is not named.
fn has_old_rules(doc: Doc) -> bool {
    let some = doc.at(OLD).and_then(|rules| rules.as_array().map(|rules| !rules.is_empty())).unwrap_or(false);
    some && doc.text(VERSION) != "2"
}

/// The editor.
#[component]
pub(super) fn TransformEditor(doc: Doc, step: RowId) -> impl IntoView {
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    let script = Memo::new(move |_| doc.text(TYPE) == "script");
    let old = Memo::new(move |_| has_old_rules(doc));
    let off = Signal::derive(move || !doc.writable.get());
    let choose = move |by: bool| {
        if by != script.get_untracked() {
            let intents =
                if by { vec![Intent::Set { path: TYPE.to_owned(), value: "script".into() }] } else { prepare(doc) };
            doc.edit(intents);
        }
    };
    let choice = move |by: bool, words: &'static str| {
        view! { <button type="button" aria-pressed=move || (script.get() == by).to_string() prop:disabled=off on:click=move |_| choose(by)>{words}</button> }
    };
    let mode = Memo::new(move |_| if doc.text(MODE) == "modify" { "modify".to_owned() } else { "create".to_owned() });
    let modes = Signal::derive(|| {
        [("create", "Make a record of these fields alone"), ("modify", "Change these fields of the record")]
            .map(|(key, words)| (key.to_owned(), words.to_owned()))
            .to_vec()
    });
    let set_mode = Callback::new(move |key: String| {
        let mut intents = prepare(doc);
        intents.retain(|intent| !matches!(intent, Intent::Set { path, .. } if path == MODE));
        intents.push(Intent::Set { path: MODE.to_owned(), value: key.into() });
        doc.edit(intents);
    });
    let step = StoredValue::new(step);
    move || {
        open.get().then(|| view! {
            <div class="transform-kind row"><div class="segment" role="group" aria-label="Transform by">{choice(false, "Fields")}{choice(true, "Script")}</div>
                {move || (!script.get() && !old.get()).then(|| view! { <SelectBox name="transform-mode" label="What the fields make" value=mode choices=modes disabled=off on_change=set_mode/> })}
            </div>
            {move || match (script.get(), old.get()) {
                (true, _) => view! { <div class="form wide"><DocForm doc=doc sections=BY_SCRIPT base="/transform"/></div> }.into_any(),
                (false, true) => view! { <OldRules doc=doc/> }.into_any(),
                (false, false) => view! { <MappingEditor doc=doc purpose=TRANSFORM step=step.get_value()/> }.into_any(),
            }}
        })
    }
}

/// Rules as they were before version 2: they run, and can be replaced.
#[component]
fn OldRules(doc: Doc) -> impl IntoView {
    let shown = move || doc.at(OLD).map(|rules: Value| serde_json::to_string_pretty(&rules).unwrap_or_default());
    let replace = move |_| {
        let mut intents = untrack(|| missing(&doc.text(TYPE), &doc.text(VERSION), &doc.text(MODE), false));
        intents.push(Intent::Remove { path: OLD.to_owned() });
        doc.edit(intents);
    };
    view! {
        <div class="form wide">
            <p>"These rules are of version 1. They run as they are; this editor makes rules of version 2."</p>
            <div class="field"><span class="label">"Rules"</span><Door doc=doc path=OLD label="Rules of version 1"/><pre class="code-panel"><code>{shown}</code></pre></div>
            <div><button class="button" prop:disabled=move || !doc.writable.get() on:click=replace><Icon name="trash-2"/>"Delete these rules and begin with version 2"</button></div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_version_1_still_run_after_a_look_at_the_script() {
        let set = |path: &str, value: &str| Intent::Set { path: path.to_owned(), value: value.into() };
        assert_eq!(missing("script", "1", "", true), [set(TYPE, "expression")]);
        assert_eq!(missing("expression", "", "", true), []);
        assert_eq!(missing("", "", "", false), [set(TYPE, "expression"), set(VERSION, "2"), set(MODE, "create")]);
        assert_eq!(missing("expression", "2", "modify", false), []);
    }
}
