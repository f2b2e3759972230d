//! Tags that an account has for its errors. An error has them by name, whoever gave it one and wherever, so a tag that
//! somebody typed in the app is in this list too.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json as Answer;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tombolo_model::Id;
use tombolo_wire::rest::AuditAction;
use tombolo_wire::run::{Decision, ErrorMark, Standing, standings, tag_problem};

use super::body::Json;
use super::resources::page;
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::{RestError, entry};
use crate::rest::failures::decide;
use crate::rest::shown::time;
use crate::routes::body::Names;
use crate::store::{AuditEvent, KeptTag, TagRow};
use crate::{audit, clock, fresh};

/// The most tags of an account.
const MOST: u32 = 1_000;

/// `GET /v1/tags`
pub(super) async fn list(
    State(app): State<App>,
    acting: Acting,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    let all = all(&app, &acting).await?;
    page(&app, &headers, uri.path(), raw.as_deref(), all.iter().map(show))
}

/// `GET /v1/tags/{id}`
pub(super) async fn one(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    Ok(Answer(show(&find(&app, &acting, id).await?)))
}

/// `POST /v1/tags`
pub(super) async fn create(State(app): State<App>, acting: Acting, Json(body): Json) -> Result<Response, RestError> {
    let tag = read(&body)?;
    let known = all(&app, &acting).await?;
    if known.iter().any(|one| one.tag.to_lowercase() == tag.to_lowercase()) {
        return Err(taken());
    }
    let now_ms = clock::now_ms();
    let row = TagRow { id: fresh::id()?, tag, created_ms: now_ms, modified_ms: now_ms };
    keep(&app, &acting, &row).await?;
    note(&app, &acting, row.id, (None, Some(&row.tag))).await;
    Ok((StatusCode::CREATED, Answer(show(&row))).into_response())
}

/// `PUT /v1/tags/{id}`: renames it, also where errors have it.
pub(super) async fn change(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    Json(body): Json,
) -> Result<Answer<Value>, RestError> {
    let before = find(&app, &acting, id).await?;
    let row = TagRow { tag: read(&body)?, modified_ms: clock::now_ms(), ..before.clone() };
    keep(&app, &acting, &row).await?;
    if row.tag != before.tag {
        replace(&app, &acting, &before.tag, Some(&row.tag)).await?;
        note(&app, &acting, id, (Some(&before.tag), Some(&row.tag))).await;
    }
    Ok(Answer(show(&row)))
}

