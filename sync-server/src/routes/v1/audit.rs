//! The audit log as the API shows it: of the account, of one resource, of one token.

use axum::Json as Answer;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tombolo_model::Id;
use tombolo_wire::rest::{AuditAction, AuditEntry, AuditQuery, AuditSource};

use super::body::address;
use crate::app::App;
use crate::audit;
use crate::clock;
use crate::error::ApiError;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::query::pairs;
use crate::rest::shown::{read_time, time};
use crate::routes::body::Names;

/// Entries of a page.
const MOST: u32 = 1_000;

/// `GET /v1/audit`
pub(super) async fn of_account(
    State(app): State<App>,
    acting: Acting,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    answer(&app, &acting, (&headers, uri.path(), raw.as_deref()), read(raw.as_deref())?).await
}

/// `GET /v1/{collection}/{id}/audit`; also of what is in the bin or gone.
pub(super) async fn of_one(
    State(app): State<App>,
    acting: Acting,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Names(id): Names<Id>,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    let query = AuditQuery { resource: Some(id), ..read(raw.as_deref())? };
    answer(&app, &acting, (&headers, uri.path(), raw.as_deref()), query).await
}

async fn answer(
    app: &App,
    acting: &Acting,
    (headers, path, raw): (&HeaderMap, &str, Option<&str>),
    query: AuditQuery,
) -> Result<Response, RestError> {
    audit::catch_up(&*app.store, acting.account, clock::now_ms()).await.map_err(|error| ApiError::internal(&error))?;
    let limit = query.limit.unwrap_or(MOST).clamp(1, MOST);
    let entries = app.store.audit_entries(acting.account, &query, limit).await?;
    if entries.is_empty() {
        return nothing(app, acting, query.resource).await;
    }
    let full = entries.len() == limit as usize;
    let mut response = Answer(entries.iter().map(show).collect::<Vec<_>>()).into_response();
    if full {
        let offset = u64::from(query.offset.unwrap_or_default()) + u64::from(limit);
        let others: Vec<String> = raw
            .into_iter()
            .flat_map(|raw| raw.split('&'))
            .filter(|pair| {
                !matches!(pair.split('=').next(), Some("offset" | "skip" | "limit" | "page" | "pageSize" | ""))
            })
            .map(|pair| format!("&{pair}"))
            .collect();
        let next =
            format!("<{}?offset={offset}&limit={limit}{}>; rel=\"next\"", address(app, headers, path), others.concat());
        if let Ok(next) = HeaderValue::from_str(&next) {
            response.headers_mut().insert(LINK, next);
        }
    }
    Ok(response)
}

/// An empty page; of what was never there it is said that it is not there.
async fn nothing(app: &App, acting: &Acting, about: Option<Id>) -> Result<Response, RestError> {
    if let Some(id) = about {
        let resource = app.store.home(acting.account, id).await?.is_some();
        if !resource && app.store.token(acting.account, id, clock::now_ms()).await?.is_none() {
            return Err(RestError::not_found());
        }
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn read(raw: Option<&str>) -> Result<AuditQuery, RestError> {
    let (mut query, mut page) = (AuditQuery::default(), None::<u32>);
    for (name, value) in pairs(raw) {
        let wrong = |what: &str| {
            let name: String = name.chars().take(40).collect();
            let message = format!("{name}: {what}");
            RestError::new(StatusCode::BAD_REQUEST, "invalid_query_params", message)
        };
        let id = || value.parse().map(Some).map_err(|_| wrong("this is an id of 24 hex digits."));
        let number = || value.parse().map(Some).map_err(|_| wrong("this is a whole number."));
        let at =
            || read_time(&value).map(Some).ok_or_else(|| wrong("this is a time such as 2026-11-29T09:00:00.000Z."));
        match name.as_str() {
            "resourceType" => query.resource_type = Some(value),
            "_resourceId" => query.resource = id()?,
            "_byUserId" | "byUser" => query.user = id()?,
            "from" | "startDate" => query.from = at()?,
            "to" | "endDate" => query.to = at()?,
            "limit" | "pageSize" => query.limit = number()?,
            "offset" | "skip" => query.offset = number()?,
            "page" => page = number()?,
            "source" => {
                let source = AuditSource::from_name(&value.to_ascii_lowercase());
                query.source = Some(source.ok_or_else(|| wrong("ui, api or system."))?);
            }
            "action" | "event" => {
                let action = AuditAction::from_name(&value);
                query.action = Some(action.ok_or_else(|| wrong("there is no such action."))?);
            }
            _ => return Err(wrong("the log is not filtered by this.")),
        }
    }
    // Some clients count pages, from 1.
    if let Some(page) = page {
        let limit = query.limit.unwrap_or(MOST).clamp(1, MOST);
        query.offset = Some(page.saturating_sub(1).saturating_mul(limit));
    }
    Ok(query)
}

fn show(entry: &AuditEntry) -> Value {
    let mut shown = Map::new();
    // Its place in the log, as ids are written.
    let seconds = u32::try_from(entry.time_ms / 1_000).unwrap_or_default();
    shown.insert("_id".to_owned(), json!(Id::from_parts(seconds, entry.n.to_be_bytes())));
    shown.insert("time".to_owned(), json!(time(entry.time_ms)));
    if let Some(user) = &entry.by_user {
        shown.insert("byUser".to_owned(), json!({ "_id": user.id, "name": user.name, "email": user.email }));
    }
    shown.insert("source".to_owned(), json!(entry.source));
    if let Some(token) = &entry.token {
        shown.insert("tokenName".to_owned(), json!(token));
    }
    shown.insert("resourceType".to_owned(), json!(entry.resource_type));
    if let Some(resource) = entry.resource {
        shown.insert("_resourceId".to_owned(), json!(resource));
    }
    shown.insert("resourceName".to_owned(), json!(entry.resource_name));
    shown.insert("event".to_owned(), json!(entry.action));
    shown.insert("fieldChanges".to_owned(), json!(entry.field_changes));
    Value::Object(shown)
}
