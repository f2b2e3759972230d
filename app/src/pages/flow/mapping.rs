//! The mapping editor: which field of the record goes to which field of the destination.
//!
//! Rows are rows of the document: moving one while somebody else edits it keeps both. A destination with
//! dots ("place.city") becomes a row inside an object row, because a mapping names one key a row.

mod rows;

use leptos::prelude::*;
use serde_json::json;
use tombolo_model::{Clash, Intent, RowId, path};
use tombolo_wire::store::{Call, OpenReply};

use crate::components::{FieldConflict, Icon, SelectBox, TextBox};
use crate::state::{Doc, row_id};
use rows::{MapRow, moved, nest, show, source_path};

const LIST: &str = "/mappings";

/// The editor.
#[component]
pub(super) fn MappingEditor(doc: Doc) -> impl IntoView {
    let all = Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| rows::read(view)).unwrap_or_default()));
    let add = move |list: String| {
        let after = all.with_untracked(|all| all.iter().rfind(|row| row.list == list).map(|row| row.row.clone()));
        let value = json!({"generate": "", "extract": "", "dataType": "string", "status": "Active"});
        doc.edit(vec![Intent::InsertRow { list, row: row_id::fresh(), after, value }]);
    };
    view! {
        <div class="form wide">
            <p class="muted">"Each row writes one field of the destination. Alt and the arrow keys move a row; dots in the destination make objects."</p>
            <FieldConflict doc=doc path=LIST/>
            <div class="mapping" role="treegrid" aria-label="Mapping">
                <div class="map-row map-head" role="row"><span role="columnheader">"Source"</span><span role="columnheader">"Destination"</span><span role="columnheader">"Type"</span><span></span></div>
                <For each=move || all.get() key=|row| (row.list.clone(), row.row.clone()) let:row><Row doc=doc all=all row=row/></For>
            </div>
            {move || doc.view.with(|view| view.as_ref().map(|view| {
                let deleted = view.conflicts.iter().filter(|conflict| conflict.clash == Clash::DeletedRowEdited && conflict.path.starts_with(LIST)).map(|conflict| conflict.path.clone()).collect::<Vec<_>>();
                deleted.into_iter().map(|path| view! { <FieldConflict doc=doc path=path/> }).collect_view()
            }))}
            <button class="button" prop:disabled=move || !doc.writable.get() on:click=move |_| add(LIST.to_owned())><Icon name="plus"/>"Add field"</button>
        </div>
    }
}

/// Asks the store for the row as it is by now: what was typed in its other fields may not be on the screen yet.
fn move_into_object(doc: Doc, list: String, row: RowId, to: String) {
    doc.app.in_turn(async move {
        let open = doc.app.call::<OpenReply>(Call::Open { id: doc.id }).await?;
        doc.try_edit(nest(&open.view, &list, &row, &to, &mut row_id::fresh)).await.map(drop)
    });
}

const TYPES: [(&str, &str); 4] =
    [("string", "Text"), ("number", "Number"), ("boolean", "True or false"), ("object", "Object")];

#[component]
fn Row(doc: Doc, all: Memo<Vec<MapRow>>, row: MapRow) -> impl IntoView {
    let place = path::join(&row.list, &row.row);
    let at = StoredValue::new(place.clone());
    let under = move |field: &str| at.with_value(|place| format!("{place}/{field}"));
    let text = move |field: &'static str| Signal::derive(move || doc.text(&under(field)));
    let name = text("generate");
    let kind = text("dataType");
    let object = Memo::new(move |_| kind.get() == "object");
    let off = Signal::derive(move || !doc.writable.get());
    let here =
        move |field: &'static str| Callback::new(move |inside: bool| doc.here(inside.then(|| under(field)), None));
    let (list, id) = (row.list.clone(), row.row.clone());
    let set_destination = {
        let (list, id) = (list.clone(), id.clone());
        move |to: String| {
            if to.contains('.') {
                move_into_object(doc, list.clone(), id.clone(), to);
            } else {
                doc.set(under("generate"), to);
            }
        }
    };
    let on_key = {
        let (list, id) = (list.clone(), id.clone());
        move |event: leptos::ev::KeyboardEvent| {
            let down = match event.key().as_str() {
                "ArrowUp" => false,
                "ArrowDown" => true,
                _ => return,
            };
            if event.alt_key() {
                event.prevent_default();
                if let Some(after) = all.with_untracked(|all| moved(all, &list, &id, down)) {
                    doc.edit(vec![Intent::MoveRow { list: list.clone(), row: id.clone(), after }]);
                }
            }
        }
    };
    let on_drop = {
        let (list, id) = (list.clone(), id.clone());
        move |event: leptos::ev::DragEvent| {
            event.prevent_default();
            let dragged = event.data_transfer().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
            if dragged != id && all.with_untracked(|all| all.iter().any(|one| one.row == dragged && one.list == list)) {
                doc.edit(vec![Intent::MoveRow { list: list.clone(), row: dragged, after: Some(id.clone()) }]);
            }
        }
    };
    let delete = {
        let (list, id) = (list.clone(), id.clone());
        move |_| doc.edit(vec![Intent::DeleteRow { list: list.clone(), row: id.clone() }])
    };
    let types = Signal::derive(|| TYPES.map(|(key, words)| (key.to_owned(), words.to_owned())).to_vec());
    let dragged = id.clone();
    view! {
        <div class="map-row" role="row" attr:aria-level=row.depth + 1 data-depth=row.depth draggable="true" on:keydown=on_key on:dragover=|event| event.prevent_default() on:drop=on_drop
            on:dragstart=move |event| if let Some(Err(error)) = event.data_transfer().map(|data| data.set_data("text/plain", &dragged)) { leptos::logging::debug_warn!("{error:?}") }>
            <span role="gridcell">{move || (!object.get()).then(|| view! {
                <TextBox name=format!("{}-extract", id) label="Source field" placeholder="Field" code=true disabled=off on_focus=here("extract")
                    value=Signal::derive(move || show(&doc.text(&under("extract")))) on_change=Callback::new(move |from: String| doc.set(under("extract"), source_path(&from)))/>
            })}</span>
            <span role="gridcell"><TextBox name=format!("{}-generate", row.row) label="Destination field" placeholder="Field" code=true late=true disabled=off on_focus=here("generate") value=name on_change=Callback::new(set_destination)/></span>
            <span role="gridcell"><SelectBox name=format!("{}-type", row.row) label="Type" value=kind choices=types disabled=off on_change=Callback::new(move |key: String| doc.set(under("dataType"), key))/></span>
            <button class="icon-button" aria-label=move || format!("Delete {}", name.get()) prop:disabled=off on:click=delete><Icon name="trash-2"/></button>
            <FieldConflict doc=doc path=format!("{place}/generate")/>
            <FieldConflict doc=doc path=format!("{place}/extract")/>
        </div>
    }
}
