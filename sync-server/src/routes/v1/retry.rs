//! Records that failed, tried again on the server at the step at which they did, and edited before.

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::AuditAction;
use tombolo_wire::run::RunType;

use super::body::Json;
use super::decisions::check;
use super::errors::{error_id, invalid, read_id};
use super::resources::found;
use crate::app::App;
use crate::nesting::is_deeper;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::failures::Outcomes;
use crate::routes::body::Names;
use crate::routes::runs::not_started;
use crate::runner::{self, Again, Narrowed, Wish};
use crate::store::AuditEvent;
use crate::{audit, clock, fresh};

/// The most records of one run that tries again.
const MOST: usize = 1_000;
/// All of them together, as JSON: they travel to the process of the run in one line.
const MOST_BYTES: usize = 12 * 1024 * 1024;
/// A record as it is kept for when it is tried again.
const RECORD_BYTES: usize = 1024 * 1024;
const RECORD_LEVELS: usize = 100;
/// All records of an account that were put in place of others.
const MOST_KEPT_BYTES: u64 = 64 * 1024 * 1024;

/// `POST /v1/flows/{id}/{step}/retry`
pub(super) async fn start(
    State(app): State<App>,
    acting: Acting,
    Names((id, step)): Names<(Id, String)>,
    Json(body): Json,
) -> Result<Answer<Value>, RestError> {
    found(&app, &acting, Kind::Flow, id).await?;
    let field = if body.get("retryDataKeys").is_some() { "retryDataKeys" } else { "errorIds" };
    let ids = body.get(field).and_then(Value::as_array);
    let ids: Option<BTreeSet<(Id, u64)>> = ids.and_then(|ids| ids.iter().map(|id| read_id(id.as_str()?)).collect());
    let ids: Vec<(Id, u64)> = ids.unwrap_or_default().into_iter().collect();
    if ids.is_empty() || ids.len() > MOST {
        let message = format!("Send a list of 1 to {MOST} keys of errors.");
        return Err(invalid("invalid_value", &message, field));
    }
    check(&app, &acting, (id, &step), &ids, field).await?;
    let again = again(&app, &acting, id, ids, field).await?;
    let run = fresh::id()?;
    let narrowed = Narrowed { again: Some(again), ..Narrowed::default() };
    let wish = Wish::of(acting.user, RunType::Retry);
    let name = runner::start_narrowed(&app, acting.account, id, run, wish, narrowed).await.map_err(not_started)?;
    audit::note(&app, acting.account, audit::acted(&acting, Kind::Flow.name(), Some(id), &name, AuditAction::Run))
        .await;
    Ok(Answer(json!({ "_jobId": run })))
}

/// `GET /v1/flows/{id}/{step}/{key}/data`
pub(super) async fn data(
    State(app): State<App>,
    acting: Acting,
    Names((id, step, key)): Names<(Id, String, String)>,
) -> Result<Answer<Value>, RestError> {
    let (run, n) = keyed(&app, &acting, (id, &step), &key).await?;
    let error = app.store.failure(acting.account, run, n).await?.ok_or_else(RestError::not_found)?;
    let record = error.record.ok_or_else(RestError::not_found)?;
    Ok(Answer(json!({ "data": record, "stage": error.source, "traceKey": error.trace_key })))
}

/// `PUT /v1/flows/{id}/{step}/{key}/data`: what is tried in place of the record. The record that failed stays in its run.
pub(super) async fn put_data(
    State(app): State<App>,
    acting: Acting,
    Names((id, step, key)): Names<(Id, String, String)>,
    Json(body): Json,
) -> Result<StatusCode, RestError> {
    let (run, n) = keyed(&app, &acting, (id, &step), &key).await?;
    let error = app.store.failure(acting.account, run, n).await?.ok_or_else(RestError::not_found)?;
    if error.record.is_none() {
        return Err(RestError::not_found());
    }
    let record = record(&body);
    let size = record.to_string().len();
    if size > RECORD_BYTES || is_deeper(record, RECORD_LEVELS) {
        return Err(invalid("too_long", "A record has at most 1 MiB and 100 levels.", "data"));
    }
    let others = app.store.retry_data_bytes(acting.account, (run, n)).await?;
    if others.saturating_add(size as u64) > MOST_KEPT_BYTES {
        let message = "The account keeps 64 MiB of changed records; more fit when runs with such errors are gone.";
        return Err(invalid("retry_data_full", message, "data"));
    }
    if !app.store.put_retry_data(acting.account, (run, n), record, clock::now_ms()).await? {
        return Err(RestError::not_found());
    }
    let flow = found(&app, &acting, Kind::Flow, id).await?;
    let name = flow.seen.value.get("name").and_then(Value::as_str).unwrap_or_default();
    let event = audit::acted(&acting, Kind::Flow.name(), Some(id), name, AuditAction::Update);
    let fields = vec![audit::field("/errors/retryData", None, Some(error_id(run, n).into()))];
    audit::note(&app, acting.account, AuditEvent { fields, ..event }).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The record in a body: under `data` where the body is what [`data`] has shown, else all of it.
fn record(body: &Value) -> &Value {
    let is_shown = body
        .as_object()
        .is_some_and(|fields| fields.keys().all(|name| matches!(name.as_str(), "data" | "stage" | "traceKey")));
    body.get("data").filter(|_| is_shown).unwrap_or(body)
}

async fn keyed(app: &App, acting: &Acting, (flow, step): (Id, &str), key: &str) -> Result<(Id, u64), RestError> {
    found(app, acting, Kind::Flow, flow).await?;
    let id = read_id(key).ok_or_else(RestError::not_found)?;
    let here = check(app, acting, (flow, step), &[id], "").await;
    here.map(|()| id).map_err(|_| RestError::not_found())
}

/// What is tried again: the records as they are kept or were edited, all of one step of the flow.
async fn again(app: &App, acting: &Acting, flow: Id, ids: Vec<(Id, u64)>, field: &str) -> Result<Again, RestError> {
    let outcomes = Outcomes::of(app, acting.account, Some(flow)).await?;
    let (mut step, mut size, mut failed) = (String::new(), 0, Vec::with_capacity(ids.len()));
    for (run, n) in ids {
        let no = |code: &str, why: &str| Err(invalid(code, &format!("{}: {why}", error_id(run, n)), field));
        if outcomes.attempt(run, n).is_some_and(|attempt| attempt.resolved) {
            return no("resolved", "this error is resolved.");
        }
        let error = app.store.failure(acting.account, run, n).await?.ok_or_else(RestError::not_found)?;
        let Some(record) = error.record else {
            return no("not_retriable", "the record of this error is not kept.");
        };
        size += record.to_string().len();
        if size > MOST_BYTES {
            return no("too_long", "the records up to this one are more than 12 MiB. Send fewer at a time.");
        }
        if step.is_empty() {
            step.clone_from(&error.step);
        }
        if step != error.step {
            let why =
                "the flow has this step twice, and this error is of the other one. Retry them one after the other.";
            return no("other_step", why);
        }
        failed.push(((run, n), error.index, record));
    }
    Ok(Again::new(step, failed))
}
