//! Resources of every kind: listed, read, created, replaced, patched, deleted.

use axum::Json as Answer;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tombolo_model::{Action, Id, Kind, LONGEST_NAME, Problem, validate, wrong_types};
use tombolo_wire::rest::{AuditAction, FieldChange};

use super::body::{Collection, Json, address};
use super::templates;
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::{RestError, of_problem};
use crate::rest::mirror::{self, Found};
use crate::rest::query::Query;
use crate::rest::secrets::{self, Taken};
use crate::rest::shown::{Beside, show};
use crate::rest::{patch as json_patch, references, write};
use crate::routes::body::Names;
use crate::store::AuditEvent;
use crate::{audit, fresh};

/// `GET /v1/{collection}`
pub(super) async fn list(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    let found = mirror::all(&app, acting.account, Some(kind)).await?;
    let here = found.iter().filter(|found| !found.seen.binned && acting.may(Action::Open, &found.row));
    let beside = Beside::of(&app, acting.account, kind).await?;
    let shown = here.map(|found| {
        let mut shown = show(found, &beside);
        if kind == Kind::Script
            && let Some(fields) = shown.as_object_mut()
        {
            // Texts of scripts are long, and a list is for finding one.
            fields.shift_remove("content");
        }
        shown
    });
    page(&app, &headers, uri.path(), raw.as_deref(), shown)
}

