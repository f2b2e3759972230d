//! A line of `tombolo eval`, read with little memory: `{"id", "rules", "input", "options"}`, or `rule` and `data` as
//! clients of the integrator's API write it.
//!
//! The input may be a page of records, whose values share their keys; rules and options are small and are refused where
//! they are not. What a line would take in all is counted while it is read, so that few bytes do not become many.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use tombolo_model::{KeyPool, Val, ValSeed};

use super::weight::small;
use super::{EvalError, EvalRequest};

/// The most that the values of a question may take. A page of records (5 MB) takes less, whatever is in it.
const MOST_BYTES: usize = 136 << 20;
/// The most that rules, and options, may take.
const MOST_RULES_BYTES: usize = 40 << 20;

/// The most that the id of a question that cannot be read may take.
const MOST_ID_BYTES: usize = 64 << 10;

/// The evaluations that ask for no rules: options are enough, or there is a usual way.
const WITHOUT_RULES: [&str; 10] = [
    "csvParse",
    "csvGenerate",
    "xmlParse",
    "xmlGenerate",
    "jsonParse",
    "xlsxParse",
    "fileDefinitionParse",
    "fileDefinitionGenerate",
    "sortGroup",
    "dateFormat",
];

/// Reads the text of an input that stands by itself.
///
/// # Errors
///
/// Returns the parser's error, which is one of the data where the text is JSON and would take too much memory.
pub fn parse_input(text: &str) -> serde_json::Result<Val> {
    Val::parse(text.as_bytes(), &mut KeyPool::with_room(MOST_BYTES))
}

/// A question with the name that its answer bears.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EvalQuestion {
    /// Whatever was given for it.
    pub id: Val,
    /// What is asked; time and seed are still to come.
    pub request: EvalRequest,
    /// It has rules, be they null: whoever calls them otherwise asks by no rules without knowing it.
    has_rules: bool,
}

/// Why a line is no question.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// It is no JSON, or not of that form: the question's id where that can be read, and why.
    #[error("{1}")]
    Json(Val, #[source] serde_json::Error),
    /// It can be read, and is too much: the question's id, and why.
    #[error("{}", .1.message)]
    TooBig(Val, EvalError),
}

impl EvalQuestion {
    /// Reads a question.
    ///
    /// # Errors
    ///
    /// Returns [`QuestionError`] for what is no question, and for one that would take too much memory.
    pub fn parse(text: &[u8]) -> Result<Self, QuestionError> {
        let mut pool = KeyPool::with_room(MOST_BYTES);
        let mut reader = serde_json::Deserializer::from_slice(text);
        let mut parts = Parts::default();
        let read = PartsSeed { parts: &mut parts, pool: &mut pool }.deserialize(&mut reader);
        let read = read.and_then(|()| reader.end());
        if let Err(error) = read {
            drop(parts);
            let id = question_id(text);
            return Err(match pool.within() {
                Ok(()) => QuestionError::Json(id, error),
                Err(full) => {
                    let message = format!("The question cannot be read: {full}. Ask about fewer records.");
                    QuestionError::TooBig(id, EvalError::at("too_big", message, "/input"))
                }
            });
        }
        let id = parts.id.unwrap_or_default();
        let value = |part: Option<Val>, place: &str| match part {
            Some(part) => small(&part, MOST_RULES_BYTES, place),
            None => Ok(Value::Null),
        };
        let has_rules = parts.rules.is_some();
        let made = value(parts.rules, "/rules").and_then(|rules| Ok((rules, value(parts.options, "/options")?)));
        match made {
            Ok((rules, options)) => {
                let input = parts.input.unwrap_or_default();
                Ok(Self { id, request: EvalRequest { rules, input, options, ..EvalRequest::default() }, has_rules })
            }
            Err(error) => Err(QuestionError::TooBig(id, error)),
        }
    }

    /// What is wrong with a question that leaves out the rules of an evaluation that is nothing without them.
    #[must_use]
    pub fn without_rules(&self, name: &str) -> Option<EvalError> {
        let message = "The question has no rules. Write them as “rules” (or “rule”), beside “input” (or “data”) and “options”: no other property is read.";
        (!self.has_rules && !WITHOUT_RULES.contains(&name)).then(|| EvalError::at("missing_rules", message, "/rules"))
    }
}

/// The id of what is JSON and no question that can be answered; null where there is none, or too much for one.
#[must_use]
pub fn question_id(text: &[u8]) -> Val {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let mut id = None;
    let read = IdSeed(&mut id).deserialize(&mut reader);
    id.filter(|_| read.is_ok()).unwrap_or_default()
}

/// What of a question was read so far.
#[derive(Default)]
struct Parts {
    id: Option<Val>,
    rules: Option<Val>,
    input: Option<Val>,
    options: Option<Val>,
}

struct PartsSeed<'p> {
    parts: &'p mut Parts,
    pool: &'p mut KeyPool,
}

