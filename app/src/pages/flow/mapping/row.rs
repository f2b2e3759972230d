//! One row of the mapping: source, destination, type, and the ways to move it.

use leptos::ev::{DragEvent, KeyboardEvent};
use leptos::prelude::*;
use tombolo_model::{Intent, RowId, path};
use tombolo_wire::store::{Call, OpenReply};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::ADD;
use super::rows::{MapRow, dropped, moved, neighbor, nest, show, source_path, twins};
use crate::browser::page;
use crate::components::{FieldConflict, Flag, Icon, Reading, SelectBox, Shared, TextBox, in_field};
use crate::state::{Doc, row_id};
use crate::words;

const TYPES: [(&str, &str); 4] =
    [("string", "Text"), ("number", "Number"), ("boolean", "True or false"), ("object", "Object")];

/// A row in its document.
#[derive(Clone, Copy)]
struct Place {
    doc: Doc,
    all: Memo<Vec<MapRow>>,
    row: StoredValue<MapRow>,
}

impl Place {
    fn id(self, part: &str) -> String {
        self.row.with_value(|row| id_of(&row.row, part))
    }

    fn under(self, field: &str) -> String {
        self.row.with_value(|row| format!("{}/{field}", path::join(&row.list, &row.row)))
    }

    fn text(self, field: &'static str) -> Signal<String> {
        Signal::derive(move || self.doc.text(&self.under(field)))
    }

    /// Says that this person is in a field of the row, or is no more.
    fn here(self, field: &'static str) -> Callback<bool> {
        Callback::new(move |inside: bool| self.doc.here(inside.then(|| self.under(field)), None))
    }

    fn put(self, row: RowId, after: Option<Option<RowId>>) {
        if let Some(after) = after {
            let list = self.row.with_value(|row| row.list.clone());
            self.doc.edit(vec![Intent::MoveRow { list, row, after }]);
        }
    }

    fn go(self, down: bool) {
        let MapRow { list, row, .. } = self.row.get_value();
        let after = self.all.with_untracked(|all| moved(all, &list, &row, down));
        self.put(row, after);
    }

    fn take_drop(self, event: &DragEvent) {
        event.prevent_default();
        let (dragged, above) = (dragged_row(event), upper_half(event));
        let MapRow { list, row, .. } = self.row.get_value();
        let after = self.all.with_untracked(|all| dropped(all, &list, &dragged, &row, above));
        self.put(dragged, after);
    }

    fn drag(self, event: &DragEvent) {
        let id = self.row.with_value(|row| row.row.clone());
        if let Some(Err(error)) = event.data_transfer().map(|data| data.set_data("text/plain", &id)) {
            leptos::logging::debug_warn!("{error:?}");
        }
    }

    fn take_key(self, event: &KeyboardEvent) {
        let down = match event.key().as_str() {
            "ArrowUp" => false,
            "ArrowDown" => true,
            _ => return,
        };
        if event.alt_key() {
            event.prevent_default();
            self.go(down);
        }
    }

    /// The focus goes on to the row that comes into the place.
    fn delete(self) {
        let MapRow { list, row, .. } = self.row.get_value();
        let next = self.all.with_untracked(|all| neighbor(all, &list, &row)).map(|row| id_of(&row, "delete"));
        self.doc.edit(vec![Intent::DeleteRow { list, row }]);
        page::focus_soon(next.into_iter().chain([ADD.to_owned()]).collect());
    }

    /// How many fields the object is built from.
    fn fields(self) -> usize {
        let list = self.under("mappings");
        self.doc.view.with(|view| view.as_ref().and_then(|view| view.rows.get(&list)).map_or(0, Vec::len))
    }

    /// The name of the object that another row of the list builds too, as when two people made it apart.
    fn twin(self) -> Option<String> {
        let name = self.doc.text(&self.under("generate"));
        let rows = |list: &str| self.doc.view.with(|view| view.as_ref().map_or(0, |view| twins(view, list, &name)));
        (self.row.with_value(|row| rows(&row.list)) > 1).then_some(name)
    }

    /// Asks the store for the row as it is by now: what was typed in its other fields may not be on the screen yet.
    fn move_into_object(self, destination: Shared, to: String) {
        let (doc, MapRow { list, row, .. }) = (self.doc, self.row.get_value());
        doc.app.in_turn(async move {
            let opened = doc.app.call::<OpenReply>(Call::Open { id: doc.id }).await;
            let moved = match opened {
                Ok(open) => doc.try_edit(nest(&open.view, &list, &row, &to, &mut row_id::fresh)).await.map(drop),
                Err(error) => Err(error),
            };
            // A row that moved is another one by now; of one that did not, the field must not show what is not stored.
            destination.taken();
            moved
        });
    }
}

