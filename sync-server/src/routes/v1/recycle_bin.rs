//! The recycle bin: what was deleted, and back.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json as Answer;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tombolo_model::catalogue::describe;
use tombolo_model::{Action, Id, Kind};

use super::resources::page;
use super::tokens::binned as tokens;
use crate::app::App;
use crate::bin::{self, Doomed};
use crate::error::ApiError;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::mirror::{self, Found};
use crate::rest::shown::{Beside, show, time};
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
    let names: BTreeMap<Id, String> =
        app.store.members(acting.account).await?.into_iter().filter_map(|row| Some((row.user?, row.name))).collect();
    let entries = binned.map(|found| {
        // The last change of what lies in the bin is that it was put there.
        let (at, by) = (found.row.modified_ms, found.row.modified_by);
        let name = by.and_then(|by| names.get(&by));
        json!({ "model": model(found.row.kind), "doc": show(found, &beside), "deletedAt": time(at),
            "deletedBy": by.map(|by| json!({ "_id": by, "name": name })), "purgedAt": time(at + bin::BIN_MS) })
    });
    let binned_tokens = tokens::all(&app, &acting).await?;
    let entries = entries.chain(binned_tokens.iter().map(|token| tokens::entry(token, &names)));
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
    if tokens::are_named(&name) {
        let found = tokens::all(&app, &acting).await?;
        return page(&app, &headers, uri.path(), raw.as_deref(), found.iter().map(tokens::show));
    }
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
    if tokens::are_named(&name) {
        return Ok(Answer(tokens::show(&tokens::one(&app, &acting, id).await?)));
    }
    let found = binned(&app, &acting, &name, id).await?;
    Ok(Answer(show(&found, &Beside::of(&app, acting.account, found.row.kind).await?)))
}

/// `POST /v1/recycleBinTTL/{type}/{id}`
pub(super) async fn restore(
    State(app): State<App>,
    acting: Acting,
    Names((name, id)): Names<(String, Id)>,
) -> Result<StatusCode, RestError> {
    if tokens::are_named(&name) {
        tokens::restore(&app, &acting, id).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let found = binned(&app, &acting, &name, id).await?;
    bring_back(&app, &acting, &found).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v1/recycleBinTTL/{type}/{id}/doCascadeRestore`
///
/// Also brings back what it refers to, and what belongs to it when it is an integration, as far as that is in the bin.
pub(super) async fn restore_with_all(
    State(app): State<App>,
    acting: Acting,
    Names((name, id)): Names<(String, Id)>,
) -> Result<StatusCode, RestError> {
    if tokens::are_named(&name) {
        // Nothing else belongs to one.
        tokens::restore(&app, &acting, id).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let first = binned(&app, &acting, &name, id).await?;
    let (mut open, mut seen) = (vec![first], BTreeSet::from([id]));
    if open.iter().any(|found| found.row.kind == Kind::Integration) {
        let owned = mirror::all(&app, acting.account, None).await?.into_iter().filter(|found| {
            let home = describe(found.row.kind, &found.seen.value).integration;
            home == Some(id) && is_binned(&acting, found) && seen.insert(found.row.id)
        });
        open.extend(owned);
    }
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

/// `DELETE /v1/recycleBinTTL/{type}/{id}`
///
/// Of an integration, what belongs to it and lies in the bin goes too: it would come back to nowhere.
pub(super) async fn purge(
    State(app): State<App>,
    acting: Acting,
    Names((name, id)): Names<(String, Id)>,
) -> Result<StatusCode, RestError> {
    if tokens::are_named(&name) {
        tokens::purge(&app, &acting, id).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let first = binned(&app, &acting, &name, id).await?;
    let mut all = vec![first.clone()];
    if first.row.kind == Kind::Integration {
        let owned = mirror::all(&app, acting.account, None).await?.into_iter().filter(|found| {
            let home = describe(found.row.kind, &found.seen.value).integration;
            home == Some(id) && found.row.id != id && is_binned(&acting, found)
        });
        all.extend(owned);
    }
    let mut doomed = Vec::with_capacity(all.len());
    for found in &all {
        acting.must(Action::Write, &found.row)?;
        let name = describe(found.row.kind, &found.seen.value).name;
        let (id, heads, kind) = (found.row.id, found.row.heads.clone(), found.row.kind.name());
        doomed.push(Doomed { id, heads, name, kind });
    }
    let gone = bin::purge(&app, acting.account, Some(&acting), doomed).await;
    let gone = gone.map_err(|error| RestError::from(ApiError::internal(&error)))?;
    // Somebody has taken it out meanwhile.
    if gone.contains(&id) { Ok(StatusCode::NO_CONTENT) } else { Err(RestError::not_found()) }
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
