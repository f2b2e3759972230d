//! Mapper 2.0: rules compiled once, run per record.
//!
//! Decides how each destination field gets its value. Where the mapped record goes is left to the destination.
//! A value that does not fit its type is an error of that record, naming the rule.

mod compile;
mod convert;
pub(crate) mod date;
mod dates;
pub(crate) mod items;
mod list;
pub(crate) mod number;

use std::borrow::Cow;
use std::sync::Arc;

use tombolo_model::{Keys, Record, Val};
use tombolo_template::{Env, Named, Template};

use crate::lookup::StaticLookup;
use crate::path::Path;
use convert::DataType;
use dates::Dates;
use items::Items;
use list::Entry;

/// Finds what a template names: `record`, `settings`, ….
pub(crate) type Find<'l, 'c> = &'l dyn Fn(&str) -> Option<&'c Val>;

/// Compiled rules of one object.
#[derive(Debug, Clone)]
pub(crate) struct Mapper {
    keys: Arc<Keys>,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    /// The destination field with the objects around it, for messages.
    name: Box<str>,
    from: From,
    dates: Option<Dates>,
    lookup: Option<StaticLookup>,
    to: DataType,
    /// What stands there when the source has no value.
    default: Option<Val>,
    /// Only when the source has a value: a default does not count then.
    only_with_value: bool,
}

#[derive(Debug, Clone)]
enum From {
    Path(At),
    Template(Template),
    Literal(Val),
    /// An object: the one that is there, with the fields that are mapped.
    Object(Option<At>, Mapper),
    List(Vec<Entry>),
    Nothing,
}

/// A path, from the record or from one of the items that a list is built of.
#[derive(Debug, Clone)]
struct At {
    item: usize,
    path: Path,
}

impl At {
    fn get<'r>(&self, items: &Items<'r>) -> Option<&'r Val> {
        self.path.get(items.get(self.item)?)
    }
}

/// A record that could not be mapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The field “{field}” could not be mapped: {reason}")]
pub(crate) struct MapError {
    pub(crate) field: String,
    pub(crate) reason: String,
}

impl Mapper {
    /// Maps a record. `find` finds what a template names.
    pub(crate) fn map<'l, 'c: 'l>(&self, record: &Val, find: Find<'l, 'c>, env: &Env<'_>) -> Result<Record, MapError> {
        self.fields(&mut Items::of(record), find, env)
    }

    /// The object made of the record and the items around it.
    fn fields<'l, 'c: 'l>(&self, items: &mut Items<'_>, find: Find<'l, 'c>, env: &Env<'_>) -> Result<Record, MapError> {
        let mut values = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            values.push(rule.value(items, find, env)?);
        }
        Ok(Record::new(Arc::clone(&self.keys), values))
    }
}

impl Rule {
    fn value<'l, 'c: 'l>(&self, items: &mut Items<'_>, find: Find<'l, 'c>, env: &Env<'_>) -> Result<Val, MapError> {
        let found = match &self.from {
            From::Path(at) => at.get(items).map(Cow::Borrowed),
            From::Literal(value) => Some(Cow::Borrowed(value)),
            From::Nothing => None,
            From::Template(template) => Some(Cow::Owned(self.rendered(template, find, env)?)),
            From::Object(base, mapper) => {
                let made = mapper.fields(items, find, env)?;
                let base = base.as_ref().and_then(|base| base.get(items));
                // An object in which nothing was mapped is no value.
                return Ok(object_on(base, made).unwrap_or_else(|| self.without()));
            }
            From::List(entries) => {
                let made = list::made(self, entries, items, find, env)?;
                return Ok(made.unwrap_or_else(|| self.without()));
            }
        };
        let Some(found) = found.filter(|value| !value.is_empty()) else {
            return Ok(self.without());
        };
        let value = self.looked_up(found, env)?;
        if value.is_empty() {
            return Ok(self.without());
        }
        self.to.convert(&value).map_err(|reason| self.error(reason))
    }

    /// What stands there when there is no value.
    fn without(&self) -> Val {
        self.default.clone().filter(|_| !self.only_with_value).unwrap_or_default()
    }

    /// The value as a date in the wanted format, or as the lookup has it.
    fn looked_up<'v>(&self, value: Cow<'v, Val>, env: &Env<'_>) -> Result<Cow<'v, Val>, MapError> {
        let value = match &self.dates {
            Some(dates) => Cow::Owned(dates.convert(&value, env.now_ms).map_err(|reason| self.error(reason))?),
            None => value,
        };
        match &self.lookup {
            Some(lookup) => lookup.get(&value).map(Cow::Owned).map_err(|reason| self.error(format!("{reason}."))),
            None => Ok(value),
        }
    }

    fn rendered<'l, 'c: 'l>(&self, template: &Template, find: Find<'l, 'c>, env: &Env<'_>) -> Result<Val, MapError> {
        let text = template.render_in(&Named(find), env).map_err(|error| self.error(error.to_string()))?;
        Ok(Val::text(&text))
    }

    fn error(&self, reason: String) -> MapError {
        MapError { field: self.name.to_string(), reason }
    }
}

