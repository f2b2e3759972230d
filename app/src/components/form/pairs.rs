//! Rows of two texts: headers, and what of an answer goes where.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::json;
use tombolo_model::forms::Field as Described;
use tombolo_model::{Intent, RowId};

use super::Form;
use crate::browser::page;
use crate::components::fields::Live;
use crate::components::{Field, FieldConflict, Icon, Reading, Shared, TextBox, Typed};
use crate::pages::Door;
use crate::state::{list_rows, row_id};

/// What the two texts of a row are called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) left: &'static str,
    pub(super) right: &'static str,
    pub(super) left_label: &'static str,
    pub(super) right_label: &'static str,
    pub(super) one: &'static str,
}

/// The rows of a field.
#[component]
pub(super) fn PairsField(form: Form, field: &'static Described, words: Words) -> impl IntoView {
    let doc = form.doc;
    let list = StoredValue::new(form.path(field.path));
    let rows = Memo::new(move |_| {
        let ids = |view: &tombolo_model::View| list.with_value(|list| list_rows(view, list));
        let all = doc.view.with(|view| view.as_ref().map(|view| ids(view))).unwrap_or_default();
        all.into_iter().map(|(row, _)| row).collect::<Vec<_>>()
    });
    let name = form.id(field);
    // The list is what the label is about: a button would be called by it.
    let (add_id, list_id) = (format!("add-{name}"), format!("list-{name}"));
    let add = move |_| {
        let row = row_id::fresh();
        let after = rows.with_untracked(|rows| rows.last().cloned());
        let value = json!({words.left: "", words.right: ""});
        let first = left_id(&row);
        let saving = doc.app.saving();
        spawn_local(async move {
            match doc.try_edit(vec![Intent::InsertRow { list: list.get_value(), row, after, value }]).await {
                Ok(_) => page::focus_soon(vec![first]),
                Err(error) => doc.app.toasts.fail(error.message),
            }
            drop(saving);
        });
    };
    view! {
        <Field label=field.label name=list_id.clone() help=field.help>
            <ul class="pairs" id=list_id.clone() aria-label=field.label><For each=move || rows.get() key=Clone::clone let:row><Row form=form list=list row=row words=words/></For></ul>
            <div><button class="button small" type="button" id=add_id prop:disabled=form.off() on:click=add><Icon name="plus"/>{format!("Add {}", words.one)}</button></div>
            <Door doc=doc path=list.get_value() label=field.label/>
            <FieldConflict doc=doc path=list.get_value()/>
        </Field>
    }
}

fn left_id(row: &str) -> String {
    format!("pair-{row}")
}

pub(super) fn typed(form: Form, path: String) -> Typed {
    let doc = form.doc;
    if doc.is_text(&path) {
        return Shared::new(doc, path, Reading::default(), None).into();
    }
    let at = StoredValue::new(path);
    let value = Signal::derive(move || at.with_value(|path| doc.text(path)));
    let apply = Callback::new(move |text: String| doc.set(at.get_value(), text));
    Typed::Value(Live::new(value, apply, |_| false, str::to_owned))
}

#[component]
fn Row(form: Form, list: StoredValue<String>, row: RowId, words: Words) -> impl IntoView {
    let doc = form.doc;
    let of = |key: &str| list.with_value(|list| format!("{list}/{row}/{key}"));
    let (left, right) = (typed(form, of(words.left)), typed(form, of(words.right)));
    let (first, second) = (left_id(&row), format!("pair-{row}-{}", words.right));
    let at = StoredValue::new(row);
    let delete = move |_| {
        doc.edit(vec![Intent::DeleteRow { list: list.get_value(), row: at.get_value() }]);
    };
    view! {
        <li class="pair">
            <TextBox name=first label=words.left_label placeholder=words.left_label code=true typed=left disabled=form.off()/>
            <TextBox name=second label=words.right_label placeholder=words.right_label code=true typed=right disabled=form.off()/>
            <button class="icon-button" type="button" aria-label=format!("Delete the {}", words.one) prop:disabled=form.off() on:click=delete><Icon name="trash-2" small=true/></button>
        </li>
    }
}
