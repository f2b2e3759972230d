//! Mapper 2.0: rules compiled once, run per record.
//!
//! Decides how each destination field gets its value. Where the mapped record goes is left to the destination.
//! A value that does not fit its type is an error of that record, naming the rule.

mod compile;
mod convert;
pub(crate) mod date;
pub(crate) mod number;

use std::sync::Arc;

use tombolo_model::{Keys, Record, Val};
use tombolo_template::{Env, Named, Template};

use crate::path::Path;
use convert::DataType;

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
    to: DataType,
    /// What stands there when the source has no value.
    default: Option<Val>,
    /// Only when the source has a value: a default does not count then.
    only_with_value: bool,
}

#[derive(Debug, Clone)]
enum From {
    Path(Path),
    Template(Template),
    Literal(Val),
    Object(Mapper),
    Nothing,
}

/// A record that could not be mapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The field “{field}” could not be mapped: {reason}")]
pub(crate) struct MapError {
    pub(crate) field: String,
    pub(crate) reason: String,
}

impl Mapper {
    /// Maps a record. `lookup` finds what a template names: `record`, `settings`, ….
    pub(crate) fn map<'l, 'c: 'l>(
        &self,
        record: &Val,
        lookup: &'l dyn Fn(&str) -> Option<&'c Val>,
        env: &Env<'_>,
    ) -> Result<Record, MapError> {
        let mut values = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            values.push(rule.value(record, lookup, env)?);
        }
        Ok(Record::new(Arc::clone(&self.keys), values))
    }
}

impl Rule {
    fn value<'l, 'c: 'l>(
        &self,
        record: &Val,
        lookup: &'l dyn Fn(&str) -> Option<&'c Val>,
        env: &Env<'_>,
    ) -> Result<Val, MapError> {
        let found = match &self.from {
            From::Path(path) => path.get(record).map(std::borrow::Cow::Borrowed),
            From::Literal(value) => Some(std::borrow::Cow::Borrowed(value)),
            From::Nothing => None,
            From::Template(template) => {
                let text = template.render_in(&Named(lookup), env).map_err(|error| self.error(error.to_string()))?;
                Some(std::borrow::Cow::Owned(Val::text(&text)))
            }
            From::Object(mapper) => {
                let made = mapper.map(record, lookup, env)?;
                // An object in which nothing was mapped is no value.
                return Ok(if made.is_empty() { Val::Absent } else { Val::Map(made) });
            }
        };
        let found = found.filter(|value| !value.is_empty());
        match (found, &self.default) {
            (Some(value), _) => self.to.convert(&value).map_err(|reason| self.error(reason)),
            (None, Some(default)) if !self.only_with_value => Ok(default.clone()),
            (None, _) => Ok(Val::Absent),
        }
    }

    fn error(&self, reason: String) -> MapError {
        MapError { field: self.name.to_string(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tombolo_model::KeyPool;

    fn map(rules: &Value) -> Result<String, String> {
        let rules = rules.as_array().unwrap();
        let mapper = Mapper::compile(rules, "/mappings").map_err(|problems| problems[0].message.clone())?;
        let record =
            br#"{"id":7,"price":"12.50","whole":"007","name":"O'Brien & co","on":"true","null":null,"blank":"",
            "float":1.0,"tags":["a",2],"deep":{"x":{"y":"z"}},"text":"abc"}"#;
        let record = Val::parse(record, &mut KeyPool::default()).unwrap();
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
    fn rules_that_cannot_run_are_refused_before_the_run() {
        for (rule, want) in [
            (json!({"generate": "a", "dataType": "string", "extract": "$.a[*]"}), "[*]"),
            (json!({"generate": "a", "dataType": "string", "extract": "{{nope record.a}}"}), "nope"),
            (json!({"generate": "a", "dataType": "date", "extract": "$.a"}), "date"),
            (json!({"generate": "a", "dataType": "string", "lookupName": "x"}), "lookup"),
            (json!({"generate": "a", "dataType": "number", "default": "x"}), "not a number"),
        ] {
            let message = one(&rule).unwrap_err();
            assert!(message.contains(want), "{rule}: {message}");
        }
        let twice = json!([{"generate": "a", "dataType": "string"}, {"generate": "a", "dataType": "string"}]);
        assert!(map(&twice).unwrap_err().contains("twice"));
    }
}
