//! The rows of a mapping as the editor needs them. Plain functions.

use serde_json::{Value, json};
use tombolo_model::{Intent, RowId, View, path};

use crate::state::{list_rows, value_at};

/// One row, wherever it stands in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MapRow {
    /// The list it is in.
    pub(super) list: String,
    /// Its id.
    pub(super) row: RowId,
    /// How many objects it is inside of.
    pub(super) depth: usize,
}

/// All rows in reading order, the rows of an object after it.
pub(super) fn read(view: &View) -> Vec<MapRow> {
    fn walk(view: &View, list: &str, depth: usize, out: &mut Vec<MapRow>) {
        for (row, _) in list_rows(view, list) {
            let inner = format!("{}/mappings", path::join(list, &row));
            out.push(MapRow { list: list.to_owned(), row, depth });
            walk(view, &inner, depth + 1, out);
        }
    }
    let mut out = Vec::new();
    walk(view, "/mappings", 0, &mut out);
    out
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
        let all: Vec<MapRow> =
            ["a", "b", "c"].map(|row| MapRow { list: "/mappings".into(), row: row.into(), depth: 0 }).into();
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
        let all: Vec<MapRow> =
            ["a", "b"].map(|row| MapRow { list: "/mappings".into(), row: row.into(), depth: 0 }).into();
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
        assert_eq!(read(&view).iter().map(|row| row.depth).collect::<Vec<_>>(), [0, 1, 0]);
        assert_eq!((twins(&view, "/mappings", "place"), twins(&view, "/mappings", "")), (1, 0));
    }
}
