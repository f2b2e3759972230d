//! An import to an endpoint: its operations, and how answers are read.

use std::borrow::Cow;

use serde_json::Value;
use tombolo_model::views::Import;
use tombolo_model::{Kind, Problem, excerpt};
use tombolo_template::Target;

use super::endpoint::{self, Wanted};
use super::{async_helper, flag, media, path_at, strictly, text_at, verdict, whole_at};
use crate::bundle::Bundle;
use crate::lookup::{Lookup, Lookups};
use crate::path::Path;
use crate::plan::{HttpWrite, Ignore, Known, Media, Reply, Slot};

pub(super) fn compile(bundle: &Bundle, import: Import<'_>) -> Result<HttpWrite, Vec<Problem>> {
    let value = import.0;
    if text_at(value, "/http/type").is_some_and(|kind| kind != "records") {
        let message = "This version sends records to endpoints, and no files: choose records.";
        return Err(vec![Problem::new("/http/type", "unsupported", message)]);
    }
    let kinds = kinds(value)?;
    let mut slots = Vec::with_capacity(kinds.len());
    for (at, updates) in kinds.iter().enumerate() {
        slots.push(slot(bundle, import, at, *updates)?);
    }
    let existing = known(value, ["/http/existingExtract", "/http/existingLookupName"])?;
    if slots.len() > 1 && existing.is_none() {
        let message = "Creating and updating need to know which records are there: enter the field that these have.";
        return Err(vec![Problem::new("/http/existingExtract", "missing_required_field", message)]);
    }
    Ok(HttpWrite {
        ignore: ignore(value, existing.as_ref())?,
        existing_lookup: text_at(value, "/http/existingLookupName").map(Into::into),
        slots,
        existing,
        helper: async_helper::compile(bundle, value)?.map(Box::new),
        batch_size: import.batch_size(),
        // Which records have the same lock is not asked: none is sent beside another.
        one_at_a_time: text_at(value, "/idLockTemplate").is_some(),
        send_mapped: flag(value, "/http/sendPostMappedData", true),
        drop_empty: flag(value, "/http/ignoreEmptyNodes", false),
        most_bytes: whole_at(value, "/http/endPointBodyLimit")
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| *limit > 0),
    })
}

/// Of each operation whether it updates.
fn kinds(value: &Value) -> Result<Vec<bool>, Vec<Problem>> {
    let problem = |message: &str| vec![Problem::new("/http/requestType", "invalid_value", message)];
    let length = |pointer: &str| value.pointer(pointer).and_then(Value::as_array).map_or(1, Vec::len);
    let named: Vec<&str> = match value.pointer("/http/requestType") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(kind)) => vec![kind],
        _ => Vec::new(),
    };
    match *named {
        [] if length("/http/method") <= 1 || length("/http/relativeURI") <= 1 => Ok(vec![false]),
        [] => Err(problem("Say of each of the requests whether it creates or updates: CREATE or UPDATE.")),
        [kind] => Ok(vec![kind.eq_ignore_ascii_case("update")]),
        [one, other] => {
            let kinds = [one, other].map(|kind| kind.eq_ignore_ascii_case("update"));
            if kinds[0] == kinds[1] {
                return Err(problem("Of two requests one creates and one updates: choose CREATE and UPDATE."));
            }
            Ok(kinds.to_vec())
        }
        _ => Err(problem("An import has at most two requests, one that creates and one that updates.")),
    }
}

fn slot(bundle: &Bundle, import: Import<'_>, at: usize, updates: bool) -> Result<Slot, Vec<Problem>> {
    let value = import.0;
    let body = own(value, "/http/body", at).and_then(|body| match body {
        Value::String(text) => Some(Cow::Borrowed(text.as_str())).filter(|text| !text.is_empty()),
        Value::Object(_) | Value::Array(_) => Some(Cow::Owned(body.to_string())),
        _ => None,
    });
    let text = |pointer: &str| own(value, pointer, at).and_then(Value::as_str).filter(|text| !text.is_empty());
    let method = text("/http/method").unwrap_or("POST");
    let endpoint = endpoint::compile(
        bundle,
        &Wanted {
            scope: "import",
            value,
            connection: import.connection(),
            method,
            uri: text("/http/relativeURI").unwrap_or_default(),
            headers: import.headers(),
            body: body.as_deref(),
            records: true,
        },
    )?;
    let connection = import.connection().and_then(|id| bundle.get(id, Kind::Connection)).unwrap_or(&Value::Null);
    let strict = flag(value, "/http/strictHandlebarEvaluation", false);
    let sends = body.is_some() || crate::http::sends_records(method);
    let media = if sends { media::of(value, connection, body.is_some())? } else { Media::Json };
    let target = body.as_deref().map_or(Target::Plain, |body| media::target(media, body));
    let body = body.map(|body| strictly(&body, target, "/http/body", strict)).transpose()?;
    let names = |name: &str| {
        let headers = endpoint.headers.iter().map(|(_, template)| template);
        let mut templates = headers.chain([&endpoint.uri, &endpoint.base]).chain(&body);
        templates.any(|template| template.reads(&[name]) || template.calls("getValue"))
    };
    let (names_data, names_batch) = (names("data"), names("batch_of_records"));
    Ok(Slot {
        updates,
        names_data,
        names_batch,
        named: named(value, at)?,
        media,
        endpoint,
        body,
        reply: Reply {
            success: media::answer(value, connection, false)?,
            error: media::answer(value, connection, true)?,
            resource_path: path_of(value, "/http/response/resourcePath", at)?,
            id_path: path_of(value, "/http/response/resourceIdPath", at)?,
            verdict: verdict::compile(value, at)?,
        },
    })
}

