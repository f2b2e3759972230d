//! Several fields of the source at once: which are picked, and the rows or the items of a list that they become.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::{Intent, path};

use super::Editing;
use super::made::row_for;
use super::tree::{Leaf, leaves};
use crate::components::Icon;
use crate::state::row_id;
use crate::words;

/// The picked fields, by their paths, and the path of the one that was picked last. They stay picked while a search or a
/// field that is closed hides them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Picked {
    fields: BTreeMap<String, Leaf>,
    last: String,
}

impl Picked {
    pub(super) fn has(&self, path: &str) -> bool {
        self.fields.contains_key(path)
    }

    /// Picks a field, or does not any more.
    pub(super) fn turn(&mut self, leaf: &Leaf) {
        if self.fields.remove(&leaf.path).is_none() {
            self.fields.insert(leaf.path.clone(), leaf.clone());
        }
        leaf.path.clone_into(&mut self.last);
    }

    /// Picks all fields from the one that was picked last to this one, as they are shown; from the first where that one
    /// is hidden.
    pub(super) fn reach(&mut self, at: usize, tree: &[Leaf]) {
        let last = tree.iter().position(|leaf| leaf.path == self.last).unwrap_or_default();
        let all = tree.iter().take(at.max(last) + 1).skip(at.min(last));
        self.fields.extend(all.map(|leaf| (leaf.path.clone(), leaf.clone())));
    }

    /// The picked fields in the order of the tree; those that it has no more, or not so far, come last.
    fn of(&self, tree: &[Leaf]) -> Vec<Leaf> {
        let mut left = self.fields.clone();
        let mut all: Vec<Leaf> = tree.iter().filter(|leaf| left.remove(&leaf.path).is_some()).cloned().collect();
        all.extend(left.into_values());
        all
    }
}

/// The items that a list is built of, one for each of these fields; a field that is a list adds its items.
fn entries(picked: &[Leaf]) -> Vec<Value> {
    let many = |leaf: &Leaf| if leaf.kind.contains('[') { format!("{}[*]", leaf.path) } else { leaf.path.clone() };
    picked.iter().map(|leaf| json!({"extract": many(leaf), "mappings": []})).collect()
}

impl Editing {
    /// Maps several fields: into the list that somebody is in, else each into a row of its own. Fields that rows read already
    /// are left out there.
    fn map_all(self, picked: &[Leaf]) {
        if !self.doc.writable.get_untracked() || picked.is_empty() {
            return;
        }
        let toasts = self.doc.app.toasts;
        if let Some(list) = self.open_list() {
            let values = entries(picked);
            let mut after = self.last_of(&list);
            let rows = values.into_iter().map(|value| {
                let row = row_id::fresh();
                Intent::InsertRow { list: list.clone(), after: after.replace(row.clone()), row, value }
            });
            self.edit(rows.collect());
            toasts.say(format!("The list is built of {} more.", words::count(picked.len(), "field")));
            return;
        }
        let record = untrack(|| self.sample.value()).unwrap_or_default();
        let fresh: Vec<Value> =
            picked.iter().filter(|leaf| self.reader(&leaf.path).is_none()).map(|leaf| row_for(leaf, &record)).collect();
        let (made, left) = (fresh.len(), picked.len() - fresh.len());
        self.insert_all(fresh);
        toasts.say(match left {
            0 => format!("{} mapped.", words::count(made, "field")),
            _ => format!("{} mapped; {} were mapped before.", words::count(made, "field"), words::number(left as u64)),
        });
    }

    /// Where the items of the list stand that somebody is in the row of.
    fn open_list(self) -> Option<String> {
        let (list, row) = self.current.get_untracked()?;
        let here = path::join(&list, &row);
        let kind = untrack(|| self.doc.text(&format!("{here}/dataType")));
        kind.ends_with("array").then(|| format!("{here}/buildArrayHelper"))
    }
}

/// How many are picked, and the button that maps them. It goes with the last pick, and the focus back `to` the fields.
#[component]
pub(super) fn PickedBar(editing: Editing, picked: RwSignal<Picked>, to: Callback<()>) -> impl IntoView {
    let many = move || picked.with(|picked| picked.fields.len());
    let map = move |_| {
        // The whole tree: what is shown now may be what was searched for since.
        let tree = leaves(&untrack(|| editing.sample.value()).unwrap_or_default(), &BTreeSet::new(), "");
        let all = picked.with_untracked(|picked| picked.of(&tree));
        editing.map_all(&all);
        picked.set(Picked::default());
        to.run(());
    };
    let clear = move |_| {
        picked.set(Picked::default());
        to.run(());
    };
    view! {
        <Show when=move || { many() > 0 }>
            <div class="picked row" role="status">
                <button class="button small primary" type="button" prop:disabled=move || !editing.doc.writable.get() on:click=map><Icon name="plus" small=true/>{move || format!("Map {}", words::count(many(), "field"))}</button>
                <button class="button small quiet" type="button" on:click=clear>"Clear"</button>
            </div>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Vec<Leaf> {
        leaves(&json!({"a": 1, "lines": [{"sku": "x"}], "tags": ["t"], "z": 2}), &BTreeSet::new(), "")
    }

    #[test]
    fn fields_are_picked_one_by_one_or_from_one_to_another() {
        let (tree, mut picked) = (tree(), Picked::default());
        let names = |picked: &Picked| picked.of(&tree).into_iter().map(|leaf| leaf.name).collect::<Vec<_>>();
        picked.turn(&tree[4]);
        picked.turn(&tree[0]);
        assert_eq!(names(&picked), ["a", "z"], "in the order of the tree");
        picked.turn(&tree[0]);
        assert_eq!(names(&picked), ["z"]);
        picked.reach(2, &tree);
        assert_eq!(names(&picked), ["a", "lines", "sku", "z"]);
    }

    #[test]
    fn fields_that_a_search_hides_stay_picked() {
        let (tree, mut picked) = (tree(), Picked::default());
        picked.turn(&tree[4]);
        picked.reach(1, &tree[..2]);
        let all: Vec<_> = picked.of(&tree).into_iter().map(|leaf| leaf.name).collect();
        assert_eq!(all, ["a", "lines", "z"]);
        assert_eq!(picked.of(&tree[..2]).len(), 3, "though the tree does not come so far");
    }

    #[test]
    fn of_fields_that_are_lists_a_list_gets_all_items() {
        let made = entries(&tree());
        let extracts: Vec<_> = made.iter().map(|entry| entry["extract"].as_str().unwrap_or_default()).collect();
        assert_eq!(extracts, ["$.a", "$.lines[*]", "$.lines[*].sku", "$.tags[*]", "$.z"]);
    }
}