/// What was mapped, laid over the object that was there; nothing when neither has a field.
fn object_on(base: Option<&Val>, made: Record) -> Option<Val> {
    let Some(Val::Map(base)) = base else {
        return (!made.is_empty()).then_some(Val::Map(made));
    };
    let mut object = base.clone();
    for (name, value) in made.iter() {
        object.set(name, value.clone());
    }
    Some(Val::Map(object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tombolo_model::KeyPool;

    const ORDERS: &str = r#"{"customer":"Ann","tags":["a","b"],"matrix":[[1,2],[3]],"none":[],"orders":[
        {"id":1,"items":[{"sku":"x","qty":"2","taxes":[{"r":5}]},{"sku":"y","qty":3}]},
        {"id":2,"items":[]},
        {"id":3,"items":[{"sku":"z","taxes":[{"r":6},{"r":7}]}]}]}"#;

    fn map(rules: &Value) -> Result<String, String> {
        let record = r#"{"id":7,"price":"12.50","whole":"007","name":"O'Brien & co","on":"true","null":null,"blank":"",
            "float":1.0,"tags":["a",2],"deep":{"x":{"y":"z"}},"text":"abc"}"#;
        map_of(rules, record)
    }

    fn map_of(rules: &Value, record: &str) -> Result<String, String> {
        let lookups = json!([{"name": "states", "map": {"7": "seven", "z": ""}, "allowFailures": true},
            {"name": "strict", "map": {"a": 1}}, {"name": "else", "map": {}, "default": "?"}]);
        let rules = rules.as_array().unwrap();
        let mapper = Mapper::compile(rules, "/mappings", &StaticLookup::all(Some(&lookups)));
        let mapper = mapper.map_err(|problems| problems[0].message.clone())?;
        let record = Val::parse(record.as_bytes(), &mut KeyPool::default()).unwrap();
        let made = mapper.unwrap().map(&record, &|name| (name == "record").then_some(&record), &Env::default());
        made.map(|made| Val::Map(made).to_json()).map_err(|error| error.to_string())
    }

    fn one(rule: &Value) -> Result<String, String> {
        map(&json!([rule]))
    }

    #[test]
    fn an_object_that_two_people_made_is_one_with_the_fields_of_both() {
        let object = |field: &str, more: Value| {
            let mut row = json!({"generate": "deep", "dataType": "object",
                "mappings": [{"generate": field, "dataType": "string", "extract": "$.id"}]});
            row.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
            row
        };
        let between = json!({"generate": "id", "dataType": "number", "extract": "$.id"});
        let rules = json!([object("city", json!({})), between, object("state", json!({}))]);
        assert_eq!(map(&rules).as_deref(), Ok(r#"{"deep":{"city":"7","state":"7"},"id":7}"#));
        let twice = map(&json!([object("city", json!({})), object("city", json!({}))])).unwrap_err();
        assert!(twice.contains("“city” is mapped twice"), "{twice}");
        // A condition of one says nothing of the other's fields.
        let when = json!({"conditional": {"when": "extract_not_empty"}});
        let (plain, other) = (object("city", json!({})), object("state", when));
        for rules in [json!([plain, other]), json!([other, plain])] {
            let refused = map(&rules).unwrap_err();
            assert!(refused.contains("“deep” is mapped twice"), "{refused}");
        }
    }

    #[test]
    fn scalars_are_converted_to_their_type() {
        for (extract, kind, want) in [
            ("$.id", "string", r#"{"a":"7"}"#),
            ("$.float", "string", r#"{"a":"1"}"#),
            ("$.price", "number", r#"{"a":12.5}"#),
            ("$.whole", "number", r#"{"a":7}"#),
            ("$.on", "boolean", r#"{"a":true}"#),
            ("$.id", "boolean", r#"{"a":true}"#),
            ("fixed", "string", r#"{"a":"fixed"}"#),
            ("{{{record.name}}} #{{record.id}}", "string", r#"{"a":"O'Brien & co #7"}"#),
            ("{{record.price}}", "number", r#"{"a":12.5}"#),
            ("$.tags", "stringarray", r#"{"a":["a","2"]}"#),
            ("$.deep", "object", r#"{"a":{"x":{"y":"z"}}}"#),
        ] {
            let rule = json!({"generate": "a", "dataType": kind, "extract": extract, "status": "Active"});
            assert_eq!(one(&rule), Ok(want.to_owned()), "{extract} {kind}");
        }
    }

    #[test]
    fn a_value_that_does_not_fit_names_the_rule() {
        let inner = json!({"generate": "n", "dataType": "number", "extract": "$.text"});
        let error = one(&json!({"generate": "a", "dataType": "object", "mappings": [inner]})).unwrap_err();
        assert!(error.contains("“a.n”") && error.contains("“abc” is not a number"), "{error}");
        let error = one(&json!({"generate": "a", "dataType": "string", "extract": "$.deep"})).unwrap_err();
        assert!(error.contains("an object"), "{error}");
    }

    #[test]
    fn a_source_without_a_value_does_what_the_rule_says() {
        for (extra, want) in [
            (json!({}), "{}"),
            (json!({"default": ""}), r#"{"a":""}"#),
            (json!({"default": null}), r#"{"a":null}"#),
            (json!({"default": "5"}), r#"{"a":5}"#),
            (json!({"default": "5", "conditional": {"when": "extract_not_empty"}}), "{}"),
        ] {
            for extract in ["$.missing", "$.null", "$.blank"] {
                let mut rule = json!({"generate": "a", "dataType": "number", "extract": extract});
                rule.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
                assert_eq!(one(&rule), Ok(want.to_owned()), "{extra} {extract}");
            }
        }
    }

    #[test]
    fn objects_nest_and_paths_start_at_the_root() {
        let rules = json!([
            {"generate": "o", "dataType": "object", "mappings": [
                {"generate": "p", "dataType": "object", "mappings": [
                    {"generate": "q", "dataType": "string", "extract": "$.deep.x.y"}]},
                {"generate": "none", "dataType": "object", "mappings": [
                    {"generate": "q", "dataType": "string", "extract": "$.no"}]}]},
            {"generate": "id", "dataType": "number", "extract": "$.id"}]);
        assert_eq!(map(&rules), Ok(r#"{"o":{"p":{"q":"z"}},"id":7}"#.to_owned()));
    }

    #[test]
    fn a_list_is_built_of_entries_in_order() {
        let sku = json!({"generate": "sku", "dataType": "string", "extract": "$.orders.items.sku"});
        let order = json!({"generate": "order", "dataType": "number", "extract": "$.orders[*].id"});
        let who = json!({"generate": "who", "dataType": "string", "extract": "$.customer"});
        let said = json!({"generate": "said", "dataType": "string", "extract": "{{record.customer}} {{record.orders.id}} {{record.orders.items.sku}}"});
        for (kind, helpers, want) in [
            // Values as they are, of one list or of lists in lists.
            ("stringarray", json!([{"extract": "$.tags[*]"}, {"extract": "$.tags"}]), r#"["a","b","a","b"]"#),
            ("stringarray", json!([{"extract": "$.orders[*].items[*].sku"}]), r#"["x","y","z"]"#),
            ("numberarray", json!([{"extract": "$.orders[*].items[*].qty"}, {"extract": "9"}]), "[2,3,9]"),
            ("booleanarray", json!([{"extract": "$.orders[*].id"}]), "[true,true,true]"),
            ("stringarray", json!([{"extract": "{{record.customer}}!"}, {"extract": "{{record.no}}"}]), r#"["Ann!"]"#),
            ("objectarray", json!([{"extract": "$.orders[*].items[0].taxes[*]"}]), r#"[{"r":5},{"r":6},{"r":7}]"#),
            ("arrayarray", json!([{"extract": "$.matrix[*]"}, {"extract": "$.matrix"}]), "[[1,2],[3],[1,2],[3]]"),
            // One object, and one for each value with its surroundings.
            (
                "objectarray",
                json!([{"mappings": [who]}, {"mappings": [{"generate": "n", "extract": "$.no"}]}]),
                r#"[{"who":"Ann"}]"#,
            ),
            (
                "objectarray",
                json!([{"extract": "$.orders[*].items[*]", "mappings": [sku, order, who, said]}]),
                r#"[{"sku":"x","order":1,"who":"Ann","said":"Ann 1 x"},{"sku":"y","order":1,"who":"Ann","said":"Ann 1 y"},{"sku":"z","order":3,"who":"Ann","said":"Ann 3 z"}]"#,
            ),
            (
                "objectarray",
                json!([{"extract": "$.orders", "mappings": [order]}]),
                r#"[{"order":1},{"order":2},{"order":3}]"#,
            ),
            // A list in a list.
            (
                "objectarray",
                json!([{"extract": "$.orders[*]", "mappings": [order, {"generate": "rates", "dataType": "numberarray",
                "buildArrayHelper": [{"extract": "$.orders.items[*].taxes[*].r"}]}]}]),
                r#"[{"order":1,"rates":[5]},{"order":2,"rates":[]},{"order":3,"rates":[6,7]}]"#,
            ),
            (
                "arrayarray",
                json!([{"extract": "$.orders[*]", "mappings": [{"generate": "", "dataType": "stringarray",
                "buildArrayHelper": [{"extract": "$.orders.id"}, {"extract": "$.orders.items[*].sku"}]}]}]),
                r#"[["1","x","y"],["2"],["3","z"]]"#,
            ),
            // An item that is numbered is that one, inside and outside.
            (
                "objectarray",
                json!([{"extract": "$.orders[*]", "mappings": [{"generate": "first", "dataType": "number", "extract": "$.orders[0].id"}]}]),
                r#"[{"first":1},{"first":1},{"first":1}]"#,
            ),
        ] {
            let rule = json!([{"generate": "a", "dataType": kind, "buildArrayHelper": helpers}]);
            assert_eq!(map_of(&rule, ORDERS), Ok(format!(r#"{{"a":{want}}}"#)), "{rule}");
        }
    }

    #[test]
    fn a_list_without_items_is_empty_only_where_one_was_there() {
        for (helper, want) in [
            (json!({"extract": "$.none[*]"}), r#"{"a":[]}"#),
            (json!({"extract": "$.no[*]"}), "{}"),
            (json!({"extract": "$.no[*]", "default": "d"}), r#"{"a":["d"]}"#),
            (json!({"extract": "$.no[*]", "default": "d", "conditional": {"when": "extract_not_empty"}}), "{}"),
            (json!({"extract": "$.customer[*]"}), "{}"),
        ] {
            let rule = json!([{"generate": "a", "dataType": "stringarray", "buildArrayHelper": [helper]}]);
            assert_eq!(map_of(&rule, ORDERS).as_deref(), Ok(want), "{rule}");
        }
        let rule =
            json!([{"generate": "a", "dataType": "numberarray", "buildArrayHelper": [{"extract": "$.tags[*]"}]}]);
        assert!(map_of(&rule, ORDERS).unwrap_err().contains("“a” is not a number"));
    }

    #[test]
    fn lists_that_multiply_end_with_an_error() {
        let items: Vec<_> = (0..2_000).collect();
        let record = json!({ "a": items, "b": items }).to_string();
        let inner = json!({"generate": "in", "dataType": "numberarray", "buildArrayHelper": [{"extract": "$.b[*]"}]});
        let rule = json!([{"generate": "out", "dataType": "objectarray", "buildArrayHelper": [{"extract": "$.a[*]", "mappings": [inner]}]}]);
        let error = map_of(&rule, &record).unwrap_err();
        assert!(error.contains("“out.in”") && error.contains("more than a million items"), "{error}");
    }

    #[test]
    fn an_object_that_is_copied_takes_the_fields_that_are_mapped() {
        let rule = json!({"generate": "a", "dataType": "object", "extract": "$.deep.x", "mappings": [
            {"generate": "id", "dataType": "number", "extract": "$.id"},
            {"generate": "y", "dataType": "string", "extract": "$.no"}]});
        assert_eq!(one(&rule).as_deref(), Ok(r#"{"a":{"y":"z","id":7}}"#));
    }

    #[test]
    fn dates_go_from_one_format_and_zone_to_another() {
        let date = |extract: &str, more: Value| {
            let mut rule = json!({"generate": "a", "dataType": "string", "extract": extract});
            rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            one(&rule)
        };
        let formats = json!({"extractDateFormat": "MM/DD/YYYY HH:mm", "extractDateTimezone": "America/New_York",
            "generateDateFormat": "YYYY-MM-DD HH:mm", "generateDateTimezone": "Europe/Paris"});
        assert_eq!(date("07/04/2026 20:30", formats.clone()).as_deref(), Ok(r#"{"a":"2026-07-05 02:30"}"#));
        assert!(date("soon", formats).unwrap_err().contains("“soon” is not a date in the format “MM/DD/YYYY HH:mm”"));
        let iso = date("2026-07-04", json!({"generateDateTimezone": "UTC"}));
        assert_eq!(iso.as_deref(), Ok(r#"{"a":"2026-07-04T00:00:00.000Z"}"#));
        assert!(date("x", json!({"generateDateTimezone": "Mars/Base"})).unwrap_err().contains("Mars/Base"));
    }

    #[test]
    fn a_lookup_stands_between_the_source_and_the_type() {
        let looked = |extract: &str, name: &str, more: Value| {
            let mut rule = json!({"generate": "a", "dataType": "string", "extract": extract, "lookupName": name});
            rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            one(&rule)
        };
        assert_eq!(looked("$.id", "states", json!({})).as_deref(), Ok(r#"{"a":"seven"}"#));
        assert_eq!(looked("$.text", "states", json!({})).as_deref(), Ok("{}"), "it may have nothing");
        assert_eq!(looked("$.text", "states", json!({"default": "d"})).as_deref(), Ok(r#"{"a":"d"}"#));
        assert_eq!(looked("$.text", "else", json!({})).as_deref(), Ok(r#"{"a":"?"}"#));
        assert!(looked("$.text", "strict", json!({})).unwrap_err().contains("“abc”"));
        assert_eq!(looked("a", "strict", json!({"dataType": "number"})).as_deref(), Ok(r#"{"a":1}"#));
    }

    #[test]
    fn rules_that_cannot_run_are_refused_before_the_run() {
        for (rule, want) in [
            (json!({"generate": "a", "dataType": "string", "extract": "$.a[*]"}), "[*]"),
            (json!({"generate": "a", "dataType": "string", "extract": "{{nope record.a}}"}), "nope"),
            (json!({"generate": "a", "dataType": "date", "extract": "$.a"}), "date"),
            (json!({"generate": "a", "dataType": "string", "lookupName": "x"}), "lookup"),
            (json!({"generate": "a", "dataType": "number", "default": "x"}), "not a number"),
            (json!({"generate": "a", "dataType": "string", "buildArrayHelper": [{"extract": "$.a"}]}), "only a list"),
            (
                json!({"generate": "a", "dataType": "stringarray", "buildArrayHelper": [{}]}),
                "neither a source nor fields",
            ),
            (
                json!({"generate": "a", "dataType": "arrayarray", "buildArrayHelper": [{"mappings": [{"dataType": "string"}]}]}),
                "has to be a list",
            ),
            (json!({"generate": "a", "dataType": "number", "extractDateFormat": "YYYY"}), "type string"),
        ] {
            let message = one(&rule).unwrap_err();
            assert!(message.contains(want), "{rule}: {message}");
        }
        let twice = json!([{"generate": "a", "dataType": "string"}, {"generate": "a", "dataType": "string"}]);
        assert!(map(&twice).unwrap_err().contains("twice"));
    }
}
