//! An export to a source.

use serde_json::Value;
use tombolo_model::views::{Export, Source as Adaptor};
use tombolo_model::{Id, Kind, Problem, Val, excerpt};

use super::endpoint::{self, Wanted};
use super::paging::First;
use super::{
    around, async_helper, flag, format, function, kind, listener, mapping, media, named, paging, settings, template,
    text_at, trace_key, unsupported, verdict,
};
use crate::bundle::Bundle;
use crate::group::{Grouping, Sorting};
use crate::plan::{FileRead, Format, HttpRead, Read, Source};
use crate::units::USUAL_PAGE_SIZE;

pub(super) fn compile(bundle: &Bundle, id: Id, value: &Value) -> Result<Source, Vec<Problem>> {
    let mut problems = Vec::new();
    unsupported::check(unsupported::EXPORT, value, &mut problems);
    problems.extend(trace_key(value).err().into_iter().flatten());
    let export = Export(value);
    let connection = export.connection().and_then(|id| bundle.get(id, Kind::Connection));
    let all = settings(bundle, ("export", value), connection);
    let kind = kept(kind::compile(bundle, id, export), &mut problems);
    let pre_save_page = kept(function::function(bundle, value, "/hooks/preSavePage"), &mut problems);
    let filter = kept(function::filter(bundle, value, "/filter", &all), &mut problems);
    let transform = kept(function::transform(bundle, value, "/transform"), &mut problems);
    let mapper = kept(mapping::compile(value), &mut problems);
    let order = kept(order(export), &mut problems);
    let mock_output = kept(mock_output(bundle, value), &mut problems).flatten();
    let read = kept(read(bundle, id, export), &mut problems);
    let (Some(kind), Some(order), Some(read)) = (kind, order, read) else { return Err(problems) };
    let (Some(filter), Some(transform), Some(mapper), Some(pre_save_page)) = (filter, transform, mapper, pre_save_page)
    else {
        return Err(problems);
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let own = [("_exportId", Some(id)), ("_connectionId", export.connection())];
    Ok(Source {
        named: named(bundle, &id.to_string(), export.name(), &own, &all),
        read,
        sorting: order.sorting,
        row_grouping: order.row_grouping,
        grouping: order.grouping,
        limit: kind.limit,
        delta: kind.delta,
        once: kind.once,
        transform,
        filter,
        mapper,
        pre_save_page,
        context: around(bundle, export.connection(), &all, ("export", value)),
        page_size: export.page_size().unwrap_or(USUAL_PAGE_SIZE),
        mock_output,
    })
}

/// The most records that stand for a page in a test run.
const MAX_MOCK_RECORDS: usize = 10;

/// What a test run takes for the page: `{"page_of_records": [{"record": {…}}]}`, or with `rows` in the place of a record.
fn mock_output(bundle: &Bundle, value: &Value) -> Result<Option<Vec<Val>>, Vec<Problem>> {
    let mock = value.get("mockOutput").filter(|mock| bundle.about.test_mode && !is_nothing(mock));
    let Some(mock) = mock else { return Ok(None) };
    let problem = |message: &str| vec![Problem::new("/mockOutput", "invalid_value", message)];
    // Kept as a text by some editors.
    let parsed = mock.as_str().map(serde_json::from_str::<Value>).transpose();
    let mock = parsed.map_err(|_| problem("The mock output is no JSON: mend it."))?.unwrap_or_else(|| mock.clone());
    let page = mock.get("page_of_records").and_then(Value::as_array);
    let records: Option<Vec<Val>> = page.and_then(|page| {
        let one = |entry: &Value| entry.get("record").or_else(|| entry.get("rows")).map(Val::from);
        page.iter().map(one).collect()
    });
    match records {
        Some(records) if records.len() <= MAX_MOCK_RECORDS => Ok(Some(records)),
        Some(_) => Err(problem("The mock output has more than ten records: leave some out.")),
        None => Err(problem("Write the mock output as {\"page_of_records\": [{\"record\": {…}}]}.")),
    }
}

fn is_nothing(mock: &Value) -> bool {
    mock.is_null() || mock.as_str().is_some_and(|text| text.trim().is_empty())
}

fn kept<T>(made: Result<T, Vec<Problem>>, problems: &mut Vec<Problem>) -> Option<T> {
    made.map_err(|found| problems.extend(found)).ok()
}

struct Order {
    sorting: Option<Sorting>,
    row_grouping: Option<Grouping>,
    grouping: Option<Grouping>,
}

fn order(export: Export<'_>) -> Result<Order, Vec<Problem>> {
    let value = export.0;
    let empty = value.pointer("/file/groupEmptyValues").and_then(Value::as_bool).unwrap_or(false);
    let grouping = Grouping::compile(value.get("groupByFields"), empty, "/groupByFields")?;
    if export.source() != Some(Adaptor::File) {
        return Ok(Order { sorting: None, row_grouping: None, grouping });
    }
    let rows = Grouping::compile(value.pointer("/file/groupByFields"), empty, "/file/groupByFields")?;
    // What the parser of older exports did by itself.
    let keys = Grouping::key_columns(value.pointer("/file/csv/keyColumns"), "/file/csv/keyColumns")?;
    let (row_grouping, grouping) = match (rows.or(keys), grouping) {
        // The rows of a file are joined before anything else is done with them, wherever the export says by which fields.
        (None, grouping) => (grouping, None),
        (rows, _) => (rows, None),
    };
    let sorting = Sorting::compile(value.pointer("/file/sortByFields"), "/file/sortByFields")?;
    Ok(Order { sorting, row_grouping, grouping })
}

fn read(bundle: &Bundle, id: Id, export: Export<'_>) -> Result<Read, Vec<Problem>> {
    match export.source() {
        Some(Adaptor::File) => file(bundle, export).map(Read::File),
        Some(Adaptor::Http) => http(bundle, export).map(|read| Read::Http(Box::new(read))),
        Some(Adaptor::Listener) => listener::compile(bundle, id, export.0).map(Read::Listener),
        None => {
            let kind = text_at(export.0, "/adaptorType").filter(|kind| !kind.is_empty()).unwrap_or("nothing");
            let message = format!(
                "This version reads from HTTP endpoints, listeners and files, not from {kind}: choose HTTPExport, WebhookExport, or SimpleExport for a file."
            );
            Err(vec![Problem::new("/adaptorType", "unsupported", message)])
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
    let connection = export.connection().and_then(|id| bundle.get(id, Kind::Connection));
    let media = media::written(value, connection);
    let body = body.map(|body| template(body, media::target(media, body), "/http/body")).transpose()?;
    let shared = |pointer: &str| connection.and_then(|connection| text_at(connection, pointer));
    // Answers are usually of the type of requests; what only requests can have says nothing of them.
    let sent = shared("/http/mediaType").filter(|kind| matches!(*kind, "csv" | "xml"));
    let kind = text_at(value, "/http/successMediaType").or_else(|| shared("/http/successMediaType")).or(sent);
    let (accept, format) = answers(bundle, value, kind)?;
    let first = First { endpoint: &endpoint, body: body.as_ref(), media, format: &format };
    Ok(HttpRead {
        accept,
        paging: paging::compile(export, &first)?,
        endpoint,
        body,
        format,
        verdict: verdict::compile(value, 0)?,
        helper: async_helper::compile(bundle, value)?.map(Box::new),
        export: Val::from(value),
    })
}

/// How the answers of an endpoint are read, and what is asked of it for that. `kind` is their type.
fn answers(bundle: &Bundle, value: &Value, kind: Option<&str>) -> Result<(&'static str, Format), Vec<Problem>> {
    let as_file = match text_at(value, "/http/type") {
        None | Some("records") => None,
        // What a file is made of is said by the settings of files.
        Some("file") => Some("*/*"),
        Some("csvstream") => Some("text/csv"),
        Some(other) => {
            let message = format!(
                "This version reads records and files of endpoints, not “{other}”: choose another.",
                other = excerpt(&other)
            );
            return Err(vec![Problem::new("/http/type", "unsupported", message)]);
        }
    };
    Ok(match (as_file, kind) {
        (Some(accept), _) => (accept, format::read(bundle, value)?),
        (None, Some("csv")) => ("text/csv", format::read(bundle, value)?),
        (None, Some("xml")) => ("application/xml, text/xml", format::xml_answer(value)?),
        (None, Some("json") | None) => {
            let resource_path = text_at(value, "/http/response/resourcePath").unwrap_or_default().to_owned();
            ("application/json", Format::Json { resource_path, table: table(value)? })
        }
        (None, Some("plaintext")) => ("text/plain, */*", Format::Text),
        (None, Some(other)) => {
            let message = format!(
                "This version reads answers in JSON, CSV, XML and plain text, not “{other}”.",
                other = excerpt(&other)
            );
            return Err(vec![Problem::new("/http/successMediaType", "unsupported", message)]);
        }
    })
}

/// Whether the records of an answer are lists of cells, and the first of them names the columns.
fn table(value: &Value) -> Result<Option<bool>, Vec<Problem>> {
    const PLACE: &str = "/http/response/twoDArray";
    let Some(options) = value.pointer(PLACE).filter(|options| options.is_object()) else { return Ok(None) };
    if flag(options, "/doNotNormalize", false) {
        let message = "This version makes a record of each row of cells and passes none on as a list: switch this off.";
        return Err(vec![Problem::new(format!("{PLACE}/doNotNormalize"), "unsupported", message)]);
    }
    Ok(Some(flag(options, "/hasHeader", false)))
}
