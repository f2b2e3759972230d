//! API tokens: made, listed, changed, revoked, deleted. What becomes of deleted ones is [`binned`]'s.
//!
//! A token of the account is for whoever answers for its members. A personal one is made in a page, by a person who has
//! signed in: a token that could make it would outlive its own time, or act as somebody else. Its text is shown when it
//! is made and kept as a hash only.

pub(super) mod binned;

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tombolo_model::{Action, Id, Kind, MASK};
use tombolo_wire::rest::{AuditAction, ErrorBody, FieldChange};

use super::body::Json;
use super::resources::page;
use crate::app::App;
use crate::rest::acting::{Acting, By, SCOPES, Scope};
use crate::rest::error::{RestError, entry};
use crate::rest::mirror;
use crate::rest::shown::{read_time, time};
use crate::routes::body::Names;
use crate::store::{AuditEvent, NewToken, TokenRow};
use crate::{audit, clock, fresh};

const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// The longest life of a personal token, and what it has when nobody says.
const PERSONAL_MS: i64 = 90 * DAY_MS;
/// The longest life of a token of the account that goes by itself.
const ACCOUNT_MS: i64 = 30 * DAY_MS;
/// A token of an account, as it is called in JSON.
const PERSONAL: &str = "ashare";
/// What is sent back as it was shown, and not read.
const SHOWN: [&str; 8] =
    ["_id", "token", "createdAt", "lastModified", "lastUsedAt", "_userId", "_aShareId", "lastModifiedBy"];

/// `GET /v1/tokenInfo`
pub(super) async fn info(acting: Acting) -> Answer<Value> {
    let scope = match &acting.scope {
        Scope::Whole => json!("*"),
        Scope::Only(lists) => {
            let named = SCOPES.iter().map(|(name, kind)| ((*name).to_owned(), json!(lists.get(kind))));
            Value::Object(named.collect())
        }
    };
    Answer(json!({ "_userId": acting.user, "_accountId": acting.account, "scope": scope }))
}

/// `GET /v1/accesstokens`
pub(super) async fn list(
    State(app): State<App>,
    acting: Acting,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    let rows = app.store.tokens(acting.account, clock::now_ms()).await?;
    let shown = rows.iter().filter(|row| may_see(&acting, row)).map(show);
    page(&app, &headers, uri.path(), raw.as_deref(), shown)
}

/// `GET /v1/accesstokens/{id}`
pub(super) async fn one(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    Ok(Answer(show(&find(&app, &acting, id).await?)))
}

/// `POST /v1/accesstokens`
pub(super) async fn create(State(app): State<App>, acting: Acting, Json(body): Json) -> Result<Response, RestError> {
    let personal = body.get("tokenType") == Some(&json!(PERSONAL));
    if personal && acting.by != By::Session {
        return Err(RestError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "A personal token is made by its owner, signed in. A token cannot make one.",
        ));
    }
    if !personal {
        acting.must_in_account(Action::ManageMembers, Kind::Integration)?;
    }
    let wish = read(&app, &acting, &body, personal, &Value::Null).await?;
    let text = fresh::token()?;
    let now_ms = clock::now_ms();
    let token = NewToken {
        account: acting.account,
        id: fresh::id()?,
        hash: text.hash,
        user: acting.user,
        personal,
        sso: acting.sso,
        body: wish.body,
        purge_ms: in_time(&acting, wish.purge_ms.or_else(|| personal.then_some(now_ms + PERSONAL_MS))),
        now_ms,
    };
    app.store.add_token(&token).await?;
    let made = find(&app, &acting, token.id).await?;
    note(&app, &acting, &made, AuditAction::Create, vec![audit::field("", None, Some(show(&made)))]).await;
    let mut shown = show(&made);
    shown["token"] = json!(text.text);
    Ok((StatusCode::CREATED, Answer(shown)).into_response())
}

