//! What kind of export it is: all records, some of them, those that are new.

use serde_json::Value;
use tombolo_model::views::{Export, Source as Adaptor};
use tombolo_model::{Id, Kind as Of, Problem, excerpt};
use tombolo_template::moment::{Zone, format, parse};

use super::endpoint::{self, Wanted};
use super::{media, template, text_at, whole_at};
use crate::bundle::Bundle;
use crate::mapper::date::epoch_ms;
use crate::path::OldPath;
use crate::plan::{Delta, Once};
use crate::units::MAX_TEST_RECORDS;

/// What the type of an export says.
#[derive(Default)]
pub(super) struct Kind {
    pub(super) limit: Option<u64>,
    pub(super) delta: Option<Delta>,
    pub(super) once: Option<Box<Once>>,
}

pub(super) fn compile(bundle: &Bundle, id: Id, export: Export<'_>) -> Result<Kind, Vec<Problem>> {
    // What comes is read, whatever else the type would choose of it.
    if export.source() == Some(Adaptor::Listener) {
        return Ok(Kind::default());
    }
    match text_at(export.0, "/type") {
        Some("test") => Ok(Kind { limit: Some(limit(export.0)?), ..Kind::default() }),
        Some("delta") => Ok(Kind { delta: Some(delta(bundle, id, export)?), ..Kind::default() }),
        Some("once") => Ok(Kind { once: Some(Box::new(once(bundle, export)?)), ..Kind::default() }),
        Some(kind @ ("blob" | "webhook" | "distributed" | "stream")) => {
            let message = format!(
                "This version does not run exports of the type “{kind}”: choose another type.",
                kind = excerpt(&kind)
            );
            Err(vec![Problem::new("/type", "unsupported", message)])
        }
        _ => Ok(Kind::default()),
    }
}

/// The most records of an export that is limited.
fn limit(value: &Value) -> Result<u64, Vec<Problem>> {
    match value.pointer("/test/limit") {
        None | Some(Value::Null) => Ok(1),
        Some(_) => match whole_at(value, "/test/limit").and_then(|limit| u64::try_from(limit).ok()) {
            Some(limit @ 1..=MAX_TEST_RECORDS) => Ok(limit),
            _ => {
                let message = format!("Enter how many records are read: 1 to {MAX_TEST_RECORDS}.");
                Err(vec![Problem::new("/test/limit", "invalid_value", message)])
            }
        },
    }
}

/// Since when records are new: what the run was started with, else the last run that completed, else the first date.
fn delta(bundle: &Bundle, id: Id, export: Export<'_>) -> Result<Delta, Vec<Problem>> {
    let value = export.0;
    let about = &bundle.about;
    let last = about.checkpoints.get(&id).copied();
    let lag = whole_at(value, "/delta/lagOffset").unwrap_or(0);
    let since_ms = match (about.start_ms, last) {
        (Some(start_ms), _) => start_ms,
        (None, Some(last_ms)) => last_ms.saturating_sub(lag),
        (None, None) => first_ms(value)?,
    };
    let pattern: Option<Box<str>> = text_at(value, "/delta/dateFormat").map(Into::into);
    let fields = fields(value, export.source())?;
    // Records are compared as exactly as the format writes the time.
    let written =
        pattern.as_deref().map(|pattern| parse(&format(since_ms, pattern, Zone::UTC), Some(pattern), Zone::UTC, 0));
    let compared_ms = written.map_or(since_ms, |written| written.unwrap_or(i64::MIN));
    Ok(Delta { export: id, last_ms: last, since_ms, compared_ms, pattern, fields })
}

fn first_ms(value: &Value) -> Result<i64, Vec<Problem>> {
    let Some(text) = text_at(value, "/delta/startDate") else { return Ok(0) };
    epoch_ms(text).ok_or_else(|| {
        let message = format!("“{text}” is no date: enter one such as 2026-01-31T00:00:00Z.", text = excerpt(&text));
        vec![Problem::new("/delta/startDate", "invalid_value", message)]
    })
}

/// The fields of records that say when they changed.
fn fields(value: &Value, source: Option<Adaptor>) -> Result<Vec<OldPath>, Vec<Problem>> {
    let place = "/delta/dateField";
    let names = value.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    match source {
        Some(Adaptor::Http) if !names.is_empty() => {
            let message = "An endpoint is asked for its new records: put {{lastExportDateTime}} into the address or the body, and leave the date field empty.";
            Err(vec![Problem::new(place, "unsupported", message)])
        }
        Some(Adaptor::File) if names.is_empty() => {
            Err(vec![Problem::new(place, "missing_required_field", "Enter the field that says when a record changed.")])
        }
        _ => names
            .into_iter()
            .map(OldPath::compile)
            .collect::<Result<_, _>>()
            .map_err(|error| vec![Problem::new(place, "invalid_path", format!("{error}."))]),
    }
}

/// How the records of a page are marked as read.
fn once(bundle: &Bundle, export: Export<'_>) -> Result<Once, Vec<Problem>> {
    let value = export.0;
    if export.source() != Some(Adaptor::Http) {
        let message = "Only an endpoint can be told which records were read: choose another type.";
        return Err(vec![Problem::new("/type", "unsupported", message)]);
    }
    let place = "/http/once/relativeURI";
    let Some(uri) = text_at(value, place) else {
        let message = "Enter the address that is told which records were read.";
        return Err(vec![Problem::new(place, "missing_required_field", message)]);
    };
    let body = text_at(value, "/http/once/body");
    let endpoint = endpoint::compile(
        bundle,
        &Wanted {
            scope: "export",
            value,
            connection: export.connection(),
            method: text_at(value, "/http/once/method").unwrap_or("POST"),
            uri,
            headers: export.headers(),
            body,
            records: false,
        },
    )?;
    let connection = export.connection().and_then(|id| bundle.get(id, Of::Connection));
    let media = media::written(value, connection);
    let body = body.map(|body| template(body, media::target(media, body), "/http/once/body")).transpose()?;
    let reads = |name: &str| endpoint.uri.reads(&[name]) || body.as_ref().is_some_and(|body| body.reads(&[name]));
    let for_each_record = reads("record") && !reads("page_of_records") && !reads("batch_of_records");
    Ok(Once { endpoint, body, for_each_record })
}
