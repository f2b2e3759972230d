//! One row of the mapping: source, destination, type, and the ways to move it.

use leptos::ev::{DragEvent, KeyboardEvent};
use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::{Intent, RowId, path};
use tombolo_wire::store::{Call, OpenReply};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::moves::{dropped, moved, neighbor, nest};
use super::notation::{show, source_path};
use super::rows::{MapRow, What, twins};
use super::{ADD, Editing};
use crate::browser::page;
use crate::components::{FieldConflict, Flag, Icon, Reading, SelectBox, Shared, TextBox, in_field};
use crate::state::{Doc, row_id};
use crate::words;

const TYPES: [(&str, &str); 9] = [
    ("string", "Text"),
    ("number", "Number"),
    ("boolean", "True or false"),
    ("object", "Object"),
    ("objectarray", "List of objects"),
    ("stringarray", "List of texts"),
    ("numberarray", "List of numbers"),
    ("booleanarray", "List of true or false"),
    ("arrayarray", "List of lists"),
];

/// A row in its document.
#[derive(Clone, Copy)]
struct Place {
    editing: Editing,
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
        Callback::new(move |inside: bool| {
            if inside {
                self.editing.current.try_set(Some(self.row.with_value(MapRow::key)));
            }
            self.doc.here(inside.then(|| self.under(field)), None);
        })
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
        // A field of the source tree becomes the source of the row that it is dropped on.
        if let Some(field) = dragged.strip_prefix(FIELD) {
            if self.row.with_value(|row| self.editing.hides_source(&row.path())) {
                self.doc.app.toasts.fail("This row is built of others. Drop the field on one of those.");
            } else {
                self.doc.set(self.under("extract"), field);
            }
            return;
        }
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

    /// What stands in the place of a source, where the value is built of other rows.
    fn built(self, kind: &str) -> Option<String> {
        let entries = self.under("buildArrayHelper");
        let lists =
            self.doc.view.with(|view| view.as_ref().and_then(|view| view.rows.get(&entries)).map_or(0, Vec::len));
        match (kind, lists) {
            (_, 1..) => Some(format!("Built from {}", words::count(lists, "source list"))),
            ("object", 0) => Some(format!("Built from {}", words::count(self.fields(), "field"))),
            _ => None,
        }
    }

