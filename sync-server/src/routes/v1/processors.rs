//! Rules on an input, evaluated without saving anything: the same objects as `tombolo eval`, in a caged child process.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tombolo_engine::question_id;

use super::body::JsonObject;
use crate::app::App;
use crate::commands::is_evaluation;
use crate::error::ApiError;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::worker::WorkerError;
use crate::routes::body::Names;

/// No evaluation takes longer. What is promised holds for what is shipped; a build for tests is slower.
const SECONDS: u64 = if cfg!(debug_assertions) { 30 } else { 5 };

/// `POST /v1/processors/{name}`
pub(super) async fn evaluate(
    State(app): State<App>,
    acting: Acting,
    Names(name): Names<String>,
    JsonObject(question): JsonObject,
) -> Result<Response, RestError> {
    let name = known(&name);
    if !is_evaluation(name) {
        return Err(RestError::not_found());
    }
    // Line ends in JSON stand between values, where blanks may.
    let line = question.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect();
    match app.rest.evaluations.ask(acting.account, &["eval-worker", name], line, SECONDS).await {
        Ok(said) if said.last() == Some(&b'\n') => Ok(json_text(said[..said.len() - 1].to_vec())),
        Ok(_) => Ok(limited(&question, "evaluation_limit", "The evaluation ended without an answer.")),
        Err(WorkerError::TooLong(_)) => {
            Ok(limited(&question, "evaluation_limit", "The evaluation took longer than 5 seconds, and was ended."))
        }
        Err(WorkerError::Ended(how)) => {
            tracing::debug!(how, name, "an evaluation broke");
            let message = "The evaluation took more memory than it may have (256 MB), or broke, and was ended.";
            Ok(limited(&question, "evaluation_limit", message))
        }
        Err(WorkerError::Busy) => {
            let busy = "Too many evaluations are waiting. Try again in a while.";
            Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", busy).again_in(2).into())
        }
        Err(error @ WorkerError::Process(_)) => Err(ApiError::internal(&error).into()),
    }
}

/// The names that clients of the integrator's API use for what `tombolo eval` calls otherwise.
fn known(name: &str) -> &str {
    match name {
        "csvParser" => "csvParse",
        "csvDataGenerator" => "csvGenerate",
        "xmlParser" => "xmlParse",
        "mapperProcessor" => "mapper",
        "structuredFileParser" => "fileDefinitionParse",
        "structuredFileGenerator" => "fileDefinitionGenerate",
        other => other,
    }
}

fn json_text(bytes: Vec<u8>) -> Response {
    let mut response = Body::from(bytes).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The same shape as an evaluation's own answer.
fn limited(question: &[u8], code: &str, message: &str) -> Response {
    let id = question_id(question);
    let error = json!({ "code": code, "message": message });
    let answer = json!({ "id": id, "output": null, "errors": [error], "console": [] });
    json_text(answer.to_string().into_bytes())
}
