//! The rows of a destination that a JSON Schema describes: it says which fields the destination requires. Plain functions.
//!
//! <https://json-schema.org/understanding-json-schema/reference/object>

use serde_json::{Value, json};

/// Whether a pasted text is a schema, and not a record: a record may well have a field `properties`, but not all of these.
pub(super) fn is_schema(value: &Value) -> bool {
    value.get("properties").is_some_and(Value::is_object)
        && (value.get("$schema").is_some() || value.get("type").and_then(Value::as_str) == Some("object"))
}

/// The rows of an object; at most so many, so deep.
pub(super) fn rows_of_schema(schema: &Value, deep: usize, left: &mut usize) -> Vec<Value> {
    let required = |name: &str| {
        schema.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == name))
    };
    let mut made = Vec::new();
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if *left == 0 {
            break;
        }
        *left -= 1;
        let kind = kind_of(field);
        let mut row = json!({"generate": name, "dataType": kind, "status": "Active"});
        match kind {
            "object" if deep > 0 => row["mappings"] = rows_of_schema(field, deep - 1, left).into(),
            "objectarray" if deep > 0 => {
                let inner = rows_of_schema(&field["items"], deep - 1, left);
                row["buildArrayHelper"] = json!([{"extract": "", "mappings": inner}]);
            }
            _ => row["extract"] = "".into(),
        }
        if required(name) {
            row["required"] = true.into();
        }
        made.push(row);
    }
    made
}

/// The first type that is not nothing.
fn type_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(one) => one,
        Value::Array(several) => {
            several.iter().filter_map(Value::as_str).find(|one| *one != "null").unwrap_or_default()
        }
        _ if schema.get("properties").is_some() => "object",
        _ => "",
    }
}

fn kind_of(schema: &Value) -> &'static str {
    match type_of(schema) {
        "integer" | "number" => "number",
        "boolean" => "boolean",
        "object" => "object",
        "array" => match type_of(&schema["items"]) {
            "integer" | "number" => "numberarray",
            "boolean" => "booleanarray",
            "object" => "objectarray",
            "array" => "arrayarray",
            _ => "stringarray",
        },
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::{Counts, counted};
    use super::*;

    #[test]
    fn a_pasted_schema_makes_rows_with_types_and_says_which_are_required() {
        let schema = json!({"type": "object", "required": ["id", "lines"], "properties": {
            "id": {"type": "integer"},
            "note": {"type": ["null", "string"]},
            "place": {"properties": {"city": {"type": "string"}}, "required": ["city"]},
            "lines": {"type": "array", "items": {"type": "object", "properties": {"qty": {"type": "number"}}}},
            "tags": {"type": "array", "items": {"type": "string"}},
        }});
        assert!(is_schema(&schema) && !is_schema(&json!({"properties": {"a": 1}, "id": 2})));
        let rows = rows_of_schema(&schema, 12, &mut 100);
        let of = |name: &str| rows.iter().find(|row| row["generate"] == name).cloned().unwrap_or_default();
        assert_eq!(
            of("id"),
            json!({"generate": "id", "dataType": "number", "status": "Active", "extract": "", "required": true})
        );
        assert_eq!(
            (of("note")["dataType"].clone(), of("tags")["dataType"].clone()),
            (json!("string"), json!("stringarray"))
        );
        assert_eq!(of("place")["mappings"][0]["required"], true);
        assert_eq!(of("lines")["buildArrayHelper"][0]["mappings"][0]["dataType"], "number");
        assert_eq!(counted(&rows), Counts { all: 7, mapped: 2, required: 3 });
        assert_eq!(rows_of_schema(&schema, 12, &mut 2).len(), 2);
    }
}
