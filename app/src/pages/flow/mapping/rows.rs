//! The rows of a mapping as the editor needs them. Plain functions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tombolo_model::{RowId, View, path};

use crate::state::{text_at, value_at};

/// One line, wherever it stands in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MapRow {
    /// The list it is in.
    pub(super) list: String,
    /// Its id.
    pub(super) row: RowId,
    /// How many objects it is inside of.
    pub(super) depth: usize,
    /// What it is.
    pub(super) what: What,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A field; whether the rows inside it are shown, where it has some.
    Field(Option<bool>),
    /// The entries that a list is built of, and which of them the lines below are inside of.
    Entries(Vec<RowId>, usize),
}

impl MapRow {
    /// Where it is in the document.
    pub(super) fn path(&self) -> String {
        path::join(&self.list, &self.row)
    }

    /// Whether it is the row of this key.
    pub(super) fn is(&self, (list, row): &(String, RowId)) -> bool {
        self.row == *row && self.list == *list
    }

    /// What tells it from all others.
    pub(super) fn key(&self) -> (String, RowId) {
        (self.list.clone(), self.row.clone())
    }
}

/// Which rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Wanted {
    #[default]
    All,
    /// Those that have a source.
    Mapped,
    /// Those that have none yet.
    Open,
    /// Those that the destination cannot do without.
    Required,
}

/// What of a mapping is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// The chosen entry of lists, by the path of the list's row.
    pub(super) chosen: BTreeMap<String, usize>,
    /// The rows whose inner rows are hidden.
    pub(super) folded: BTreeSet<String>,
    pub(super) wanted: Wanted,
    /// A part of the source or the destination.
    pub(super) search: String,
}

impl Shown {
    /// Shows all rows again: what is wanted may be nowhere among what was searched for.
    pub(super) fn show_all(&mut self) {
        (self.wanted, self.search) = (Wanted::All, String::new());
    }
}

/// The row that reads a field of the source, or builds a list of its items; the first of several, wherever it stands.
pub(super) fn reader(view: &View, base: &str, field: &str) -> Option<(String, RowId)> {
    let items = format!("{field}[*]");
    let reads = |value: &Value| {
        let extract = value.get("extract").and_then(Value::as_str);
        extract.is_some_and(|extract| extract == field || extract == items)
    };
    let mut lists = view.rows.iter().filter(|(list, _)| list.starts_with(base));
    lists.find_map(|(list, ids)| {
        let values = value_at(view, list)?.as_array()?;
        let at = values.iter().position(reads)?;
        Some((list.clone(), ids.get(at)?.clone()))
    })
}

/// Whether a row says itself where its value comes from; objects and lists are built of others.
pub(super) fn is_mapped(row: &Value) -> bool {
    let some = |key: &str| row.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    some("extract") || row.get("default").is_some() || is_built(row)
}

fn is_built(row: &Value) -> bool {
    let some = |key: &str| row.get(key).and_then(Value::as_array).is_some_and(|rows| !rows.is_empty());
    some("mappings") || some("buildArrayHelper")
}

/// Whether the destination cannot do without the field of a row, as far as somebody or a pasted schema has said so.
pub(super) fn is_required(row: &Value) -> bool {
    row.get("required").and_then(Value::as_bool).unwrap_or(false)
}

/// Whether the line of a row says of which rows its value is built, in the place of a source.
pub(super) fn hides_source(view: &View, here: &str) -> bool {
    let entries = view.rows.get(&format!("{here}/buildArrayHelper")).map_or(0, Vec::len);
    entries > 0 || text_at(view, &format!("{here}/dataType")) == "object"
}

/// The items of a list in a row.
fn items<'v>(row: &'v Value, key: &str) -> &'v [Value] {
    row.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

struct Walk<'v> {
    view: &'v View,
    shown: &'v Shown,
    search: String,
    out: Vec<MapRow>,
}

