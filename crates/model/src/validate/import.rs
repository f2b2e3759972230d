//! What an import needs before it can write.

use serde_json::Value;

use super::{positive_number, require_text};
use crate::views::{Destination, Import};
use crate::{Problem, excerpt};

pub(super) fn check(value: &Value, problems: &mut Vec<Problem>) {
    let import = Import(value);
    match import.destination() {
        Some(Destination::Http) => {
            require_text(value, "/_connectionId", "the connection", problems);
            positive_number(value, "/http/batchSize", 10_000, problems);
            if !matches!(import.http_method(), "POST" | "PUT" | "PATCH" | "DELETE" | "GET") {
                let method = excerpt(import.http_method());
                problems.push(Problem::new(
                    "/http/method",
                    "invalid_value",
                    format!("“{method}” is not an HTTP method."),
                ));
            }
        }
        Some(Destination::File) => require_text(value, "/file/type", "the file's type", problems),
        None => {}
    }
    if !makes_rows(import.mappings()) {
        check_mappings(import.mappings(), "/mappings", problems);
    }
}

/// Whether each record becomes rows: its one list needs no name then.
fn makes_rows(rows: &[Value]) -> bool {
    matches!(rows, [only] if only.get("dataType").and_then(Value::as_str) == Some("objectarray"))
}

fn check_mappings(rows: &[Value], place: &str, problems: &mut Vec<Problem>) {
    for (index, row) in rows.iter().enumerate() {
        let here = format!("{place}/{index}");
        let generate = row.get("generate").and_then(Value::as_str).unwrap_or_default();
        if generate.trim().is_empty() {
            problems.push(Problem::new(
                format!("{here}/generate"),
                "missing_required_field",
                "Enter the destination field.",
            ));
        }
        if let Some(below) = row.get("mappings").and_then(Value::as_array) {
            check_mappings(below, &format!("{here}/mappings"), problems);
        }
    }
}
