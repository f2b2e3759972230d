//! Mapper 1.0: flat rules for the fields of a record and for those of its lists.
//!
//! Built for the resources that have such rules; new ones are written in version 2.0. What only connectors of one
//! vendor read (`isKey`, `internalId`) changes nothing here.

mod compile;
mod field;

use std::sync::Arc;

use tombolo_model::Val;

use crate::lookup::Lookups;
use crate::mapper::items::composed;
use crate::mapper::{Around, MapError, Mapped, Read};
use crate::room::Room;
use crate::rows::Rows;
use crate::target::{Fields, Target};
use field::{Field, Seen};

/// Compiled rules of version 1.0.
#[derive(Debug, Clone)]
pub(crate) struct OldMapping {
    fields: Vec<Field>,
    lists: Vec<List>,
    /// The fields of the record that is made.
    shape: Fields,
    lookups: Arc<Lookups>,
}

/// A list of the destination.
#[derive(Debug, Clone)]
struct List {
    target: Target,
    rows: Rows,
    fields: Vec<Field>,
    /// Those of the fields.
    templates: Vec<Read>,
    /// The fields of each item.
    shape: Fields,
}

impl OldMapping {
    /// Maps a record, or a group of rows to one record.
    pub(crate) fn map(&self, record: &Val, around: &Around<'_, '_>) -> Result<Mapped, MapError> {
        let lookups = |name: &str, key: &Val| self.lookups.value(name, key, around);
        let made = around.env.scoped(&lookups, |env| {
            let find = |name: &str| (around.find)(name);
            self.made(record, &around.seeing(&find, env))
        });
        let open = around.answers.take_open();
        if open.is_empty() { made.map(Mapped::Made) } else { Ok(Mapped::Asks(open)) }
    }

    fn made(&self, record: &Val, around: &Around<'_, '_>) -> Result<Val, MapError> {
        let mut made = self.shape.record();
        // Templates name the fields of the record; of a group those of its first row.
        let first = match record {
            Val::List(rows) => rows.first().unwrap_or(&Val::Absent),
            record => record,
        };
        let room = &Room::default();
        for field in &self.fields {
            field.write(&mut made, &Seen { record, row: first, column: None, room }, around)?;
        }
        for list in &self.lists {
            list.write(&mut made, record, room, around)?;
        }
        Ok(made)
    }
}

