//! The mapping editor: which field of the record goes to which field of the destination.
//!
//! Rows are rows of the document: moving one while somebody else edits it keeps both. A destination with
//! dots ("place.city") becomes a row inside an object row, because a mapping names one key a row.

mod focus;
mod rows;

use std::sync::Arc;

use leptos::ev::{DragEvent, KeyboardEvent};
use leptos::prelude::*;
use serde_json::json;
use tombolo_model::{Clash, Conflict, Intent, RowId, View, path};
use tombolo_wire::store::{Call, OpenReply};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::components::{FieldConflict, Flag, Icon, SelectBox, TextBox, in_field};
use crate::state::{Doc, list_rows, row_id};
use crate::words;
use rows::{MapRow, as_shown, dropped, moved, nest, show, source_path};

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
            <button class="button" prop:disabled=move || !doc.writable.get() on:click=move |_| add(LIST.to_owned())><Icon name="plus"/>"Add field"</button>
        </div>
    }
}

fn dragged_row(event: &DragEvent) -> RowId {
    event.data_transfer().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default()
}

/// Whether something is dropped on the upper half of what it is dropped on.
fn upper_half(event: &DragEvent) -> bool {
    let target = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| {
        let place = target.get_bounding_client_rect();
        f64::from(event.client_y()) < place.top() + place.height() / 2.0
    })
}

/// Asks the store for the row as it is by now: what was typed in its other fields may not be on the screen yet.
fn move_into_object(doc: Doc, list: String, row: RowId, to: String) {
    doc.app.in_turn(async move {
        let open = doc.app.call::<OpenReply>(Call::Open { id: doc.id }).await?;
        doc.try_edit(nest(&open.view, &list, &row, &to, &mut row_id::fresh)).await.map(drop)
    });
}

/// A destination with dots moves the row into an object, which half a name must not do.
fn has_dots(to: &str) -> bool {
    to.contains('.')
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
    let inside = move || {
        let list = under("mappings");
        let fields = doc.view.with(|view| view.as_ref().map_or(0, |view| list_rows(view, &list).len()));
        format!("Built from {}", words::count(fields, "field"))
    };
    let off = Signal::derive(move || !doc.writable.get());
    let here =
        move |field: &'static str| Callback::new(move |inside: bool| doc.here(inside.then(|| under(field)), None));
    let (list, id) = (row.list.clone(), row.row.clone());
    let set_destination = {
        let (list, id) = (list.clone(), id.clone());
        move |to: String| {
            if has_dots(&to) {
                move_into_object(doc, list.clone(), id.clone(), to);
            } else {
                doc.set(under("generate"), to);
            }
        }
    };
    let go = {
        let (list, id) = (list.clone(), id.clone());
        move |down: bool| {
            if let Some(after) = all.with_untracked(|all| moved(all, &list, &id, down)) {
                doc.edit(vec![Intent::MoveRow { list: list.clone(), row: id.clone(), after }]);
            }
        }
    };
    let on_key = {
        let go = go.clone();
        move |event: KeyboardEvent| {
            let down = match event.key().as_str() {
                "ArrowUp" => false,
                "ArrowDown" => true,
                _ => return,
            };
            if event.alt_key() {
                event.prevent_default();
                go(down);
            }
        }
    };
    let on_drop = {
        let (list, id) = (list.clone(), id.clone());
        move |event: DragEvent| {
            event.prevent_default();
            let (row, above) = (dragged_row(&event), upper_half(&event));
            if let Some(after) = all.with_untracked(|all| dropped(all, &list, &row, &id, above)) {
                doc.edit(vec![Intent::MoveRow { list: list.clone(), row, after }]);
            }
        }
    };
    let delete = {
        let (list, id) = (list.clone(), id.clone());
        move |_| doc.edit(vec![Intent::DeleteRow { list: list.clone(), row: id.clone() }])
    };
    let types = Signal::derive(|| TYPES.map(|(key, words)| (key.to_owned(), words.to_owned())).to_vec());
    let dragged = id.clone();
    let called = move || Some(name.get()).filter(|name| !name.is_empty()).unwrap_or_else(|| "row".into());
    let (up, down) = (go.clone(), go);
    let destination = format!("{}-generate", row.row);
    view! {
        <div class="map-row" role="row" attr:aria-level=row.depth + 1 data-depth=row.depth draggable="true" on:keydown=on_key on:dragover=|event| event.prevent_default() on:drop=on_drop
            on:dragstart=move |event| if let Some(Err(error)) = event.data_transfer().map(|data| data.set_data("text/plain", &dragged)) { leptos::logging::debug_warn!("{error:?}") }>
            <Cell doc=doc path=under("extract")>{move || if object.get() { view! { <span class="built">{inside}</span> }.into_any() } else { view! {
                <TextBox name=format!("{}-extract", id) label="Source field" placeholder="Source field" code=true disabled=off on_focus=here("extract") read=as_shown
                    value=Signal::derive(move || show(&doc.text(&under("extract")))) on_change=Callback::new(move |from: String| doc.set(under("extract"), source_path(&from)))/>
            }.into_any() }}</Cell>
            <Cell doc=doc path=under("generate")><TextBox name=destination label="Destination field" placeholder="Destination field" code=true late=has_dots disabled=off on_focus=here("generate") value=name on_change=Callback::new(set_destination)/></Cell>
            <span role="gridcell"><SelectBox name=format!("{}-type", row.row) label="Type" value=kind choices=types disabled=off on_change=Callback::new(move |key: String| doc.set(under("dataType"), key))/></span>
            <span role="gridcell" class="map-actions">
                <button class="icon-button small move" id=format!("{}-up", row.row) aria-label=move || format!("Move {} up", called()) title="Move up" prop:disabled=off on:click=move |_| up(false)><Icon name="arrow-up" small=true/></button>
                <button class="icon-button small move" id=format!("{}-down", row.row) aria-label=move || format!("Move {} down", called()) title="Move down" prop:disabled=off on:click=move |_| down(true)><Icon name="arrow-down" small=true/></button>
                <button class="icon-button small" aria-label=move || format!("Delete {}", name.get()) prop:disabled=off on:click=delete><Icon name="trash-2" small=true/></button>
            </span>
            <FieldConflict doc=doc path=format!("{place}/generate")/>
            <FieldConflict doc=doc path=format!("{place}/extract")/>
        </div>
    }
}

/// A cell that shows who else is in its field.
#[component]
fn Cell(doc: Doc, path: String, children: Children) -> impl IntoView {
    let held = Memo::new(move |_| in_field(doc.app, doc.id, &path));
    let class =
        move || held.with(|held| held.as_ref().map(|person| format!("held p{}", words::tint(&person.user.email))));
    view! { <span role="gridcell" class=class>{children()}{move || held.get().map(|person| view! { <Flag person=person/> })}</span> }
}
