//! The errors of a job: of a run, or of one of its steps.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tombolo_model::Id;

use super::{run_or_step, tried};
use crate::app::App;
use crate::error::ApiError;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::shown::time;
use crate::routes::body::Names;
use crate::routes::v1::packages::waiting;

/// The most errors that come as a list of [`old`]; all are in a file.
const MOST: usize = 1_000;

/// `GET /v1/jobs/{id}/errors`
pub(in crate::routes::v1) async fn list(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    Ok(Answer(json!({ "errors": all(&app, &acting, id).await? })))
}

/// `GET /v1/jobs/{id}/joberrors`: the list as older clients read it.
pub(in crate::routes::v1) async fn old(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Response, RestError> {
    let errors = all(&app, &acting, id).await?;
    if errors.len() > MOST {
        let message = format!("This job has more than {MOST} errors. Get them as a file: errorFile/signedURL.");
        return Err(RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many", message));
    }
    if errors.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let shown = errors.into_iter().map(|mut error| {
        error["createdAt"] = error["occurredAt"].clone();
        error["resolve"] = error["resolved"].clone();
        error["retry"] = json!(false);
        error
    });
    Ok(Answer(shown.collect::<Vec<_>>()).into_response())
}

/// `GET /v1/jobs/{id}/errorFile/signedURL`: where all of them wait as a JSON file.
pub(in crate::routes::v1) async fn file(
    State(app): State<App>,
    acting: Acting,
    headers: HeaderMap,
    Names(id): Names<Id>,
) -> Result<Response, RestError> {
    let errors = all(&app, &acting, id).await?;
    let bytes = serde_json::to_vec(&errors).map_err(|error| ApiError::internal(&error))?;
    waiting(&app, &headers, &format!("errors-{id}.json"), bytes.into())
}

/// All errors of a job, oldest first.
async fn all(app: &App, acting: &Acting, id: Id) -> Result<Vec<Value>, RestError> {
    let (run, step) = run_or_step(app, acting, id).await?;
    let step = step.and_then(|step| run.steps.get(step));
    let rows = app.store.run_errors(acting.account, run.id).await?;
    let tried = tried(app, acting, &run).await?;
    // A run that came to no step has no record that failed; what ended it is all there is to tell.
    let ended = run.error.as_ref().filter(|_| rows.is_empty() && step.is_none()).map(|error| {
        json!({
            "errorId": format!("{}.0", run.id), "_jobId": run.id, "_flowId": run.flow, "code": error.code,
            "message": error.message, "source": error.source, "classification": error.class,
            "occurredAt": time(run.ended_ms.unwrap_or(error.time_ms)), "resolved": false,
        })
    });
    let errors = rows
        .iter()
        .filter(|row| step.is_none_or(|step| step.step == row.error.step))
        .map(|row| {
            let error = &row.error;
            let resolved = tried.get(&row.n).filter(|attempt| attempt.resolved);
            let mut shown = json!({
                "errorId": format!("{}.{}", run.id, row.n), "_jobId": run.id, "_flowId": run.flow,
                "_expOrImpId": error.step.split('~').next().unwrap_or_default(),
                "code": error.code, "message": error.message, "source": error.source,
                "classification": error.class, "traceKey": error.trace_key, "occurredAt": time(error.time_ms), "resolved": resolved.is_some(),
            });
            if let Some(attempt) = resolved {
                shown["resolvedAt"] = json!(attempt.ended_ms.map(time));
                shown["resolvedBy"] = json!(attempt.by.as_ref().map(|by| by.user));
                shown["_retryJobId"] = json!(attempt.run);
            }
            shown
        })
        .chain(ended);
    Ok(errors.collect())
}
