//! Values that no document takes. The gate of the server refuses them later, when half of a package would be there.

use serde_json::Value;
use tombolo_model::{Shape, path, shapes};

use crate::{PackageError, Part, closure};

/// The most bytes of one value; texts are not counted by it.
const MOST_VALUE_BYTES: usize = 256 * 1024;

/// Refuses a part with a value that is too long.
pub(crate) fn check(part: &Part) -> Result<(), PackageError> {
    let table = shapes(part.kind);
    let mut open = vec![(String::new(), &part.value)];
    while let Some((place, value)) = open.pop() {
        let shape = table.shape(&place);
        match value {
            Value::Object(fields) => {
                open.extend(fields.iter().map(|(key, value)| (path::join(&place, key), value)));
            }
            Value::Array(rows) if shape == Shape::Rows => {
                open.extend(rows.iter().map(|row| (path::join(&place, "*"), row)));
            }
            Value::String(text) if shape == Shape::Text || text.len() <= MOST_VALUE_BYTES => {}
            Value::Array(_) if value.to_string().len() <= MOST_VALUE_BYTES => {}
            Value::Array(_) | Value::String(_) => {
                return Err(PackageError::LongValue { from: closure::capital(&part.called()), place });
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    Ok(())
}
