//! The settings of one row: its lookup, what happens without a value, when it is mapped, dates, a description.

use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::forms::{LOOKUP, MAP_ROW};
use tombolo_model::{Intent, RowId, path};

use super::Editing;
use super::moves::moved;
use super::rows::MapRow;
use crate::components::{Dialog, DocForm, Field, Icon, Reading, SelectBox, Shared, TextBox, Typed};
use crate::pages::Door;
use crate::state::{Doc, list_rows, row_id};

/// What happens where the source has no value.
const WITHOUT: [(&str, &str); 5] = [
    ("", "Leave the field out"),
    ("empty", "Write an empty text"),
    ("null", "Write null"),
    ("own", "Write a value of your own"),
    ("discard", "Leave the record out"),
];

/// Which of them a row says.
fn without(default: Option<&Value>, discard: bool) -> &'static str {
    match default {
        _ if discard => "discard",
        None => "",
        Some(Value::Null) => "null",
        Some(Value::String(text)) if text.is_empty() => "empty",
        Some(_) => "own",
    }
}

/// What is shown as chosen. A value of one's own that is emptied is still one while somebody writes it: its field would
/// be taken away under their hands.
fn shown(stored: &'static str, writing: bool) -> &'static str {
    if writing && stored == "empty" { "own" } else { stored }
}

/// What is written for a choice.
fn choose(here: &str, key: &str) -> Vec<Intent> {
    let at = |field: &str| format!("{here}/{field}");
    let default =
        |value: Value| vec![Intent::Set { path: at("default"), value }, Intent::Remove { path: at("discardIfEmpty") }];
    match key {
        "discard" => {
            vec![Intent::Remove { path: at("default") }, Intent::Set { path: at("discardIfEmpty"), value: true.into() }]
        }
        "empty" => default("".into()),
        "null" => default(Value::Null),
        "own" => default("0".into()),
        _ => vec![Intent::Remove { path: at("default") }, Intent::Remove { path: at("discardIfEmpty") }],
    }
}

/// The dialog, open while a row is chosen.
#[component]
pub(super) fn SettingsDialog(editing: Editing) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(editing.settings.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && editing.settings.with_untracked(Option::is_some) {
            editing.settings.set(None);
        }
    });
    view! { <Dialog open=open title="Settings of the field">{move || editing.settings.get().map(|row| view! { <Settings editing=editing row=row/> })}</Dialog> }
}

#[component]
fn Settings(editing: Editing, row: MapRow) -> impl IntoView {
    const OWN: &str = "row-default";
    let doc = editing.doc;
    let here = StoredValue::new(row.path());
    let at = move |field: &str| here.with_value(|here| format!("{here}/{field}"));
    let off = Signal::derive(move || !doc.writable.get());
    let name = move || {
        Some(doc.text(&at("generate")))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "A field without a name".to_owned())
    };
    let writing = RwSignal::new(false);
    let now = Memo::new(move |_| {
        let discard = doc.at(&at("discardIfEmpty")).and_then(|value| value.as_bool()).unwrap_or(false);
        shown(without(doc.at(&at("default")).as_ref(), discard), writing.get()).to_owned()
    });
    let choices = Signal::derive(|| WITHOUT.map(|(key, words)| (key.to_owned(), words.to_owned())).to_vec());
    let set = Callback::new(move |key: String| {
        writing.set(key == "own");
        here.with_value(|here| doc.edit(choose(here, &key)));
    });
    let own = Typed::value(
        Signal::derive(move || match doc.at(&at("default")) {
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        }),
        Callback::new(move |text: String| {
            writing.try_set(true);
            doc.set(at("default"), text);
        }),
    );
    let shift = move |down: bool| {
        let MapRow { list, row, .. } = row.clone();
        if let Some(after) = editing.all.with_untracked(|all| moved(all, &list, &row, down)) {
            doc.edit(vec![Intent::MoveRow { list, row, after }]);
        }
    };
    let (up, down) = (shift.clone(), shift);
    view! {
        <div class="dialog-body form map-settings">
            <p class="muted"><b class="code">{name}</b></p>
            <Source doc=doc path=at("extract")/>
            <Lookup editing=editing here=here/>
            <Field label="If the source has no value" name="row-without">
                <SelectBox name="row-without" value=now choices=choices described=true disabled=off on_change=set/>
            </Field>
            {move || (now.get() == "own").then(|| view! { <Field label="Value" name=OWN><TextBox name=OWN typed=own disabled=off described=true/></Field> })}
            <DocForm doc=doc sections=MAP_ROW base=here.get_value()/>
            <div class="row">
                <button class="button small" prop:disabled=off on:click=move |_| up(false)><Icon name="arrow-up" small=true/>"Move up"</button>
                <button class="button small" prop:disabled=off on:click=move |_| down(true)><Icon name="arrow-down" small=true/>"Move down"</button>
            </div>
            <footer class="dialog-foot"><button class="button primary" on:click=move |_| editing.settings.set(None)>"Done"</button></footer>
        </div>
    }
}

