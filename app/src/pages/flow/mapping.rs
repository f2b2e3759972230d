//! The mapping editor: which field of the record goes to which field of the destination.
//!
//! Rows are rows of the document: moving one while somebody else edits it keeps both. A destination with
//! dots ("place.city") becomes a row inside an object row, because a mapping names one key a row.

mod focus;
mod row;
mod rows;

use std::sync::Arc;

use leptos::ev::DragEvent;
use leptos::prelude::*;
use serde_json::json;
use tombolo_model::{Clash, Conflict, Intent, View};

use crate::components::{FieldConflict, Icon};
use crate::state::{Doc, row_id};
use row::{Row, dragged_row};

const LIST: &str = "/mappings";
/// The id of the button that adds a row.
const ADD: &str = "add-field";

/// The editor.
#[component]
pub(crate) fn MappingEditor(doc: Doc) -> impl IntoView {
    let all = Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| rows::read(view)).unwrap_or_default()));
    let add = move |list: String| {
        let after = all.with_untracked(|all| all.iter().rfind(|row| row.list == list).map(|row| row.row.clone()));
        let value = json!({"generate": "", "extract": "", "dataType": "string", "status": "Active"});
        let row = row_id::fresh();
        focus::want(format!("{row}-extract"));
        doc.edit(vec![Intent::InsertRow { list, row, after, value }]);
    };
    let deleted = Memo::new(move |_| {
        let edited =
            |conflict: &&Conflict| conflict.clash == Clash::DeletedRowEdited && conflict.path.starts_with(LIST);
        let paths =
            |view: &Arc<View>| view.conflicts.iter().filter(edited).map(|conflict| conflict.path.clone()).collect();
        doc.view.with(|view| view.as_ref().map(paths)).unwrap_or_else(Vec::new)
    });
    // Dropped on the head, a row becomes the first of its list.
    let on_drop = move |event: DragEvent| {
        event.prevent_default();
        let dragged = dragged_row(&event);
        let list = all.with_untracked(|all| all.iter().find(|one| one.row == dragged).map(|one| one.list.clone()));
        if let Some(list) = list {
            doc.edit(vec![Intent::MoveRow { list, row: dragged, after: None }]);
        }
    };
    view! {
        <div class="form wide">
            <p class="muted">"Each row writes one field of the destination. Dots in the destination make objects; a source in quotes is a fixed text."<span class="wide-only">" Alt and the arrow keys move a row."</span></p>
            <FieldConflict doc=doc path=LIST/>
            <div class="mapping" role="treegrid" aria-label="Mapping">
                <div class="map-row map-head" role="row" on:dragover=|event| event.prevent_default() on:drop=on_drop><span role="columnheader">"Source"</span><span role="columnheader">"Destination"</span><span role="columnheader">"Type"</span><span></span></div>
                <For each=move || { focus::keep(); all.get() } key=|row| (row.list.clone(), row.row.clone()) let:row><Row doc=doc all=all row=row/></For>
            </div>
            {move || (doc.view.with(Option::is_some) && all.with(Vec::is_empty)).then(|| view! { <p class="nothing muted">"No field is mapped: records go to the destination as they come."</p> })}
            <For each=move || deleted.get() key=String::clone let:path><FieldConflict doc=doc path=path/></For>
            <button class="button" id=ADD prop:disabled=move || !doc.writable.get() on:click=move |_| add(LIST.to_owned())><Icon name="plus"/>"Add field"</button>
        </div>
    }
}
