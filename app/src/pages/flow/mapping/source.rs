//! The source of a mapping: the fields of a sample record as a tree, and what is made of all of them at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::ev::{DragEvent, KeyboardEvent};
use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::{Intent, RowId, View, path};

use super::Editing;
use super::made::{by_name, row_for, rows_of};
use super::picked::{Picked, PickedBar};
use super::row::FIELD;
use super::rows::{Shown, hides_source, reader};
use super::tree::{Leaf, MOST, leaves};
use crate::browser::page;
use crate::components::{Dialog, Icon};
use crate::pages::flow::sample::{Asking, Sample};
use crate::words;

impl Editing {
    /// Whether the line of a row has no place for a source: what is set there nobody would see.
    pub(super) fn hides_source(self, here: &str) -> bool {
        self.doc.view.with_untracked(|view| view.as_ref().is_some_and(|view| hides_source(view, here)))
    }

    /// Maps a field of the source: into the row that somebody is in, where that has no source yet, else into a new one. One
    /// that a row reads already is not mapped a second time by the same key: its row comes into sight. The focus stays in the
    /// tree, where the next field is.
    fn map_leaf(self, leaf: &Leaf) {
        if !self.doc.writable.get_untracked() {
            return;
        }
        let open = self.current.get_untracked().filter(|(list, row)| {
            let here = path::join(list, row);
            untrack(|| self.doc.at(&format!("{here}/dataType"))).is_some()
                && !self.hides_source(&here)
                && untrack(|| self.doc.text(&format!("{here}/extract"))).is_empty()
        });
        if let Some((list, row)) = open {
            self.doc.set(format!("{}/extract", path::join(&list, &row)), leaf.path.clone());
            return;
        }
        if let Some(there) = self.reader(&leaf.path) {
            self.show_row(there);
            return;
        }
        // Pressed twice at once, the row of the first is not here yet.
        let again = self.mapped.with_value(|mapped| mapped.as_deref() == Some(leaf.path.as_str()));
        if again && self.doc.app.unstored.get_untracked() > 0 {
            return;
        }
        self.mapped.set_value(Some(leaf.path.clone()));
        let record = untrack(|| self.sample.value()).unwrap_or_default();
        self.put(self.home(), row_for(leaf, &record));
    }

    /// The row that reads a field, wherever it stands.
    pub(super) fn reader(self, field: &str) -> Option<(String, RowId)> {
        let of = |view: &Arc<View>| reader(view, self.purpose.base, field);
        self.doc.view.with_untracked(|view| view.as_ref().and_then(of))
    }

    /// Makes a row the one that somebody is in, without taking the focus.
    fn show_row(self, row: (String, RowId)) {
        self.shown.update(Shown::show_all);
        self.current.set(Some(row.clone()));
        self.seek.set(Some(row));
    }

    /// The same by the path of the field.
    pub(super) fn map_path(self, field: &str) {
        let record = untrack(|| self.sample.value()).unwrap_or_default();
        let all = leaves(&record, &BTreeSet::new(), "");
        if let Some(leaf) = all.iter().find(|leaf| leaf.path == field) {
            self.current.set(None);
            self.map_leaf(leaf);
        }
    }
}

/// The id of a line of the tree.
fn line_id(at: usize) -> String {
    format!("source-{at}")
}

