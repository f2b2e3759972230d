//! Copies of resources, with what they are made of: connections are mapped, never copied.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tombolo_model::views::Flow;
use tombolo_model::{Action, Id, Kind, catalogue};

use super::body::{Collection, MaybeJson};
use super::recycle_bin::model;
use super::resources::{found, shown, unfit};
use crate::app::App;
use crate::rest::acting::{Acting, Scope};
use crate::rest::error::{RestError, entry, of_problem};
use crate::rest::mirror::{self, Found};
use crate::rest::{references, write};
use crate::routes::body::Names;
use crate::store::Upserted;
use crate::{clock, fresh};

/// The most resources of one copy.
const MOST: usize = 2_000;

/// What is copied with what refers to it; the others are used as they are.
const COPIED: [Kind; 8] = [
    Kind::Flow,
    Kind::Export,
    Kind::Import,
    Kind::Script,
    Kind::LookupCache,
    Kind::FileDefinition,
    Kind::AsyncHelper,
    Kind::Tool,
];

/// `POST /v1/{collection}/{id}/clone`
pub(super) async fn copy(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
    MaybeJson(body): MaybeJson,
) -> Result<Response, RestError> {
    if acting.scope != Scope::Whole {
        // The copy would be outside of what the token reaches.
        return Err(RestError::forbidden());
    }
    let root = found(&app, &acting, kind, id).await?;
    let many = matches!(kind, Kind::Flow | Kind::Integration);
    let parts = if many { closure(&app, &acting, &root).await? } else { vec![root] };
    for part in &parts {
        acting.must(Action::Open, &part.row)?;
    }
    for name in ["name", "_integrationId"] {
        if body.get(name).is_some_and(|value| !value.is_string()) {
            return Err(RestError::invalid(vec![entry("wrong_type", "This is a text.", name)]));
        }
    }
    let ids = ids(&app, &acting, &parts, &body, many).await?;
    if let Some(integration) = body.get("_integrationId").and_then(Value::as_str) {
        let target = json!({ "_integrationId": integration });
        references::check(&app, &acting, kind, (None, &target)).await?;
    }
    let mut copies = Vec::with_capacity(parts.len());
    // What others refer to comes first: no open browser shows a flow without its steps.
    for part in parts.iter().rev() {
        let new = *ids.get(&part.row.id).ok_or_else(RestError::not_found)?;
        let value = copied(part, &ids, &body, part.row.id == id);
        taken(&acting, part, &value)?;
        copies.push((part, new, value));
    }
    let mut manifest = Vec::new();
    for (part, new, value) in copies {
        manifest.push(json!({ "model": model(part.row.kind), "_id": new, "name": value.get("name") }));
        write::create(&app, &acting, part.row.kind, new, value).await?;
        if part.row.kind == Kind::LookupCache {
            copy_data(&app, &acting, part, new).await?;
        }
    }
    manifest.reverse();
    if many {
        return Ok((StatusCode::CREATED, Answer(manifest)).into_response());
    }
    let new = *ids.get(&id).ok_or_else(RestError::not_found)?;
    Ok((StatusCode::CREATED, Answer(shown(&app, &acting, kind, new).await?)).into_response())
}

/// Checks of a copy what is checked of a new resource. What was wrong before is not the copy's fault.
fn taken(acting: &Acting, part: &Found, value: &Value) -> Result<(), RestError> {
    acting.must_make(Action::Write, part.row.kind, value)?;
    let known = unfit(part.row.kind, &part.seen.value);
    let problems: Vec<_> = unfit(part.row.kind, value).into_iter().filter(|one| !known.contains(one)).collect();
    if problems.is_empty() { Ok(()) } else { Err(RestError::invalid(problems.into_iter().map(of_problem).collect())) }
}

/// The resource and all that is copied with it, each after what refers to it.
async fn closure(app: &App, acting: &Acting, root: &Found) -> Result<Vec<Found>, RestError> {
    let mut parts = vec![root.clone()];
    if root.row.kind == Kind::Integration {
        let flows = mirror::all(app, acting.account, Some(Kind::Flow)).await?;
        let of = |flow: &Found| !flow.seen.binned && Flow(&flow.seen.value).integration() == Some(root.row.id);
        parts.extend(flows.into_iter().filter(of));
    }
    let mut at = 0;
    while at < parts.len() {
        for id in parts[at].seen.references.clone() {
            if parts.iter().any(|part| part.row.id == id) {
                continue;
            }
            let below = mirror::one(app, acting.account, id).await?;
            let copied = |below: &Found| {
                let next_flow = below.row.kind == Kind::Flow;
                COPIED.contains(&below.row.kind) && !below.seen.binned && !next_flow
            };
            parts.extend(below.filter(copied));
            if parts.len() > MOST {
                let message = format!("This would copy more than {MOST} resources.");
                return Err(RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "too_large", message));
            }
        }
        at += 1;
    }
    if parts.iter().any(|part| part.seen.damaged) { Err(RestError::damaged()) } else { Ok(parts) }
}

