//! The rows of a mapping as the editor needs them. Plain functions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tombolo_model::{Intent, RowId, View, path};

use crate::state::{list_rows, text_at, value_at};

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

/// Whether a row says itself where its value comes from; objects and lists are built of others.
pub(super) fn is_mapped(row: &Value) -> bool {
    let some = |key: &str| row.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    some("extract") || row.get("default").is_some() || is_built(row)
}

fn is_built(row: &Value) -> bool {
    let some = |key: &str| row.get(key).and_then(Value::as_array).is_some_and(|rows| !rows.is_empty());
    some("mappings") || some("buildArrayHelper")
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

/// How many rows there are at all, and how many of them have a source.
pub(super) fn counted(rows: &[Value]) -> (usize, usize) {
    rows.iter().fold((0, 0), |(all, mapped), row| {
        let mut below = counted(items(row, "mappings"));
        for entry in items(row, "buildArrayHelper") {
            let more = counted(items(entry, "mappings"));
            below = (below.0 + more.0, below.1 + more.1);
        }
        (all + 1 + below.0, mapped + usize::from(is_mapped(row)) + below.1)
    })
}

/// How many rows of a list build the object of this name.
pub(super) fn twins(view: &View, list: &str, name: &str) -> usize {
    let same = |row: &&Value| !name.is_empty() && row["generate"] == name && row["dataType"] == "object";
    value_at(view, list).and_then(Value::as_array).map_or(0, |rows| rows.iter().filter(same).count())
}

/// What a source shows: paths without the `$.` that every one begins with, fixed texts in quotes.
///
/// What is shown, typed again, is stored as it was: a source is rewritten at every key.
pub(super) fn show(extract: &str) -> String {
    let path = extract == "$" || extract.starts_with("$.") || extract.starts_with("$[");
    if extract.is_empty() || extract.contains("{{") {
        return extract.to_owned();
    }
    let plain = if path {
        let name = extract.strip_prefix("$['").and_then(|rest| rest.strip_suffix("']"));
        extract.strip_prefix("$.").map(ToOwned::to_owned).or_else(|| name.map(|name| name.replace("\\'", "'")))
    } else {
        Some(format!("\"{extract}\""))
    };
    plain.filter(|plain| source_path(plain) == extract).unwrap_or_else(|| extract.to_owned())
}

/// What is stored for what was typed: a plain path gets its root; templates, `JSONPath`s and texts in quotes stay.
pub(super) fn source_path(typed: &str) -> String {
    let typed = typed.trim();
    if typed.is_empty() || typed.starts_with('$') || typed.contains("{{") {
        return typed.to_owned();
    }
    if let Some(literal) = typed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return literal.to_owned();
    }
    let plain = typed.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if plain { format!("$.{typed}") } else { format!("$['{}']", typed.replace('\'', "\\'")) }
}

/// The row one place further in the same list.
pub(super) fn moved(all: &[MapRow], list: &str, row: &str, down: bool) -> Option<Option<RowId>> {
    let rows: Vec<&MapRow> = all.iter().filter(|one| one.list == list).collect();
    let at = rows.iter().position(|one| one.row == row)?;
    match (down, at) {
        (true, at) => rows.get(at + 1).map(|next| Some(next.row.clone())),
        (false, 0) => None,
        (false, 1) => Some(None),
        (false, at) => Some(Some(rows[at - 2].row.clone())),
    }
}

/// The row of the same list that is in the place of one that goes, else the one before it.
pub(super) fn neighbor(all: &[MapRow], list: &str, row: &str) -> Option<RowId> {
    let rows: Vec<&RowId> = all.iter().filter(|one| one.list == list).map(|one| &one.row).collect();
    let at = rows.iter().position(|one| *one == row)?;
    rows.get(at + 1).or_else(|| rows.get(at.checked_sub(1)?)).map(|row| (*row).clone())
}