/// The panel at the left.
#[component]
pub(super) fn SourcePanel(editing: Editing) -> impl IntoView {
    let sample = editing.sample;
    let closed = RwSignal::new(BTreeSet::<String>::new());
    let search = RwSignal::new(String::new());
    let tree = Memo::new(move |_| {
        let record = sample.value().unwrap_or_default();
        closed.with(|closed| search.with(|search| leaves(&record, closed, search)))
    });
    let lines = Memo::new(move |_| tree.get().into_iter().enumerate().collect::<Vec<_>>());
    // Which fields the rows read already.
    let used = Memo::new(move |_| {
        let mut found = BTreeSet::new();
        editing.with_rules(|rules| extracts(rules, &mut found));
        found
    });
    let stop = RwSignal::new(0_usize);
    let picked = RwSignal::new(Picked::default());
    let to_stop = Callback::new(move |()| page::focus_soon(vec![line_id(stop.get_untracked()), line_id(0)]));
    let shared = Tree { editing, lines: tree, closed, used, stop, picked };
    view! {
        <section class="panel map-source" aria-label="Source fields">
            <header><h2>"Source"</h2><Which sample=sample/></header>
            {move || (!tree.with(Vec::is_empty) || !search.with(String::is_empty)).then(|| view! {
                <span class="input tree-search"><Icon name="search" small=true/><input type="search" aria-label="Find a source field" placeholder="Find a source field" prop:value=move || search.get() on:input=move |event| search.set(event_target_value(&event))/></span>
            })}
            <PickedBar editing=editing picked=picked to=to_stop/>
            <div class="scroll">
                <ul class="tree" role="tree" aria-label="Source fields" aria-multiselectable="true">
                    <For each=move || lines.get() key=|(at, leaf)| (*at, leaf.clone()) let:item>
                        <TreeLine tree=shared at=item.0 leaf=item.1/>
                    </For>
                </ul>
                {move || (tree.with(Vec::len) >= MOST).then(|| view! { <p class="muted tree-note">{format!("The first {MOST} fields are shown. Search for the others.")}</p> })}
                <NoSample sample=sample empty=Signal::derive(move || tree.with(Vec::is_empty) && search.with(String::is_empty))/>
            </div>
        </section>
    }
}

/// All sources of rows, at any depth.
fn extracts(rows: &[Value], found: &mut BTreeSet<String>) {
    for row in rows {
        found.extend(row.get("extract").and_then(Value::as_str).map(str::to_owned));
        for inner in ["mappings", "buildArrayHelper"].map(|key| row.get(key).and_then(Value::as_array)) {
            extracts(inner.map(Vec::as_slice).unwrap_or_default(), found);
        }
    }
}

/// What the lines of the tree share.
#[derive(Clone, Copy)]
struct Tree {
    editing: Editing,
    lines: Memo<Vec<Leaf>>,
    /// The paths whose fields are hidden.
    closed: RwSignal<BTreeSet<String>>,
    /// The fields that rows read.
    used: Memo<BTreeSet<String>>,
    /// The line that the Tab key stops at.
    stop: RwSignal<usize>,
    picked: RwSignal<Picked>,
}

impl Tree {
    /// Hides the fields inside a field, or shows them.
    fn turn(self, at: usize, path: &str) {
        self.closed.update(|closed| {
            if !closed.remove(path) {
                closed.insert(path.to_owned());
            }
        });
        page::focus_soon(vec![line_id(at)]);
    }

    fn go(self, to: usize) {
        self.stop.set(to);
        page::focus_soon(vec![line_id(to)]);
    }

    fn pick(self, leaf: &Leaf) {
        self.picked.update(|picked| picked.turn(leaf));
    }

    fn on_click(self, at: usize, leaf: &Leaf, event: &leptos::ev::MouseEvent) {
        if event.shift_key() {
            self.lines.with_untracked(|lines| self.picked.update(|picked| picked.reach(at, lines)));
        } else if event.ctrl_key() || event.meta_key() {
            self.pick(leaf);
        } else {
            self.editing.map_leaf(leaf);
        }
    }

    fn on_key(self, at: usize, leaf: &Leaf, event: &KeyboardEvent) {
        let last = self.lines.with_untracked(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => self.go((at + 1).min(last)),
            "ArrowUp" => self.go(at.saturating_sub(1)),
            "Home" => self.go(0),
            "End" => self.go(last),
            "ArrowRight" if leaf.open == Some(false) => self.turn(at, &leaf.path),
            "ArrowRight" => self.go((at + 1).min(last)),
            "ArrowLeft" if leaf.open == Some(true) => self.turn(at, &leaf.path),
            "ArrowLeft" => {
                let above = |all: &Vec<Leaf>| all[..at].iter().rposition(|one| one.depth < leaf.depth);
                self.go(self.lines.with_untracked(above).unwrap_or_default());
            }
            "Enter" => self.editing.map_leaf(leaf),
            " " => self.pick(leaf),
            _ => return,
        }
        event.prevent_default();
    }
}

