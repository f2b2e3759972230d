//! The audit log of an account, as JSON and as CSV.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tombolo_wire::rest::{AuditEntry, AuditPage, AuditQuery, FieldChange};

use super::body::Asked;
use crate::app::App;
use crate::audit::{self, AuditError};
use crate::auth::caller::Entered;
use crate::clock;
use crate::error::ApiError;

/// Entries of a page.
const USUAL: u32 = 50;
const MOST: u32 = 500;

/// `GET /api/accounts/{account}/audit`
pub(super) async fn list(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Asked(query): Asked<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    up_to_now(&app, &entered).await?;
    let limit = query.limit.unwrap_or(USUAL).clamp(1, MOST);
    let entries = app.store.audit_entries(entered.account, &query, limit).await?;
    let full = entries.len() == limit as usize;
    let next = entries.last().map(|entry| entry.n).filter(|n| full && *n > 1);
    Ok(Json(AuditPage { entries, next }))
}

/// `GET /api/accounts/{account}/audit.csv`: every entry that the filters leave, a line a field.
pub(super) async fn csv(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Asked(mut query): Asked<AuditQuery>,
) -> Result<Response, ApiError> {
    up_to_now(&app, &entered).await?;
    let mut text =
        "Time,User,Email,Source,Resource type,Resource ID,Resource name,Action,Field,Old value,New value,Token\r\n"
            .to_owned();
    loop {
        let entries = app.store.audit_entries(entered.account, &query, MOST).await?;
        entries.iter().for_each(|entry| lines(&mut text, entry));
        match entries.last() {
            Some(last) if entries.len() == MOST as usize => query.before = Some(last.n),
            _ => break,
        }
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.csv\""));
    Ok((headers, text).into_response())
}

/// What was accepted a moment ago is in the answer.
async fn up_to_now(app: &App, entered: &Entered) -> Result<(), ApiError> {
    audit::catch_up(&*app.store, entered.account, clock::now_ms()).await.map_err(|error| match error {
        AuditError::Store(error) => error.into(),
        error @ AuditError::Ended(_) => ApiError::internal(&error),
    })
}

fn lines(text: &mut String, entry: &AuditEntry) {
    let nothing = [FieldChange { field_path: String::new(), old_value: None, new_value: None }];
    let fields = if entry.field_changes.is_empty() { nothing.as_slice() } else { &entry.field_changes };
    let time = chrono::DateTime::from_timestamp_millis(entry.time_ms)
        .map_or_else(String::new, |time| time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
    let by = |of: fn(&tombolo_wire::store::UserInfo) -> &String| entry.by_user.as_ref().map_or("", |user| of(user));
    for field in fields {
        let shown = |value: &Option<serde_json::Value>| match value {
            None => String::new(),
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        let resource = entry.resource.map_or_else(String::new, |id| id.to_string());
        let cells = [
            &time,
            by(|user| &user.name),
            by(|user| &user.email),
            entry.source.name(),
            &entry.resource_type,
            &resource,
            &entry.resource_name,
            entry.action.name(),
            &field.field_path,
            &shown(&field.old_value),
            &shown(&field.new_value),
            entry.token.as_deref().unwrap_or_default(),
        ]
        .map(cell);
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
}

/// Quoted where it must be (RFC 4180). A spreadsheet takes what begins like a formula for one, so such a text gets an
/// apostrophe in front.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_never_a_formula() {
        assert_eq!(cell("Orders"), "Orders");
        assert_eq!(cell("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
    }
}
