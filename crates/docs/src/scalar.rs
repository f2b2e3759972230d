//! JSON values as Automerge scalars and back, integers and floats apart.

use automerge::ScalarValue;
use serde_json::{Number, Value};

/// The scalar for a leaf. Arrays and objects become JSON bytes: one value, replaced as a whole.
pub(crate) fn from_json(value: &Value) -> ScalarValue {
    match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(flag) => ScalarValue::Boolean(*flag),
        Value::String(text) => ScalarValue::Str(text.as_str().into()),
        Value::Number(number) => from_number(number),
        // Serialising a Value cannot fail: its keys are strings and its numbers finite.
        Value::Array(_) | Value::Object(_) => ScalarValue::Bytes(value.to_string().into_bytes()),
    }
}

fn from_number(number: &Number) -> ScalarValue {
    if let Some(integer) = number.as_i64() {
        ScalarValue::Int(integer)
    } else if let Some(integer) = number.as_u64() {
        ScalarValue::Uint(integer)
    } else {
        ScalarValue::F64(number.as_f64().unwrap_or_default())
    }
}

/// The JSON value of a scalar. What no version of this code writes (a foreign client's counter or date)
/// is shown as the nearest JSON, so that opening never fails.
pub(crate) fn to_json(scalar: &ScalarValue) -> Value {
    match scalar {
        ScalarValue::Str(text) => Value::String(text.to_string()),
        ScalarValue::Int(number) | ScalarValue::Timestamp(number) => Value::from(*number),
        ScalarValue::Uint(number) => Value::from(*number),
        ScalarValue::F64(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        ScalarValue::Boolean(flag) => Value::Bool(*flag),
        ScalarValue::Counter(counter) => Value::from(i64::from(counter)),
        // Read as text, as everywhere in the browser: a second reader, of bytes, would travel along.
        ScalarValue::Bytes(bytes) => std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_else(|| Value::String(String::from_utf8_lossy(bytes).into_owned())),
        ScalarValue::Unknown { .. } | ScalarValue::Null => Value::Null,
    }
}