impl Walk<'_> {
    /// Goes through a list; returns whether anything of it is shown.
    fn list(&mut self, list: &str, values: &[Value], depth: usize) -> bool {
        let Some(rows) = self.view.rows.get(list) else { return false };
        let mut any = false;
        for (row, value) in rows.iter().zip(values) {
            let at = self.out.len();
            let here = path::join(list, row);
            let folded = self.shown.folded.contains(&here);
            let what = What::Field(is_built(value).then_some(!folded));
            self.out.push(MapRow { list: list.to_owned(), row: row.clone(), depth, what });
            let below = !folded && self.inside(&here, value, depth + 1);
            if below || self.matches(value) {
                any = true;
            } else {
                self.out.truncate(at);
            }
        }
        any
    }

    fn inside(&mut self, here: &str, value: &Value, depth: usize) -> bool {
        let entries = format!("{here}/buildArrayHelper");
        let mut any = false;
        if let Some(ids) = self.view.rows.get(&entries).filter(|ids| !ids.is_empty()) {
            let at = self.shown.chosen.get(here).copied().unwrap_or_default().min(ids.len() - 1);
            let place = self.out.len();
            let row = ids[at].clone();
            let inner = format!("{}/mappings", path::join(&entries, &row));
            self.out.push(MapRow { list: entries, row, depth, what: What::Entries(ids.clone(), at) });
            let entry = items(value, "buildArrayHelper").get(at).map(|entry| items(entry, "mappings"));
            any = self.list(&inner, entry.unwrap_or_default(), depth);
            if !any && !self.is_whole() {
                self.out.truncate(place);
            }
        }
        self.list(&format!("{here}/mappings"), items(value, "mappings"), depth) || any
    }

    fn is_whole(&self) -> bool {
        self.search.is_empty() && self.shown.wanted == Wanted::All
    }

    fn matches(&self, row: &Value) -> bool {
        let wanted = match self.shown.wanted {
            Wanted::All => true,
            Wanted::Mapped => is_mapped(row),
            Wanted::Open => !is_mapped(row),
            Wanted::Required => is_required(row),
        };
        let has = |key: &str| {
            row.get(key).and_then(Value::as_str).is_some_and(|text| text.to_lowercase().contains(&self.search))
        };
        wanted && (self.search.is_empty() || has("generate") || has("extract"))
    }
}

/// The lines of a mapping in reading order, the rows of an object after it; rows that stand around a wanted one stay.
pub(super) fn read(view: &View, base: &str, shown: &Shown) -> Vec<MapRow> {
    let mut walk = Walk { view, shown, search: shown.search.trim().to_lowercase(), out: Vec::new() };
    let values = value_at(view, base).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    walk.list(base, values, 0);
    walk.out
}

/// How many rows there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) all: usize,
    /// Those that have a source.
    pub(super) mapped: usize,
    /// Those that the destination cannot do without.
    pub(super) required: usize,
}

impl Counts {
    fn add(self, other: Self) -> Self {
        Self { all: self.all + other.all, mapped: self.mapped + other.mapped, required: self.required + other.required }
    }
}

/// How many rows there are at all, how many of them have a source, and how many are required.
pub(super) fn counted(rows: &[Value]) -> Counts {
    rows.iter().fold(Counts::default(), |sum, row| {
        let own = Counts { all: 1, mapped: is_mapped(row).into(), required: is_required(row).into() };
        let inner = items(row, "buildArrayHelper").iter().map(|entry| counted(items(entry, "mappings")));
        inner.fold(sum.add(own).add(counted(items(row, "mappings"))), Counts::add)
    })
}

