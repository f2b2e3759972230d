//! The mapping of an import, or of a lookup's request.

use serde_json::Value;
use tombolo_model::Problem;

use crate::mapping::Mapping;

/// Compiles it; nothing when there are no rules.
pub(super) fn compile(value: &Value) -> Result<Option<Mapping>, Vec<Problem>> {
    Mapping::compile(value)
}