impl List {
    fn write(&self, made: &mut Val, record: &Val, room: &Room, around: &Around<'_, '_>) -> Result<(), MapError> {
        let mut items = Vec::new();
        let there = self.rows.each(record, &mut |at, values| {
            // What templates see: the item, and the record with the one item in the place of each list.
            let reads = |name: &str| self.templates.iter().any(|template| template.reads(&[name]));
            let whole = if self.templates.is_empty() { Val::Absent } else { composed(self.rows.keys(), at, &reads) };
            let row = at.last().unwrap_or(record);
            let mut item = self.shape.record();
            for (field, column) in self.fields.iter().zip(values) {
                let seen = Seen { record: &whole, row, column: Some(column.as_deref()), room };
                field.write(&mut item, &seen, around)?;
            }
            if !matches!(&item, Val::Map(fields) if fields.is_empty()) {
                items.push(item);
            }
            Ok(())
        })?;
        if there {
            self.target.list(made)?.extend(items);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::Answers;
    use serde_json::{Value, json};
    use tombolo_template::Env;

    fn mapped(rules: &Value, record: &Value, updates: bool) -> Result<Value, String> {
        let lookups =
            json!([{"name": "states", "map": {"7": "seven"}, "allowFailures": true}, {"name": "strict", "map": {}}]);
        let lookups = Lookups::compile(Some(&lookups), "/lookups").unwrap();
        let mapping = OldMapping::compile(rules, "/mapping", &lookups);
        let mapping = mapping.map_err(|problems| format!("{} {}", problems[0].path, problems[0].message))?.unwrap();
        let (record, settings) = (Val::from(record), Val::from(&json!({"shop": "s"})));
        let find = |name: &str| (name == "settings").then_some(&settings);
        let (env, answers) = (Env::default(), Answers::default());
        let mut around = Around::new(&find, &env, &answers);
        around.updates = updates;
        match mapping.map(&record, &around) {
            Ok(Mapped::Made(made)) => Ok(Value::from(&made)),
            Ok(other) => Err(format!("{other:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    fn field(settings: &Value, record: &Value) -> Result<Value, String> {
        let mut row = json!({"generate": "a"});
        row.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        mapped(&json!({ "fields": [row] }), record, false)
            .map(|made| made.get("a").cloned().unwrap_or(json!("nothing")))
    }

    #[test]
    fn fields_of_version_1_come_from_paths_templates_and_constants() {
        let record = json!({"id": 7, "n": "12.5", "blank": "", "nil": null, "Item Name": "x & y", "o": {"d": "07/04/2026"},
            "l": [{"s": "1"}, {"s": "2"}]});
        for (settings, want) in [
            (json!({"extract": "id"}), json!(7)),
            (json!({"extract": "id", "dataType": "string"}), json!("7")),
            (json!({"extract": "n", "dataType": "number"}), json!(12.5)),
            (json!({"extract": "[Item Name]"}), json!("x & y")),
            (json!({"extract": "Item Name"}), json!("x & y")),
            (json!({"extract": "l[*].s", "dataType": "number"}), json!([1, 2])),
            (json!({"extract": "{{id}}-{{settings.shop}}"}), json!("7-s")),
            (json!({"hardCodedValue": "fixed"}), json!("fixed")),
            (json!({"hardCodedValue": ""}), json!("")),
            (json!({"hardCodedValue": null}), json!(null)),
            (json!({"extract": "id", "lookupName": "states"}), json!("seven")),
            (json!({"extract": "n", "lookupName": "states", "default": "?"}), json!("?")),
            (
                json!({"extract": "o.d", "dataType": "date", "extractDateFormat": "MM/DD/YYYY", "generateDateFormat": "YYYY-MM-DD"}),
                json!("2026-07-04"),
            ),
            // Without a value.
            (json!({"extract": "no"}), json!("nothing")),
            (json!({"extract": "no", "default": "d"}), json!("d")),
            (json!({"extract": "blank"}), json!("")),
            (json!({"extract": "blank", "default": null}), json!(null)),
            (json!({"extract": "blank", "discardIfEmpty": true}), json!("nothing")),
            (json!({"extract": "nil"}), json!(null)),
            (json!({"extract": "nil", "discardIfEmpty": true}), json!("nothing")),
            // Conditions.
            (json!({"extract": "id", "conditional": {"when": "record_updated"}}), json!("nothing")),
            (json!({"extract": "blank", "conditional": {"when": "extract_not_empty"}}), json!("nothing")),
            (json!({"extract": "id", "conditional": {"when": "lookup_not_empty", "lookupName": "states"}}), json!(7)),
            (
                json!({"extract": "id", "conditional": {"when": "lookup_empty", "lookupName": "states"}}),
                json!("nothing"),
            ),
            (json!({"extract": "id", "immutable": true}), json!(7)),
        ] {
            assert_eq!(field(&settings, &record), Ok(want), "{settings}");
        }
        let error = field(&json!({"extract": "o", "dataType": "number"}), &record).unwrap_err();
        assert!(error.contains("“a” could not be mapped: it is an object"), "{error}");
        assert!(
            field(&json!({"extract": "id", "lookupName": "strict"}), &record).unwrap_err().contains("nothing for “7”")
        );
        let immutable = json!({"fields": [{"extract": "id", "generate": "a", "immutable": true}, {"extract": "id", "generate": "b.c"},
            {"extract": "n", "generate": "b.c", "conditional": {"when": "ignore_if_set"}}]});
        assert_eq!(mapped(&immutable, &record, true), Ok(json!({"b": {"c": 7}})));
    }

    #[test]
    fn lists_of_version_1_go_through_the_list_of_their_paths() {
        let record = json!({"id": 1, "items": [{"sku": "x", "q": 1, "tax": [{"r": 5}, {"r": 6}]}, {"sku": "y"}]});
        let rows = json!([{"o": 1, "sku": "x"}, {"o": 1, "sku": "y"}]);
        let list = |fields: Value, more: Value| {
            let mut list = json!({"generate": "lines", "fields": fields});
            list.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"fields": [{"extract": "id", "generate": "id"}, {"extract": "o", "generate": "order"}], "lists": [list]})
        };
        let plain = json!([{"extract": "items[*].sku", "generate": "s"}, {"extract": "id", "generate": "of"},
            {"hardCodedValue": 1, "generate": "n"}, {"extract": "{{sku}}/{{items.q}}/{{id}}", "generate": "t"}]);
        for (rules, record, want) in [
            (
                list(plain, json!({})),
                &record,
                json!({"id": 1, "lines": [{"s": "x", "of": 1, "n": 1, "t": "x/1/1"}, {"s": "y", "of": 1, "n": 1, "t": "y//1"}]}),
            ),
            (
                list(
                    json!([{"extract": "items[*].tax[*].r", "generate": "r"}, {"extract": "items[*].sku", "generate": "s"}]),
                    json!({}),
                ),
                &record,
                json!({"id": 1, "lines": [{"r": 5, "s": "x"}, {"r": 6, "s": "x"}]}),
            ),
            (
                list(
                    json!([{"extract": "sku", "generate": "s"}, {"extract": "items[*].q", "generate": "q"}]),
                    json!({"jsonPath": "items"}),
                ),
                &record,
                json!({"id": 1, "lines": [{"s": "x", "q": 1}, {"s": "y"}]}),
            ),
            (
                list(json!([{"extract": "*.sku", "generate": "s.k"}, {"extract": "o", "generate": "o"}]), json!({})),
                &rows,
                json!({"order": 1, "lines": [{"s": {"k": "x"}, "o": 1}, {"s": {"k": "y"}, "o": 1}]}),
            ),
            (
                list(
                    json!([{"extract": "no[*].sku", "generate": "s"}, {"hardCodedValue": 1, "generate": "n"}]),
                    json!({}),
                ),
                &record,
                json!({"id": 1}),
            ),
            (
                list(json!([{"hardCodedValue": "c", "generate": "city"}]), json!({})),
                &record,
                json!({"id": 1, "lines": [{"city": "c"}]}),
            ),
        ] {
            assert_eq!(mapped(&rules, record, false), Ok(want), "{rules}");
        }
    }

    #[test]
    fn rules_of_version_1_that_cannot_run_are_named() {
        let field = |settings: Value| json!({ "fields": [settings] });
        for (rules, want) in [
            (field(json!({"extract": "a"})), "/mapping/fields/0/generate"),
            (field(json!({"extract": "{{nope a}}", "generate": "a"})), "/mapping/fields/0/extract"),
            (field(json!({"extract": "a", "generate": "a", "dataType": "blob"})), "“blob”"),
            (field(json!({"extract": "a", "generate": "a", "lookupName": "x"})), "“x”"),
            (field(json!({"extract": "a", "generate": "a", "conditional": {"when": "never"}})), "“never”"),
            (field(json!({"extract": "a", "generate": "a", "subRecordMapping": {"x": 1}})), "subRecordMapping"),
            (
                json!({"lists": [{"generate": "", "fields": [{"extract": "a", "generate": "b"}]}]}),
                "/mapping/lists/0/generate",
            ),
        ] {
            let error = mapped(&rules, &json!({}), false).unwrap_err();
            assert!(error.contains(want), "{rules}: {error}");
        }
    }
}
