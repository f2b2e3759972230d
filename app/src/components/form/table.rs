//! A table of values: for each name of an object a text. Names are written when their field is left, since every key
//! would make another one; values as they are typed.

use std::collections::BTreeSet;

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

/// A row by the number that it keeps when it gets another name, as do what is typed in it and the focus.
#[derive(Debug, PartialEq)]
struct Numbered {
    number: u64,
    name: String,
    /// Its name while the table does not have the new one yet.
    before: Option<String>,
}

/// The rows on the screen, in the order in which they came.
#[derive(Debug, Default)]
struct Known {
    rows: Vec<Numbered>,
    made: u64,
}

impl Known {
    /// Takes over which names there are.
    fn follow(&mut self, table: &Map<String, Value>) {
        self.rows.retain_mut(|row| {
            if table.contains_key(&row.name) {
                row.before = None;
                return true;
            }
            row.before.as_ref().is_some_and(|before| table.contains_key(before))
        });
        let names = self.rows.iter().flat_map(|row| [Some(&row.name), row.before.as_ref()]);
        let have: BTreeSet<&String> = names.flatten().collect();
        let new: Vec<String> = table.keys().filter(|name| !have.contains(name)).cloned().collect();
        for name in new {
            self.made += 1;
            self.rows.push(Numbered { number: self.made, name, before: None });
        }
    }

    fn rename(&mut self, number: u64, name: &str) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.number == number) {
            row.before = Some(std::mem::replace(&mut row.name, name.to_owned()));
        }
    }

    /// The rows that get the focus when this one goes: the one behind it, else the one before it.
    fn neighbours(&self, number: u64) -> Vec<u64> {
        let Some(at) = self.rows.iter().position(|row| row.number == number) else { return Vec::new() };
        let before = at.checked_sub(1).and_then(|at| self.rows.get(at));
        self.rows.get(at + 1).into_iter().chain(before).map(|row| row.number).collect()
    }
}

/// The table as its rows read and write it.
#[derive(Clone, Copy)]
struct Table {
    path: StoredValue<String>,
    says: Memo<Map<String, Value>>,
    known: StoredValue<Known>,
    /// The field of a row that is not there yet.
    new: StoredValue<String>,
}

impl Table {
    fn rows(self) -> Vec<(u64, String)> {
        let follow = |table: &Map<String, Value>| {
            self.known.try_update_value(|known| {
                known.follow(table);
                known.rows.iter().map(|row| (row.number, row.name.clone())).collect::<Vec<_>>()
            })
        };
        self.says.with(follow).unwrap_or_default()
    }

    /// The id of a row's field; of its name, of its value.
    fn id(self, number: u64, what: &str) -> String {
        self.path.with_value(|path| format!("{}-{number}-{what}", path.replace('/', "-")))
    }

    fn rename(self, number: u64, name: &str) {
        self.known.try_update_value(|known| known.rename(number, name));
    }

    /// Gives the focus to who is beside a row that goes.
    fn focus_beside(self, number: u64) {
        let beside = self.known.with_value(|known| known.neighbours(number));
        let ids = beside.into_iter().map(|number| self.id(number, "name"));
        page::focus_soon(ids.chain([self.new.get_value()]).collect());
    }
}

/// The table of a field.
#[component]
pub(super) fn TableField(form: Form, field: &'static Described, words: Words) -> impl IntoView {
    let path = StoredValue::new(form.path(field.path));
    let says = Memo::new(move |_| {
        let value = path.with_value(|path| form.doc.at(path));
        value.and_then(|value| value.as_object().cloned()).unwrap_or_default()
    });
    let new = StoredValue::new(format!("new-{}", form.id(field)));
    let table = Table { path, says, known: StoredValue::new(Known::default()), new };
    let list_id = format!("list-{}", form.id(field));
    view! {
        <Field label=field.label name=list_id.clone() help=field.help>
            <ul class="pairs" id=list_id aria-label=field.label>
                <For each=move || table.rows() key=|row| row.0 let:row><Row form=form table=table number=row.0 name=row.1 words=words/></For>
            </ul>
            <NewRow form=form path=path table=says words=words first=new/>
            <FieldConflict doc=form.doc path=path.get_value()/>
        </Field>
    }
}

