//! Sorting records, and making one record of neighbours with the same key.
//!
//! Values are compared as texts, character by character: 10 comes before 9. A field that is missing is an empty text.
//! Only neighbours are joined, so one group is in memory at a time; what is not in order is sorted first.

use std::cmp::Ordering;

use serde_json::Value;
use tombolo_model::{Problem, Val, excerpt};

use crate::path::OldPath;
use crate::size::size_bytes;
use crate::units::MAX_RECORD_BYTES;

/// By how many fields is sorted or grouped: each of them is read of each record, many times.
const MOST_FIELDS: usize = 100;

/// The fields whose values make a group.
#[derive(Debug, Clone)]
pub(crate) struct Grouping {
    fields: Vec<(String, OldPath)>,
    /// Whether records without any of these values are a group; else each is one of its own.
    group_empty: bool,
    /// Whether the fields are columns that every row has to have.
    columns: bool,
}

impl Grouping {
    /// Compiles a list of fields; nothing for an empty one.
    pub(crate) fn compile(
        fields: Option<&Value>,
        group_empty: bool,
        place: &str,
    ) -> Result<Option<Self>, Vec<Problem>> {
        let names = fields.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let fields = names
            .filter(|name| !name.is_empty())
            .map(|name| field(name, place).map(|path| (name.to_owned(), path)))
            .collect::<Result<Vec<_>, Vec<Problem>>>()?;
        few(fields.len(), place)?;
        let grouping = Self { fields, group_empty, columns: false };
        Ok(Some(grouping).filter(|grouping| !grouping.fields.is_empty()))
    }

    /// The key columns of a CSV file: rows with nothing in them are a group too.
    pub(crate) fn key_columns(names: Option<&Value>, place: &str) -> Result<Option<Self>, Vec<Problem>> {
        Ok(Self::compile(names, true, place)?.map(|grouping| Self { columns: true, ..grouping }))
    }

    /// What is wrong with a row that lacks a key column: it belongs to no group. By a mistyped name the whole file would
    /// be one.
    pub(crate) fn refuses(&self, row: &Val) -> Option<String> {
        let is_missing = |(_, path): &&(String, OldPath)| path.get(row).is_none();
        let (missing, _) = self.fields.iter().filter(|_| self.columns).find(is_missing)?;
        Some(format!(
            "The file has no column “{missing}”, which should join rows. Change the key columns.",
            missing = excerpt(&missing)
        ))
    }

    /// Whether a record is of the group that another one is of.
    fn joins(&self, last: &Val, record: &Val) -> bool {
        let mut empty = true;
        let same = self.fields.iter().all(|(_, field)| {
            let (one, other) = (field.get(last), field.get(record));
            let (one, other) = (one.as_deref().unwrap_or(&Val::Absent), other.as_deref().unwrap_or(&Val::Absent));
            let nothing = is_nothing(one);
            empty &= nothing;
            (nothing && is_nothing(other)) || one.display() == other.display()
        });
        same && (self.group_empty || !empty)
    }
}

/// An element of XML without a text is a list of one empty text.
fn is_nothing(value: &Val) -> bool {
    value.is_empty() || matches!(value, Val::List(items) if items.iter().all(Val::is_empty))
}

fn field(name: &str, place: &str) -> Result<OldPath, Vec<Problem>> {
    OldPath::compile(name).map_err(|error| vec![Problem::new(place, "invalid_path", format!("{error}."))])
}

fn few(fields: usize, place: &str) -> Result<(), Vec<Problem>> {
    if fields <= MOST_FIELDS {
        return Ok(());
    }
    let message = format!("There are {fields} fields here, and at most {MOST_FIELDS} are compared: leave some out.");
    Err(vec![Problem::new(place, "invalid_value", message)])
}

/// Joins records as they come.
#[derive(Debug)]
pub(crate) struct Grouper<'g> {
    grouping: &'g Grouping,
    open: Option<Group>,
}

/// Neighbours with the same key.
#[derive(Debug)]
pub(crate) struct Group {
    /// The place of its first record in the source.
    pub(crate) index: u64,
    /// Its records; of a group that is too big only the last.
    rows: Vec<Val>,
    bytes: usize,
}