/// `PUT /v1/accesstokens/{id}`
pub(super) async fn change(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    Json(body): Json,
) -> Result<Answer<Value>, RestError> {
    let mut row = find(&app, &acting, id).await?;
    let before = show(&row);
    let wish = read(&app, &acting, &body, row.personal, &row.body).await?;
    if must_own(&acting, &row).is_err() {
        return end(&app, &acting, row, &wish).await;
    }
    row.purge_ms = match (wish.purge_ms, row.personal) {
        // A personal token always has an end.
        (None, true) => row.purge_ms,
        (wished, true) => wished.map(|ms| ms.min(row.created_ms + PERSONAL_MS)),
        (wished, false) => wished,
    };
    row.purge_ms = in_time(&acting, row.purge_ms);
    row.body = wish.body;
    // A rename does not bring a token back that was taken away.
    row.revoked = wish.revoked.unwrap_or(row.revoked);
    row.modified_ms = clock::now_ms();
    keep(&app, &row).await?;
    let shown = show(&row);
    note(&app, &acting, &row, AuditAction::Update, differences(&before, &shown)).await;
    Ok(Answer(shown))
}

/// `DELETE /v1/accesstokens/{id}`
pub(super) async fn remove(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<StatusCode, RestError> {
    let row = find(&app, &acting, id).await?;
    must_take_away(&acting, &row)?;
    if app.store.delete_token(acting.account, id, acting.user, clock::now_ms()).await? {
        note(&app, &acting, &row, AuditAction::Delete, Vec::new()).await;
        return Ok(StatusCode::NO_CONTENT);
    }
    let message = "A token is revoked before it is deleted: send it with “revoked”: true first.";
    Err(RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "not_revoked", message))
}

/// Somebody else's token: who answers for members takes it away, and changes nothing else of it.
async fn end(app: &App, acting: &Acting, mut row: TokenRow, wish: &Wish) -> Result<Answer<Value>, RestError> {
    acting.must_in_account(Action::ManageMembers, Kind::Integration)?;
    if wish.revoked != Some(true) || wish.body != row.body {
        return Err(RestError::forbidden());
    }
    let before = show(&row);
    row.revoked = true;
    row.modified_ms = clock::now_ms();
    keep(app, &row).await?;
    let shown = show(&row);
    note(app, acting, &row, AuditAction::Update, differences(&before, &shown)).await;
    Ok(Answer(shown))
}

/// Keeps a token as it is now. Somebody may have put it into the bin meanwhile.
async fn keep(app: &App, row: &TokenRow) -> Result<(), RestError> {
    if app.store.keep_token(row).await? { Ok(()) } else { Err(RestError::not_found()) }
}

/// Into the audit log.
async fn note(app: &App, acting: &Acting, row: &TokenRow, action: AuditAction, fields: Vec<FieldChange>) {
    let name = row.body.get("name").and_then(Value::as_str).unwrap_or_default();
    let event = audit::acted(acting, "accesstoken", Some(row.id), name, action);
    audit::note(app, acting.account, AuditEvent { fields, ..event }).await;
}