/// Where the value comes from, with the editor of what that is: a path, or a template.
#[component]
fn Source(doc: Doc, path: String) -> impl IntoView {
    let at = StoredValue::new(path.clone());
    let says = Memo::new(move |_| at.with_value(|path| doc.text(path)));
    let there = move || says.with(|says| !says.is_empty());
    let typed = Callback::new(move |()| Shared::new(doc, at.get_value(), Reading::default(), None).into());
    view! {
        <div class="field">
            <Show when=there><span class="label">"Source"</span></Show>
            // Whoever empties it in its editor goes on in there: the way in stays as long as it is open.
            <Door doc=doc path=at.get_value() label="Source" text=typed/>
            <Show when=there><pre class="code-panel"><code>{says}</code></pre></Show>
        </div>
    }
}

/// A name that no lookup has yet.
fn fresh_name(have: &[(RowId, Value)]) -> String {
    let taken = |name: &String| have.iter().any(|(_, lookup)| lookup["name"] == **name);
    (1..).map(|at| format!("Lookup {at}")).find(|name| !taken(name)).unwrap_or_default()
}

/// The lookup that a value goes through: one of those of the resource, or a new one.
#[component]
fn Lookup(editing: Editing, here: StoredValue<String>) -> impl IntoView {
    const NEW: &str = "+";
    let (doc, list) = (editing.doc, editing.purpose.lookups);
    let at = move || here.with_value(|here| format!("{here}/lookupName"));
    let off = Signal::derive(move || !doc.writable.get());
    let all =
        Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| list_rows(view, list)).unwrap_or_default()));
    let value = Memo::new(move |_| doc.text(&at()));
    let choices = Signal::derive(move || {
        let mut choices = vec![(String::new(), "None: the value as it is".to_owned())];
        let named = |(_, lookup): &(RowId, Value)| {
            lookup.get("name").and_then(Value::as_str).map(|name| (name.to_owned(), name.to_owned()))
        };
        choices.extend(all.with(|all| all.iter().filter_map(named).collect::<Vec<_>>()));
        let now = value.get();
        if !choices.iter().any(|(key, _)| *key == now) {
            choices.push((now.clone(), format!("{now} (there is no such lookup)")));
        }
        choices.push((NEW.to_owned(), "A new lookup".to_owned()));
        choices
    });
    let choose = Callback::new(move |key: String| match key.as_str() {
        NEW => {
            let (name, after) = all.with_untracked(|all| (fresh_name(all), all.last().map(|(row, _)| row.clone())));
            let made = json!({"name": name, "map": {}, "allowFailures": false});
            doc.edit(vec![
                Intent::InsertRow { list: list.to_owned(), row: row_id::fresh(), after, value: made },
                Intent::Set { path: at(), value: name.into() },
            ]);
        }
        _ => doc.set_text(&at(), key),
    });
    let chosen = Memo::new(move |_| {
        let now = value.get();
        all.with(|all| all.iter().find(|(_, lookup)| lookup["name"] == *now).map(|(row, _)| row.clone()))
    });
    view! {
        <Field label="Lookup" name="row-lookup" help="Finds another value for the one of the source.">
            <SelectBox name="row-lookup" value=value choices=choices described=true disabled=off on_change=choose/>
        </Field>
        {move || chosen.get().map(|row| view! { <fieldset class="group"><legend>{move || value.get()}</legend><DocForm doc=doc sections=LOOKUP base=path::join(list, &row)/></fieldset> })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_without_a_value_is_read_as_it_was_chosen() {
        for (key, _) in WITHOUT {
            let mut row = serde_json::Map::new();
            for intent in choose("/r", key) {
                match intent {
                    Intent::Set { path, value } => drop(row.insert(path["/r/".len()..].to_owned(), value)),
                    Intent::Remove { path } => drop(row.remove(&path["/r/".len()..])),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(without(row.get("default"), row.get("discardIfEmpty").is_some()), key);
        }
        assert_eq!(without(Some(&json!(7)), false), "own");
    }

    #[test]
    fn a_value_of_ones_own_that_is_emptied_to_write_another_is_still_one() {
        assert_eq!(shown(without(Some(&json!("")), false), true), "own");
        assert_eq!(shown(without(Some(&json!("")), false), false), "empty");
        assert_eq!(shown(without(Some(&Value::Null), false), true), "null", "somebody else chose otherwise");
    }

    #[test]
    fn a_new_lookup_has_a_name_of_its_own() {
        let lookup = |name: &str| (name.to_owned(), json!({"name": name}));
        assert_eq!(fresh_name(&[]), "Lookup 1");
        assert_eq!(fresh_name(&[lookup("Lookup 1"), lookup("Lookup 3")]), "Lookup 2");
    }
}