#[component]
fn Row(form: Form, table: Table, number: u64, name: String, words: Words) -> impl IntoView {
    let doc = form.doc;
    let was = RwSignal::new(name);
    let before = StoredValue::new(None::<String>);
    let wrong = RwSignal::new(None::<String>);
    let now = move || {
        let of = |says: &Map<String, Value>, name: &String| says.get(name).cloned();
        let older =
            |says: &Map<String, Value>| before.with_value(|before| before.as_ref().and_then(|name| of(says, name)));
        table.says.with(|says| was.with(|was| of(says, was)).or_else(|| older(says)))
    };
    let here = move || table.path.with_value(|path| was.with_untracked(|was| paths::join(path, was)));
    let rename = move |event: leptos::ev::Event| {
        let (name, old) = (event_target_value(&event), was.get_untracked());
        if old == name {
            return wrong.set(None);
        }
        let problem = table.says.with_untracked(|says| unfit(says, &old, &name));
        wrong.set(problem.clone());
        if problem.is_some() {
            return;
        }
        let value = untrack(now).unwrap_or_default();
        let intents = table.path.with_value(|path| renamed(path, &old, &name, value));
        // What is typed in the row from here on goes to its new name.
        table.rename(number, &name);
        before.set_value(Some(old.clone()));
        was.set(name);
        let saving = doc.app.saving();
        spawn_local(async move {
            if let Err(error) = doc.try_edit(intents).await {
                doc.app.toasts.fail(error.message);
                table.rename(number, &old);
                was.try_set(old);
            }
            drop(saving);
        });
    };
    let write = Callback::new(move |text: String| {
        let value = value_of(&text, untrack(now).as_ref());
        doc.edit(vec![Intent::Set { path: here(), value }]);
    });
    let shown = Signal::derive(move || text_of(now().as_ref()));
    let typed = Typed::Value(Live::new(shown, write, |_| false, str::to_owned));
    let delete = move |_| {
        doc.edit(vec![Intent::Remove { path: here() }]);
        table.focus_beside(number);
    };
    view! {
        <li class="pair">
            <input class="input code" id=table.id(number, "name") aria-label=words.left_label autocomplete="off" spellcheck="false" prop:value=move || was.get() prop:disabled=form.off()
                aria-invalid=move || wrong.with(Option::is_some).to_string() on:change=rename/>
            <TextBox name=table.id(number, "value") label=words.right_label placeholder=words.right_label code=true typed=typed disabled=form.off()/>
            <button class="icon-button" type="button" aria-label=move || was.with(|name| format!("Delete the {} {name}", words.one)) prop:disabled=form.off() on:click=delete><Icon name="trash-2" small=true/></button>
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
    first: StoredValue<String>,
) -> impl IntoView {
    let doc = form.doc;
    let (left, right) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wrong = RwSignal::new(None::<String>);
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
    fn a_row_that_gets_another_name_stays_the_same_row_in_its_place() {
        let table = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), json!(1))).collect::<Map<_, _>>();
        let mut known = Known::default();
        known.follow(&table(&["A", "B", "C"]));
        known.rename(1, "Z");
        let seen = |known: &Known| known.rows.iter().map(|row| (row.number, row.name.clone())).collect::<Vec<_>>();
        let want = [(1, "Z".to_owned()), (2, "B".to_owned()), (3, "C".to_owned())];
        // Somebody else's change comes before ours is there.
        for names in [["A", "B", "C"], ["B", "C", "Z"]] {
            known.follow(&table(&names));
            assert_eq!(seen(&known), want);
        }
        assert_eq!((known.neighbours(1), known.neighbours(3), known.neighbours(9)), (vec![2], vec![2], vec![]));
        known.follow(&table(&["A", "C", "Z"]));
        assert_eq!(seen(&known).iter().map(|row| row.0).collect::<Vec<_>>(), [1, 3, 4], "A is another row now");
    }

    #[test]
    fn a_value_that_was_a_number_stays_one_while_it_can() {
        assert_eq!(value_of("6", Some(&json!(5))), json!(6));
        assert_eq!(value_of("six", Some(&json!(5))), json!("six"));
        assert_eq!(value_of("6", Some(&json!("5"))), json!("6"));
        assert_eq!(value_of("[1]", Some(&json!(true))), json!("[1]"));
    }
}
