//! The rows of the editor while somebody works in them, and how they and the document follow one another.
//!
//! Invariant: a row that somebody types in is never made anew.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::Intent;

use super::rules::{Numbered, Rule, merge, read, write};
use crate::state::Doc;

/// Where a filter is, and where its rules are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) base: String,
    pub(super) rules: String,
}

impl Place {
    fn write(&self, rules: Value) -> Vec<Intent> {
        let set = |path: String, value: Value| Intent::Set { path, value };
        let base = &self.base;
        let mut intents =
            vec![set(format!("{base}/type"), "expression".into()), set(format!("{base}/version"), "1".into())];
        if self.rules != format!("{base}/rules") {
            intents.push(set(format!("{base}/expression/version"), "1".into()));
        }
        intents.push(set(self.rules.clone(), rules));
        intents
    }
}

/// The rows, for the parts of the editor.
#[derive(Clone, Copy)]
pub(super) struct Editing {
    doc: Doc,
    at: StoredValue<Place>,
    stored: Memo<Value>,
    rows: RwSignal<Vec<Numbered>>,
    /// All must hold, or one is enough.
    all: RwSignal<bool>,
    next: StoredValue<u64>,
    /// Edits from here that are not answered yet: until they are, the document says less than the rows do.
    pending: RwSignal<usize>,
    written: StoredValue<Value>,
}

impl Editing {
    /// Begins with the rules that the document has.
    pub(super) fn begin(doc: Doc, at: Place, stored: Memo<Value>, all: bool, rules: Vec<Rule>) -> Self {
        let editing = Self {
            doc,
            at: StoredValue::new(at),
            stored,
            rows: RwSignal::new(Vec::new()),
            all: RwSignal::new(all),
            next: StoredValue::new(0),
            pending: RwSignal::new(0),
            written: StoredValue::new(stored.get_untracked()),
        };
        editing.rows.set(rules.into_iter().map(|rule| (editing.number(), rule)).collect());
        Effect::new(move |_| editing.follow());
        editing
    }

    fn number(self) -> u64 {
        self.next.update_value(|next| *next += 1);
        self.next.get_value()
    }

    fn expression(self) -> Value {
        self.rows.with(|rows| write(self.all.get(), &rows.iter().map(|(_, rule)| rule.clone()).collect::<Vec<_>>()))
    }

    /// Shows what somebody else wrote meanwhile, unless it is what is here already.
    fn follow(self) {
        let theirs = self.stored.get();
        if self.pending.get() == 0
            && theirs != untrack(|| self.expression())
            && let Some((both, rules)) = read(&theirs)
        {
            self.all.set(both);
            self.rows.update(|rows| *rows = merge(rows, rules, || self.number()));
        }
    }

    fn save(self) {
        let rules = untrack(|| self.expression());
        let pending = self.pending.get_untracked() > 0;
        let known = if pending { self.written.get_value() } else { self.stored.get_untracked() };
        if known == rules {
            return;
        }
        self.written.set_value(rules.clone());
        self.pending.update(|pending| *pending += 1);
        let intents = self.at.with_value(|at| at.write(rules));
        spawn_local(async move {
            if let Err(error) = self.doc.try_edit(intents).await {
                self.doc.app.toasts.fail(error.message);
            }
            self.pending.try_update(|pending| *pending -= 1);
        });
    }

    /// All rows, for a keyed list.
    pub(super) fn rows(self) -> Vec<Numbered> {
        self.rows.get()
    }

    /// How many there are.
    pub(super) fn count(self) -> usize {
        self.rows.with(Vec::len)
    }

    /// Whether all must hold.
    pub(super) fn all_must_hold(self) -> bool {
        self.all.get()
    }

    /// Says whether all must hold.
    pub(super) fn join(self, all: bool) {
        self.all.set(all);
        self.save();
    }

    /// What `read` takes of a row; the default of its type once the row is gone.
    pub(super) fn part<T>(self, id: u64, read: impl Fn(&Rule) -> T + Send + Sync + 'static) -> Signal<T>
    where
        T: Default + Send + Sync + 'static,
    {
        let rows = self.rows;
        Signal::derive(move || {
            rows.with(|rows| rows.iter().find(|(have, _)| *have == id).map(|(_, rule)| read(rule)).unwrap_or_default())
        })
    }

    /// Adds a row in which nothing is chosen yet; gives its number.
    pub(super) fn add(self) -> u64 {
        let id = self.number();
        self.rows.update(|rows| rows.push((id, Rule::new())));
        id
    }

    /// Changes a row.
    pub(super) fn change(self, id: u64, change: impl FnOnce(&mut Rule)) {
        self.rows.update(|rows| {
            if let Some((_, rule)) = rows.iter_mut().find(|(have, _)| *have == id) {
                change(rule);
            }
        });
        self.save();
    }

    /// Takes a row away; gives the number of the one in its place, else of the last.
    pub(super) fn remove(self, id: u64) -> Option<u64> {
        let neighbor = self.rows.try_update(|rows| {
            let at = rows.iter().position(|(have, _)| *have == id)?;
            rows.remove(at);
            rows.get(at).or(rows.last()).map(|(number, _)| *number)
        });
        self.save();
        neighbor.flatten()
    }
}
