//! What the bodies of requests and answers are.
//!
//! An application that wants another type than JSON must not be sent JSON instead: where records cannot be sent as that
//! type, the flow does not run before a template says what to send.

use serde_json::Value;
use tombolo_model::{Problem, excerpt};
use tombolo_template::Target;

use super::text_at;
use crate::plan::{AnswerType, Media};

/// The type of an export's or import's bodies, or of all of its connection's; `written` bodies have a template.
pub(super) fn of(value: &Value, connection: &Value, written: bool) -> Result<Media, Vec<Problem>> {
    let (kind, place) = match text_at(value, "/http/requestMediaType") {
        Some(own) => (own, "/http/requestMediaType"),
        None => (text_at(connection, "/http/mediaType").unwrap_or("json"), "/_connectionId"),
    };
    let media = match kind {
        "json" => Media::Json,
        "xml" => Media::Xml,
        "csv" => Media::Csv,
        "urlencoded" => Media::UrlEncoded,
        "form-data" => Media::FormData,
        "plaintext" => Media::Text,
        "octet-stream" => Media::Bytes,
        other => {
            let message = format!(
                "This version sends no bodies of the type “{other}”: choose json, xml, csv, urlencoded, form-data, plaintext or octet-stream.",
                other = excerpt(&other)
            );
            return Err(vec![Problem::new(place, "unsupported", message)]);
        }
    };
    let batch = value.pointer("/http/batchSize").and_then(Value::as_u64).is_some_and(|size| size > 1);
    let one_only = matches!(media, Media::UrlEncoded | Media::FormData);
    if written || !(matches!(media, Media::Text | Media::Bytes) || (one_only && batch)) {
        return Ok(media);
    }
    let what = if one_only { "Several records at once" } else { "A record" };
    let message = format!("{what} cannot be sent as “{kind}”: write a body.", kind = excerpt(&kind));
    Err(vec![Problem::new(place, "unsupported", message)])
}

/// The type of the bodies that an export has written in templates; one of a type that no import sends is sent as it is.
pub(super) fn written(value: &Value, connection: Option<&Value>) -> Media {
    of(value, connection.unwrap_or(&Value::Null), true).unwrap_or(Media::Json)
}

/// How values are written into a body. Of XML that takes care of its marks itself they are left as they are.
pub(crate) fn target(media: Media, body: &str) -> Target {
    let has_own = ["<![CDATA[", "htmlEncode"].iter().any(|sign| body.contains(sign));
    if media == Media::Xml && !has_own { Target::Html } else { Target::Plain }
}

/// The type of an import's answers. `pointer` is its own setting, `shared` that of its connection.
pub(super) fn answer(value: &Value, connection: &Value, error: bool) -> Result<AnswerType, Vec<Problem>> {
    let (own, shared) = if error {
        ("/http/errorMediaType", "/http/errorMediaType")
    } else {
        ("/http/successMediaType", "/http/successMediaType")
    };
    let whole = text_at(connection, "/http/mediaType").filter(|media| *media == "xml");
    let (kind, place) = match text_at(value, own) {
        Some(kind) => (kind, own),
        None => (text_at(connection, shared).or(whole).unwrap_or("json"), "/_connectionId"),
    };
    Ok(match kind {
        "json" => AnswerType::Json,
        "xml" => AnswerType::Xml,
        "csv" => {
            let header = value.pointer("/http/response/hasHeader").and_then(Value::as_bool);
            AnswerType::Csv { has_header_row: header.unwrap_or(true) }
        }
        "plaintext" => AnswerType::Text,
        other => {
            let message = format!(
                "This version reads answers in JSON, XML, CSV and plain text, not “{other}”: choose another.",
                other = excerpt(&other)
            );
            return Err(vec![Problem::new(place, "unsupported", message)]);
        }
    })
}
