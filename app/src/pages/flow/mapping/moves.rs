//! Where rows of a mapping go when they are moved, dropped, deleted or nested. Plain functions.

use serde_json::{Value, json};
use tombolo_model::{Intent, RowId, View, path};

use super::rows::MapRow;
use crate::state::list_rows;

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
    use super::super::rows::{Shown, What, read, twins};
    use super::*;

    fn field(row: &str) -> MapRow {
        MapRow { list: "/mappings".into(), row: row.into(), depth: 0, what: What::Field(None) }
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
