//! Errors of the steps of flows: counted and listed. What people decide about them is in [`super::decisions`].
//!
//! A step is named by its export or import; one that the flow has no more may still have errors.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tombolo_model::views::Flow;
use tombolo_model::{Action, Id, Kind};

use super::resources::found;
use super::tags;
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::{RestError, entry};
use crate::rest::failures::Outcomes;
use crate::rest::mirror;
use crate::rest::query::pairs;
use crate::rest::shown::{read_time, time};
use crate::routes::body::Names;
use crate::store::{FailureFilter, FailureRow};

/// Errors of a page, and how many there are when nobody says.
const MOST: usize = 1_000;
/// Errors that are looked at for counting, the newest.
pub(super) const COUNTED: u32 = 100_000;
/// Errors that are read at a time.
const AT_ONCE: u32 = 2_000;

/// `GET /v1/flows/{id}/errors`: how many are open, by step.
pub(super) async fn of_flow(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    RawQuery(raw): RawQuery,
) -> Result<Answer<Value>, RestError> {
    found(&app, &acting, Kind::Flow, id).await?;
    let mut steps: BTreeMap<String, Count> = BTreeMap::new();
    for failure in open(&app, &acting, &Asked::read(raw.as_deref(), Some(id))?.filter).await? {
        steps.entry(of(&failure.error.step).to_owned()).or_default().add(&failure);
    }
    let shown: Vec<Value> = steps
        .into_iter()
        .map(|(step, count)| json!({ "_expOrImpId": step, "numError": count.errors, "lastErrorAt": time(count.last_ms) }))
        .collect();
    Ok(Answer(json!({ "flowErrors": shown })))
}

/// `GET /v1/integrations/{id}/errors`: how many are open, by flow.
pub(super) async fn of_integration(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    RawQuery(raw): RawQuery,
) -> Result<Answer<Value>, RestError> {
    found(&app, &acting, Kind::Integration, id).await?;
    let asked = Asked::read(raw.as_deref(), None)?;
    let mut shown = Vec::new();
    for flow in mirror::all(&app, acting.account, Some(Kind::Flow)).await? {
        let here = Flow(&flow.seen.value).integration() == Some(id) && !flow.seen.binned;
        if !here || !acting.may(Action::Read, &flow.row) {
            continue;
        }
        let filter = FailureFilter { flow: Some(flow.row.id), ..asked.filter.clone() };
        let mut count = Count::default();
        for failure in open(&app, &acting, &filter).await? {
            count.add(&failure);
        }
        if count.errors > 0 {
            let last = time(count.last_ms);
            shown.push(json!({ "_flowId": flow.row.id, "numError": count.errors, "lastErrorAt": last }));
        }
    }
    Ok(Answer(Value::Array(shown)))
}

/// `GET /v1/flows/{id}/{step}/errors`
pub(super) async fn list(
    State(app): State<App>,
    acting: Acting,
    Names((id, step)): Names<(Id, String)>,
    OriginalUri(uri): OriginalUri,
    RawQuery(raw): RawQuery,
) -> Result<Answer<Value>, RestError> {
    page(&app, &acting, (id, &step), (uri.path(), raw.as_deref()), false).await
}

/// `GET /v1/flows/{id}/{step}/resolved`
pub(super) async fn resolved(
    State(app): State<App>,
    acting: Acting,
    Names((id, step)): Names<(Id, String)>,
    OriginalUri(uri): OriginalUri,
    RawQuery(raw): RawQuery,
) -> Result<Answer<Value>, RestError> {
    page(&app, &acting, (id, &step), (uri.path(), raw.as_deref()), true).await
}

/// The id of an error: its run and its number there.
pub(super) fn error_id(run: Id, n: u64) -> String {
    format!("{run}.{n}")
}

/// The run and the number in the id of an error.
pub(super) fn read_id(text: &str) -> Option<(Id, u64)> {
    let (run, n) = text.split_once('.')?;
    Some((run.parse().ok()?, n.parse().ok()?))
}

/// The export or import of a step.
pub(super) fn of(step: &str) -> &str {
    step.split('~').next().unwrap_or_default()
}

#[derive(Default)]
struct Count {
    errors: u64,
    last_ms: i64,
}

impl Count {
    fn add(&mut self, failure: &FailureRow) {
        self.errors += 1;
        self.last_ms = self.last_ms.max(failure.error.time_ms);
    }
}

/// What a list is asked for.
struct Asked {
    filter: FailureFilter,
    limit: usize,
}