/// The fields in which a token differs from what it was.
fn differences(before: &Value, after: &Value) -> Vec<FieldChange> {
    let names = |shown: &Value| -> BTreeSet<String> {
        shown.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let all = names(before).into_iter().chain(names(after)).collect::<BTreeSet<_>>();
    let differ = all.into_iter().filter(|name| name != "lastModified" && before.get(name) != after.get(name));
    differ
        .map(|name| audit::field(&format!("/{name}"), before.get(&name).cloned(), after.get(&name).cloned()))
        .collect()
}

/// The end of a token that a caller makes or changes: no later than that of the token they came with, which would live on
/// in the other one.
fn in_time(acting: &Acting, ends_ms: Option<i64>) -> Option<i64> {
    match (acting.ends_ms, ends_ms) {
        (Some(own), wished) => Some(wished.map_or(own, |wished| wished.min(own))),
        (None, wished) => wished,
    }
}

async fn find(app: &App, acting: &Acting, id: Id) -> Result<TokenRow, RestError> {
    let row = app.store.token(acting.account, id, clock::now_ms()).await?;
    row.filter(|row| may_see(acting, row)).ok_or_else(RestError::not_found)
}

/// Who answers for members sees all tokens; others see their own.
fn may_see(acting: &Acting, row: &TokenRow) -> bool {
    acting.rights.role.may(Action::ManageMembers, Kind::Integration) || (row.personal && row.user == acting.user)
}

/// A personal token is changed by its owner alone.
fn must_own(acting: &Acting, row: &TokenRow) -> Result<(), RestError> {
    if !row.personal {
        return acting.must_in_account(Action::ManageMembers, Kind::Integration);
    }
    // A token of the account acts in the name of a person, and is not that person.
    if row.user == acting.user && acting.by != By::Account { Ok(()) } else { Err(RestError::forbidden()) }
}

/// Whose token it is deletes it, and who answers for members.
fn must_take_away(acting: &Acting, row: &TokenRow) -> Result<(), RestError> {
    must_own(acting, row).or_else(|_| acting.must_in_account(Action::ManageMembers, Kind::Integration))
}

/// A token without its text.
fn show(row: &TokenRow) -> Value {
    let mut shown = Map::new();
    shown.insert("_id".to_owned(), json!(row.id));
    shown.insert("createdAt".to_owned(), json!(time(row.created_ms)));
    shown.insert("lastModified".to_owned(), json!(time(row.modified_ms)));
    shown.insert("_userId".to_owned(), json!(row.user));
    shown.insert("token".to_owned(), json!(MASK));
    if row.personal {
        shown.insert("tokenType".to_owned(), json!(PERSONAL));
    }
    shown.insert("revoked".to_owned(), json!(row.revoked));
    if let Some(ms) = row.used_ms {
        shown.insert("lastUsedAt".to_owned(), json!(time(ms)));
    }
    if let Some(ms) = row.purge_ms {
        shown.insert("autoPurgeAt".to_owned(), json!(time(ms)));
    }
    shown.extend(row.body.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(shown)
}

/// What somebody wants of a token.
struct Wish {
    body: Value,
    revoked: Option<bool>,
    purge_ms: Option<i64>,
}

/// Reads a body; a field that is not known is refused, so that nobody believes to have limited a token who has not. What the
/// token has in its scope already is in `had`.
async fn read(app: &App, acting: &Acting, body: &Value, personal: bool, had: &Value) -> Result<Wish, RestError> {
    let fields = body.as_object().ok_or_else(|| wrong("invalid_body", "A token is a JSON object.", ""))?;
    let mut kept = Map::new();
    let mut wish = Wish { body: Value::Null, revoked: None, purge_ms: None };
    let mut problems: Vec<ErrorBody> = Vec::new();
    let is_scope = |name: &str| name == "fullAccess" || SCOPES.iter().any(|(scope, _)| *scope == name);
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("tokenType", _) => {}
            (shown, _) if SHOWN.contains(&shown) => {}
            (_, Value::Null) => {}
            ("name", Value::String(text)) if (1..=200).contains(&text.trim().len()) => {
                kept.insert(name.clone(), value.clone());
            }
            ("description", Value::String(text)) if text.len() <= 10_000 => {
                kept.insert(name.clone(), value.clone());
            }
            ("revoked", Value::Bool(revoked)) => wish.revoked = Some(*revoked),
            ("autoPurgeAt", Value::String(text)) => match read_time(text) {
                Some(ms) => wish.purge_ms = Some(ms),
                None => problems.push(entry("invalid_value", "This is no time: 2026-11-29T09:00:00.000Z.", name)),
            },
            ("fullAccess", Value::Bool(_)) => drop(kept.insert(name.clone(), value.clone())),
            (scope, Value::Array(_)) if is_scope(scope) => drop(kept.insert(name.clone(), value.clone())),
            (known, _) if is_scope(known) || matches!(known, "name" | "description" | "revoked" | "autoPurgeAt") => {
                problems.push(entry("invalid_value", "This is not what the field holds.", name));
            }
            _ => problems.push(entry("unknown_field", "A token has no such field.", name)),
        }
    }
    if !kept.contains_key("name") && problems.is_empty() {
        problems.push(entry("missing_required_field", "Give the token a name that says where it is used.", "name"));
    }
    problems.extend(wrong_scope(&kept, personal));
    problems.extend(wrong_end(wish.purge_ms, personal));
    problems.extend(absent(app, acting, &kept, had).await?);
    if !problems.is_empty() {
        return Err(RestError::invalid(problems));
    }
    wish.body = Value::Object(kept);
    Ok(wish)
}

