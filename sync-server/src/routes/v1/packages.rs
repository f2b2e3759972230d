//! Integrations and flows as zips: downloaded, looked at, installed.

use std::collections::BTreeMap;
use std::path::Path;

use axum::Json as Answer;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tombolo_model::package::PackageChoices;
use tombolo_model::{Id, Kind};
use tombolo_package::{Package, Plan, Purpose};

use super::body::{Collection, address};
use super::clone::choices_of;
use super::recycle_bin::model;
use super::resources::found;
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::package;
use crate::rest::shown::time;
use crate::rest::tickets::TICKET_MS;
use crate::routes::body::Names;
use crate::{clock, fresh};

/// `GET /v1/integrations/{id}/template` and `GET /v1/flows/{id}/template`
pub(super) async fn download(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
    headers: HeaderMap,
) -> Result<Response, RestError> {
    let packed = pack(&app, &acting, kind, id).await?;
    let name = tombolo_package::file_name(&packed);
    handed(&app, &headers, &name, tombolo_package::write(&packed).into())
}

/// A resource of the caller's and what belongs to it.
pub(super) async fn pack(app: &App, acting: &Acting, kind: Kind, id: Id) -> Result<Package, RestError> {
    package::whole(acting)?;
    let root = found(app, acting, kind, id).await?;
    package::gather(app, acting, Purpose::File, &root).await
}

/// A zip for whoever asks for one; else the address where it waits, which is what clients of the integrator's API expect.
pub(super) fn handed(app: &App, headers: &HeaderMap, name: &str, bytes: Bytes) -> Result<Response, RestError> {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("application/zip") {
        return Ok(file(name, bytes));
    }
    waiting(app, headers, name, bytes)
}

/// The address where a file waits for a moment.
pub(super) fn waiting(app: &App, headers: &HeaderMap, name: &str, bytes: Bytes) -> Result<Response, RestError> {
    let now_ms = clock::now_ms();
    let ticket = app.rest.tickets.put(name.to_owned(), bytes, now_ms)?;
    let url = address(app, headers, &format!("/v1/downloads/{ticket}"));
    Ok(Answer(json!({ "signedURL": url, "key": name, "expiresAt": time(now_ms + TICKET_MS) })).into_response())
}

/// `GET /v1/downloads/{ticket}`: the address is the key.
pub(super) async fn fetch(State(app): State<App>, Names(ticket): Names<String>) -> Result<Response, RestError> {
    let waiting = app.rest.tickets.get(&ticket, clock::now_ms()).ok_or_else(RestError::not_found)?;
    Ok(file(&waiting.name, waiting.bytes))
}

/// A file; one whose name does not say otherwise is a zip.
fn file(name: &str, bytes: Bytes) -> Response {
    // Names of people's choice may hold what a header may not.
    let header = format!("attachment; filename=\"{name}\"");
    let header = HeaderValue::from_str(&header).ok().filter(|_| name.is_ascii());
    let header = header.unwrap_or_else(|| HeaderValue::from_static("attachment; filename=\"integration.zip\""));
    let is_json = Path::new(name).extension().is_some_and(|end| end == "json");
    let kind = HeaderValue::from_static(if is_json { "application/json" } else { "application/zip" });
    ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, header)], bytes).into_response()
}

/// A body that is a zip.
pub(super) fn read(body: Result<Bytes, BytesRejection>) -> Result<Package, RestError> {
    let bytes = body.map_err(|rejection| {
        let message = format!("The zip was not taken: {}.", rejection.body_text());
        RestError::new(rejection.status(), "invalid_body", message)
    })?;
    Ok(tombolo_package::read(bytes.to_vec())?)
}

/// `POST /v1/templates/preview`
pub(super) async fn preview(acting: Acting, body: Result<Bytes, BytesRejection>) -> Result<Answer<Value>, RestError> {
    package::whole(&acting)?;
    let package = blocking(move || read(body)).await?;
    Ok(Answer(looked_at(&package)))
}

/// What a package would make.
pub(super) fn looked_at(package: &Package) -> Value {
    let stack = package.parts.iter().any(|part| part.kind == Kind::Stack);
    // The root comes first, as clients expect it.
    let (root, others): (Vec<_>, Vec<_>) = package.parts.iter().partition(|part| part.id == package.root);
    let objects: Vec<Value> = root
        .into_iter()
        .chain(others)
        .map(|part| {
            let mut doc = json!({ "_id": part.id });
            if let (Value::Object(doc), Value::Object(fields)) = (&mut doc, &part.value) {
                doc.extend(fields.clone());
            }
            json!({ "model": model(part.kind), "doc": doc })
        })
        .collect();
    json!({ "objects": objects, "stackRequired": stack, "notes": package.notes })
}

/// `POST /v1/templates/install?name=…&_integrationId=…&connectionMap={"old":"new"}`
pub(super) async fn install(
    State(app): State<App>,
    acting: Acting,
    query: Result<Query<BTreeMap<String, String>>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, RestError> {
    package::whole(&acting)?;
    let Query(query) = query.map_err(|_| invalid_query("Check the address."))?;
    let package = blocking(move || read(body)).await?;
    let mut asked = json!({});
    for (name, text) in &query {
        asked[name] = match name.as_str() {
            "connectionMap" => serde_json::from_str(text)
                .map_err(|_| invalid_query("Send the connectionMap as JSON: {\"old\": \"new\"}."))?,
            "name" | "_integrationId" => text.as_str().into(),
            _ => return Err(invalid_query("Send name, _integrationId and connectionMap, and nothing else.")),
        };
    }
    Ok((StatusCode::CREATED, Answer(made(&app, &acting, package, &asked).await?)).into_response())
}

/// Makes what a package holds: `name`, `_integrationId` and `connectionMap` are asked for.
pub(super) async fn made(app: &App, acting: &Acting, package: Package, asked: &Value) -> Result<Vec<Value>, RestError> {
    let mut choices = choices_of(app, acting, &package, asked).await?;
    choices.name = asked.get("name").and_then(Value::as_str).map(str::to_owned);
    let plan = plan(package, Purpose::File, &choices)?;
    package::check(app, acting, &plan).await?;
    package::make(app, acting, &plan).await?;
    Ok(manifest(&plan))
}

/// Says what to make, with fresh ids.
pub(super) fn plan(package: Package, purpose: Purpose, choices: &PackageChoices) -> Result<Plan, RestError> {
    let mut ids = Vec::with_capacity(package.parts.len());
    for _ in &package.parts {
        ids.push(fresh::id()?);
    }
    let mut ids = ids.into_iter();
    // There are as many as parts, and no part takes two.
    Ok(tombolo_package::plan(package, purpose, choices, &mut || ids.next().unwrap_or(Id::from_bytes([0; 12])))?)
}

/// What was made, the root first.
pub(super) fn manifest(plan: &Plan) -> Vec<Value> {
    let (root, others): (Vec<_>, Vec<_>) = plan.parts.iter().rev().partition(|part| part.id == plan.root);
    let entry = |part: &tombolo_package::Part| json!({ "model": model(part.kind), "_id": part.id, "name": part.value.get("name") });
    root.into_iter().chain(others).map(entry).collect()
}

fn invalid_query(message: &str) -> RestError {
    RestError::new(StatusCode::BAD_REQUEST, "invalid_query_params", message)
}

/// Archives take time to inflate: not on a thread that answers requests.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RestError> + Send + 'static,
) -> Result<T, RestError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.map_err(|error| RestError::from(crate::error::ApiError::internal(&error)))?
}