impl Group {
    /// The group as one record; its size when that is too much for one.
    pub(crate) fn into_record(self) -> Result<Val, usize> {
        if self.bytes > MAX_RECORD_BYTES { Err(self.bytes) } else { Ok(Val::List(self.rows)) }
    }
}

impl<'g> Grouper<'g> {
    pub(crate) fn new(grouping: &'g Grouping) -> Self {
        Self { grouping, open: None }
    }

    /// Takes a record; the group before it, when that is complete now.
    pub(crate) fn push(&mut self, record: Val, index: u64) -> Option<Group> {
        let bytes = size_bytes(&record) + 1;
        match &mut self.open {
            Some(open) if open.rows.last().is_some_and(|last| self.grouping.joins(last, &record)) => {
                open.bytes = open.bytes.saturating_add(bytes);
                if open.bytes > MAX_RECORD_BYTES {
                    open.rows.clear();
                }
                open.rows.push(record);
                None
            }
            open => open.replace(Group { index, rows: vec![record], bytes: bytes + 2 }),
        }
    }

    /// The last group.
    pub(crate) fn end(&mut self) -> Option<Group> {
        self.open.take()
    }
}

/// The fields that records are sorted by, the first ones first.
#[derive(Debug, Clone)]
pub(crate) struct Sorting(Vec<(OldPath, bool)>);

impl Sorting {
    /// Compiles a list of `{field, descending}`; nothing for an empty one.
    pub(crate) fn compile(fields: Option<&Value>, place: &str) -> Result<Option<Self>, Vec<Problem>> {
        let mut made = Vec::new();
        for (at, one) in fields.and_then(Value::as_array).into_iter().flatten().enumerate() {
            let Some(name) = one.get("field").and_then(Value::as_str).filter(|name| !name.is_empty()) else { continue };
            let descending = one.get("descending").and_then(Value::as_bool).unwrap_or(false);
            made.push((field(name, &format!("{place}/{at}/field"))?, descending));
        }
        few(made.len(), place)?;
        Ok(Some(Self(made)).filter(|sorting| !sorting.0.is_empty()))
    }

    /// Sorts; what is equal keeps its order.
    pub(crate) fn sort<T>(&self, records: &mut [T], value: impl Fn(&T) -> &Val) {
        records.sort_by(|one, other| self.compare(value(one), value(other)));
    }

