//! The mapping of an import, in whichever version it is written.

use serde_json::Value;
use tombolo_model::{Problem, Val};

use crate::lookup::Lookups;
use crate::mapper::{Around, MapError, Mapped, Mapper};
use crate::mapping_1::OldMapping;

/// A compiled mapping.
#[derive(Debug, Clone)]
pub(crate) enum Mapping {
    /// Version 1.0.
    Old(OldMapping),
    /// Version 2.0.
    New(Mapper),
}

impl Mapping {
    /// Compiles the mapping of an import; nothing when it has none, which passes records on as they are. Rules of
    /// version 2.0 come first: those of version 1.0 beside them are what was there before.
    pub(crate) fn compile(import: &Value) -> Result<Option<Self>, Vec<Problem>> {
        let lookups = Lookups::compile(import.get("lookups"), "/lookups")?;
        let lookups = lookups.and(Lookups::compile(import.pointer("/http/lookups"), "/http/lookups")?);
        let rows = import.get("mappings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if let Some(mapper) = Mapper::compile(rows, "/mappings", &lookups)? {
            let envelope = import.get("inputContext").and_then(Value::as_str) == Some("envelope");
            return Ok(Some(Self::New(mapper.in_envelope(envelope))));
        }
        let old = import.get("mapping").unwrap_or(&Value::Null);
        Ok(OldMapping::compile(old, "/mapping", &lookups)?.map(Self::Old))
    }

    /// Maps a record.
    pub(crate) fn map(&self, record: &Val, around: &Around<'_, '_>) -> Result<Mapped, MapError> {
        match self {
            Self::Old(rules) => rules.map(record, around),
            Self::New(rules) => rules.map(record, around),
        }
    }
}