fn wrong(code: &str, message: &str, field: &str) -> RestError {
    RestError::about(StatusCode::UNPROCESSABLE_ENTITY, code, message, field)
}

/// All or some, and never both; a personal one follows its person.
fn wrong_scope(fields: &Map<String, Value>, personal: bool) -> Option<ErrorBody> {
    let full = fields.get("fullAccess") == Some(&Value::Bool(true));
    let listed =
        SCOPES.iter().any(|(name, _)| fields.get(*name).and_then(Value::as_array).is_some_and(|ids| !ids.is_empty()));
    match (personal, full, listed) {
        (true, false, false) | (false, true, false) | (false, false, true) => None,
        (true, ..) => {
            Some(entry("invalid_scope", "A personal token has no scope: it follows its person's rights.", "fullAccess"))
        }
        (false, true, true) => {
            Some(entry("invalid_scope", "Give full access or list resources, not both.", "fullAccess"))
        }
        (false, false, false) => {
            let message = "Give full access, or list at least one connection, export, import or API.";
            Some(entry("invalid_scope", message, "fullAccess"))
        }
    }
}

fn wrong_end(purge_ms: Option<i64>, personal: bool) -> Option<ErrorBody> {
    let (longest, days) = if personal { (PERSONAL_MS, 90) } else { (ACCOUNT_MS, 30) };
    let now_ms = clock::now_ms();
    // Somebody who asks for the last day asks a little late.
    let fine = purge_ms.is_none_or(|ms| ms > now_ms && ms <= now_ms + longest + 60_000);
    let message = format!("Choose a time in the next {days} days.");
    (!fine).then(|| entry("invalid_value", message, "autoPurgeAt"))
}

/// The listed resources that are not there. What was in the scope stays good when it is purged or handed over: it opens
/// nothing, and whoever takes the token away sends it back as it was shown.
async fn absent(
    app: &App,
    acting: &Acting,
    fields: &Map<String, Value>,
    had: &Value,
) -> Result<Vec<ErrorBody>, RestError> {
    let mut problems = Vec::new();
    for (name, kind) in SCOPES {
        let had = had.get(name).and_then(Value::as_array).into_iter().flatten();
        let had: BTreeSet<&str> = had.filter_map(Value::as_str).collect();
        for (index, id) in fields.get(name).and_then(Value::as_array).into_iter().flatten().enumerate() {
            if id.as_str().is_some_and(|id| had.contains(id)) {
                continue;
            }
            let id: Option<Id> = id.as_str().and_then(|id| id.parse().ok());
            let found = match id {
                Some(id) => mirror::one(app, acting.account, id).await?,
                None => None,
            };
            let there = found.is_some_and(|found| found.row.kind == kind && acting.may(Action::Read, &found.row));
            if !there {
                problems.push(entry(
                    "invalid_ref",
                    format!("There is no such {kind} here."),
                    &format!("{name}/{index}"),
                ));
            }
        }
    }
    Ok(problems)
}
