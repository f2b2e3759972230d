//! Lists of a response mapping: what each is called in the record, and the fields of its items.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::json;
use tombolo_model::forms::{Field as Described, Input, RESPONSE_LIST};
use tombolo_model::{Intent, RowId};

use super::Form;
use super::pairs::{PairsField, Words, typed};
use crate::browser::page;
use crate::components::{Field, FieldConflict, Icon, TextBox};
use crate::state::{list_rows, row_id};

/// The id of the name of a list.
fn name_id(row: &str) -> String {
    format!("list-name-{row}")
}

/// The lists of a field.
#[component]
pub(super) fn ListsField(form: Form, field: &'static Described) -> impl IntoView {
    let doc = form.doc;
    let list = StoredValue::new(form.path(field.path));
    let rows = Memo::new(move |_| {
        let all = doc.view.with(|view| list.with_value(|list| view.as_ref().map(|view| list_rows(view, list))));
        all.unwrap_or_default().into_iter().map(|(row, _)| row).collect::<Vec<RowId>>()
    });
    let name = form.id(field);
    let add = move |_| {
        let row = row_id::fresh();
        let after = rows.with_untracked(|rows| rows.last().cloned());
        let first = name_id(&row);
        let intent = Intent::InsertRow { list: list.get_value(), row, after, value: json!({"generate": ""}) };
        let saving = doc.app.saving();
        spawn_local(async move {
            match doc.try_edit(vec![intent]).await {
                Ok(_) => page::focus_soon(vec![first]),
                Err(error) => doc.app.toasts.fail(error.message),
            }
            drop(saving);
        });
    };
    view! {
        <Field label=field.label name=name.clone() help=field.help optional=field.optional>
            <ul class="pair-lists" id=name aria-label=field.label><For each=move || rows.get() key=Clone::clone let:row><One form=form list=list row=row/></For></ul>
            <div><button class="button small" type="button" prop:disabled=form.off() on:click=add><Icon name="plus"/>"Add list"</button></div>
            <FieldConflict doc=doc path=list.get_value()/>
        </Field>
    }
}

/// One list.
#[component]
fn One(form: Form, list: StoredValue<String>, row: RowId) -> impl IntoView {
    let doc = form.doc;
    let base = list.with_value(|list| format!("{list}/{row}"));
    let name = typed(form, format!("{base}/generate"));
    let items = Form { doc, base: StoredValue::new(base) };
    let fields = RESPONSE_LIST.fields.iter().filter_map(move |field| match field.input {
        Input::Pairs { left, right, left_label, right_label, one } => {
            let words = Words { left, right, left_label, right_label, one };
            Some(view! { <PairsField form=items field=field words=words/> })
        }
        _ => None,
    });
    let id = name_id(&row);
    let delete = move |_| doc.edit(vec![Intent::DeleteRow { list: list.get_value(), row: row.clone() }]);
    view! {
        <li class="pair-list">
            <div class="row"><TextBox name=id label="List of the record" placeholder="List of the record" code=true typed=name disabled=form.off()/>
                <button class="icon-button" type="button" aria-label="Delete the list" prop:disabled=form.off() on:click=delete><Icon name="trash-2" small=true/></button></div>
            {fields.collect_view()}
        </li>
    }
}