/// How many rows of a list build the object of this name.
pub(super) fn twins(view: &View, list: &str, name: &str) -> usize {
    let same = |row: &&Value| !name.is_empty() && row["generate"] == name && row["dataType"] == "object";
    value_at(view, list).and_then(Value::as_array).map_or(0, |rows| rows.iter().filter(same).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// An object with two fields, and a list that is built of two entries.
    fn built() -> View {
        let value = json!({"mappings": [
            {"generate": "id", "extract": "$.id", "dataType": "string"},
            {"generate": "place", "dataType": "object", "mappings": [{"generate": "city", "extract": "$.city"}, {"generate": "zip"}]},
            {"generate": "lines", "dataType": "objectarray", "buildArrayHelper": [
                {"extract": "$.items[*]", "mappings": [{"generate": "sku", "extract": "$.items[*].sku"}]},
                {"extract": "$.fees[*]", "mappings": [{"generate": "fee", "extract": "$.fees[*].sum"}]}]},
        ]});
        let rows = [
            ("/mappings", vec!["i", "p", "l"]),
            ("/mappings/p/mappings", vec!["c", "z"]),
            ("/mappings/l/buildArrayHelper", vec!["e1", "e2"]),
            ("/mappings/l/buildArrayHelper/e1/mappings", vec!["s"]),
            ("/mappings/l/buildArrayHelper/e2/mappings", vec!["f"]),
        ];
        let rows = rows.map(|(list, rows)| (list.to_owned(), rows.into_iter().map(str::to_owned).collect()));
        View { value, rows: rows.into(), ..View::default() }
    }

    fn lines(shown: &Shown) -> Vec<(String, usize)> {
        read(&built(), "/mappings", shown).into_iter().map(|line| (line.row, line.depth)).collect()
    }

    fn named(lines: &[(&str, usize)]) -> Vec<(String, usize)> {
        lines.iter().map(|(row, depth)| ((*row).to_owned(), *depth)).collect()
    }

    #[test]
    fn a_list_shows_the_rows_of_the_entry_that_is_chosen() {
        let mut shown = Shown::default();
        assert_eq!(lines(&shown), named(&[("i", 0), ("p", 0), ("c", 1), ("z", 1), ("l", 0), ("e1", 1), ("s", 1)]));
        shown.chosen.insert("/mappings/l".into(), 1);
        assert_eq!(lines(&shown)[5..], named(&[("e2", 1), ("f", 1)]));
        shown.chosen.insert("/mappings/l".into(), 9);
        assert_eq!(lines(&shown)[5..], named(&[("e2", 1), ("f", 1)]), "an entry that has gone");
        shown.folded.extend(["/mappings/l".to_owned(), "/mappings/p".to_owned()]);
        assert_eq!(lines(&shown), named(&[("i", 0), ("p", 0), ("l", 0)]));
    }

    #[test]
    fn a_row_that_is_built_of_others_shows_no_source() {
        let hidden = ["i", "p", "l"].map(|row| hides_source(&built(), &format!("/mappings/{row}")));
        assert_eq!(hidden, [false, true, true]);
    }

    #[test]
    fn the_row_that_reads_a_field_is_found_wherever_it_stands() {
        let found = |field: &str| reader(&built(), "/mappings", field).map(|(_, row)| row);
        assert_eq!(found("$.id").as_deref(), Some("i"));
        assert_eq!(found("$.city").as_deref(), Some("c"), "in an object");
        assert_eq!(found("$.fees").as_deref(), Some("e2"), "what builds a list of it");
        assert_eq!((found("$.none"), found("$.fees[*]").as_deref()), (None, Some("e2")));
        assert_eq!(reader(&built(), "/transform", "$.id"), None);
    }

    #[test]
    fn a_search_and_a_choice_keep_what_a_wanted_row_stands_in() {
        let search = |search: &str| lines(&Shown { search: search.into(), ..Shown::default() });
        assert_eq!(search("CITY"), named(&[("p", 0), ("c", 1)]));
        assert_eq!(search("items[*].sku"), named(&[("l", 0), ("e1", 1), ("s", 1)]));
        assert!(search("nothing").is_empty());
        let open = lines(&Shown { wanted: Wanted::Open, ..Shown::default() });
        assert_eq!(open, named(&[("p", 0), ("z", 1)]));
        let rows = built().value["mappings"].as_array().cloned().unwrap();
        assert_eq!(counted(&rows), Counts { all: 7, mapped: 6, required: 0 });
    }
}