/// A page of a list; 204 when the list is empty, as clients of the integrator's API expect.
pub(super) fn page(
    app: &App,
    headers: &HeaderMap,
    path: &str,
    raw: Option<&str>,
    shown: impl Iterator<Item = Value>,
) -> Result<Response, RestError> {
    let query = Query::read(raw)?;
    let all: Vec<Value> = shown.collect();
    query.check(&all)?;
    let taken: Vec<Value> = all.into_iter().filter(|shown| query.takes(shown)).collect();
    if taken.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let address = address(app, headers, path);
    // Others take the whole header for the address of the next page; those read integrations and members.
    let whole = ["/integrations", "/ashares"].iter().any(|end| path.trim_end_matches('/').ends_with(end));
    let all = (!whole).then(|| query.first(&address, raw));
    let link = query.link(&address, raw, taken.len()).or(all);
    let wanted = taken.into_iter().skip(query.skip).take(query.limit);
    let page: Vec<Value> = wanted.map(|shown| query.fields_of(shown)).collect();
    let mut response = Answer(page).into_response();
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// The resource of a path: outside the bin, of this kind, and not hidden from the caller.
pub(super) async fn found(app: &App, acting: &Acting, kind: Kind, id: Id) -> Result<Found, RestError> {
    let found = mirror::one(app, acting.account, id).await?;
    let here =
        found.filter(|found| found.row.kind == kind && !found.seen.binned && acting.may(Action::Read, &found.row));
    let here = here.ok_or_else(RestError::not_found)?;
    if here.seen.damaged { Err(RestError::damaged()) } else { Ok(here) }
}

/// A resource as it is now.
pub(super) async fn shown(app: &App, acting: &Acting, kind: Kind, id: Id) -> Result<Value, RestError> {
    let found = found(app, acting, kind, id).await?;
    Ok(show(&found, &Beside::of(app, acting.account, kind).await?))
}

/// `GET /v1/{collection}/{id}`
pub(super) async fn one(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    Ok(Answer(shown(&app, &acting, kind, id).await?))
}

/// `POST /v1/{collection}`
pub(super) async fn create(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Json(body): Json,
) -> Result<Response, RestError> {
    let (value, taken) = fit(kind, body, None)?;
    acting.must_make(Action::Write, kind, &value)?;
    if !taken.is_empty() {
        acting.must_make(Action::WriteSecret, kind, &value)?;
    }
    references::check(&app, &acting, kind, (None, &value)).await?;
    fits(&app, &acting, kind, (None, &value)).await?;
    let id = fresh::id()?;
    // Secrets first: a connection that is there has those that it was made with.
    let entered = taken.keep(&app, &acting, kind, id, &value, false).await?;
    if kind == Kind::Connection {
        secrets::bind_client(&app, &acting, id, (None, &value)).await?;
    }
    let name = name_of(&value);
    if let Err(no) = write::create(&app, &acting, kind, id, value).await {
        // What belongs to nothing would stay for ever.
        app.store.delete_secrets(acting.account, id).await?;
        return Err(no);
    }
    note_secrets(&app, &acting, (kind, id), &name, entered).await;
    let shown = shown(&app, &acting, kind, id).await?;
    Ok((StatusCode::CREATED, Answer(shown)).into_response())
}

/// `PUT /v1/{collection}/{id}`
pub(super) async fn replace(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
    Json(body): Json,
) -> Result<Answer<Value>, RestError> {
    let before = found(&app, &acting, kind, id).await?;
    let (value, taken) = fit(kind, body, Some(&before.seen.value))?;
    if !taken.is_empty() {
        acting.must(Action::WriteSecret, &before.row)?;
    }
    references::check(&app, &acting, kind, (Some(&before.seen.value), &value)).await?;
    fits(&app, &acting, kind, (Some(id), &value)).await?;
    write::change(&app, &acting, id, write::replacing(value.clone())).await?;
    let may_remove = acting.may(Action::WriteSecret, &before.row);
    let entered = taken.keep(&app, &acting, kind, id, &value, may_remove).await?;
    bound(&app, &acting, &before, &value).await?;
    note_secrets(&app, &acting, (kind, id), &name_of(&value), entered).await;
    Ok(Answer(shown(&app, &acting, kind, id).await?))
}

/// `PATCH /v1/{collection}/{id}`
pub(super) async fn patch(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
    Json(body): Json,
) -> Result<StatusCode, RestError> {
    let before = found(&app, &acting, kind, id).await?;
    let value =
        json_patch::apply(kind, &before.seen.value, &body).map_err(|problem| RestError::invalid(vec![problem]))?;
    // What was wrong before is not this patch's fault.
    let known = unfit(kind, &before.seen.value);
    let problems: Vec<Problem> = unfit(kind, &value).into_iter().filter(|problem| !known.contains(problem)).collect();
    if !problems.is_empty() {
        return Err(RestError::invalid(problems.into_iter().map(of_problem).collect()));
    }
    references::check(&app, &acting, kind, (Some(&before.seen.value), &value)).await?;
    fits(&app, &acting, kind, (Some(id), &value)).await?;
    write::change(&app, &acting, id, write::replacing(value.clone())).await?;
    bound(&app, &acting, &before, &value).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/{collection}/{id}`
pub(super) async fn delete(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
) -> Result<StatusCode, RestError> {
    found(&app, &acting, kind, id).await?;
    let users = references::users(&app, &acting, id).await?;
    if !users.is_empty() {
        return Err(references::in_use(&acting, &users));
    }
    write::change(&app, &acting, id, write::binning(true)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/{collection}/{id}/dependencies`
pub(super) async fn dependencies(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    found(&app, &acting, kind, id).await?;
    let users = references::users(&app, &acting, id).await?;
    Ok(Answer(references::shown(&acting, &users)))
}

/// Checks what a kind asks for that is not in the resource itself.
async fn fits(app: &App, acting: &Acting, kind: Kind, (id, value): (Option<Id>, &Value)) -> Result<(), RestError> {
    match kind {
        Kind::Template => templates::may_be(app, acting, id, value).await,
        _ => Ok(()),
    }
}

/// Binds what a connection gets by another iClient than before, where the caller may enter secrets.
async fn bound(app: &App, acting: &Acting, before: &Found, value: &Value) -> Result<(), RestError> {
    if before.row.kind != Kind::Connection || !acting.may(Action::WriteSecret, &before.row) {
        return Ok(());
    }
    secrets::bind_client(app, acting, before.row.id, (Some(&before.seen.value), value)).await
}

/// Secrets that were entered or removed, into the audit log.
async fn note_secrets(app: &App, acting: &Acting, (kind, id): (Kind, Id), name: &str, fields: Vec<FieldChange>) {
    if !fields.is_empty() {
        let event = audit::acted(acting, kind.name(), Some(id), name, AuditAction::Update);
        audit::note(app, acting.account, AuditEvent { fields, ..event }).await;
    }
}

fn name_of(value: &Value) -> String {
    value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The resource and the secrets of a body, if it can be taken.
fn fit(kind: Kind, mut body: Value, before: Option<&Value>) -> Result<(Value, Taken), RestError> {
    if !body.is_object() {
        return Err(RestError::new(StatusCode::BAD_REQUEST, "invalid_body", "A resource is a JSON object."));
    }
    let secrets = Taken::from(kind, &mut body).map_err(RestError::invalid)?;
    if kind == Kind::Flow
        && let Some(fields) = body.as_object_mut()
    {
        // A new flow does nothing until somebody switches it on.
        fields.entry("disabled").or_insert(json!(true));
    }
    // What came from elsewhere with a long name, or with a value of another type, can be sent back as it was shown.
    let had = |before: &Value| long_name(before).into_iter().chain(wrong_types(kind, before)).collect::<Vec<_>>();
    let known = before.map(had).unwrap_or_default();
    let problems: Vec<Problem> = unfit(kind, &body).into_iter().filter(|one| !known.contains(one)).collect();
    if problems.is_empty() {
        return Ok((body, secrets));
    }
    Err(RestError::invalid(problems.into_iter().map(of_problem).collect()))
}

/// What keeps a resource from being taken. What only keeps it from running is taken: a step may be unfinished.
pub(super) fn unfit(kind: Kind, value: &Value) -> Vec<Problem> {
    let matters = |problem: &Problem| match problem.code.as_str() {
        "missing_required_field" => matches!(problem.path.as_str(), "/name" | "/type" | "/_connectionId"),
        code => !matches!(code, "shape_clash" | "unfinished_step"),
    };
    let mut problems: Vec<Problem> = validate(kind, value).into_iter().filter(matters).collect();
    let more = wrong_types(kind, value).into_iter().chain(long_name(value));
    // Some are checked for running too, in other words.
    let more: Vec<Problem> = more.filter(|one| problems.iter().all(|had| had.path != one.path)).collect();
    problems.extend(more);
    problems
}

/// That a name is longer than the app lets one be.
fn long_name(value: &Value) -> Option<Problem> {
    let many = value.get("name").and_then(Value::as_str)?.trim().chars().count();
    let message = format!("A name has at most {LONGEST_NAME} characters; this one has {many}.");
    (many > LONGEST_NAME).then(|| Problem::new("/name", "too_long", message))
}
