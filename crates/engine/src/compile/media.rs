//! What the body of a request is, and how its `Content-Type` header calls it (RFC 9110, 8.3).
//!
//! Records without a template are sent as JSON and as nothing else. An application that wants another type must not be
//! sent JSON instead: the flow does not run before a template says what to send.

use serde_json::Value;
use tombolo_model::Problem;

use super::text_at;

pub(super) const JSON: &str = "application/json";

/// The media type of an export's or import's bodies, or of all of its connection's; `written` bodies have a template.
pub(super) fn of(value: &Value, connection: &Value, written: bool) -> Result<&'static str, Vec<Problem>> {
    let (kind, place) = match text_at(value, "/http/requestMediaType") {
        Some(own) => (own, "/http/requestMediaType"),
        None => (text_at(connection, "/http/mediaType").unwrap_or("json"), "/_connectionId"),
    };
    let name = match kind {
        "json" => return Ok(JSON),
        "xml" => "application/xml",
        "csv" => "text/csv;charset=utf-8",
        "urlencoded" => "application/x-www-form-urlencoded",
        "plaintext" => "text/plain;charset=utf-8",
        other => {
            let message = format!(
                "This version sends no bodies of the type “{other}”: choose json, xml, csv, urlencoded or plaintext."
            );
            return Err(vec![Problem::new(place, "unsupported", message)]);
        }
    };
    if written {
        return Ok(name);
    }
    let message = format!("This version sends records as JSON; for “{kind}” write a body.");
    Err(vec![Problem::new(place, "unsupported", message)])
}
