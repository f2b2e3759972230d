//! A table of values: for each name of an object a text. Names are written when their field is left, since every key
//! would make another one; values as they are typed.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Map, Value};
use tombolo_model::forms::{Field as Described, text_of};
use tombolo_model::{Intent, path as paths};

use super::Form;
use crate::browser::page;
use crate::components::fields::Live;
use crate::components::{Field, FieldConflict, Icon, TextBox, Typed};

/// What the two sides are called, and one row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) left_label: &'static str,
    pub(super) right_label: &'static str,
    pub(super) one: &'static str,
}

/// Why a name cannot be that of a row.
fn unfit(table: &Map<String, Value>, was: &str, name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("Enter the value of the source, or delete the row.".to_owned());
    }
    (name != was && table.contains_key(name)).then(|| format!("“{name}” is in the table already: change its row."))
}

/// What gives a row another name.
fn renamed(path: &str, was: &str, name: &str, value: Value) -> Vec<Intent> {
    vec![Intent::Remove { path: paths::join(path, was) }, Intent::Set { path: paths::join(path, name), value }]
}

/// What is typed for a value that was no text stays what it was, where it can.
fn value_of(text: &str, was: Option<&Value>) -> Value {
    let other = was.filter(|was| !was.is_string()).and_then(|_| serde_json::from_str::<Value>(text).ok());
    other.filter(|value| !value.is_array() && !value.is_object()).unwrap_or_else(|| text.into())
}

/// The table of a field.
#[component]
pub(super) fn TableField(form: Form, field: &'static Described, words: Words) -> impl IntoView {
    let path = StoredValue::new(form.path(field.path));
    let table = Memo::new(move |_| {
        let value = path.with_value(|path| form.doc.at(path));
        value.and_then(|value| value.as_object().cloned()).unwrap_or_default()
    });
    let names = move || table.with(|table| table.keys().cloned().collect::<Vec<_>>());
    let list_id = format!("list-{}", form.id(field));
    view! {
        <Field label=field.label name=list_id.clone() help=field.help>
            <ul class="pairs" id=list_id aria-label=field.label>
                <For each=names key=Clone::clone let:name><Row form=form path=path table=table name=name words=words/></For>
            </ul>
            <NewRow form=form path=path table=table words=words name=form.id(field)/>
            <FieldConflict doc=form.doc path=path.get_value()/>
        </Field>
    }
}

#[component]
fn Row(
    form: Form,
    path: StoredValue<String>,
    table: Memo<Map<String, Value>>,
    name: String,
    words: Words,
) -> impl IntoView {
    let doc = form.doc;
    let was = StoredValue::new(name.clone());
    let wrong = RwSignal::new(None::<String>);
    let now = move || was.with_value(|was| table.with(|table| table.get(was).cloned()));
    let here = move || path.with_value(|path| was.with_value(|was| paths::join(path, was)));
    let rename = move |event: leptos::ev::Event| {
        let name = event_target_value(&event);
        if was.with_value(|was| *was == name) {
            return wrong.set(None);
        }
        let problem = was.with_value(|was| table.with_untracked(|table| unfit(table, was, &name)));
        if problem.is_none() {
            let value = untrack(now).unwrap_or_default();
            doc.edit(path.with_value(|path| was.with_value(|was| renamed(path, was, &name, value))));
        }
        wrong.set(problem);
    };
    let write = Callback::new(move |text: String| {
        let value = value_of(&text, untrack(now).as_ref());
        doc.edit(vec![Intent::Set { path: here(), value }]);
    });
    let shown = Signal::derive(move || text_of(now().as_ref()));
    let typed = Typed::Value(Live::new(shown, write, |_| false, str::to_owned));
    let delete = move |_| doc.edit(vec![Intent::Remove { path: here() }]);
    let id = format!("{}-{name}", form.path("/value").replace('/', "-"));
    view! {
        <li class="pair">
            <input class="input code" aria-label=words.left_label autocomplete="off" spellcheck="false" prop:value=name.clone() prop:disabled=form.off()
                aria-invalid=move || wrong.with(Option::is_some).to_string() on:change=rename/>
            <TextBox name=id label=words.right_label placeholder=words.right_label code=true typed=typed disabled=form.off()/>
            <button class="icon-button" type="button" aria-label=format!("Delete the {} {name}", words.one) prop:disabled=form.off() on:click=delete><Icon name="trash-2" small=true/></button>
            {move || wrong.get().map(|message| view! { <p class="error pair-error" role="alert"><Icon name="triangle-alert"/>{message}</p> })}
        </li>
    }
}

