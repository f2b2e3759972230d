//! Copies of resources, with what they are made of: connections are mapped, never copied.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tombolo_model::package::{ConnectionChoice, PackageChoices};
use tombolo_model::{Id, Kind, catalogue};
use tombolo_package::{Package, Part, Purpose};

use super::body::{Collection, MaybeJson};
use super::packages::{manifest, plan};
use super::resources::{found, shown, unfit};
use crate::app::App;
use crate::clock;
use crate::rest::acting::Acting;
use crate::rest::error::{RestError, entry, of_problem};
use crate::rest::mirror::{self, Found};
use crate::rest::package;
use crate::routes::body::Names;
use crate::store::Upserted;

/// `POST /v1/{collection}/{id}/clone`
pub(super) async fn copy(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
    MaybeJson(body): MaybeJson,
) -> Result<Response, RestError> {
    package::whole(&acting)?;
    let root = found(&app, &acting, kind, id).await?;
    let many = matches!(kind, Kind::Flow | Kind::Integration);
    for name in ["name", "_integrationId"] {
        if body.get(name).is_some_and(|value| !value.is_string()) {
            return Err(RestError::invalid(vec![entry("wrong_type", "This is a text.", name)]));
        }
    }
    let package = package::gather(&app, &acting, Purpose::Copy, &root).await?;
    let mut choices = choices_of(&app, &acting, &package, &body).await?;
    if many {
        all_are_mapped(&package, &choices)?;
    }
    let named = body.get("name").and_then(Value::as_str).map(str::to_owned);
    let old = root.seen.value.get("name").and_then(Value::as_str).unwrap_or_default();
    choices.name = Some(named.unwrap_or_else(|| format!("Clone - {old}")));
    let caches: Vec<Part> = package.parts.iter().filter(|part| part.kind == Kind::LookupCache).cloned().collect();
    let plan = plan(package, Purpose::Copy, &choices)?;
    // What was wrong before is not the copy's fault.
    let known = unfit(kind, &root.seen.value);
    let new = plan.parts.iter().find(|part| part.id == plan.root);
    let problems = new.map(|new| unfit(kind, &new.value)).unwrap_or_default();
    let problems: Vec<_> = problems.into_iter().filter(|one| !known.contains(one)).map(of_problem).collect();
    if !problems.is_empty() {
        return Err(RestError::invalid(problems));
    }
    package::check(&app, &acting, &plan).await?;
    package::make(&app, &acting, &plan).await?;
    for part in &caches {
        if let Some(new) = plan.names.get(&part.id) {
            copy_data(&app, &acting, part, *new).await?;
        }
    }
    if many {
        return Ok((StatusCode::CREATED, Answer(manifest(&plan))).into_response());
    }
    Ok((StatusCode::CREATED, Answer(shown(&app, &acting, kind, plan.root).await?)).into_response())
}

/// What a body says about connections and the integration.
pub(super) async fn choices_of(
    app: &App,
    acting: &Acting,
    package: &Package,
    body: &Value,
) -> Result<PackageChoices, RestError> {
    let mut choices = PackageChoices::default();
    for (old, new) in body.get("connectionMap").and_then(Value::as_object).into_iter().flatten() {
        let pair = old.parse::<Id>().ok().zip(new.as_str().and_then(|new| new.parse::<Id>().ok()));
        let (old, new) = pair.ok_or_else(|| invalid_map("Send ids of connections: {\"old\": \"new\"}.".to_owned()))?;
        let target = mirror::one(app, acting.account, new).await?;
        let fits =
            |found: &Found| found.row.kind == Kind::Connection && !found.seen.binned && acting.may_use(&found.row);
        if !target.as_ref().is_some_and(fits) {
            return Err(invalid_map(format!("There is no connection {new} here.")));
        }
        // A map of everything that the caller has is fine: what is not in the package is nobody's loss.
        if package.parts.iter().any(|part| part.id == old && part.kind == Kind::Connection && old != package.root) {
            choices.connections.insert(old, ConnectionChoice::Use(new));
        }
    }
    if let Some(text) = body.get("_integrationId").and_then(Value::as_str) {
        let nowhere = || {
            RestError::invalid(vec![entry(
                "invalid_reference",
                format!("There is no integration {text} here."),
                "_integrationId",
            )])
        };
        choices.integration = Some(text.parse().map_err(|_| nowhere())?);
    }
    Ok(choices)
}

/// A copy of many says of each connection what takes its place.
fn all_are_mapped(package: &Package, choices: &PackageChoices) -> Result<(), RestError> {
    for part in package.parts.iter().filter(|part| part.kind != Kind::Connection) {
        let mut missing = None;
        catalogue::references(part.kind, &part.value, &mut |_, target, text| {
            let known = text.parse().is_ok_and(|id: Id| choices.connections.contains_key(&id));
            if target == Kind::Connection && !known {
                missing = Some(text.to_owned());
            }
        });
        if let Some(connection) = missing {
            let message = format!("Say which connection takes the place of {connection}; itself, to go on using it.");
            return Err(invalid_map(message));
        }
    }
    Ok(())
}

fn invalid_map(message: String) -> RestError {
    RestError::Many(StatusCode::BAD_REQUEST, vec![entry("invalid_connectionMap", message, "connectionMap")])
}

/// The data of a cache go with it only where it says so.
async fn copy_data(app: &App, acting: &Acting, part: &Part, new: Id) -> Result<(), RestError> {
    if part.value.get("includeDataInTemplatesAndCloning") != Some(&Value::Bool(true)) {
        return Ok(());
    }
    let mut after: Option<String> = None;
    loop {
        let most = (1_000, 5 * 1024 * 1024);
        let (entries, more) = app.store.cache_entries(acting.account, part.id, "", after.as_deref(), most).await?;
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
