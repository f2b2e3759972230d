//! The data of lookup caches.

use axum::Json as Answer;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tombolo_model::kept::CACHE_KEY_BYTES as KEY_BYTES;
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::AuditAction;

use super::body::{Json, MaybeJson, address};
use super::resources::found;
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::{RestError, entry};
use crate::rest::mirror::Found;
use crate::rest::query::pairs;
use crate::routes::body::Names;
use crate::store::{AuditEvent, Upserted};
use crate::{audit, clock, kept};

/// The most keys of one request, and of one answer.
const MOST_KEYS: u32 = 1_000;
/// The most bytes of one request, and of one answer.
const MOST_BYTES: usize = 5 * 1024 * 1024;

/// `POST /v1/lookupcaches/{id}/data`
pub(super) async fn upsert(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    Json(body): Json,
) -> Result<Answer<Value>, RestError> {
    let cache = found(&app, &acting, Kind::LookupCache, id).await?;
    let entries = entries(&body)?;
    match app.store.upsert_cache(acting.account, id, &entries, kept::MOST_BYTES, clock::now_ms()).await? {
        Upserted::Kept(size) => {
            note(&app, &acting, &cache, "/data/upserted", json!(entries.len())).await;
            Ok(Answer(json!({ "upserted": entries.len(), "size": size.size_bytes })))
        }
        Upserted::CacheFull(would) => Err(full(format!(
            "A lookup cache holds at most 50 MB, and this would make it {} MB. Nothing was added.",
            would.div_ceil(1024 * 1024)
        ))),
        Upserted::AccountFull(_) => {
            Err(full("All lookup caches of an account together hold at most 1 GB. Nothing was added.".to_owned()))
        }
    }
}

/// `POST /v1/lookupcaches/{id}/getData`
pub(super) async fn read(
    State(app): State<App>,
    acting: Acting,
    headers: HeaderMap,
    Names(id): Names<Id>,
    RawQuery(raw): RawQuery,
    MaybeJson(body): MaybeJson,
) -> Result<Answer<Value>, RestError> {
    found(&app, &acting, Kind::LookupCache, id).await?;
    if let Some(keys) = body.get("keys") {
        let found = app.store.cache_values(acting.account, id, &keys_of(keys)?, MOST_BYTES).await?;
        let too_much = || too_much("These entries are more than 5 MB. Ask for fewer keys at a time.");
        let found = found.ok_or_else(too_much)?;
        return Ok(Answer(json!({ "data": shown(found) })));
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let asked = pairs(raw.as_deref());
    let in_query = |name: &str| asked.iter().find(|(have, _)| have == name).map(|(_, value)| value.clone());
    let prefix = text("startsWith").or_else(|| in_query("startsWith")).unwrap_or_default();
    let after = in_query("startAfterKey").or_else(|| text("startAfterKey"));
    let most = (MOST_KEYS, MOST_BYTES);
    let (found, more) = app.store.cache_entries(acting.account, id, &prefix, after.as_deref(), most).await?;
    let next = found.last().filter(|_| more).map(|(key, _)| {
        let mut query = form(&[("startAfterKey", key)]);
        if !prefix.is_empty() {
            query = format!("{query}&{}", form(&[("startsWith", &prefix)]));
        }
        address(&app, &headers, &format!("/v1/lookupcaches/{id}/getData?{query}"))
    });
    let mut answer = json!({ "data": shown(found) });
    if let (Some(next), Some(fields)) = (next, answer.as_object_mut()) {
        fields.insert("nextPageURL".to_owned(), Value::String(next));
    }
    Ok(Answer(answer))
}

/// `DELETE /v1/lookupcaches/{id}/data`
pub(super) async fn remove(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    MaybeJson(body): MaybeJson,
) -> Result<Answer<Value>, RestError> {
    let cache = found(&app, &acting, Kind::LookupCache, id).await?;
    let keys = keys_of(body.get("keys").unwrap_or(&Value::Null))?;
    let gone = app.store.delete_cache(acting.account, id, Some(&keys), clock::now_ms()).await?;
    note(&app, &acting, &cache, "/data/deleted", json!(gone)).await;
    Ok(Answer(json!({ "deleted": gone })))
}

/// `DELETE /v1/lookupcaches/{id}/data/purge`
pub(super) async fn purge(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<StatusCode, RestError> {
    let cache = found(&app, &acting, Kind::LookupCache, id).await?;
    let gone = app.store.delete_cache(acting.account, id, None, clock::now_ms()).await?;
    note(&app, &acting, &cache, "/data/purged", json!(gone)).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Into the audit log: how many entries.
async fn note(app: &App, acting: &Acting, cache: &Found, what: &str, count: Value) {
    let name = cache.seen.value.get("name").and_then(Value::as_str).unwrap_or_default();
    let event = audit::acted(acting, Kind::LookupCache.name(), Some(cache.row.id), name, AuditAction::Update);
    let fields = vec![audit::field(what, None, Some(count))];
    audit::note(app, acting.account, AuditEvent { fields, ..event }).await;
}

fn entries(body: &Value) -> Result<Vec<(String, Value)>, RestError> {
    let data = body.get("data").and_then(Value::as_array).ok_or_else(|| {
        RestError::invalid(vec![entry(
            "missing_required_field",
            "Send {\"data\": [{\"key\": …, \"value\": …}]}.",
            "data",
        )])
    })?;
    if data.len() > MOST_KEYS as usize {
        return Err(too_much("A request adds at most 1,000 entries. Send the others in another one."));
    }
    let mut made = Vec::with_capacity(data.len());
    for (index, one) in data.iter().enumerate() {
        let place = format!("data/{index}/key");
        let wrong = |message: &str| RestError::invalid(vec![entry("invalid_value", message, &place)]);
        let key = one.get("key").and_then(Value::as_str).filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| wrong("Each entry has a key, a text that is not empty."))?;
        if key.len() > KEY_BYTES {
            return Err(wrong("A key has at most 1,024 bytes."));
        }
        made.push((key.to_owned(), one.get("value").cloned().unwrap_or(Value::Null)));
    }
    let bytes: usize = made.iter().map(|(key, value)| key.len() + value.to_string().len()).sum();
    if bytes > MOST_BYTES {
        return Err(too_much("A request adds at most 5 MB. Send the others in another one."));
    }
    Ok(made)
}

fn keys_of(keys: &Value) -> Result<Vec<String>, RestError> {
    let keys: Option<Vec<String>> =
        keys.as_array().and_then(|keys| keys.iter().map(|key| key.as_str().map(str::to_owned)).collect());
    let keys = keys
        .ok_or_else(|| RestError::invalid(vec![entry("invalid_value", "Send {\"keys\": [\"…\", \"…\"]}.", "keys")]))?;
    if keys.len() > MOST_KEYS as usize {
        return Err(too_much("A request names at most 1,000 keys."));
    }
    Ok(keys)
}

fn shown(entries: Vec<(String, Value)>) -> Value {
    entries.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn form(pairs: &[(&str, &str)]) -> String {
    reqwest::Url::parse_with_params("http://a/", pairs)
        .ok()
        .and_then(|url| url.query().map(str::to_owned))
        .unwrap_or_default()
}

fn too_much(message: &str) -> RestError {
    RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "too_large", message)
}

fn full(message: String) -> RestError {
    RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "cache_full", message)
}
