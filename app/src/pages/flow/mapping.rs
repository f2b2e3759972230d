//! The mapping editor: which field of the record goes to which field of the destination.
//!
//! Rows are rows of the document: moving one while somebody else edits it keeps both. A destination with dots
//! ("place.city") becomes a row inside an object row, because a mapping names one key a row. Of thousands of rows those in
//! sight are on the page. What the mapping makes of a record of the last test run is shown beside it, and follows each key.

mod focus;
mod format;
mod list;
mod made;
mod moves;
mod notation;
mod output;
mod picked;
mod row;
mod rows;
mod schema;
mod settings;
mod source;
mod tree;

use std::sync::Arc;

use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::{Clash, Conflict, Intent, RowId, View};

use super::Builder;
use super::sample::Sample;
use super::transform::prepare;
use crate::components::{FieldConflict, Icon};
use crate::state::{Doc, row_id, value_at};
use format::Format;
use list::Rows;
use output::OutputPanel;
use rows::{Counts, MapRow, Shown, Wanted};
use settings::SettingsDialog;
use source::SourcePanel;
pub(super) use source::{NoSample, Which};

/// The id of the button that adds a row.
const ADD: &str = "add-field";

/// What a mapping is of: where its rows are, and what makes its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Purpose {
    /// The list of its rows.
    pub(super) base: &'static str,
    /// The evaluation that shows what comes of it.
    pub(super) eval: &'static str,
    /// The stage of a test run that it is.
    pub(super) stage: &'static str,
    /// Where the lookups are that its rows may name.
    pub(super) lookups: &'static str,
    /// What is said while there is no row.
    pub(super) nothing: &'static str,
}

/// What an import sends.
pub(super) const IMPORT: Purpose = Purpose {
    base: "/mappings",
    eval: "mapper",
    stage: "mapping",
    lookups: "/lookups",
    nothing: "No field is mapped: records go to the destination as they come.",
};

/// What becomes of the records that an export reads.
pub(super) const TRANSFORM: Purpose = Purpose {
    base: "/transform/expression/rulesTwoDotZero/mappings",
    eval: "transformTwoDotZero",
    stage: "transform",
    lookups: "/transform/expression/rulesTwoDotZero/lookups",
    nothing: "No field is made: records go on as they were read.",
};

/// What the parts of an open editor share.
#[derive(Clone, Copy)]
pub(super) struct Editing {
    doc: Doc,
    purpose: Purpose,
    /// The lines that are wanted, in reading order.
    all: Memo<Vec<MapRow>>,
    shown: RwSignal<Shown>,
    sample: Sample,
    /// The row that has the focus, or had it last.
    current: RwSignal<Option<(String, RowId)>>,
    /// The row whose settings are open.
    settings: RwSignal<Option<MapRow>>,
    /// The row that is to come into sight.
    seek: RwSignal<Option<(String, RowId)>>,
    /// The field of the source that a row was made for last.
    mapped: StoredValue<Option<String>>,
}

impl Editing {
    /// Adds an empty row at the end of a list and goes there.
    fn add(self, list: String) {
        self.insert(list, json!({"generate": "", "extract": "", "dataType": "string", "status": "Active"}));
    }

    fn insert(self, list: String, value: Value) {
        let row = self.put(list, value);
        focus::want(format!("{row}-extract"));
    }

    /// Adds a row at the end of a list and shows it; the focus stays where it is.
    fn put(self, list: String, value: Value) -> RowId {
        let after = self.last_of(&list);
        let row = row_id::fresh();
        self.seek.set(Some((list.clone(), row.clone())));
        // What is new is nowhere among what was searched for.
        self.shown.update(Shown::show_all);
        self.edit(vec![Intent::InsertRow { list, row: row.clone(), after, value }]);
        row
    }

    /// Edits the resource; a transformation that was none becomes one.
    fn edit(self, intents: Vec<Intent>) {
        let mut all = if self.purpose == TRANSFORM { prepare(self.doc) } else { Vec::new() };
        all.extend(intents);
        self.doc.edit(all);
    }

    fn last_of(self, list: &str) -> Option<RowId> {
        self.doc.view.with_untracked(|view| view.as_ref()?.rows.get(list)?.last().cloned())
    }

    /// The list that new rows go to.
    fn home(self) -> String {
        let of = |view: &Arc<View>| format::home(view, self.purpose.base);
        self.doc.view.with_untracked(|view| view.as_ref().map(of)).unwrap_or_else(|| self.purpose.base.to_owned())
    }

    /// Adds rows at the end of the mapping.
    fn insert_all(self, values: Vec<Value>) {
        let list = self.home();
        let mut after = self.last_of(&list);
        let rows = values.into_iter().map(|value| {
            let row = row_id::fresh();
            Intent::InsertRow { list: list.clone(), after: after.replace(row.clone()), row, value }
        });
        self.edit(rows.collect());
    }

    /// The rows as JSON, read where they are: of thousands of them a copy at each key is felt.
    fn with_rules<T>(self, read: impl FnOnce(&[Value]) -> T) -> T {
        self.doc.view.with(|view| {
            let rows = view.as_ref().and_then(|view| value_at(view, self.purpose.base)).and_then(Value::as_array);
            read(rows.map(Vec::as_slice).unwrap_or_default())
        })
    }
}

