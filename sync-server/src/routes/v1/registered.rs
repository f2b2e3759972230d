//! Connections that are registered with integrations: who works in one may use them there.
//!
//! What is registered is written in the connection, so whoever registers one has to be allowed to change it.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tombolo_model::{Action, Id, Kind};

use super::body::Json;
use super::resources::found;
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::{RestError, entry};
use crate::rest::mirror::Found;
use crate::rest::{references, write};
use crate::routes::body::Names;

/// Where a connection says it.
const FIELD: &str = "_registeredIntegrationIds";
/// The most connections of one request.
const MOST: usize = 500;

/// `PUT /v1/integrations/{id}/connections/register`
pub(super) async fn register_many(
    State(app): State<App>,
    acting: Acting,
    Names(integration): Names<Id>,
    Json(body): Json,
) -> Result<Answer<Value>, RestError> {
    found(&app, &acting, Kind::Integration, integration).await?;
    let ids: Option<Vec<Id>> =
        body.as_array().and_then(|list| list.iter().map(|id| id.as_str()?.parse().ok()).collect());
    let ids = ids.filter(|ids| ids.len() <= MOST).ok_or_else(|| {
        let message = format!("Send a list of ids of connections, at most {MOST}.");
        RestError::invalid(vec![entry("invalid_value", message, "")])
    })?;
    let mut connections = Vec::with_capacity(ids.len());
    for id in &ids {
        connections.push(connection(&app, &acting, *id).await?);
    }
    for connection in &connections {
        write(&app, &acting, connection, integration, true).await?;
    }
    Ok(Answer(json!(ids)))
}

/// `PUT /v1/integrations/{id}/connections/{connection}/register`
pub(super) async fn register(
    State(app): State<App>,
    acting: Acting,
    Names((integration, id)): Names<(Id, Id)>,
) -> Result<Answer<Value>, RestError> {
    found(&app, &acting, Kind::Integration, integration).await?;
    write(&app, &acting, &connection(&app, &acting, id).await?, integration, true).await?;
    Ok(Answer(json!([id])))
}

/// `DELETE /v1/integrations/{id}/connections/{connection}/register`
pub(super) async fn unregister(
    State(app): State<App>,
    acting: Acting,
    Names((integration, id)): Names<(Id, Id)>,
) -> Result<StatusCode, RestError> {
    found(&app, &acting, Kind::Integration, integration).await?;
    write(&app, &acting, &connection(&app, &acting, id).await?, integration, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn connection(app: &App, acting: &Acting, id: Id) -> Result<Found, RestError> {
    let connection = found(app, acting, Kind::Connection, id).await?;
    acting.must(Action::Write, &connection.row)?;
    Ok(connection)
}

async fn write(app: &App, acting: &Acting, connection: &Found, integration: Id, on: bool) -> Result<(), RestError> {
    let before = &connection.seen.value;
    let list = before.get(FIELD).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut wanted: Vec<Value> = list.into_iter().filter(|one| *one != json!(integration)).collect();
    if on {
        wanted.push(json!(integration));
    }
    let mut value = before.clone();
    value[FIELD] = Value::Array(wanted);
    references::check(app, acting, Kind::Connection, (Some(before), &value)).await?;
    write::change(app, acting, connection.row.id, write::replacing(value)).await
}