/// The row that `dragged` comes after when it is dropped on `target`, above or below it; nothing when it cannot go
/// there or stays where it is.
pub(super) fn dropped(all: &[MapRow], list: &str, dragged: &str, target: &str, above: bool) -> Option<Option<RowId>> {
    let rows: Vec<&MapRow> = all.iter().filter(|one| one.list == list).collect();
    let from = rows.iter().position(|one| one.row == dragged)?;
    let at = rows.iter().position(|one| one.row == target)?;
    let after = if above { at.checked_sub(1) } else { Some(at) };
    let stays = from == at || after == Some(from) || after == from.checked_sub(1);
    (!stays).then(|| after.map(|at| rows[at].row.clone()))
}

/// Moves a row into the object that the dots of its destination name; objects that are missing are made. Dots that part
/// nothing are left out, and the row stays.
pub(super) fn nest(view: &View, list: &str, row: &str, to: &str, fresh: &mut dyn FnMut() -> RowId) -> Vec<Intent> {
    let value = list_rows(view, list).into_iter().find(|(id, _)| id == row).map(|(_, value)| value);
    let mut keys: Vec<&str> = to.split('.').filter(|key| !key.is_empty()).collect();
    let (Some(Value::Object(mut value)), Some(last)) = (value, keys.pop()) else { return Vec::new() };
    if keys.is_empty() {
        return vec![Intent::Set { path: format!("{}/generate", path::join(list, row)), value: last.into() }];
    }
    value.insert("generate".into(), last.into());
    let mut into = list.to_owned();
    let mut rest = keys.as_slice();
    // As far as the objects are there already, the row goes into them.
    while let Some((key, deeper)) = rest.split_first() {
        let found = list_rows(view, &into)
            .into_iter()
            .find(|(_, have)| have["generate"] == *key && have["dataType"] == "object");
        let Some((object, _)) = found else { break };
        into = format!("{}/mappings", path::join(&into, &object));
        rest = deeper;
    }
    let siblings = list_rows(view, &into);
    // A new object takes the place of the row it comes from.
    let mut after = if into == list { Some(row.to_owned()) } else { siblings.last().map(|(id, _)| id.clone()) };
    let mut intents = Vec::new();
    for key in rest {
        let (object, value) = (fresh(), json!({"generate": key, "dataType": "object", "status": "Active"}));
        let below = format!("{}/mappings", path::join(&into, &object));
        intents.push(Intent::InsertRow { list: std::mem::replace(&mut into, below), row: object, after, value });
        after = None;
    }
    // It keeps its id, and with it the focus that is in it.
    intents.push(Intent::InsertRow { list: into, row: row.to_owned(), after, value: Value::Object(value) });
    intents.push(Intent::DeleteRow { list: list.to_owned(), row: row.to_owned() });
    intents
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(row: &str) -> MapRow {
        MapRow { list: "/mappings".into(), row: row.into(), depth: 0, what: What::Field(None) }
    }

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
    fn a_search_and_a_choice_keep_what_a_wanted_row_stands_in() {
        let search = |search: &str| lines(&Shown { search: search.into(), ..Shown::default() });
        assert_eq!(search("CITY"), named(&[("p", 0), ("c", 1)]));
        assert_eq!(search("items[*].sku"), named(&[("l", 0), ("e1", 1), ("s", 1)]));
        assert!(search("nothing").is_empty());
        let open = lines(&Shown { wanted: Wanted::Open, ..Shown::default() });
        assert_eq!(open, named(&[("p", 0), ("z", 1)]));
        let rows = built().value["mappings"].as_array().cloned().unwrap();
        assert_eq!(counted(&rows), (7, 6));
    }

    #[test]
    fn typed_sources_become_paths_and_come_back_as_typed() {
        for (typed, stored) in [
            ("iata", "$.iata"),
            ("a.b", "$.a.b"),
            ("Major Genre", "$['Major Genre']"),
            ("{{record.a}}", "{{record.a}}"),
            ("$.x[*]", "$.x[*]"),
            ("", ""),
        ] {
            assert_eq!(source_path(typed), stored);
            assert_eq!(show(stored), typed);
        }
        assert_eq!(source_path("\"fixed\""), "fixed");
    }

    #[test]
    fn a_source_that_is_shown_and_typed_again_stays_what_it_was() {
        for stored in [
            "fixed",
            "two words",
            "say \"hi\"",
            " padded ",
            "$5 off",
            "$",
            "$.x y",
            "$[0].a",
            "$['it\\'s']",
            "$['\"half']",
            "$.a[*].b",
            "{{record.a}} and more",
        ] {
            assert_eq!(source_path(&show(stored)), stored, "shown as {}", show(stored));
        }
        assert_eq!(show("fixed"), "\"fixed\"");
    }

    #[test]
    fn a_row_is_dropped_above_or_below_another_and_so_also_first() {
        let all: Vec<MapRow> = ["a", "b", "c"].map(field).into();
        let drop = |dragged, target, above| dropped(&all, "/mappings", dragged, target, above);
        assert_eq!(drop("c", "a", true), Some(None), "first");
        assert_eq!(drop("c", "a", false), Some(Some("a".into())));
        assert_eq!(drop("a", "c", false), Some(Some("c".into())));
        assert_eq!(drop("a", "b", true), None, "it is there already");
        assert_eq!(drop("b", "b", true), None);
        assert_eq!(drop("x", "a", true), None, "a row of another list");
    }

    #[test]
    fn who_deletes_a_row_goes_on_at_the_next_one_or_the_one_before() {
        let all: Vec<MapRow> = ["a", "b"].map(field).into();
        assert_eq!(neighbor(&all, "/mappings", "a").as_deref(), Some("b"));
        assert_eq!(neighbor(&all, "/mappings", "b").as_deref(), Some("a"));
        assert_eq!(neighbor(&all[..1], "/mappings", "a"), None);
    }

    #[test]
    fn dots_that_part_nothing_name_the_row_and_leave_it_where_it_is() {
        let mut view = View { value: json!({"mappings": [{"generate": "", "extract": "$.city"}]}), ..View::default() };
        view.rows.insert("/mappings".into(), vec!["r1".into()]);
        for to in ["city.", ".city", "..city"] {
            let set = Intent::Set { path: "/mappings/r1/generate".into(), value: "city".into() };
            assert_eq!(nest(&view, "/mappings", "r1", to, &mut || "n1".into()), [set], "{to}");
        }
        assert_eq!(nest(&view, "/mappings", "r1", "..", &mut || "n1".into()), []);
    }

    #[test]
    fn dots_make_an_object_once_and_then_use_it() {
        let mut view = View {
            value: json!({"mappings": [{"generate": "", "extract": "$.city", "dataType": "string"}]}),
            ..View::default()
        };
        view.rows.insert("/mappings".into(), vec!["r1".into()]);
        let made = nest(&view, "/mappings", "r1", "place.city", &mut || "n1".into());
        let [Intent::InsertRow { list, after, .. }, Intent::InsertRow { list: inner, row, value, .. }, _] = &made[..]
        else {
            panic!("{made:?}")
        };
        assert_eq!((list.as_str(), after.as_deref()), ("/mappings", Some("r1")));
        assert_eq!((inner.as_str(), row.as_str()), ("/mappings/n1/mappings", "r1"), "it keeps its id");
        assert_eq!(value, &json!({"generate": "city", "extract": "$.city", "dataType": "string"}));

        view.value = json!({"mappings": [{"generate": "place", "dataType": "object", "mappings": [{"generate": "city"}]}, {"generate": "", "extract": "$.state"}]});
        view.rows.insert("/mappings".into(), vec!["o".into(), "r2".into()]);
        view.rows.insert("/mappings/o/mappings".into(), vec!["c".into()]);
        let made = nest(&view, "/mappings", "r2", "place.state", &mut || "n2".into());
        let Intent::InsertRow { list, after, .. } = &made[0] else { panic!("{made:?}") };
        assert_eq!((list.as_str(), after.as_deref()), ("/mappings/o/mappings", Some("c")));
        let depths: Vec<_> = read(&view, "/mappings", &Shown::default()).iter().map(|row| row.depth).collect();
        assert_eq!(depths, [0, 1, 0]);
        assert_eq!((twins(&view, "/mappings", "place"), twins(&view, "/mappings", "")), (1, 0));
    }
}
