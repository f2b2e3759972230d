//! Integrations and flows as zips: downloaded, looked at, installed.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tombolo_model::package::PackageChoices;
use tombolo_model::{Id, Kind};
use tombolo_package::{Package, Plan, Purpose};

use super::body::Collection;
use super::clone::choices_of;
use super::recycle_bin::model;
use super::resources::found;
use crate::app::App;
use crate::fresh;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::package;
use crate::routes::body::Names;

/// `GET /v1/integrations/{id}/template` and `GET /v1/flows/{id}/template`
pub(super) async fn download(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
) -> Result<Response, RestError> {
    package::whole(&acting)?;
    let root = found(&app, &acting, kind, id).await?;
    let packed = package::gather(&app, &acting, Purpose::File, &root).await?;
    // Names of people's choice may hold what a header may not: then the id is its name.
    let name = format!("attachment; filename=\"{}\"", tombolo_package::file_name(&packed));
    let name = HeaderValue::from_str(&name).ok().filter(|_| name.is_ascii());
    let name = name.unwrap_or_else(|| HeaderValue::from_static("attachment; filename=\"integration.zip\""));
    let bytes = tombolo_package::write(&packed);
    Ok(([(CONTENT_TYPE, HeaderValue::from_static("application/zip")), (CONTENT_DISPOSITION, name)], bytes)
        .into_response())
}

/// A body that is a zip.
fn read(body: Result<Bytes, BytesRejection>) -> Result<Package, RestError> {
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
    Ok(Answer(json!({ "objects": objects, "stackRequired": stack, "notes": package.notes })))
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
    let mut choices = choices_of(&app, &acting, &package, &asked).await?;
    choices.name = asked.get("name").and_then(Value::as_str).map(str::to_owned);
    let plan = plan(package, Purpose::File, &choices)?;
    package::check(&app, &acting, &plan).await?;
    package::make(&app, &acting, &plan).await?;
    Ok((StatusCode::CREATED, Answer(manifest(&plan))).into_response())
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
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RestError> + Send + 'static,
) -> Result<T, RestError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.map_err(|error| RestError::from(crate::error::ApiError::internal(&error)))?
}