/// What each old id becomes.
async fn ids(
    app: &App,
    acting: &Acting,
    parts: &[Found],
    body: &Value,
    many: bool,
) -> Result<BTreeMap<Id, Id>, RestError> {
    let invalid = |message: String| {
        RestError::Many(StatusCode::BAD_REQUEST, vec![entry("invalid_connectionMap", message, "connectionMap")])
    };
    let mut ids = BTreeMap::new();
    for (old, new) in body.get("connectionMap").and_then(Value::as_object).into_iter().flatten() {
        let pair = old.parse::<Id>().ok().zip(new.as_str().and_then(|new| new.parse::<Id>().ok()));
        let (old, new) = pair.ok_or_else(|| invalid("Send ids of connections: {\"old\": \"new\"}.".to_owned()))?;
        let target = mirror::one(app, acting.account, new).await?;
        let fits = |found: &Found| found.row.kind == Kind::Connection && !found.seen.binned;
        if !target.is_some_and(|found| fits(&found) && acting.may(Action::Read, &found.row)) {
            return Err(invalid(format!("There is no connection {new} here.")));
        }
        ids.insert(old, new);
    }
    for part in parts {
        ids.insert(part.row.id, fresh::id()?);
    }
    for part in parts.iter().filter(|_| many) {
        let mut missing = None;
        catalogue::references(part.row.kind, &part.seen.value, &mut |_, target, text| {
            let known = text.parse().is_ok_and(|id: Id| ids.contains_key(&id));
            if target == Kind::Connection && !known {
                missing = Some(text.to_owned());
            }
        });
        if let Some(connection) = missing {
            let message = format!("Say which connection takes the place of {connection}; itself, to go on using it.");
            return Err(invalid(message));
        }
    }
    Ok(ids)
}

fn copied(part: &Found, ids: &BTreeMap<Id, Id>, body: &Value, is_root: bool) -> Value {
    let mut value = part.seen.value.clone();
    let mut places = Vec::new();
    catalogue::references(part.row.kind, &value, &mut |place, _, text| {
        if let Some(new) = text.parse().ok().and_then(|id: Id| ids.get(&id)) {
            places.push((place.to_owned(), text.to_owned(), *new));
        }
    });
    for (place, old, new) in places {
        match value.pointer_mut(&place) {
            Some(Value::Array(items)) => {
                items.iter_mut().filter(|item| **item == old).for_each(|item| *item = json!(new));
            }
            Some(text) => *text = json!(new),
            None => {}
        }
    }
    let Some(fields) = value.as_object_mut() else { return value };
    fields.insert("_sourceId".to_owned(), json!(part.row.id));
    if part.row.kind == Kind::Flow {
        // A copy runs by itself when somebody says so.
        for name in ["schedule", "_runNextFlowIds", "_runNextExportIds"] {
            fields.shift_remove(name);
        }
        fields.insert("disabled".to_owned(), json!(true));
        for generator in fields.get_mut("pageGenerators").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(generator) = generator.as_object_mut() {
                generator.shift_remove("schedule");
            }
        }
    }
    if is_root {
        let name = body.get("name").and_then(Value::as_str).map(str::to_owned);
        let old = fields.get("name").and_then(Value::as_str).unwrap_or_default();
        let name = name.unwrap_or_else(|| format!("Clone - {old}"));
        fields.insert("name".to_owned(), json!(name));
        if let Some(integration) = body.get("_integrationId").filter(|_| part.row.kind != Kind::Integration) {
            fields.insert("_integrationId".to_owned(), integration.clone());
        }
    }
    value
}

/// The data of a cache go with it only where it says so.
async fn copy_data(app: &App, acting: &Acting, part: &Found, new: Id) -> Result<(), RestError> {
    if part.seen.value.get("includeDataInTemplatesAndCloning") != Some(&Value::Bool(true)) {
        return Ok(());
    }
    let mut after: Option<String> = None;
    loop {
        let most = (1_000, 5 * 1024 * 1024);
        let (entries, more) = app.store.cache_entries(acting.account, part.row.id, "", after.as_deref(), most).await?;
        let limits = (50 * 1024 * 1024, 1024 * 1024 * 1024);
        let kept = app.store.upsert_cache(acting.account, new, &entries, limits, clock::now_ms()).await?;
        if !matches!(kept, Upserted::Kept(_)) {
            let message =
                "All lookup caches of an account together hold at most 1 GB: the data of a cache were not copied.";
            return Err(RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "cache_full", message));
        }
        if !more {
            return Ok(());
        }
        after = entries.last().map(|(key, _)| key.clone());
    }
}
