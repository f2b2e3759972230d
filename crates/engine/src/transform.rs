//! Transformation 2.0: a record made anew by mapping rules, or changed where they say so.

use serde_json::Value;
use tombolo_model::{Problem, Record, Val};
use tombolo_template::Env;

use crate::lookup::StaticLookup;
use crate::mapper::{Find, MapError, Mapper};

/// A compiled transformation.
#[derive(Debug, Clone)]
pub(crate) struct Transform {
    mapper: Mapper,
    /// Fields that no rule names stay.
    modify: bool,
}

impl Transform {
    /// Compiles `{mode, mappings, lookups}`; nothing when there are no rules.
    pub(crate) fn compile(rules: &Value, place: &str) -> Result<Option<Self>, Vec<Problem>> {
        let rows = rules.get("mappings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let lookups = StaticLookup::all(rules.get("lookups"));
        let modify = match rules.get("mode").and_then(Value::as_str) {
            None | Some("" | "create") => false,
            Some("modify") => true,
            Some(other) => {
                let message = format!("There is no mode “{other}”: use create or modify.");
                return Err(vec![Problem::new(format!("{place}/mode"), "invalid_mapping", message)]);
            }
        };
        let mapper = Mapper::compile(rows, &format!("{place}/mappings"), &lookups)?;
        Ok(mapper.map(|mapper| Self { mapper, modify }))
    }

    /// The record as it goes on. `find` finds what a template names.
    pub(crate) fn apply<'l, 'c: 'l>(&self, record: &Val, find: Find<'l, 'c>, env: &Env<'_>) -> Result<Val, MapError> {
        let made = self.mapper.map(record, find, env)?;
        match record {
            Val::Map(record) if self.modify => Ok(Val::Map(laid_over(record, &made))),
            _ => Ok(Val::Map(made)),
        }
    }
}

/// The record with what was made: an object is changed field by field, anything else is replaced.
fn laid_over(record: &Record, made: &Record) -> Record {
    let mut whole = record.clone();
    for (name, value) in made.iter() {
        let value = match (record.get(name), value) {
            (Some(Val::Map(have)), Val::Map(made)) => Val::Map(laid_over(have, made)),
            (_, value) => value.clone(),
        };
        whole.set(name, value);
    }
    whole
}
