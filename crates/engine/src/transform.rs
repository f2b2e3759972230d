//! Transformations: a record made anew by rules of version 1.0, or by mapping rules, which may also change it.

use serde_json::Value;
use tombolo_model::{Problem, Record, Val, excerpt};

use crate::lookup::Lookups;
use crate::mapper::{Around, MapError, Mapped, Mapper, is_active};
use crate::transform_1::OldTransform;

/// A compiled transformation.
#[derive(Debug, Clone)]
pub(crate) enum Transform {
    /// Version 1.0.
    Old(OldTransform),
    /// Version 2.0.
    New {
        mapper: Mapper,
        /// Fields that no rule names stay.
        modify: bool,
    },
}

impl Transform {
    /// Compiles `[[{extract, generate}]]` of version 1.0; nothing when there are no rules.
    pub(crate) fn compile_old(rules: &Value, place: &str) -> Result<Option<Self>, Vec<Problem>> {
        Ok(OldTransform::compile(rules, place)?.map(Self::Old))
    }

    /// Compiles `{mode, mappings, lookups}`; nothing when there are no rules.
    pub(crate) fn compile(rules: &Value, place: &str) -> Result<Option<Self>, Vec<Problem>> {
        let rows = rules.get("mappings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let lookups = Lookups::compile(rules.get("lookups"), &format!("{place}/lookups"))?;
        let modify = match rules.get("mode").and_then(Value::as_str) {
            None | Some("" | "create") => false,
            Some("modify") => true,
            Some(other) => {
                let message = format!("There is no mode “{other}”: use create or modify.", other = excerpt(&other));
                return Err(vec![Problem::new(format!("{place}/mode"), "invalid_mapping", message)]);
            }
        };
        let envelope = rules.get("inputContext").and_then(Value::as_str) == Some("envelope");
        // A record that no rule changes is as it was.
        let rows = if modify && !rows.iter().any(is_active) { &[] } else { rows };
        let mapper = Mapper::compile(rows, &format!("{place}/mappings"), &lookups)?;
        Ok(mapper.map(|mapper| Self::New { mapper: mapper.in_envelope(envelope), modify }))
    }

    /// The record as it goes on.
    pub(crate) fn map(&self, record: &Val, around: &Around<'_, '_>) -> Result<Mapped, MapError> {
        let (mapper, modify) = match self {
            Self::Old(rules) => return rules.apply(record).map(Mapped::Made),
            Self::New { mapper, modify } => (mapper, *modify),
        };
        let made = mapper.map(record, around)?;
        Ok(match (record, made) {
            (Val::Map(record), Mapped::Made(Val::Map(made))) if modify => {
                Mapped::Made(Val::Map(laid_over(record, &made)))
            }
            (_, made) => made,
        })
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