/// The row that becomes one: a value of the source is needed for that.
#[component]
fn NewRow(
    form: Form,
    path: StoredValue<String>,
    table: Memo<Map<String, Value>>,
    words: Words,
    name: String,
) -> impl IntoView {
    let doc = form.doc;
    let (left, right) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wrong = RwSignal::new(None::<String>);
    let first = StoredValue::new(format!("new-{name}"));
    let add = move || {
        let name = left.get_untracked();
        let problem = table.with_untracked(|table| unfit(table, "", &name));
        wrong.set(problem.clone());
        if problem.is_some() {
            return page::focus_soon(vec![first.get_value()]);
        }
        let set =
            Intent::Set { path: path.with_value(|path| paths::join(path, &name)), value: right.get_untracked().into() };
        let saving = doc.app.saving();
        spawn_local(async move {
            match doc.try_edit(vec![set]).await {
                Ok(_) => {
                    left.try_set(String::new());
                    right.try_set(String::new());
                    page::focus_soon(vec![first.get_value()]);
                }
                Err(error) => doc.app.toasts.fail(error.message),
            }
            drop(saving);
        });
    };
    let enter = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            add();
        }
    };
    view! {
        <div class="pairs"><div class="pair" role="group" aria-label=format!("A new {}", words.one) on:keydown=enter>
            <input class="input code" id=first.get_value() aria-label=format!("{}, new", words.left_label) placeholder=words.left_label autocomplete="off" spellcheck="false"
                prop:value=left prop:disabled=form.off() aria-invalid=move || wrong.with(Option::is_some).to_string() on:input=move |event| left.set(event_target_value(&event))/>
            <input class="input code" aria-label=format!("{}, new", words.right_label) placeholder=words.right_label autocomplete="off" spellcheck="false"
                prop:value=right prop:disabled=form.off() on:input=move |event| right.set(event_target_value(&event))/>
            <button class="icon-button" type="button" aria-label=format!("Add the {}", words.one) prop:disabled=form.off() on:click=move |_| add()><Icon name="plus" small=true/></button>
            {move || wrong.get().map(|message| view! { <p class="error pair-error" role="alert"><Icon name="triangle-alert"/>{message}</p> })}
        </div></div>
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_of_a_table_has_a_name_that_no_other_has() {
        let table = json!({"TX": "Texas", "CA": "California"}).as_object().cloned().unwrap();
        assert_eq!(unfit(&table, "TX", "TX"), None);
        assert!(unfit(&table, "TX", "CA").is_some_and(|why| why.contains("“CA” is in the table already")));
        assert!(unfit(&table, "", "").is_some());
        let slashed = renamed("/lookups/r1/map", "TX", "a/b", json!("Texas"));
        let set = Intent::Set { path: "/lookups/r1/map/a~1b".to_owned(), value: json!("Texas") };
        assert_eq!(slashed, [Intent::Remove { path: "/lookups/r1/map/TX".to_owned() }, set]);
    }

    #[test]
    fn a_value_that_was_a_number_stays_one_while_it_can() {
        assert_eq!(value_of("6", Some(&json!(5))), json!(6));
        assert_eq!(value_of("six", Some(&json!(5))), json!("six"));
        assert_eq!(value_of("6", Some(&json!("5"))), json!("6"));
        assert_eq!(value_of("[1]", Some(&json!(true))), json!("[1]"));
    }
}