    /// A list of objects is built of entries: it begins with one.
    fn set_type(self, key: &str) {
        let entries = self.under("buildArrayHelper");
        let some = untrack(|| {
            self.doc.view.with(|view| {
                view.as_ref().and_then(|view| view.rows.get(&entries)).is_some_and(|rows| !rows.is_empty())
            })
        });
        let mut intents = vec![Intent::Set { path: self.under("dataType"), value: key.into() }];
        if matches!(key, "objectarray" | "arrayarray") && !some {
            intents.push(Intent::InsertRow { list: entries, row: row_id::fresh(), after: None, value: new_entry() });
        }
        self.doc.edit(intents);
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

/// What a drag of a field of the source tree begins with; the ids of rows have no such letters.
pub(super) const FIELD: &str = "field:";

/// The id of a part of a row on the page.
pub(super) fn id_of(row: &str, part: &str) -> String {
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

/// One line: a row, or the entries of a list.
#[component]
pub(super) fn Line(editing: Editing, row: MapRow) -> impl IntoView {
    match row.what {
        What::Entries(..) => view! { <Entries editing=editing row=row/> }.into_any(),
        What::Field(_) => view! { <Row editing=editing row=row/> }.into_any(),
    }
}

#[component]
fn Row(editing: Editing, row: MapRow) -> impl IntoView {
    let Editing { doc, all, .. } = editing;
    let depth = row.depth;
    let place = Place { editing, doc, all, row: StoredValue::new(row) };
    let kind = place.text("dataType");
    let built = Memo::new(move |_| place.built(&kind.get()));
    let twin = Memo::new(move |_| (kind.get() == "object").then(|| place.twin()).flatten());
    let off = Signal::derive(move || !doc.writable.get());
    let source = Reading { show, store: source_path, ..Reading::default() };
    let source = Shared::new(doc, place.under("extract"), source, None);
    let destination = Reading { late: has_dots, ..Reading::default() };
    let nested = Callback::new(move |(destination, to)| place.move_into_object(destination, to));
    let destination = Shared::new(doc, place.under("generate"), destination, Some(nested));
    let types = Signal::derive(|| TYPES.map(|(key, words)| (key.to_owned(), words.to_owned())).to_vec());
    let set_type = Callback::new(move |key: String| place.set_type(&key));
    let here = StoredValue::new(place.row.with_value(MapRow::key));
    let now = move || editing.current.with(|current| here.with_value(|here| current.as_ref() == Some(here)));
    view! {
        <div class="map-row" role="row" attr:aria-level=depth + 1 data-depth=depth data-now=move || now().then_some("") style=format!("--depth:{}", depth.min(8)) draggable="true" on:keydown=move |event| place.take_key(&event)
            on:dragover=|event| event.prevent_default() on:drop=move |event| place.take_drop(&event) on:dragstart=move |event| place.drag(&event)>
            <Cell doc=doc path=place.under("extract")>{move || match built.get() {
                Some(says) => view! { <span class="built">{says}</span> }.into_any(),
                None => view! {
                    <TextBox name=place.id("extract") label="Source field" placeholder="Source field" code=true typed=source disabled=off on_focus=place.here("extract")/>
                }.into_any(),
            }}</Cell>
            <Cell doc=doc path=place.under("generate")>
                <Fold place=place/>
                <Need place=place/>
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

/// That the destination cannot do without the field.
#[component]
fn Need(place: Place) -> impl IntoView {
    let path = place.under("required");
    let needed = Memo::new(move |_| place.doc.flag(&path));
    move || {
        needed.get().then(|| view! { <span class="need" title="The destination requires it">"*"<span class="sr">" required"</span></span> })
    }
}

/// Hides and shows the rows inside a row.
#[component]
fn Fold(place: Place) -> impl IntoView {
    let path = StoredValue::new(place.row.with_value(MapRow::path));
    let key = StoredValue::new(place.row.with_value(MapRow::key));
    let open = Memo::new(move |_| {
        let found =
            |all: &Vec<MapRow>| key.with_value(|key| all.iter().find(|one| one.is(key)).map(|one| one.what.clone()));
        match place.all.with(found) {
            Some(What::Field(open)) => open,
            _ => None,
        }
    });
    let turn = move |_| {
        place.editing.shown.update(|shown| {
            let path = path.get_value();
            if !shown.folded.remove(&path) {
                shown.folded.insert(path);
            }
        });
    };
    move || {
        open.get().map(|open| view! {
            <button class="icon-button small fold" aria-label=if open { "Hide the fields inside" } else { "Show the fields inside" } aria-expanded=open.to_string() on:click=turn><Icon name=if open { "chevron-down" } else { "chevron-right" } small=true/></button>
        })
    }
}

/// The entries of a list, one a source array: each adds its items, and the lines below are inside of the chosen one.
#[component]
fn Entries(editing: Editing, row: MapRow) -> impl IntoView {
    let doc = editing.doc;
    let list = StoredValue::new(row.list.clone());
    let owner = StoredValue::new(row.list.strip_suffix("/buildArrayHelper").unwrap_or_default().to_owned());
    let depth = row.depth;
    let off = Signal::derive(move || !doc.writable.get());
    let state = Memo::new(move |_| {
        let here = |one: &&MapRow| list.with_value(|list| one.list == *list);
        editing.all.with(|all| match all.iter().find(here).map(|one| &one.what) {
            Some(What::Entries(ids, at)) => Some((ids.clone(), *at)),
            _ => None,
        })
    });
    let choose = move |at: usize| {
        editing.shown.update(|shown| {
            shown.chosen.insert(owner.get_value(), at);
        });
    };
    let tab = move |at: usize, id: RowId| {
        let path = format!("{}/extract", path::join(&list.get_value(), &id));
        let words = move || {
            Some(show(&doc.text(&path))).filter(|text| !text.is_empty()).unwrap_or_else(|| format!("Item {}", at + 1))
        };
        let chosen = move || state.with(|state| state.as_ref().is_some_and(|(_, chosen)| *chosen == at));
        view! { <button type="button" role="tab" aria-selected=move || chosen().to_string() on:click=move |_| choose(at)>{words}</button> }
    };
    let entry = Memo::new(move |_| state.with(|state| state.as_ref().and_then(|(ids, at)| ids.get(*at).cloned())));
    let add = move |_| {
        let after = state.with_untracked(|state| state.as_ref().and_then(|(ids, _)| ids.last().cloned()));
        let count = state.with_untracked(|state| state.as_ref().map_or(0, |(ids, _)| ids.len()));
        doc.edit(vec![Intent::InsertRow { list: list.get_value(), row: row_id::fresh(), after, value: new_entry() }]);
        choose(count);
    };
    let delete = move |_| {
        if let Some(row) = entry.get_untracked() {
            doc.edit(vec![Intent::DeleteRow { list: list.get_value(), row }]);
            choose(0);
        }
    };
    let source = move |id: RowId| {
        let path = format!("{}/extract", path::join(&list.get_value(), &id));
        let typed = Shared::new(doc, path.clone(), Reading { show, store: source_path, ..Reading::default() }, None);
        let take = move |event: DragEvent| {
            event.prevent_default();
            if let Some(field) = dragged_row(&event).strip_prefix(FIELD) {
                let many = if field.ends_with("[*]") { field.to_owned() } else { format!("{field}[*]") };
                doc.set(path.clone(), many);
            }
        };
        view! { <span class="entry-source" on:dragover=|event: DragEvent| event.prevent_default() on:drop=take><TextBox name=id_of(&id, "entry") label="Source list" placeholder="Source list, such as lines[*]" code=true typed=typed disabled=off/></span> }
    };
    view! {
        <div class="map-row entries" role="row" data-depth=depth style=format!("--depth:{}", depth.min(8))>
            <span role="gridcell" class="entry-cell">{move || entry.get().map(source)}</span>
            <span role="gridcell" class="entry-tabs">
                <span class="segment small" role="tablist" aria-label="Entries of the list">{move || state.get().map(|(ids, _)| ids.into_iter().enumerate().map(|(at, id)| tab(at, id)).collect_view())}</span>
                <button class="icon-button small" aria-label="Add a source list" title="Add a source list" prop:disabled=off on:click=add><Icon name="plus" small=true/></button>
                {move || state.with(|state| state.as_ref().is_some_and(|(ids, _)| ids.len() > 1)).then(|| view! { <button class="icon-button small" aria-label="Delete this source list" title="Delete this source list" prop:disabled=off on:click=delete><Icon name="trash-2" small=true/></button> })}
                <button class="button small quiet" prop:disabled=off on:click=move |_| if let Some(row) = entry.get_untracked() { editing.add(format!("{}/mappings", path::join(&list.get_value(), &row))) }><Icon name="plus" small=true/>"Field of an item"</button>
            </span>
        </div>
    }
}

/// An entry of a list, before its source is known.
fn new_entry() -> Value {
    json!({"extract": "", "mappings": []})
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
    let kind = place.text("dataType");
    let object = Memo::new(move |_| kind.get() == "object");
    view! {
        <span role="gridcell" class="map-actions">
            <button class="icon-button small move" id=place.id("up") aria-label=move || format!("Move {} up", called()) title="Move up" prop:disabled=off on:click=move |_| place.go(false)><Icon name="arrow-up" small=true/></button>
            <button class="icon-button small move" id=place.id("down") aria-label=move || format!("Move {} down", called()) title="Move down" prop:disabled=off on:click=move |_| place.go(true)><Icon name="arrow-down" small=true/></button>
            {move || object.get().then(|| view! { <button class="icon-button small" aria-label=move || format!("Add a field inside {}", called()) title="Add a field inside" prop:disabled=off on:click=move |_| place.editing.add(place.under("mappings"))><Icon name="plus" small=true/></button> })}
            <button class="icon-button small" id=place.id("settings") aria-label=move || format!("Settings of {}", called()) title="Settings" aria-haspopup="dialog" on:click=move |_| place.editing.settings.set(Some(place.row.get_value()))><Icon name="settings" small=true/></button>
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
