//! An import to a step.

use serde_json::Value;
use tombolo_formats::Compression;
use tombolo_model::views::{Destination, Import};
use tombolo_model::{Id, Kind, Problem, Val};
use tombolo_template::Target;

use super::endpoint::{self, Wanted};
use super::{format, function, named, path_at, settings, template, text_at, unsupported};
use crate::bundle::Bundle;
use crate::lookup::Lookups;
use crate::mapper::Mapper;
use crate::plan::{FileWrite, HttpWrite, Step, Write};

pub(super) fn compile(bundle: &Bundle, id: Id, value: &Value, proceed_on_failure: bool) -> Result<Step, Vec<Problem>> {
    let mut problems = Vec::new();
    unsupported::check(unsupported::IMPORT, value, &mut problems);
    let import = Import(value);
    let connection = import.connection().and_then(|id| bundle.get(id, Kind::Connection));
    let all = settings(bundle, ("import", value), connection);
    let filter = function::filter(bundle, value, "/filter", &all);
    let mapper = mapping(value, import.mappings());
    let write = match import.destination() {
        Some(Destination::File) => file(bundle, import).map(Write::File),
        Some(Destination::Http) => http(bundle, import).map(|write| Write::Http(Box::new(write))),
        None => {
            let kind = text_at(value, "/adaptorType").unwrap_or("nothing");
            let message = format!("This version writes to HTTP endpoints and files, not to {kind}.");
            Err(vec![Problem::new("/adaptorType", "unsupported", message)])
        }
    };
    match (filter, mapper, write) {
        (Ok(filter), Ok(mapper), Ok(write)) if problems.is_empty() => Ok(Step {
            named: named(bundle, id, ("import", value), import.connection(), &all),
            filter,
            mapper,
            context: vec![("settings", Val::from(&all)), ("connection", connection.map_or(Val::Absent, Val::from))],
            proceed_on_failure,
            reads_answer: false,
            write,
        }),
        (filter, mapper, write) => {
            problems.extend(filter.err().into_iter().flatten());
            problems.extend(mapper.err().into_iter().flatten());
            problems.extend(write.err().into_iter().flatten());
            Err(problems)
        }
    }
}

fn mapping(value: &Value, rows: &[Value]) -> Result<Option<Mapper>, Vec<Problem>> {
    let lookups = Lookups::compile(value.get("lookups"), "/lookups")?;
    let lookups = lookups.and(Lookups::compile(value.pointer("/http/lookups"), "/http/lookups")?);
    let mapper = Mapper::compile(rows, "/mappings", &lookups)?;
    if mapper.as_ref().is_some_and(Mapper::asks) {
        let message = "This version maps with static lookups: those that ask a cache or an endpoint do not run yet.";
        return Err(vec![Problem::new("/lookups", "unsupported", message)]);
    }
    let envelope = text_at(value, "/inputContext") == Some("envelope");
    Ok(mapper.map(|mapper| mapper.in_envelope(envelope)))
}

fn file(bundle: &Bundle, import: Import<'_>) -> Result<FileWrite, Vec<Problem>> {
    let options = format::write(bundle, import.0)?;
    let packed = match options.compression {
        None => "",
        Some(Compression::Gzip) => ".gz",
        Some(Compression::Zip) => ".zip",
    };
    let usual = format!("{}.{}{packed}", import.name(), options.format.extension());
    let name = import.file_name().unwrap_or(&usual);
    Ok(FileWrite { name: template(name, Target::Plain, "/file/fileName")?, options })
}

fn http(bundle: &Bundle, import: Import<'_>) -> Result<HttpWrite, Vec<Problem>> {
    let endpoint = endpoint::compile(
        bundle,
        &Wanted {
            scope: "import",
            value: import.0,
            connection: import.connection(),
            method: import.http_method(),
            uri: import.relative_uri(),
            headers: import.headers(),
            body: import.body(),
            records: true,
        },
    )?;
    let send_mapped = import.0.pointer("/http/sendPostMappedData").and_then(Value::as_bool);
    Ok(HttpWrite {
        endpoint,
        body: import.body().map(|body| template(body, Target::Plain, "/http/body")).transpose()?,
        batch_size: import.batch_size(),
        send_mapped: send_mapped.unwrap_or(true),
        error_path: path_at(import.0, "/http/response/errorPath")?,
    })
}
