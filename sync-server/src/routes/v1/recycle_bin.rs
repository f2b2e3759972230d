//! The recycle bin: what was deleted, and back.

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tombolo_model::{Action, Id, Kind};

use super::resources::page;
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::mirror::{self, Found};
use crate::rest::shown::{Beside, show};
use crate::rest::write;
use crate::routes::body::Names;

/// `GET /v1/recycleBinTTL`
pub(super) async fn all(
    State(app): State<App>,
    acting: Acting,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    let found = mirror::all(&app, acting.account, None).await?;
    let beside = Beside::of(&app, acting.account, Kind::Integration).await?;
    let binned = found.iter().filter(|found| is_binned(&acting, found));
    let entries = binned.map(|found| json!({ "model": model(found.row.kind), "doc": show(found, &beside) }));
    page(&app, &headers, uri.path(), raw.as_deref(), entries)
}

/// `GET /v1/recycleBinTTL/{type}`
pub(super) async fn of_kind(
    State(app): State<App>,
    acting: Acting,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Names(name): Names<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    let kind = kind_of(&name)?;
    let found = mirror::all(&app, acting.account, Some(kind)).await?;
    let beside = Beside::of(&app, acting.account, kind).await?;
    let binned = found.iter().filter(|found| is_binned(&acting, found));
    page(&app, &headers, uri.path(), raw.as_deref(), binned.map(|found| show(found, &beside)))
}

/// `GET /v1/recycleBinTTL/{type}/{id}`
pub(super) async fn one(
    State(app): State<App>,
    acting: Acting,
    Names((name, id)): Names<(String, Id)>,
) -> Result<Answer<Value>, RestError> {
    let found = binned(&app, &acting, &name, id).await?;
    Ok(Answer(show(&found, &Beside::of(&app, acting.account, found.row.kind).await?)))
}

/// `POST /v1/recycleBinTTL/{type}/{id}`
pub(super) async fn restore(
    State(app): State<App>,
    acting: Acting,
    Names((name, id)): Names<(String, Id)>,
) -> Result<StatusCode, RestError> {
    let found = binned(&app, &acting, &name, id).await?;
    bring_back(&app, &acting, &found).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v1/recycleBinTTL/{type}/{id}/doCascadeRestore`
///
/// Also brings back what it refers to, as far as that is in the bin: it would not work without.
pub(super) async fn restore_with_all(
    State(app): State<App>,
    acting: Acting,
    Names((name, id)): Names<(String, Id)>,
) -> Result<StatusCode, RestError> {
    let first = binned(&app, &acting, &name, id).await?;
    let (mut open, mut seen) = (vec![first], BTreeSet::from([id]));
    while let Some(found) = open.pop() {
        bring_back(&app, &acting, &found).await?;
        for id in &found.seen.references {
            if !seen.insert(*id) {
                continue;
            }
            let below = mirror::one(&app, acting.account, *id).await?;
            open.extend(below.filter(|below| is_binned(&acting, below)));
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn bring_back(app: &App, acting: &Acting, found: &Found) -> Result<(), RestError> {
    acting.must(Action::Write, &found.row)?;
    write::change(app, acting, found.row.id, write::binning(false)).await
}

async fn binned(app: &App, acting: &Acting, name: &str, id: Id) -> Result<Found, RestError> {
    let kind = kind_of(name)?;
    let found = mirror::one(app, acting.account, id).await?;
    let found = found.filter(|found| found.row.kind == kind && is_binned(acting, found));
    found.ok_or_else(RestError::not_found)
}

fn is_binned(acting: &Acting, found: &Found) -> bool {
    found.seen.binned && acting.may(Action::Open, &found.row)
}

fn kind_of(name: &str) -> Result<Kind, RestError> {
    Kind::from_collection(&name.to_ascii_lowercase()).ok_or_else(RestError::not_found)
}

/// The name of a kind as the API writes it where several kinds come together: `LookupCache`.
pub(super) fn model(kind: Kind) -> String {
    match kind {
        Kind::EdiProfile => "EDIProfile".to_owned(),
        other => {
            let mut letters = other.name().chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
        }
    }
}
