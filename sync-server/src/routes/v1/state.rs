//! State: JSON under keys, for the account or below one of its resources.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tombolo_model::Id;
use tombolo_model::kept::{STATE_KEY_BYTES as KEY_BYTES, STATE_KEYS as MOST_KEYS, STATE_VALUE_BYTES as VALUE_BYTES};
use tombolo_wire::rest::AuditAction;

use super::body::{Collection, Json};
use super::resources::found;
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::routes::body::Names;
use crate::store::{AuditEvent, KeptState};
use crate::{audit, clock};

/// `GET /v1/state`
pub(super) async fn keys(State(app): State<App>, acting: Acting) -> Result<Answer<Value>, RestError> {
    Ok(Answer(json!({ "keys": app.store.state_keys(acting.account, None).await? })))
}

/// `GET /v1/{collection}/{id}/state`
pub(super) async fn keys_below(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    found(&app, &acting, kind, id).await?;
    Ok(Answer(json!({ "keys": app.store.state_keys(acting.account, Some(id)).await? })))
}

/// `GET /v1/state/{key}`
pub(super) async fn value(
    State(app): State<App>,
    acting: Acting,
    Names(key): Names<String>,
) -> Result<Answer<Value>, RestError> {
    read(&app, &acting, None, &key).await
}

/// `GET /v1/{collection}/{id}/state/{key}`
pub(super) async fn value_below(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names((id, key)): Names<(Id, String)>,
) -> Result<Answer<Value>, RestError> {
    found(&app, &acting, kind, id).await?;
    read(&app, &acting, Some(id), &key).await
}

/// `PUT /v1/state/{key}`
pub(super) async fn keep(
    State(app): State<App>,
    acting: Acting,
    Names(key): Names<String>,
    Json(value): Json,
) -> Result<(StatusCode, &'static str), RestError> {
    write(&app, &acting, None, (&key, &value)).await
}

/// `PUT /v1/{collection}/{id}/state/{key}`
pub(super) async fn keep_below(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names((id, key)): Names<(Id, String)>,
    Json(value): Json,
) -> Result<(StatusCode, &'static str), RestError> {
    found(&app, &acting, kind, id).await?;
    write(&app, &acting, Some(id), (&key, &value)).await
}

/// `DELETE /v1/state/{key}`
pub(super) async fn remove(
    State(app): State<App>,
    acting: Acting,
    Names(key): Names<String>,
) -> Result<StatusCode, RestError> {
    delete(&app, &acting, None, &key).await
}

/// `DELETE /v1/{collection}/{id}/state/{key}`
pub(super) async fn remove_below(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names((id, key)): Names<(Id, String)>,
) -> Result<StatusCode, RestError> {
    found(&app, &acting, kind, id).await?;
    delete(&app, &acting, Some(id), &key).await
}

/// `DELETE /v1/state`
pub(super) async fn clear(State(app): State<App>, acting: Acting) -> Result<StatusCode, RestError> {
    if app.store.delete_state(acting.account, None, None).await? > 0 {
        note(&app, &acting, None, "", (true, false)).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/{collection}/{id}/state`
pub(super) async fn clear_below(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
) -> Result<StatusCode, RestError> {
    found(&app, &acting, kind, id).await?;
    if app.store.delete_state(acting.account, Some(id), None).await? > 0 {
        note(&app, &acting, Some(id), "", (true, false)).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn read(app: &App, acting: &Acting, owner: Option<Id>, key: &str) -> Result<Answer<Value>, RestError> {
    let value = app.store.state_value(acting.account, owner, key).await?;
    value.map(Answer).ok_or_else(RestError::not_found)
}

async fn write(
    app: &App,
    acting: &Acting,
    owner: Option<Id>,
    (key, value): (&str, &Value),
) -> Result<(StatusCode, &'static str), RestError> {
    let too_much = |message: String| RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "too_long", message);
    if key.len() > KEY_BYTES {
        return Err(too_much(format!("A key has at most {KEY_BYTES} bytes.")));
    }
    if value.to_string().len() > VALUE_BYTES {
        return Err(too_much("A value has at most 1 MiB.".to_owned()));
    }
    match app.store.put_state(acting.account, owner, key, value, MOST_KEYS, clock::now_ms()).await? {
        KeptState::Created => {
            note(app, acting, owner, key, (false, true)).await;
            Ok((StatusCode::CREATED, "Created"))
        }
        KeptState::Replaced => {
            note(app, acting, owner, key, (true, true)).await;
            Ok((StatusCode::OK, "OK"))
        }
        KeptState::Full => {
            let message = format!("The account has {MOST_KEYS} keys of state, and no more fit. Delete some first.");
            Err(RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "state_full", message))
        }
    }
}

async fn delete(app: &App, acting: &Acting, owner: Option<Id>, key: &str) -> Result<StatusCode, RestError> {
    match app.store.delete_state(acting.account, owner, Some(key)).await? {
        0 => Err(RestError::not_found()),
        _ => {
            note(app, acting, owner, key, (true, false)).await;
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

/// Into the audit log: which key, and that there was or is a value; what programs keep there is theirs.
async fn note(app: &App, acting: &Acting, owner: Option<Id>, key: &str, (before, now): (bool, bool)) {
    let action = match (before, now) {
        (false, _) => AuditAction::Create,
        (true, true) => AuditAction::Update,
        (true, false) => AuditAction::Delete,
    };
    let name = if key.is_empty() { "all keys" } else { key };
    let fields = vec![audit::masked(&format!("/{key}"), before, now)];
    audit::note(app, acting.account, AuditEvent { fields, ..audit::acted(acting, "state", owner, name, action) }).await;
}