#[component]
fn TreeLine(tree: Tree, at: usize, leaf: Leaf) -> impl IntoView {
    let Tree { editing, stop, .. } = tree;
    let (open, depth) = (leaf.open, leaf.depth);
    let leaf = StoredValue::new(leaf);
    let is_used = Memo::new(move |_| {
        tree.used.with(|used| {
            leaf.with_value(|leaf| used.contains(&leaf.path) || used.contains(&format!("{}[*]", leaf.path)))
        })
    });
    let is_picked = Memo::new(move |_| tree.picked.with(|picked| leaf.with_value(|leaf| picked.has(&leaf.path))));
    let turn = move || leaf.with_value(|leaf| tree.turn(at, &leaf.path));
    let drag = move |event: DragEvent| {
        let text = leaf.with_value(|leaf| format!("{FIELD}{}", leaf.path));
        if let Some(Err(error)) = event.data_transfer().map(|data| data.set_data("text/plain", &text)) {
            leptos::logging::debug_warn!("{error:?}");
        }
    };
    let label = move || {
        leaf.with_value(|leaf| {
            let mapped = if is_used.get() { ", mapped" } else { "" };
            format!("{}, {}, {}{mapped}", leaf.name, leaf.words, leaf.sample)
        })
    };
    let (name, kind, sample) = leaf.with_value(|leaf| (leaf.name.clone(), leaf.kind, leaf.sample.clone()));
    view! {
        <li class="tree-row" class:used=is_used id=line_id(at) role="treeitem" attr:aria-level=depth + 1 aria-expanded=open.map(|open| open.to_string()) aria-label=label style=format!("--depth:{depth}")
            tabindex=move || if stop.get() == at { "0" } else { "-1" } draggable=move || editing.doc.writable.get().to_string() on:dragstart=drag on:keydown=move |event| leaf.with_value(|leaf| tree.on_key(at, leaf, &event)) on:focus=move |_| stop.set(at)
            aria-selected=move || is_picked.get().to_string() title=leaf.with_value(|leaf| format!("{}: Enter or a click maps it, Space or Ctrl and a click picks several", leaf.path)) on:click=move |event| leaf.with_value(|leaf| tree.on_click(at, leaf, &event))>
            {open.map(|_| view! { <span class="turn" on:click=move |event| { event.stop_propagation(); turn(); }><Icon name="chevron-down" small=true/></span> })}
            <span class="code cut">{name}</span>{move || is_used.get().then(|| view! { <span class="used-dot"></span> })}
            <span class="sample cut">{sample}</span><span class="type">{kind}</span>
        </li>
    }
}

/// Which of the records is shown.
#[component]
pub(in crate::pages::flow) fn Which(sample: Sample) -> impl IntoView {
    let count = move || sample.records.with(Vec::len);
    let asking = move || sample.asking.get() == Asking::Going;
    view! {
        {move || match (sample.own.with(Option::is_some), count()) {
            (true, _) => view! { <span class="meta">"Your own record"</span> }.into_any(),
            (false, 0) => ().into_any(),
            (false, all) => view! { <span class="meta">{move || format!("{} of {}", sample.at.get() + 1, words::number(all as u64))}</span> }.into_any(),
        }}
        <span class="end">
            {move || (count() > 1 && sample.own.with(Option::is_none)).then(|| view! {
                <button class="icon-button small" aria-label="Record before" title="Record before" prop:disabled=move || sample.at.get() == 0 on:click=move |_| sample.step(false)><Icon name="chevron-up" small=true/></button>
                <button class="icon-button small" aria-label="Next record" title="Next record" prop:disabled=move || { sample.at.get() + 1 >= count() } on:click=move |_| sample.step(true)><Icon name="chevron-down" small=true/></button>
            })}
            <button class="icon-button small" aria-label="Refresh the records" title="Read the first page again: a test run, which writes nothing" aria-busy=move || asking().to_string() prop:disabled=asking on:click=move |_| sample.ask()><Icon name="refresh-cw" small=true/></button>
        </span>
    }
}

/// How to get a record, while there is none.
#[component]
pub(in crate::pages::flow) fn NoSample(sample: Sample, empty: Signal<bool>) -> impl IntoView {
    view! {
        {move || match sample.asking.get() {
            Asking::Going => view! { <p class="muted tree-note" role="status">"Reading the first page of each source…"</p> }.into_any(),
            Asking::Failed(why) => view! { <p class="error tree-note" role="alert"><Icon name="triangle-alert" small=true/>{why}</p> }.into_any(),
            Asking::Idle => ().into_any(),
        }}
        {move || (empty.get() && sample.asking.get() != Asking::Going).then(|| view! {
            <div class="tree-note">
                <p class="muted">"A test run brings the records that come here. It reads the first page of each source and writes nothing."</p>
                <button class="button small" on:click=move |_| sample.ask()><Icon name="flask-conical" small=true/>"Get records"</button>
            </div>
        })}
    }
}

