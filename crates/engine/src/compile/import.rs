//! An import to a step.

use serde_json::Value;
use tombolo_formats::Compression;
use tombolo_model::views::{Destination, Import};
use tombolo_model::{Id, Kind, Problem, Val};
use tombolo_template::Target;

use super::{
    around, flag, format, function, import_http, mapping, named, settings, template, text_at, trace_key, unsupported,
};
use crate::bundle::Bundle;
use crate::plan::{self, FileWrite, Parts, Write};

pub(super) fn compile(
    bundle: &Bundle,
    id: Id,
    value: &Value,
    reads_answer: bool,
) -> Result<plan::Import, Vec<Problem>> {
    let mut problems = Vec::new();
    unsupported::check(unsupported::IMPORT, value, &mut problems);
    problems.extend(trace_key(value).err().into_iter().flatten());
    let import = Import(value);
    let connection = import.connection().and_then(|id| bundle.get(id, Kind::Connection));
    let all = settings(bundle, ("import", value), connection);
    let mapper = mapping::compile(value);
    let write = match import.destination() {
        Some(Destination::File) => file(bundle, import).map(Write::File),
        Some(Destination::Http) => import_http::compile(bundle, import).map(|write| Write::Http(Box::new(write))),
        None => {
            let kind = text_at(value, "/adaptorType").filter(|kind| !kind.is_empty()).unwrap_or("nothing");
            let message = format!(
                "This version writes to HTTP endpoints and files, not to {kind}: choose HTTPImport, or SimpleImport for a file."
            );
            Err(vec![Problem::new("/adaptorType", "unsupported", message)])
        }
    };
    let hook = |name: &str| function::function(bundle, value, &format!("/hooks/{name}"));
    let hooks = hook("preMap").and_then(|pre| Ok((pre, hook("postMap")?, hook("postSubmit")?, hook("postAggregate")?)));
    let transform = function::transform(bundle, value, "/responseTransform");
    match (mapper, write, hooks, transform) {
        (Ok(mapper), Ok(write), Ok((pre_map, post_map, post_submit, post_aggregate)), Ok(response_transform))
            if problems.is_empty() =>
        {
            let own = [("_importId", Some(id)), ("_connectionId", import.connection())];
            Ok(plan::Import {
                named: named(bundle, &id.to_string(), import.name(), &own, &all),
                pre_map,
                mapper,
                post_map,
                context: around(bundle, import.connection(), &all, ("import", value)),
                reads_answer: bundle.about.test_mode
                    || reads_answer
                    || post_submit.is_some()
                    || response_transform.is_some(),
                write,
                mock_response: value.get("mockResponse").filter(|mock| !mock.is_null()).map(Val::from),
                response_transform,
                post_submit,
                post_aggregate,
            })
        }
        (mapper, write, hooks, transform) => {
            problems.extend(mapper.err().into_iter().flatten());
            problems.extend(write.err().into_iter().flatten());
            problems.extend(hooks.err().into_iter().flatten());
            problems.extend(transform.err().into_iter().flatten());
            Err(problems)
        }
    }
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
    let archive = || format!("{}.zip", import.name());
    let page = text_at(import.0, "/file/aggregation/type") == Some("page");
    let parts = match (flag(import.0, "/file/skipAggregation", false), page) {
        (true, _) => Parts::Record(archive()),
        (false, true) => Parts::Page(archive()),
        (false, false) => Parts::All,
    };
    let kind = text_at(import.0, "/file/type").unwrap_or("csv");
    let own = format!("/file/{kind}/body");
    let body = [own.as_str(), "/file/body"].into_iter().find_map(|place| Some((text_at(import.0, place)?, place)));
    let body = body.map(|(text, place)| template(text, Target::Plain, place)).transpose()?;
    Ok(FileWrite { name: template(name, Target::Plain, "/file/fileName")?, options, parts, body })
}
