//! Templates: an integration packed as a zip, with a page that says what it is. Published, it stands in the account's
//! catalogue; installed, it becomes resources that nothing ties to the template.
//!
//! Invariant: a template that is published through the API has a zip that can be read.

use axum::Json as Answer;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tombolo_model::{Action, Id, Kind};
use tombolo_package::Package;
use tombolo_wire::rest::AuditAction;

use super::body::MaybeJson;
use super::packages::{blocking, handed, looked_at, made, pack, read};
use super::resources::{found, page};
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::{RestError, entry};
use crate::rest::mirror::{self, Found};
use crate::rest::package;
use crate::rest::query::pairs;
use crate::rest::shown::{Beside, show};
use crate::routes::body::Names;
use crate::store::AuditEvent;
use crate::{audit, clock};

/// All zips of an account's templates together.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// `PUT /v1/templates/{id}/zip`: the body, or with `?_integrationId=…` that integration as it is now.
pub(super) async fn upload(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    RawQuery(raw): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Answer<Value>, RestError> {
    package::whole(&acting)?;
    let template = found(&app, &acting, Kind::Template, id).await?;
    let (bytes, package) = match integration(raw.as_deref())? {
        Some(integration) => {
            let packed = pack(&app, &acting, Kind::Integration, integration).await?;
            blocking(move || Ok((tombolo_package::write(&packed), packed))).await?
        }
        None => {
            let bytes = body.as_ref().map(|bytes| bytes.to_vec()).unwrap_or_default();
            let package = blocking(move || read(body)).await?;
            (bytes, package)
        }
    };
    let had = app.store.templates_with_zip(acting.account).await?.contains(&id);
    if !app.store.put_template_zip(acting.account, id, &bytes, MOST_BYTES, clock::now_ms()).await? {
        let message = "The zips of all templates together take at most 256 MB. Delete templates for good first.";
        return Err(RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "templates_full", message));
    }
    let fields = vec![audit::masked("/zip", had, true)];
    let event = audit::acted(&acting, Kind::Template.name(), Some(id), &name(&template), AuditAction::Update);
    audit::note(&app, acting.account, AuditEvent { fields, ..event }).await;
    Ok(Answer(json!({ "_id": id, "size": bytes.len(), "objects": package.parts.len(), "notes": package.notes })))
}

/// `GET /v1/templates/{id}/zip`
pub(super) async fn download(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    headers: HeaderMap,
) -> Result<Response, RestError> {
    let (bytes, package) = stored(&app, &acting, id).await?;
    handed(&app, &headers, &tombolo_package::file_name(&package), bytes.into())
}

/// `GET /v1/templates/{id}/preview`
pub(super) async fn preview(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    Ok(Answer(looked_at(&stored(&app, &acting, id).await?.1)))
}

/// `POST /v1/integrations/template/{id}`: makes what a template holds.
pub(super) async fn install(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    MaybeJson(body): MaybeJson,
) -> Result<Response, RestError> {
    let (_, package) = stored(&app, &acting, id).await?;
    for name in ["name", "_integrationId"] {
        if body.get(name).is_some_and(|value| !value.is_string()) {
            return Err(RestError::invalid(vec![entry("wrong_type", "This is a text.", name)]));
        }
    }
    Ok((StatusCode::CREATED, Answer(made(&app, &acting, package, &body).await?)).into_response())
}

/// `GET /v1/published`: the account's catalogue.
pub(super) async fn published(
    State(app): State<App>,
    acting: Acting,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    let packed = app.store.templates_with_zip(acting.account).await?;
    let all = mirror::all(&app, acting.account, Some(Kind::Template)).await?;
    let beside = Beside::of(&app, acting.account, Kind::Template).await?;
    let listed = all.iter().filter(|found| {
        let ready = is_published(&found.seen.value) && packed.contains(&found.row.id);
        ready && !found.seen.binned && acting.may(Action::Open, &found.row)
    });
    page(&app, &headers, uri.path(), raw.as_deref(), listed.map(|found| show(found, &beside)))
}

/// Refuses to publish a template that nothing can be made of.
pub(super) async fn may_be(app: &App, acting: &Acting, id: Option<Id>, value: &Value) -> Result<(), RestError> {
    if !is_published(value) {
        return Ok(());
    }
    let packed = app.store.templates_with_zip(acting.account).await?;
    if id.is_some_and(|id| packed.contains(&id)) {
        return Ok(());
    }
    let message = "A template is published when it has a zip. Send one to /v1/templates/{id}/zip first.";
    Err(RestError::invalid(vec![entry("no_zip", message, "published")]))
}

fn is_published(value: &Value) -> bool {
    value.get("published") == Some(&Value::Bool(true))
}

/// A template's zip, and what is in it.
async fn stored(app: &App, acting: &Acting, id: Id) -> Result<(Vec<u8>, Package), RestError> {
    package::whole(acting)?;
    found(app, acting, Kind::Template, id).await?;
    let bytes = app.store.template_zip(acting.account, id).await?.ok_or_else(|| {
        let message = "This template has no zip yet. Send one to /v1/templates/{id}/zip first.";
        RestError::new(StatusCode::CONFLICT, "no_zip", message)
    })?;
    blocking(move || {
        let package = tombolo_package::read(bytes.clone())?;
        Ok((bytes, package))
    })
    .await
}

fn integration(raw: Option<&str>) -> Result<Option<Id>, RestError> {
    let wrong = |message: &str| RestError::new(StatusCode::BAD_REQUEST, "invalid_query_params", message);
    let mut found = None;
    for (name, value) in pairs(raw) {
        if name != "_integrationId" {
            return Err(wrong("Send _integrationId, and nothing else."));
        }
        found = Some(value.parse().map_err(|_| wrong("_integrationId is an id of 24 hex digits."))?);
    }
    Ok(found)
}

fn name(template: &Found) -> String {
    template.seen.value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}