/// `DELETE /v1/tags/{id}`: takes it off the errors that have it.
pub(super) async fn remove(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<StatusCode, RestError> {
    let before = find(&app, &acting, id).await?;
    replace(&app, &acting, &before.tag, None).await?;
    app.store.remove_tag(acting.account, id).await?;
    note(&app, &acting, id, (Some(&before.tag), None)).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The names of tags that are given by their ids, their short ids or their names.
pub(super) async fn named(app: &App, acting: &Acting, wanted: &[&str]) -> Result<BTreeSet<String>, RestError> {
    let all = all(app, acting).await?;
    let mut names = BTreeSet::new();
    for wanted in wanted {
        let found =
            all.iter().find(|row| row.id.to_string() == *wanted || short(row.id) == *wanted || row.tag == *wanted);
        let row = found.ok_or_else(|| {
            let wanted: String = wanted.chars().take(60).collect();
            let message = format!("There is no tag “{wanted}” here. GET /v1/tags lists them.");
            RestError::invalid(vec![entry("invalid_ref", message, "tagIds")])
        })?;
        names.insert(row.tag.clone());
    }
    Ok(names)
}

/// The short ids of tags by their names.
pub(super) async fn short_ids(app: &App, acting: &Acting) -> Result<BTreeMap<String, String>, RestError> {
    Ok(all(app, acting).await?.into_iter().map(|row| (row.tag, short(row.id))).collect())
}

/// The tags that are kept, and those that errors have besides. Of these the id is made of the name: it stays the same while
/// nobody renames the tag.
async fn all(app: &App, acting: &Acting) -> Result<Vec<TagRow>, RestError> {
    let mut rows = app.store.tags(acting.account).await?;
    let known: BTreeSet<String> = rows.iter().map(|row| row.tag.clone()).collect();
    let on_errors = on_errors(app, acting).await?;
    let used = on_errors.values().flat_map(BTreeMap::values).flat_map(|standing| &standing.tags);
    let used: BTreeSet<&String> = used.filter(|tag| !known.contains(*tag)).collect();
    let mut ids: BTreeSet<Id> = rows.iter().map(|row| row.id).collect();
    for tag in used {
        let id = (0_u8..).map(|n| made_of(acting.account, tag, n)).find(|id| ids.insert(*id));
        // When it was thought of is nowhere written; not before the account was.
        let since_ms = i64::from(acting.account.unix_seconds()) * 1_000;
        rows.extend(id.map(|id| TagRow { id, tag: tag.clone(), created_ms: since_ms, modified_ms: since_ms }));
    }
    rows.sort_by_key(|row| row.tag.to_lowercase());
    Ok(rows)
}

/// How errors stand that somebody has decided about, by their runs.
async fn on_errors(app: &App, acting: &Acting) -> Result<BTreeMap<Id, BTreeMap<u64, Standing>>, RestError> {
    let mut by_run: BTreeMap<Id, Vec<ErrorMark>> = BTreeMap::new();
    for mark in app.store.marks(acting.account, None).await? {
        by_run.entry(mark.run).or_default().push(mark);
    }
    Ok(by_run.into_iter().map(|(run, marks)| (run, standings(&marks))).collect())
}

fn made_of(account: Id, tag: &str, n: u8) -> Id {
    let digest = Sha256::new().chain_update(account.to_string()).chain_update([n]).chain_update(tag).finalize();
    let mut rest = [0; 8];
    rest.copy_from_slice(&digest[..8]);
    Id::from_parts(account.unix_seconds(), rest)
}

async fn find(app: &App, acting: &Acting, id: Id) -> Result<TagRow, RestError> {
    let found = all(app, acting).await?.into_iter().find(|row| row.id == id);
    found.ok_or_else(RestError::not_found)
}

async fn keep(app: &App, acting: &Acting, row: &TagRow) -> Result<(), RestError> {
    match app.store.keep_tag(acting.account, row, MOST).await? {
        KeptTag::Kept => Ok(()),
        KeptTag::Taken => Err(taken()),
        KeptTag::Full => {
            let message = format!("The account has {MOST} tags, and no more fit. Delete some first.");
            Err(RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "tags_full", message))
        }
    }
}

/// Puts another tag, or none, in place of one wherever an error has it.
async fn replace(app: &App, acting: &Acting, old: &str, new: Option<&str>) -> Result<(), RestError> {
    let mut decisions = Vec::new();
    for (run, standings) in on_errors(app, acting).await? {
        let has = |(n, standing): (u64, Standing)| standing.tags.contains(old).then_some(n);
        let errors: Vec<u64> = standings.into_iter().filter_map(has).collect();
        if errors.is_empty() {
            continue;
        }
        decisions.push((run, errors.clone(), Decision::Untag { tag: old.to_owned() }));
        if let Some(tag) = new {
            decisions.push((run, errors, Decision::Tag { tag: tag.to_owned() }));
        }
    }
    decide(app, acting, decisions).await
}

fn taken() -> RestError {
    let message = "Another tag has this name.";
    RestError::about(StatusCode::CONFLICT, "duplicate", message, "tag")
}

/// The name in a body; what else is shown may be sent back.
fn read(body: &Value) -> Result<String, RestError> {
    let no = |code: &str, message: &str, field: &str| RestError::invalid(vec![entry(code, message, field)]);
    let fields = body.as_object().ok_or_else(|| no("invalid_value", "Send a JSON object.", ""))?;
    let known = |name: &str| matches!(name, "_id" | "tag" | "tagId" | "createdAt" | "lastModified");
    if let Some(name) = fields.keys().find(|name| !known(name)) {
        return Err(no("unknown_field", "A tag has no such field.", name));
    }
    let tag = fields.get("tag").and_then(Value::as_str).unwrap_or_default().trim();
    match tag_problem(tag) {
        None => Ok(tag.to_owned()),
        Some(problem) => Err(no("invalid_value", &problem, "tag")),
    }
}

fn short(id: Id) -> String {
    id.to_string().split_off(16)
}

fn show(row: &TagRow) -> Value {
    json!({ "_id": row.id, "tag": row.tag, "tagId": short(row.id), "createdAt": time(row.created_ms),
        "lastModified": time(row.modified_ms) })
}

async fn note(app: &App, acting: &Acting, id: Id, (before, now): (Option<&str>, Option<&str>)) {
    let action = match (before, now) {
        (None, _) => AuditAction::Create,
        (Some(_), Some(_)) => AuditAction::Update,
        (Some(_), None) => AuditAction::Delete,
    };
    let fields = vec![audit::field("/tag", before.map(Value::from), now.map(Value::from))];
    let event = audit::acted(acting, "tag", Some(id), now.or(before).unwrap_or_default(), action);
    audit::note(app, acting.account, AuditEvent { fields, ..event }).await;
}