/// Gives sources to the rows that have none and are called like a field of the source; of a mapping without rows, each
/// field becomes one.
#[component]
pub(super) fn MatchByName(editing: Editing) -> impl IntoView {
    let none = move || editing.with_rules(<[_]>::is_empty);
    let blocked = move || match (editing.doc.writable.get(), editing.sample.value()) {
        (false, _) => Some("You may look, not change."),
        (true, None) => Some("Get records first: their fields are what is matched."),
        (true, Some(_)) => None,
    };
    let go = move |_| {
        let Some(record) = untrack(|| editing.sample.value()).filter(|_| untrack(blocked).is_none()) else { return };
        let toasts = editing.doc.app.toasts;
        if untrack(none) {
            let rows = rows_of(&record, true);
            toasts.say(format!("{} added.", words::count(rows.len(), "field")));
            editing.insert_all(rows);
            return;
        }
        let tree = leaves(&record, &BTreeSet::new(), "");
        let found = editing
            .doc
            .view
            .with_untracked(|view| view.as_ref().map(|view| by_name(view, editing.purpose.base, &tree)))
            .unwrap_or_default();
        toasts.say(match found.len() {
            0 => "No row without a source has the name of a field.".to_owned(),
            count => format!("{} matched by name.", words::count(count, "row")),
        });
        if !found.is_empty() {
            let set = found.into_iter().map(|(path, source)| Intent::Set { path, value: source.into() });
            editing.doc.edit(set.collect());
        }
    };
    view! {
        <button class="button small quiet" aria-disabled=move || blocked().map(|_| "true") title=move || blocked().unwrap_or_default() on:click=go>
            <Icon name="wand-sparkles" small=true/>{move || if none() { "Add every field" } else { "Match by name" }}</button>
    }
}

/// Makes the rows of a destination of a record that somebody pastes.
#[component]
pub(super) fn PasteDestination(editing: Editing) -> impl IntoView {
    const TEXT: &str = "destination-sample";
    let open = RwSignal::new(false);
    let text = RwSignal::new(String::new());
    let read = Memo::new(move |_| {
        text.with(|text| serde_json::from_str::<Value>(text)).map_err(|error| format!("This is not JSON: {error}."))
    });
    let wrong = move || match read.get() {
        _ if text.with(|text| text.trim().is_empty()) => None,
        Err(why) => Some(why),
        Ok(value) if rows_of(&value, false).is_empty() => {
            Some("This has no fields: paste an object, or a list of objects.".to_owned())
        }
        Ok(_) => None,
    };
    let go = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Ok(value) = read.get_untracked() else { return };
        let rows = rows_of(&value, false);
        if !rows.is_empty() {
            editing.insert_all(rows);
            text.set(String::new());
            open.set(false);
        }
    };
    let closed = move || text.with(|text| text.trim().is_empty()) || wrong().is_some();
    view! {
        <button class="button small quiet" prop:disabled=move || !editing.doc.writable.get() on:click=move |_| { open.set(true); page::focus_soon(vec![TEXT.to_owned()]); }><Icon name="file-braces" small=true/>"Paste a sample"</button>
        <Dialog open=open title="Make the destination of a sample">
            <form class="dialog-body" on:submit=go>
                <p class="muted">"Paste a record as the application takes it, or its JSON Schema, which also says what is required. Each of its fields becomes a row without a source; “Match by name” fills in what it can."</p>
                <textarea class="input code" id=TEXT rows="12" aria-label="Sample of the destination" spellcheck="false" aria-invalid=move || wrong().is_some().to_string() prop:value=move || text.get() on:input=move |event| text.set(event_target_value(&event))></textarea>
                {move || wrong().map(|why| view! { <p class="error" role="alert"><Icon name="triangle-alert" small=true/>{why}</p> })}
                <footer class="dialog-foot"><button class="button primary" type="submit" prop:disabled=closed>"Add these fields"</button></footer>
            </form>
        </Dialog>
    }
}