/// How it is known that a record is there: by a field, or by a lookup of the import.
fn known(value: &Value, [field, named]: [&'static str; 2]) -> Result<Option<Known>, Vec<Problem>> {
    if let Some(path) = path_at(value, field)? {
        return Ok(Some(Known::Field(path)));
    }
    let Some(name) = text_at(value, named) else { return Ok(None) };
    let lookups = lookups(value)?;
    match lookups.named(name) {
        Some(lookup) if lookup.is_keyless() => Ok(Some(Known::Lookup(Box::new(lookup.clone())))),
        Some(_) => {
            let message = format!(
                "The lookup “{name}” asks nobody: whether a record is there is said by a lookup that sends a request.",
                name = excerpt(&name)
            );
            Err(vec![Problem::new(named, "invalid_lookup", message)])
        }
        None => {
            let message =
                format!("There is no lookup “{name}”: choose one of the import's lookups.", name = excerpt(&name));
            Err(vec![Problem::new(named, "invalid_lookup", message)])
        }
    }
}

fn lookups(value: &Value) -> Result<Lookups, Vec<Problem>> {
    let lookups = Lookups::compile(value.get("lookups"), "/lookups")?;
    Ok(lookups.and(Lookups::compile(value.pointer("/http/lookups"), "/http/lookups")?))
}

/// The lookups whose answers the mapping or templates of an operation name, as its text says.
fn named(value: &Value, at: usize) -> Result<Vec<Lookup>, Vec<Problem>> {
    let own = ["/http/relativeURI", "/http/body"].into_iter().filter_map(|pointer| own(value, pointer, at));
    let shared = ["/http/headers", "/mappings", "/mapping"].into_iter().filter_map(|pointer| value.pointer(pointer));
    let text: String = own.chain(shared).map(Value::to_string).collect();
    if !text.contains("lookup.") {
        return Ok(Vec::new());
    }
    let continues = |next: char| next.is_alphanumeric() || matches!(next, '_' | '-');
    let is_named = |lookup: &Lookup| {
        let (plain, bracketed) = (format!("lookup.{}", lookup.name()), format!("lookup.[{}]", lookup.name()));
        let mut plain = text.match_indices(&plain).map(|(at, found)| &text[at + found.len()..]);
        text.contains(&bracketed) || plain.any(|rest| !rest.starts_with(continues))
    };
    Ok(lookups(value)?.live().filter(is_named).collect())
}

fn ignore(value: &Value, existing: Option<&Known>) -> Result<Option<Ignore>, Vec<Problem>> {
    let (existing_ones, missing_ones) = (flag(value, "/ignoreExisting", false), flag(value, "/ignoreMissing", false));
    if !existing_ones && !missing_ones {
        return Ok(None);
    }
    if existing_ones && missing_ones {
        let message = "Records that are there and records that are missing would both be left out: choose one.";
        return Err(vec![Problem::new("/ignoreMissing", "invalid_value", message)]);
    }
    let own = known(value, ["/http/ignoreExtract", "/http/ignoreLookupName"])?;
    let Some(by) = own.or_else(|| existing.cloned()) else {
        let message = "Enter the field that a record has when it is there already.";
        return Err(vec![Problem::new("/http/ignoreExtract", "missing_required_field", message)]);
    };
    Ok(Some(Ignore { existing: existing_ones, by }))
}

/// A setting of an operation. Operations have lists of them; a single one is for all.
fn own<'v>(value: &'v Value, pointer: &str, at: usize) -> Option<&'v Value> {
    match value.pointer(pointer)? {
        Value::Array(all) if all.len() == 1 => all.first(),
        Value::Array(all) => all.get(at),
        one => Some(one),
    }
}

/// A dotted path, or one of XML (`/a/b`), which is the same in another writing.
fn path_of(value: &Value, pointer: &str, at: usize) -> Result<Option<Path>, Vec<Problem>> {
    let Some(text) = own(value, pointer, at).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    super::path_in(text, pointer).map(Some)
}
