//! The mapping of an import, or of a lookup's request.

use serde_json::Value;
use tombolo_model::Problem;

use super::text_at;
use crate::lookup::Lookups;
use crate::mapper::Mapper;

/// Compiles it; nothing when there are no rules.
pub(super) fn compile(value: &Value) -> Result<Option<Mapper>, Vec<Problem>> {
    let rows = value.get("mappings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let lookups = Lookups::compile(value.get("lookups"), "/lookups")?;
    let lookups = lookups.and(Lookups::compile(value.pointer("/http/lookups"), "/http/lookups")?);
    let envelope = text_at(value, "/inputContext") == Some("envelope");
    Ok(Mapper::compile(rows, "/mappings", &lookups)?.map(|mapper| mapper.in_envelope(envelope)))
}
