//! An export to a source.

use serde_json::Value;
use tombolo_model::views::{Export, Paging as Kinds, Source as Adaptor};
use tombolo_model::{Id, Kind, Problem, Val};
use tombolo_template::{Target, Template};

use super::endpoint::{self, Wanted};
use super::{format, function, named, path_at, settings, template, text_at, unsupported, whole_at};
use crate::bundle::Bundle;
use crate::plan::{Endpoint, FileRead, Format, HttpRead, Paging, Read, Source, Stop};
use crate::units::USUAL_PAGE_SIZE;

/// The number of the page in templates.
const PAGE: [&str; 4] = ["export", "http", "paging", "page"];

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
    match (filter, transform, read) {
        (Ok(filter), Ok(transform), Ok(read)) if problems.is_empty() => Ok(Source {
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
            context: vec![("settings", Val::from(&all)), ("connection", endpoint::shown(bundle, export.connection()))],
            page_size: export.page_size().unwrap_or(USUAL_PAGE_SIZE),
        }),
        (filter, transform, read) => {
            problems.extend(filter.err().into_iter().flatten());
            problems.extend(transform.err().into_iter().flatten());
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
            records: false,
        },
    )?;
    let body = body.map(|body| template(body, Target::Plain, "/http/body")).transpose()?;
    let format = match text_at(value, "/http/successMediaType") {
        Some("csv") => format::read(bundle, value)?,
        Some("xml") => format::xml_answer(value)?,
        Some("json") | None => Format::Json {
            resource_path: text_at(value, "/http/response/resourcePath").unwrap_or_default().to_owned(),
            one_object: true,
        },
        Some(other) => {
            let message = format!("This version reads answers in JSON, CSV and XML, not “{other}”.");
            return Err(vec![Problem::new("/http/successMediaType", "unsupported", message)]);
        }
    };
    Ok(HttpRead {
        paging: paging(export, &endpoint, body.as_ref())?,
        endpoint,
        body,
        format,
        error_path: path_at(value, "/http/response/errorPath")?,
    })
}

fn paging(export: Export<'_>, endpoint: &Endpoint, body: Option<&Template>) -> Result<Paging, Vec<Problem>> {
    let value = export.0;
    match export.paging() {
        Kinds::None | Kinds::Other("none") => Ok(Paging::None),
        Kinds::LinkHeader => Ok(Paging::LinkHeader {
            relation: text_at(value, "/http/paging/linkHeaderRelation").unwrap_or("next").to_owned(),
            stop: stop(value)?,
        }),
        Kinds::Page => {
            let mut templates = endpoint
                .headers
                .iter()
                .map(|(_, template)| template)
                .chain([&endpoint.uri, &endpoint.base])
                .chain(body);
            if !templates.any(|template| template.reads(&PAGE)) {
                let message = "Paging counts pages, but the address does not name the page: put {{export.http.paging.page}} into it, such as ?page={{export.http.paging.page}}.";
                return Err(vec![Problem::new("/http/relativeURI", "missing_page", message)]);
            }
            Ok(Paging::Page { first: whole_at(value, "/http/paging/page").unwrap_or(0), stop: stop(value)? })
        }
        Kinds::Other(other) => {
            let message = format!("This version pages by page number and by Link header, not by “{other}”.");
            Err(vec![Problem::new("/http/paging/method", "unsupported", message)])
        }
    }
}

fn stop(value: &Value) -> Result<Stop, Vec<Problem>> {
    let status = whole_at(value, "/http/paging/lastPageStatusCode");
    let last_page = path_at(value, "/http/paging/lastPagePath")?.map(|path| {
        let values = value.pointer("/http/paging/lastPageValues").and_then(Value::as_array);
        let texts = values.into_iter().flatten().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        (path, texts.collect())
    });
    Ok(Stop {
        last_page_status: status.and_then(|status| u16::try_from(status).ok()).unwrap_or(404),
        max_page: path_at(value, "/http/paging/maxPagePath")?,
        max_count: path_at(value, "/http/paging/maxCountPath")?,
        last_page,
    })
}