impl Asked {
    fn read(raw: Option<&str>, flow: Option<Id>) -> Result<Self, RestError> {
        let mut asked = Self { filter: FailureFilter { flow, ..FailureFilter::default() }, limit: MOST };
        for (name, value) in pairs(raw) {
            let wrong = |what: &str| {
                let name: String = name.chars().take(40).collect();
                RestError::new(StatusCode::BAD_REQUEST, "invalid_query_params", format!("{name}: {what}"))
            };
            let at = || read_time(&value).ok_or_else(|| wrong("this is a time such as 2026-11-29T09:00:00.000Z."));
            match name.as_str() {
                "occurredAt_gte" => asked.filter.from_ms = Some(at()?),
                "occurredAt_lte" => asked.filter.to_ms = Some(at()?),
                "source" => asked.filter.source = Some(value),
                "after" => {
                    let id = read_id(&value).ok_or_else(|| wrong("this is the id of an error."))?;
                    asked.filter.after = Some(id);
                }
                "limit" | "pageSize" => {
                    let limit: usize = value.parse().map_err(|_| wrong("this is a whole number."))?;
                    asked.limit = limit.clamp(1, MOST);
                }
                _ => return Err(wrong("errors are not filtered by this.")),
            }
        }
        Ok(asked)
    }
}

/// Open errors, the newest, without their messages and trace keys.
pub(super) async fn open(app: &App, acting: &Acting, filter: &FailureFilter) -> Result<Vec<FailureRow>, RestError> {
    let outcomes = Outcomes::of(app, acting.account, filter.flow).await?;
    let filter = FailureFilter { brief: true, ..filter.clone() };
    let mut failures = app.store.failures(acting.account, &filter, COUNTED).await?;
    failures.retain(|failure| !outcomes.is_resolved(failure));
    Ok(failures)
}

async fn page(
    app: &App,
    acting: &Acting,
    (flow, step): (Id, &str),
    (path, raw): (&str, Option<&str>),
    resolved: bool,
) -> Result<Answer<Value>, RestError> {
    found(app, acting, Kind::Flow, flow).await?;
    let mut asked = Asked::read(raw, Some(flow))?;
    asked.filter.step = Some(step.to_owned());
    let outcomes = Outcomes::of(app, acting.account, Some(flow)).await?;
    let mut rows: Vec<FailureRow> = Vec::new();
    let mut more = true;
    while more && rows.len() <= asked.limit {
        let some = app.store.failures(acting.account, &asked.filter, AT_ONCE).await?;
        more = some.len() == AT_ONCE as usize;
        asked.filter.after = some.last().map(|last| (last.run, last.n));
        rows.extend(some.into_iter().filter(|one| outcomes.is_resolved(one) == resolved));
    }
    let next = (rows.len() > asked.limit).then(|| {
        let last = &rows[asked.limit - 1];
        let others = raw.into_iter().flat_map(|raw| raw.split('&'));
        let others = others.filter(|pair| !matches!(pair.split('=').next(), Some("after" | "")));
        let others: String = others.map(|pair| format!("&{pair}")).collect();
        format!("{path}?after={}{others}", error_id(last.run, last.n))
    });
    rows.truncate(asked.limit);
    let short = tags::short_ids(app, acting).await?;
    let shown: Vec<Value> = rows.iter().map(|row| show(row, &outcomes, &short)).collect();
    let mut answer = json!({ (if resolved { "resolved" } else { "errors" }): shown });
    if let Some(next) = next {
        answer["nextPageURL"] = json!(next);
    }
    Ok(Answer(answer))
}

fn show(row: &FailureRow, outcomes: &Outcomes, short: &BTreeMap<String, String>) -> Value {
    let (error, id) = (&row.error, error_id(row.run, row.n));
    let mut shown = json!({
        "errorId": id, "_flowJobId": row.run, "occurredAt": time(error.time_ms), "source": error.source,
        "code": error.code, "message": error.message, "retriable": row.has_record,
    });
    if row.has_record {
        shown["retryDataKey"] = json!(id);
    }
    if let Some(class) = error.class {
        shown["classification"] = json!(class);
    }
    if let Some(key) = &error.trace_key {
        shown["traceKey"] = json!(key);
    }
    if let Some(index) = error.index {
        shown["oIndex"] = json!(index.to_string());
    }
    if let Some(standing) = outcomes.standing(row.run, row.n) {
        if let Some(to) = &standing.assigned {
            shown["assignedTo"] = json!(to.user);
        }
        let tags: Vec<&String> = standing.tags.iter().map(|tag| short.get(tag).unwrap_or(tag)).collect();
        if !tags.is_empty() {
            shown["tags"] = json!(tags);
        }
    }
    if let Some(attempt) = outcomes.attempt(row.run, row.n).filter(|attempt| attempt.resolved) {
        shown["resolvedAt"] = json!(attempt.ended_ms.map(time));
        shown["resolvedBy"] = json!(attempt.by.as_ref().map_or_else(|| json!("auto"), |by| json!(by.user)));
    }
    shown
}

pub(super) fn invalid(code: &str, message: &str, field: &str) -> RestError {
    RestError::invalid(vec![entry(code, message, field)])
}