/// The editor. `step` is the row of the step in its flow.
#[component]
pub(super) fn MappingEditor(doc: Doc, purpose: Purpose, step: RowId) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let shown = RwSignal::new(Shown::default());
    let all = Memo::new(move |_| {
        let of = |view: &Arc<View>| shown.with(|shown| rows::read(view, purpose.base, shown));
        doc.view.with(|view| view.as_ref().map(of)).unwrap_or_default()
    });
    let editing = Editing {
        doc,
        purpose,
        all,
        shown,
        sample: Sample::of(builder, step, purpose.stage),
        current: RwSignal::new(None),
        settings: RwSignal::new(None),
        seek: RwSignal::new(None),
        mapped: StoredValue::new(None),
    };
    let panel = RwSignal::new("rows");
    view! {
        <div class="mapper" data-shown=move || panel.get()>
            <Bar editing=editing panel=panel/>
            <SourcePanel editing=editing/>
            <section class="map-rules" aria-label="Mapped fields">
                <Rows editing=editing/>
                <Below editing=editing/>
            </section>
            <OutputPanel editing=editing/>
        </div>
        <SettingsDialog editing=editing/>
    }
}

/// Search, which rows are shown, and what is done with all of them.
#[component]
fn Bar(editing: Editing, panel: RwSignal<&'static str>) -> impl IntoView {
    let shown = editing.shown;
    let counts = Memo::new(move |_| editing.with_rules(rows::counted));
    let choice = move |wanted: Wanted, words: &'static str, count: fn(Counts) -> usize| {
        let chosen = move || shown.with(|shown| shown.wanted == wanted);
        view! { <button type="button" aria-pressed=move || chosen().to_string() on:click=move |_| shown.update(|shown| shown.wanted = wanted)>{words}" "{move || count(counts.get())}</button> }
    };
    // As long as it is chosen it stays, so that nobody looks at no rows without seeing why.
    let required =
        Memo::new(move |_| counts.get().required > 0 || shown.with(|shown| shown.wanted == Wanted::Required));
    let folded = Memo::new(move |_| shown.with(|shown| !shown.folded.is_empty()));
    let fold_all = move |_| {
        let all = editing.all.get_untracked();
        shown.update(|shown| {
            if !std::mem::take(&mut shown.folded).is_empty() {
                return;
            }
            let inner = all.iter().filter(|row| matches!(row.what, rows::What::Field(Some(_))));
            shown.folded = inner.map(MapRow::path).collect();
        });
    };
    let show = move |key: &'static str, words: &'static str| {
        view! { <button type="button" aria-pressed=move || (panel.get() == key).to_string() on:click=move |_| panel.set(key)>{words}</button> }
    };
    view! {
        <div class="map-bar">
            <div class="segment narrow-only" role="group" aria-label="Panel">{show("rows", "Fields")}{show("source", "Source")}{show("output", "Output")}</div>
            <span class="input map-search"><Icon name="search" small=true/><input type="search" aria-label="Find a mapped field" placeholder="Find a field" prop:value=move || shown.with(|shown| shown.search.clone())
                on:input=move |event| shown.update(|shown| shown.search = event_target_value(&event))/></span>
            <div class="segment wide-only" role="group" aria-label="Which rows">
                {choice(Wanted::All, "All", |counts| counts.all)}{choice(Wanted::Mapped, "Mapped", |counts| counts.mapped)}{choice(Wanted::Open, "Open", |counts| counts.all - counts.mapped)}
                {move || required.get().then(|| choice(Wanted::Required, "Required", |counts| counts.required))}
            </div>
            <Format editing=editing/>
            <span class="grow"></span>
            <button class="button small quiet wide-only" on:click=fold_all><Icon name="chevrons-up-down" small=true/>{move || if folded.get() { "Unfold all" } else { "Fold all" }}</button>
            <source::MatchByName editing=editing/>
            <source::PasteDestination editing=editing/>
        </div>
    }
}

/// What stands below the rows: what was deleted and edited at once, and the button that adds one.
#[component]
fn Below(editing: Editing) -> impl IntoView {
    let (doc, base) = (editing.doc, editing.purpose.base);
    let deleted = Memo::new(move |_| {
        let edited =
            |conflict: &&Conflict| conflict.clash == Clash::DeletedRowEdited && conflict.path.starts_with(base);
        let paths =
            |view: &Arc<View>| view.conflicts.iter().filter(edited).map(|conflict| conflict.path.clone()).collect();
        doc.view.with(|view| view.as_ref().map(paths)).unwrap_or_else(Vec::new)
    });
    let says = move || {
        let open = doc.view.with(Option::is_some) && editing.all.with(Vec::is_empty);
        let whole = editing.shown.with(|shown| shown.wanted == Wanted::All && shown.search.trim().is_empty());
        open.then_some(if whole { editing.purpose.nothing } else { "No field is like this." })
    };
    view! {
        <div class="map-below">
            {move || says().map(|says| view! { <p class="nothing muted">{says}</p> })}
            <For each=move || deleted.get() key=String::clone let:path><FieldConflict doc=doc path=path/></For>
            <FieldConflict doc=doc path=base/>
            <div class="row"><button class="button" id=ADD prop:disabled=move || !doc.writable.get() on:click=move |_| editing.add(editing.home())><Icon name="plus"/>"Add field"</button>
                <span class="muted map-hint wide-only">"A destination such as a.b puts b into the object a. A source in quotes is a fixed text. Alt and the arrow keys move a row."</span></div>
        </div>
    }
}
