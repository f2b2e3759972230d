//! The rows of the editor while somebody works in them, and how they and the document follow one another.
//!
//! Invariant: a row that somebody types in is never made anew.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::Intent;

use super::merge::{Numbered, merge};
use super::rule::Rule;
use super::rules::{DEEPEST, Join, Line, What, copied, end_of, read, write};
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
    /// How those that are in no group are joined.
    top: RwSignal<Join>,
    next: StoredValue<u64>,
    /// Edits from here that are not answered yet: until they are, the document says less than the rows do.
    pending: RwSignal<usize>,
    written: StoredValue<Value>,
}

impl Editing {
    /// Begins with the rules that the document has.
    pub(super) fn begin(doc: Doc, at: Place, stored: Memo<Value>, top: Join, lines: Vec<Line>) -> Self {
        let editing = Self {
            doc,
            at: StoredValue::new(at),
            stored,
            rows: RwSignal::new(Vec::new()),
            top: RwSignal::new(top),
            next: StoredValue::new(0),
            pending: RwSignal::new(0),
            written: StoredValue::new(stored.get_untracked()),
        };
        editing.rows.set(lines.into_iter().map(|line| (editing.number(), line)).collect());
        Effect::new(move |_| editing.follow());
        editing
    }

    fn number(self) -> u64 {
        self.next.update_value(|next| *next += 1);
        self.next.get_value()
    }

    fn expression(self) -> Value {
        self.rows.with(|rows| write(self.top.get(), &rows.iter().map(|(_, line)| line.clone()).collect::<Vec<_>>()))
    }

    /// Shows what somebody else wrote meanwhile, unless it is what is here already.
    fn follow(self) {
        let theirs = self.stored.get();
        if self.pending.get() == 0
            && theirs != untrack(|| self.expression())
            && let Some((top, lines)) = read(&theirs)
        {
            self.top.set(top);
            self.rows.update(|rows| *rows = merge(rows, lines, || self.number()));
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

    /// How the lines of a group are joined; of none, those that are in no group.
    pub(super) fn joined(self, group: Option<u64>) -> Join {
        let Some(id) = group else { return self.top.get() };
        self.rows.with(|rows| match rows.iter().find(|(have, _)| *have == id).map(|(_, line)| &line.what) {
            Some(What::Group(join)) => *join,
            _ => Join::All,
        })
    }

    /// Says how they are joined.
    pub(super) fn join(self, group: Option<u64>, join: Join) {
        match group {
            None => self.top.set(join),
            Some(id) => self.rows.update(|rows| {
                if let Some((_, line)) = rows.iter_mut().find(|(have, _)| *have == id) {
                    line.what = What::Group(join);
                }
            }),
        }
        self.save();
    }

    /// What `read` takes of a row; the default of its type once the row is gone.
    pub(super) fn part<T>(self, id: u64, read: impl Fn(&Rule) -> T + Send + Sync + 'static) -> Signal<T>
    where
        T: Default + Send + Sync + 'static,
    {
        let rows = self.rows;
        Signal::derive(move || {
            rows.with(|rows| {
                let line = rows.iter().find(|(have, _)| *have == id);
                line.and_then(|(_, line)| line.as_rule()).map(&read).unwrap_or_default()
            })
        })
    }

    /// Adds a rule in which nothing is chosen yet, at the end of a group; gives its number.
    pub(super) fn add(self, group: Option<u64>) -> u64 {
        self.insert(group, |depth| vec![Line::rule(depth)])
    }

    /// Adds a group with a rule in it; gives the number of the rule.
    pub(super) fn add_group(self, group: Option<u64>) -> u64 {
        let join = if self.joined(group) == Join::All { Join::One } else { Join::All };
        self.insert(group, |depth| vec![Line { depth, what: What::Group(join) }, Line::rule(depth + 1)])
    }

    /// Whether another group fits into this one.
    pub(super) fn has_room(self, group: Option<u64>) -> bool {
        self.depth(group) < DEEPEST
    }

    /// How deep what is in a group stands.
    fn depth(self, group: Option<u64>) -> usize {
        let Some(id) = group else { return 0 };
        self.rows.with(|rows| rows.iter().find(|(have, _)| *have == id).map_or(0, |(_, line)| line.depth + 1))
    }

    fn insert(self, group: Option<u64>, lines: impl FnOnce(usize) -> Vec<Line>) -> u64 {
        let depth = untrack(|| self.depth(group));
        let made: Vec<Numbered> = lines(depth).into_iter().map(|line| (self.number(), line)).collect();
        let last = made.last().map_or(0, |(number, _)| *number);
        self.rows.update(|rows| {
            let depths: Vec<usize> = rows.iter().map(|(_, line)| line.depth).collect();
            let at = group.and_then(|id| rows.iter().position(|(have, _)| *have == id));
            let end = at.map_or(rows.len(), |at| end_of(&depths, at));
            rows.splice(end..end, made);
        });
        last
    }

    /// Changes a rule.
    pub(super) fn change(self, id: u64, change: impl FnOnce(&mut Rule)) {
        self.rows.update(|rows| {
            if let Some((_, Line { what: What::Rule(rule), .. })) = rows.iter_mut().find(|(have, _)| *have == id) {
                change(rule);
            }
        });
        self.save();
    }

    /// Puts a copy of a line behind it, with what is in it; gives the number of the first rule of the copy.
    pub(super) fn copy(self, id: u64) -> Option<u64> {
        let first = self.rows.try_update(|rows| copied(rows, id, || self.number())).flatten();
        self.save();
        first
    }

    /// Takes all lines away.
    pub(super) fn clear(self) {
        self.rows.set(Vec::new());
        self.save();
    }

    /// Takes a line away, with what is in it; gives the number of the one in its place, else of the last.
    pub(super) fn remove(self, id: u64) -> Option<u64> {
        let neighbor = self.rows.try_update(|rows| {
            let at = rows.iter().position(|(have, _)| *have == id)?;
            let depths: Vec<usize> = rows.iter().map(|(_, line)| line.depth).collect();
            rows.drain(at..end_of(&depths, at));
            rows.get(at).or(rows.last()).map(|(number, _)| *number)
        });
        self.save();
        neighbor.flatten()
    }
}