impl<'de> DeserializeSeed<'de> for PartsSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PartsSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object {\"id\", \"rules\", \"input\", \"options\"}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let Self { parts, pool } = self;
        while let Some(name) = fields.next_key::<String>()? {
            let (part, name) = match name.as_str() {
                "id" => (&mut parts.id, "id"),
                "rules" | "rule" => (&mut parts.rules, "rules"),
                "input" | "data" => (&mut parts.input, "input"),
                "options" => (&mut parts.options, "options"),
                _ => {
                    fields.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if part.is_some() {
                return Err(de::Error::duplicate_field(name));
            }
            *part = Some(fields.next_value_seed(ValSeed::new(pool))?);
        }
        Ok(())
    }
}

struct IdSeed<'i>(&'i mut Option<Val>);

impl<'de> DeserializeSeed<'de> for IdSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for IdSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            if name == "id" {
                let mut pool = KeyPool::with_room(MOST_ID_BYTES);
                *self.0 = Some(fields.next_value_seed(ValSeed::new(&mut pool))?);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(text: &str) -> QuestionError {
        EvalQuestion::parse(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_question_is_read_with_its_id() {
        let text = r#"{"more":[1],"id":7,"rules":["a",{"b":1.0}],"data":[{"a":1},{"a":2}],"options":{"c":null}}"#;
        let read = EvalQuestion::parse(text.as_bytes()).unwrap();
        assert_eq!((read.id, read.request.input), (json!(7).into(), json!([{"a": 1}, {"a": 2}]).into()));
        assert_eq!((read.request.rules, read.request.options), (json!(["a", {"b": 1}]), json!({"c": null})));
        assert_eq!(EvalQuestion::parse(b"{}").unwrap(), EvalQuestion::default());
        for wrong in [
            "[]",
            "null",
            "{\"id\":1,\"id\":2}",
            "{\"input\":1,\"data\":2}",
            "{\"rule\":1,\"rules\":2}",
            "{} {}",
            "{\"input\":[}",
        ] {
            assert!(matches!(refused(wrong), QuestionError::Json(..)), "{wrong}");
        }
    }

    #[test]
    fn rules_have_two_names_and_a_question_without_them_hears_both() {
        let read = |text: &str| EvalQuestion::parse(text.as_bytes()).unwrap();
        let (one, other) = (read(r#"{"rules":"{{a}}","input":1}"#), read(r#"{"rule":"{{a}}","data":1}"#));
        assert_eq!(one, other);
        assert_eq!((one.request.rules.clone(), one.without_rules("handlebars")), (json!("{{a}}"), None));
        let error = read(r#"{"template":"{{a}}","input":1}"#).without_rules("handlebars").unwrap();
        assert_eq!((error.code.as_str(), error.path.as_deref()), ("missing_rules", Some("/rules")));
        for name in ["“rules”", "“rule”", "“input”", "“data”", "“options”"] {
            assert!(error.message.contains(name), "{}", error.message);
        }
        // A filter of a resource may be null, and lets everything pass.
        assert_eq!(read(r#"{"rules":null}"#).without_rules("filter"), None);
        assert_eq!(read(r#"{"data":"a"}"#).without_rules("csvParse"), None);
        assert!(WITHOUT_RULES.iter().all(|name| crate::eval::eval_names().any(|known| known == *name)));
    }

    #[test]
    fn a_page_of_the_smallest_records_is_a_question() {
        for item in ["{}", "[]", "0", "\"\"", "{\"a\":1}", "{\"a\":{\"b\":[]}}"] {
            let count = (5 << 20) / (item.len() + 1);
            let text = format!("{{\"input\":[{}{item}]}}", format!("{item},").repeat(count - 1));
            let read = EvalQuestion::parse(text.as_bytes()).unwrap();
            assert!(matches!(read.request.input, Val::List(items) if items.len() == count), "{item}");
        }
        let names: Vec<String> = (0..(5 << 20) / 13).map(|name| format!("{{\"{name:06}\":1}}")).collect();
        assert!(EvalQuestion::parse(format!("{{\"input\":[{}]}}", names.join(",")).as_bytes()).is_ok());
    }

    #[test]
    fn what_would_take_too_much_is_refused_with_its_id() {
        let question = |rules: String, input: String| format!("{{\"id\":\"x\",\"rules\":{rules},\"input\":{input}}}");
        let many = |item: &str, times: usize| format!("[{}{item}]", format!("{item},").repeat(times));
        for (text, place) in [
            (question("1".into(), many("{}", 3_000_000)), "/input"),
            (question(many("[\"equals\",[\"extract\",\"a\"],1]", 300_000), "1".into()), "/rules"),
        ] {
            let QuestionError::TooBig(id, error) = refused(&text) else { panic!("{place}") };
            assert_eq!((id, error.code.as_str(), error.path.as_deref()), (Val::text("x"), "too_big", Some(place)));
        }
    }
}
