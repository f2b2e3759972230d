//! An export to a source.

use serde_json::Value;
use tombolo_model::views::{Export, Source as Adaptor};
use tombolo_model::{Id, Kind, Problem, Val};
use tombolo_template::Target;

use super::endpoint::{self, Wanted};
use super::paging::First;
use super::{format, function, mapping, named, paging, settings, template, text_at, unsupported, verdict};
use crate::bundle::Bundle;
use crate::plan::{FileRead, Format, HttpRead, Read, Source};
use crate::units::USUAL_PAGE_SIZE;

pub(super) fn compile(bundle: &Bundle, id: Id, value: &Value) -> Result<Source, Vec<Problem>> {
    let mut problems = Vec::new();
    unsupported::check(unsupported::EXPORT, value, &mut problems);
    if let Some(kind @ ("delta" | "once" | "test" | "blob" | "webhook" | "distributed" | "stream")) =
        text_at(value, "/type")
    {
        let message =
            format!("This version reads all records at every run, not “{kind}”: change the type of the export.");
        problems.push(Problem::new("/type", "unsupported", message));
    }
    let export = Export(value);
    let connection = export.connection().and_then(|id| bundle.get(id, Kind::Connection));
    let all = settings(bundle, ("export", value), connection);
    let filter = function::filter(bundle, value, "/filter", &all);
    let read = match export.source() {
        Some(Adaptor::File) => file(bundle, export).map(Read::File),
        Some(Adaptor::Http) => http(bundle, export).map(|read| Read::Http(Box::new(read))),
        None => {
            let kind = text_at(value, "/adaptorType").unwrap_or("nothing");
            let message = format!("This version reads from HTTP endpoints and files, not from {kind}.");
            Err(vec![Problem::new("/adaptorType", "unsupported", message)])
        }
    };
    let transform = function::transform(bundle, value, "/transform");
    let mapper = mapping::compile(value);
    match (filter, transform, mapper, read) {
        (Ok(filter), Ok(transform), Ok(mapper), Ok(read)) if problems.is_empty() => Ok(Source {
            named: named(
                bundle,
                &id.to_string(),
                export.name(),
                &[("_exportId", Some(id)), ("_connectionId", export.connection())],
                &all,
            ),
            read,
            transform,
            filter,
            mapper,
            context: vec![("settings", Val::from(&all)), ("connection", endpoint::shown(bundle, export.connection()))],
            page_size: export.page_size().unwrap_or(USUAL_PAGE_SIZE),
        }),
        (filter, transform, mapper, read) => {
            problems.extend(filter.err().into_iter().flatten());
            problems.extend(transform.err().into_iter().flatten());
            problems.extend(mapper.err().into_iter().flatten());
            problems.extend(read.err().into_iter().flatten());
            Err(problems)
        }
    }
}

fn file(bundle: &Bundle, export: Export<'_>) -> Result<FileRead, Vec<Problem>> {
    let Some(hash) = export.file_hash() else {
        let message = "Enter the file: choose one from this computer.";
        return Err(vec![Problem::new("/rawData", "missing_required_field", message)]);
    };
    Ok(FileRead { hash: hash.to_owned(), format: format::read(bundle, export.0)? })
}

fn http(bundle: &Bundle, export: Export<'_>) -> Result<HttpRead, Vec<Problem>> {
    let value = export.0;
    let body = text_at(value, "/http/body");
    let endpoint = endpoint::compile(
        bundle,
        &Wanted {
            scope: "export",
            value,
            connection: export.connection(),
            method: export.http_method(),
            uri: export.relative_uri(),
            headers: export.headers(),
            body,
            // Those that a lookup maps.
            records: value.get("mappings").and_then(Value::as_array).is_some_and(|rows| !rows.is_empty()),
        },
    )?;
    let body = body.map(|body| template(body, Target::Plain, "/http/body")).transpose()?;
    let connection = export.connection().and_then(|id| bundle.get(id, Kind::Connection));
    let shared = |pointer: &str| connection.and_then(|connection| text_at(connection, pointer));
    // Answers are usually of the type of requests; what only requests can have says nothing of them.
    let sent = shared("/http/mediaType").filter(|kind| matches!(*kind, "csv" | "xml"));
    let kind = text_at(value, "/http/successMediaType").or_else(|| shared("/http/successMediaType")).or(sent);
    let (accept, format) = match kind {
        Some("csv") => ("text/csv", format::read(bundle, value)?),
        Some("xml") => ("application/xml, text/xml", format::xml_answer(value)?),
        Some("json") | None => {
            let resource_path = text_at(value, "/http/response/resourcePath").unwrap_or_default().to_owned();
            ("application/json", Format::Json { resource_path, one_object: true })
        }
        Some(other) => {
            let message = format!("This version reads answers in JSON, CSV and XML, not “{other}”.");
            return Err(vec![Problem::new("/http/successMediaType", "unsupported", message)]);
        }
    };
    let first = First { endpoint: &endpoint, body: body.as_ref(), format: &format };
    Ok(HttpRead {
        accept,
        paging: paging::compile(export, &first)?,
        endpoint,
        body,
        format,
        verdict: verdict::compile(value, 0)?,
        export: Val::from(value),
    })
}