    fn compare(&self, one: &Val, other: &Val) -> Ordering {
        let text = |path: &OldPath, value: &Val| path.get(value).map(|found| found.display().into_owned());
        self.0
            .iter()
            .map(|(path, descending)| {
                let order = match (path.get(one).as_deref(), path.get(other).as_deref()) {
                    // The usual case copies nothing.
                    (Some(Val::Str(one)), Some(Val::Str(other))) => one.cmp(other),
                    _ => text(path, one).unwrap_or_default().cmp(&text(path, other).unwrap_or_default()),
                };
                if *descending { order.reverse() } else { order }
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tombolo_model::KeyPool;

    use super::*;

    fn records(texts: &[&str]) -> Vec<Val> {
        texts.iter().map(|text| Val::parse(text.as_bytes(), &mut KeyPool::default()).unwrap()).collect()
    }

    fn texts(records: &[Val]) -> String {
        records.iter().map(Val::to_json).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn records_are_sorted_as_texts_and_equal_ones_stay_in_order() {
        let by = json!([{"field": "a"}, {"field": "b.c", "descending": true}, {"descending": true}]);
        let sorting = Sorting::compile(Some(&by), "/x").unwrap().unwrap();
        let mut made = records(&[
            r#"{"a":"9","b":{"c":"x"}}"#,
            r#"{"a":10,"b":{"c":"x"}}"#,
            r#"{"b":{"c":"z"}}"#,
            r#"{"a":10,"b":{"c":"y"},"n":1}"#,
            r#"{"a":"10","b":{"c":"y"},"n":2}"#,
        ]);
        sorting.sort(&mut made, |record| record);
        let want = r#"{"b":{"c":"z"}} {"a":10,"b":{"c":"y"},"n":1} {"a":"10","b":{"c":"y"},"n":2} {"a":10,"b":{"c":"x"}} {"a":"9","b":{"c":"x"}}"#;
        assert_eq!(texts(&made), want);
        assert!(Sorting::compile(Some(&json!([])), "/x").unwrap().is_none());
    }

    fn groups(grouping: &Grouping, records: Vec<Val>) -> Vec<Group> {
        let mut grouper = Grouper::new(grouping);
        let mut made = Vec::new();
        for (at, record) in records.into_iter().enumerate() {
            made.extend(grouper.push(record, at as u64));
        }
        made.extend(grouper.end());
        made
    }

    #[test]
    fn neighbours_with_the_same_key_are_one_group() {
        let rows = [r#"{"k":"a","j":1}"#, r#"{"k":"a","j":"1"}"#, r#"{"k":"b","j":1}"#, r#"{"k":"a","j":1}"#];
        let grouping = Grouping::compile(Some(&json!(["k", "j"])), false, "/x").unwrap().unwrap();
        let made = groups(&grouping, records(&rows));
        assert_eq!(made.iter().map(|group| group.index).collect::<Vec<_>>(), [0, 2, 3]);
        let lists: Vec<Val> = made.into_iter().map(|group| group.into_record().unwrap()).collect();
        let want = r#"[{"k":"a","j":1},{"k":"a","j":"1"}] [{"k":"b","j":1}] [{"k":"a","j":1}]"#;
        assert_eq!(texts(&lists), want);
    }

    #[test]
    fn a_column_whose_name_has_a_dot_is_a_key_and_an_order() {
        for name in ["Order.Id", "Order No."] {
            let rows: Vec<String> = ["2", "2", "1"].iter().map(|id| json!({name: id}).to_string()).collect();
            let rows = records(&rows.iter().map(String::as_str).collect::<Vec<_>>());
            let grouping = Grouping::compile(Some(&json!([name])), true, "/x").unwrap().unwrap();
            assert_eq!(groups(&grouping, rows.clone()).len(), 2, "{name}");
            let sorting = Sorting::compile(Some(&json!([{"field": name}])), "/x").unwrap().unwrap();
            let mut sorted = rows.clone();
            sorting.sort(&mut sorted, |record| record);
            assert_eq!(sorted[0], rows[2], "{name}");
        }
    }

    #[test]
    fn records_without_a_key_are_a_group_only_when_that_is_wanted() {
        let rows = records(&[r#"{"k":""}"#, "{}", r#"{"k":null}"#, r#"{"k":[""]}"#, r#"{"k":[""]}"#, r#"{"k":"a"}"#]);
        for (group_empty, want) in [(false, 6), (true, 2)] {
            let grouping = Grouping::compile(Some(&json!(["k"])), group_empty, "/x").unwrap().unwrap();
            assert_eq!(groups(&grouping, rows.clone()).len(), want);
        }
    }

    #[test]
    fn a_row_without_a_key_column_is_refused_and_a_record_without_a_field_is_not() {
        let row = &records(&[r#"{"a":"1"}"#])[0];
        let keys = Grouping::key_columns(Some(&json!(["a", "b"])), "/x").unwrap().unwrap();
        assert!(keys.refuses(row).unwrap().contains("“b”"));
        let fields = Grouping::compile(Some(&json!(["a", "b"])), true, "/x").unwrap().unwrap();
        assert_eq!(fields.refuses(row), None);
    }

    #[test]
    fn a_group_that_is_too_big_is_counted_and_not_kept() {
        let grouping = Grouping::compile(Some(&json!(["k"])), false, "/x").unwrap().unwrap();
        let mut grouper = Grouper::new(&grouping);
        let row = records(&[&format!(r#"{{"k":"a","t":"{}"}}"#, "x".repeat(1024 * 1024))]).remove(0);
        for at in 0..10 {
            assert!(grouper.push(row.clone(), at).is_none());
        }
        assert_eq!(grouper.open.as_ref().unwrap().rows.len(), 1);
        assert!(grouper.end().unwrap().into_record().unwrap_err() > 10 * 1024 * 1024);
    }
}