/// The id of a part of a row on the page.
fn id_of(row: &str, part: &str) -> String {
    format!("{row}-{part}")
}

/// The row that is being dragged.
pub(super) fn dragged_row(event: &DragEvent) -> RowId {
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

/// A destination with dots moves the row into an object, which half a name must not do.
fn has_dots(to: &str) -> bool {
    to.contains('.')
}

/// One row.
#[component]
pub(super) fn Row(doc: Doc, all: Memo<Vec<MapRow>>, row: MapRow) -> impl IntoView {
    let depth = row.depth;
    let place = Place { doc, all, row: StoredValue::new(row) };
    let kind = place.text("dataType");
    let object = Memo::new(move |_| kind.get() == "object");
    let fields = Memo::new(move |_| place.fields());
    let twin = Memo::new(move |_| object.get().then(|| place.twin()).flatten());
    let off = Signal::derive(move || !doc.writable.get());
    let source = Reading { show, store: source_path, ..Reading::default() };
    let source = Shared::new(doc, place.under("extract"), source, None);
    let destination = Reading { late: has_dots, ..Reading::default() };
    let nested = Callback::new(move |(destination, to)| place.move_into_object(destination, to));
    let destination = Shared::new(doc, place.under("generate"), destination, Some(nested));
    let types = Signal::derive(|| TYPES.map(|(key, words)| (key.to_owned(), words.to_owned())).to_vec());
    let set_type = Callback::new(move |key: String| doc.set(place.under("dataType"), key));
    view! {
        <div class="map-row" role="row" attr:aria-level=depth + 1 data-depth=depth draggable="true" on:keydown=move |event| place.take_key(&event)
            on:dragover=|event| event.prevent_default() on:drop=move |event| place.take_drop(&event) on:dragstart=move |event| place.drag(&event)>
            <Cell doc=doc path=place.under("extract")>{move || if object.get() { view! { <span class="built">{move || format!("Built from {}", words::count(fields.get(), "field"))}</span> }.into_any() } else { view! {
                <TextBox name=place.id("extract") label="Source field" placeholder="Source field" code=true typed=source disabled=off on_focus=place.here("extract")/>
            }.into_any() }}</Cell>
            <Cell doc=doc path=place.under("generate")>
                <TextBox name=place.id("generate") label="Destination field" placeholder="Destination field" code=true typed=destination disabled=off on_focus=place.here("generate")/>
            </Cell>
            <span role="gridcell"><SelectBox name=place.id("type") label="Type" value=kind choices=types disabled=off on_change=set_type/></span>
            <Actions place=place off=off/>
            <FieldConflict doc=doc path=place.under("generate")/>
            <FieldConflict doc=doc path=place.under("extract")/>
            {move || twin.get().map(|name| view! { <p class="note" role="gridcell">{twin_words(&name)}</p> })}
        </div>
    }
}

/// What is said of an object that two rows build.
fn twin_words(name: &str) -> String {
    format!(
        "Two rows build “{name}”. Records get one “{name}” with the fields of both. To have one row, add its fields to the other and delete this one."
    )
}

/// The buttons at a row's end.
#[component]
fn Actions(place: Place, off: Signal<bool>) -> impl IntoView {
    let name = place.text("generate");
    let called = move || Some(name.get()).filter(|name| !name.is_empty()).unwrap_or_else(|| "row".into());
    view! {
        <span role="gridcell" class="map-actions">
            <button class="icon-button small move" id=place.id("up") aria-label=move || format!("Move {} up", called()) title="Move up" prop:disabled=off on:click=move |_| place.go(false)><Icon name="arrow-up" small=true/></button>
            <button class="icon-button small move" id=place.id("down") aria-label=move || format!("Move {} down", called()) title="Move down" prop:disabled=off on:click=move |_| place.go(true)><Icon name="arrow-down" small=true/></button>
            <button class="icon-button small" id=place.id("delete") aria-label=move || format!("Delete {}", called()) prop:disabled=off on:click=move |_| place.delete()><Icon name="trash-2" small=true/></button>
        </span>
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
