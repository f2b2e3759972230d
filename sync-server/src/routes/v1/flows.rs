//! What an integration has, and running its flows.

use axum::Json as Answer;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::AuditAction;
use tombolo_wire::run::RunType;

use super::body::MaybeJson;
use super::resources::{found, page};
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::{RestError, entry};
use crate::rest::mirror;
use crate::rest::shown::{Beside, read_time, show, time};
use crate::routes::body::Names;
use crate::routes::runs::not_started;
use crate::runner::{self, Narrowed, Wish};
use crate::{audit, fresh};

/// `GET /v1/integrations/{id}/{collection}`: what the integration owns, or what is registered with it.
pub(super) async fn of_integration(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    found(&app, &acting, Kind::Integration, id).await?;
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    let kind = Kind::from_collection(name).ok_or_else(RestError::not_found)?;
    let all = mirror::all(&app, acting.account, Some(kind)).await?;
    let beside = Beside::of(&app, acting.account, kind).await?;
    let here = all.iter().filter(|found| {
        let belongs = found.row.owner == Some(id) || found.row.registered.contains(&id);
        !found.seen.binned && belongs && acting.may(Action::Open, &found.row)
    });
    page(&app, &headers, uri.path(), raw.as_deref(), here.map(|found| show(found, &beside)))
}

/// `GET /v1/flows/{id}/descendants`: the exports and imports that the flow uses.
pub(super) async fn descendants(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    let flow = found(&app, &acting, Kind::Flow, id).await?;
    let mut shown = json!({});
    for kind in [Kind::Export, Kind::Import] {
        let beside = Beside::of(&app, acting.account, kind).await?;
        let mut list = Vec::new();
        for id in &flow.seen.references {
            let used = mirror::one(&app, acting.account, *id).await?;
            let here =
                used.filter(|used| used.row.kind == kind && !used.seen.binned && acting.may(Action::Open, &used.row));
            list.extend(here.map(|used| show(&used, &beside)));
        }
        shown[kind.collection()] = Value::Array(list);
    }
    Ok(Answer(shown))
}

/// `GET /v1/flows/{id}/lastExportDateTime`: up to when all exports of changes of the flow were read.
pub(super) async fn last_export(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    found(&app, &acting, Kind::Flow, id).await?;
    let read = app.store.checkpoints(acting.account, id).await?;
    Ok(Answer(json!({ "lastExportDateTime": read.into_values().min().map(time) })))
}

/// `POST /v1/flows/{id}/run`
pub(super) async fn run(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    MaybeJson(body): MaybeJson,
) -> Result<Response, RestError> {
    found(&app, &acting, Kind::Flow, id).await?;
    let narrowed = narrowed(&body)?;
    let run = fresh::id()?;
    let wish = Wish::of(acting.user, RunType::Api);
    match runner::start_narrowed(&app, acting.account, id, run, wish, narrowed).await {
        Ok(name) => {
            let event = audit::acted(&acting, Kind::Flow.name(), Some(id), &name, AuditAction::Run);
            audit::note(&app, acting.account, event).await;
            Ok((StatusCode::CREATED, Answer(json!({ "_jobId": run }))).into_response())
        }
        Err(error) => Err(not_started(error).into()),
    }
}

/// Which sources are read, and since when.
fn narrowed(body: &Value) -> Result<Narrowed, RestError> {
    let mut narrowed = Narrowed::default();
    let wrong = |message: &str, field: &str| RestError::invalid(vec![entry("invalid_value", message, field)]);
    let text = |name: &str| body.get(name).filter(|value| !value.is_null());
    if let Some(start) = text("startDate") {
        let ms = match start {
            Value::String(text) => read_time(text),
            other => other.as_i64(),
        };
        narrowed.start_ms = Some(ms.ok_or_else(|| wrong("This is no time: 2026-11-29T09:00:00.000Z.", "startDate"))?);
    }
    if text("endDate").is_some() {
        return Err(wrong("A run reads up to its own beginning; an end cannot be given.", "endDate"));
    }
    for field in ["exportIds", "_exportIds"] {
        let Some(ids) = text(field) else { continue };
        let ids: Option<Vec<Id>> =
            ids.as_array().and_then(|ids| ids.iter().map(|id| id.as_str()?.parse().ok()).collect());
        narrowed.sources = ids.ok_or_else(|| wrong("Send a list of ids of exports.", field))?;
    }
    Ok(narrowed)
}
