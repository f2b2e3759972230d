//! Whether a mapping makes one record, or a list of rows: then its only row is a list without a name, whose items are the rows.

use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::{Intent, View, path};

use super::Editing;
use crate::components::SelectBox;
use crate::state::{list_rows, row_id, value_at};

const RECORD: &str = "record";
const ROWS: &str = "rows";

/// Whether rows are made; the engine reads it so too.
pub(super) fn makes_rows(rows: &[Value]) -> bool {
    let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    matches!(rows, [row] if text(row, "generate").is_empty() && text(row, "dataType").ends_with("array"))
}

/// The list that new rows go to: where rows are made, the fields of their first item.
pub(super) fn home(view: &View, base: &str) -> String {
    let rows = value_at(view, base).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let inner = || {
        let list = view.rows.get(base)?.first()?;
        let items = format!("{}/buildArrayHelper", path::join(base, list));
        let item = view.rows.get(&items)?.first()?;
        Some(format!("{}/mappings", path::join(&items, item)))
    };
    Some(base).filter(|_| !makes_rows(rows)).map(str::to_owned).or_else(inner).unwrap_or_else(|| base.to_owned())
}

/// The edits that change over; what is mapped stays mapped. `fresh` is the id of a row that is made.
fn change_over(
    view: &View,
    base: &str,
    to_rows: bool,
    fresh: &mut dyn FnMut() -> String,
) -> Result<Vec<Intent>, &'static str> {
    let rows = list_rows(view, base);
    let delete = |row: &String| Intent::DeleteRow { list: base.to_owned(), row: row.clone() };
    if to_rows {
        let fields: Vec<&Value> = rows.iter().map(|(_, value)| value).collect();
        let value = json!({"generate": "", "dataType": "objectarray", "status": "Active", "buildArrayHelper": [{"extract": "$", "mappings": fields}]});
        let mut edits: Vec<Intent> = rows.iter().map(|(row, _)| delete(row)).collect();
        edits.push(Intent::InsertRow { list: base.to_owned(), row: fresh(), after: None, value });
        return Ok(edits);
    }
    let [(row, list)] = rows.as_slice() else { return Ok(Vec::new()) };
    let items = list.get("buildArrayHelper").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if items.len() > 1 {
        return Err("The rows are built of several lists. Remove all but one of them, then make one record.");
    }
    let fields = items.first().and_then(|item| item.get("mappings")).and_then(Value::as_array).cloned();
    let mut edits = vec![delete(row)];
    let mut after = None;
    for value in fields.unwrap_or_default() {
        let row = fresh();
        edits.push(Intent::InsertRow { list: base.to_owned(), after: after.replace(row.clone()), row, value });
    }
    Ok(edits)
}

/// The choice.
#[component]
pub(super) fn Format(editing: Editing) -> impl IntoView {
    let now = Memo::new(move |_| if editing.with_rules(makes_rows) { ROWS } else { RECORD }.to_owned());
    let choices = Signal::derive(|| {
        [(RECORD, "Makes a record { }"), (ROWS, "Makes rows [ ]")]
            .map(|(key, words)| (key.to_owned(), words.to_owned()))
            .to_vec()
    });
    let choose = Callback::new(move |key: String| {
        let base = editing.purpose.base;
        let made = editing
            .doc
            .view
            .with_untracked(|view| view.as_ref().map(|view| change_over(view, base, key == ROWS, &mut row_id::fresh)));
        match made {
            Some(Ok(edits)) if !edits.is_empty() => editing.edit(edits),
            Some(Err(why)) => editing.doc.app.toasts.fail(why),
            _ => {}
        }
    });
    let off = Signal::derive(move || !editing.doc.writable.get());
    view! { <span class="map-format wide-only"><SelectBox name="map-format" label="What the mapping makes" value=now choices=choices disabled=off on_change=choose/></span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(rows: &[(&str, Value)]) -> View {
        let values: Vec<&Value> = rows.iter().map(|(_, value)| value).collect();
        let mut view = View { value: json!({"mappings": values}), ..View::default() };
        view.rows.insert("/mappings".into(), rows.iter().map(|(row, _)| (*row).to_owned()).collect());
        view
    }

    fn inserted(edits: &[Intent]) -> Vec<Value> {
        let value = |edit: &Intent| if let Intent::InsertRow { value, .. } = edit { Some(value.clone()) } else { None };
        edits.iter().filter_map(value).collect()
    }

    #[test]
    fn a_mapping_of_a_record_becomes_one_of_rows_and_back_with_the_same_fields() {
        let field = |name: &str| json!({"generate": name, "extract": format!("$.{name}"), "dataType": "string"});
        let record = view(&[("a", field("a")), ("b", field("b"))]);
        let mut ids = (0..).map(|n| format!("n{n}"));
        let mut fresh = || ids.next().unwrap_or_default();
        let to_rows = change_over(&record, "/mappings", true, &mut fresh).unwrap();
        let made = inserted(&to_rows);
        assert!(makes_rows(&made) && !makes_rows(&[field("a")]), "{made:?}");
        assert_eq!(to_rows.len(), 3, "the rows that were there go");
        let back = change_over(&view(&[("l", made[0].clone())]), "/mappings", false, &mut fresh).unwrap();
        assert_eq!(inserted(&back), [field("a"), field("b")]);
        assert_eq!(home(&record, "/mappings"), "/mappings");
        let mut rows = view(&[("l", made[0].clone())]);
        rows.rows.insert("/mappings/l/buildArrayHelper".into(), vec!["e".into()]);
        assert_eq!(
            home(&rows, "/mappings"),
            "/mappings/l/buildArrayHelper/e/mappings",
            "a new row is a field of the rows"
        );
    }

    #[test]
    fn rows_of_several_lists_are_not_made_one_record() {
        let two = json!({"generate": "", "dataType": "objectarray", "buildArrayHelper": [{"extract": "$.a[*]"}, {"extract": "$.b[*]"}]});
        let refused = change_over(&view(&[("l", two)]), "/mappings", false, &mut || "n".into());
        assert!(refused.is_err_and(|why| why.contains("several lists")));
    }
}
