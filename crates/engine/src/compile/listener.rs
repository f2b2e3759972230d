//! A listener: what the bodies that came to it are, and where their records stand.

use serde_json::Value;
use tombolo_formats::{Encoding, FileFormat, FileOptions};
use tombolo_model::{Id, Problem, excerpt};

use super::{flag, format, path_in, text_at};
use crate::bundle::Bundle;
use crate::path::Path;
use crate::plan::{BodyKind, Format, ListenerRead};

/// Said where there is nothing to read.
pub(super) const WAITS: &str = "The flow waits for what is sent to the address of its listener; the server runs it then. A test run reads the last that came there: send something first, to try the flow.";

pub(crate) fn compile(bundle: &Bundle, id: Id, value: &Value) -> Result<ListenerRead, Vec<Problem>> {
    let place = "/webhook/pathToRecords";
    let written = text_at(value, place).unwrap_or_default();
    Ok(ListenerRead {
        received: bundle.about.received.get(&id).cloned().unwrap_or_default(),
        media: media(value)?,
        path: if written.is_empty() { Path::default() } else { path_in(written, place)? },
        parent: flag(value, "/webhook/includeParentData", false),
        csv: Format::Csv(format::csv(value)?),
        xml: xml(value, written, place),
    })
}

fn media(value: &Value) -> Result<Option<BodyKind>, Vec<Problem>> {
    let place = "/webhook/requestMediaType";
    Ok(Some(match text_at(value, place) {
        None => return Ok(None),
        Some("json") => BodyKind::Json,
        Some("xml") => BodyKind::Xml,
        Some("csv") => BodyKind::Csv,
        Some("urlencoded") => BodyKind::Form,
        Some("plaintext") => BodyKind::Text,
        Some(other) => {
            let message = format!(
                "“{other}” is nothing that a listener reads: choose json, xml, csv, urlencoded or plaintext.",
                other = excerpt(&other)
            );
            return Err(vec![Problem::new(place, "unsupported", message)]);
        }
    }))
}

/// A path is written as in JSON, or as in XML. A wrong one matters only where XML comes.
fn xml(value: &Value, written: &str, place: &str) -> Result<Format, String> {
    let path = if written.is_empty() || written.starts_with('/') {
        written.to_owned()
    } else {
        format!("/{}", written.trim_start_matches("$.").replace('.', "/"))
    };
    let rules = value.pointer("/parsers/0/rules").unwrap_or(&Value::Null);
    let options = format::xml(rules, &path, place)
        .map_err(|problems| problems.into_iter().next().map_or_else(String::new, |problem| problem.message))?;
    let format = FileFormat::Xml(options);
    Ok(Format::File(Box::new(FileOptions { compression: None, encoding: Encoding::Utf8, format })))
}
