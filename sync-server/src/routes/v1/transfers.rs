//! Hand-overs as the API shows them: offered, previewed, listed, canceled. To take one is a person's.

use axum::Json as Answer;
use axum::extract::{Extension, OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::{OfferTransfer, PreviewTransfer, Transfer, TransferStatus};

use super::body::Json;
use super::recycle_bin::model;
use super::resources::page;
use crate::app::App;
use crate::audit;
use crate::clock;
use crate::rest::acting::Acting;
use crate::rest::error::{RestError, entry};
use crate::rest::shown::time;
use crate::routes::body::{Body, Names};
use crate::routes::transfers;

/// `GET /v1/transfers`
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

/// `GET /v1/transfers/{id}`
pub(super) async fn one(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    let all = all(&app, &acting).await?;
    all.iter().find(|transfer| transfer.id == id).map(show).map(Answer).ok_or_else(RestError::not_found)
}

/// `POST /v1/transfers/preview`
pub(super) async fn preview(
    State(app): State<App>,
    acting: Acting,
    Json(body): Json,
) -> Result<Answer<Value>, RestError> {
    let (fields, integrations) = read(&body, &["_integrationIds", "email"])?;
    if fields.contains_key("copyShared") {
        return Err(unknown("copyShared"));
    }
    let work = transfers::preview(State(app), Extension(acting.entered()), Body(PreviewTransfer { integrations }));
    let Answer(contents) = work.await?;
    Ok(Answer(
        json!({ "toTransfer": by_kind(&contents.items), "shared": contents.shared, "leftBehind": contents.left_behind }),
    ))
}

/// `POST /v1/transfers`
pub(super) async fn offer(State(app): State<App>, acting: Acting, Json(body): Json) -> Result<Response, RestError> {
    let (fields, integrations) = read(&body, &["_integrationIds", "email", "copyShared"])?;
    let wish = json!({ "integrations": integrations, "email": fields.get("email"),
        "copyShared": fields.get("copyShared").cloned().unwrap_or(Value::Bool(false)) });
    let wish: OfferTransfer = serde_json::from_value(wish).map_err(|_| {
        let message = "Send “email”, the address of who takes the integrations, and “copyShared” as true or false.";
        RestError::invalid(vec![entry("invalid_value", message, "email")])
    })?;
    let (caller, entered) = (acting.caller(&app).await?, acting.entered());
    let work = transfers::offer(State(app.clone()), Extension(caller), Extension(entered), Body(wish));
    let Answer(offered) = audit::by_road(acting.road(), work).await?;
    let mut answer = json!(offered);
    let row = app.store.transfer(offered.id, clock::now_ms()).await?.ok_or_else(RestError::not_found)?;
    if let (Some(answer), Value::Object(shown)) = (answer.as_object_mut(), show(&row.shown)) {
        answer.shift_remove("id");
        answer.extend(shown);
    }
    Ok((StatusCode::CREATED, Answer(answer)).into_response())
}

/// `PUT /v1/transfers/{id}/cancel`
pub(super) async fn cancel(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<StatusCode, RestError> {
    let (caller, entered) = (acting.caller(&app).await?, acting.entered());
    let names = Names((acting.account, id));
    let work = transfers::cancel(State(app), Extension(caller), Extension(entered), names);
    Ok(audit::by_road(acting.road(), work).await?)
}

async fn all(app: &App, acting: &Acting) -> Result<Vec<Transfer>, RestError> {
    let rows = app.store.transfers(acting.account, acting.user, clock::now_ms()).await?;
    let shown = |row: crate::store::TransferRow| Transfer { incoming: row.account != acting.account, ..row.shown };
    Ok(rows.into_iter().map(shown).collect())
}

/// The fields of a body, and the integrations that it names.
fn read<'a>(body: &'a Value, known: &[&str]) -> Result<(&'a Map<String, Value>, Vec<Id>), RestError> {
    let wrong = |message: &str, field: &str| RestError::invalid(vec![entry("invalid_value", message, field)]);
    let fields = body.as_object().ok_or_else(|| wrong("Send a JSON object.", ""))?;
    if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(unknown(name));
    }
    let list = fields.get("_integrationIds").and_then(Value::as_array);
    let ids: Option<Vec<Id>> = list.and_then(|list| list.iter().map(|id| id.as_str()?.parse().ok()).collect());
    Ok((fields, ids.ok_or_else(|| wrong("Send a list of ids of integrations.", "_integrationIds"))?))
}

fn unknown(name: &str) -> RestError {
    RestError::invalid(vec![entry("unknown_field", "A transfer has no such field.", name)])
}

fn show(transfer: &Transfer) -> Value {
    let status = match transfer.status {
        TransferStatus::Offered => "unapproved",
        TransferStatus::Declined => "dismissed",
        TransferStatus::Canceled => "canceled",
        TransferStatus::Expired => "expired",
        TransferStatus::Accepted => "started",
        TransferStatus::Done => "done",
        TransferStatus::Failed => "failed",
    };
    let mut shown = json!({
        "_id": transfer.id, "status": status, "incoming": transfer.incoming, "from": transfer.from,
        "offeredBy": transfer.by, "email": transfer.email, "createdAt": time(transfer.created_ms),
        "toTransfer": by_kind(&transfer.contents.items), "afterwards": transfer.afterwards,
    });
    if let Some(ms) = transfer.ended_ms {
        shown["endedAt"] = json!(time(ms));
    }
    shown
}

/// By collection, as the preview of the API has it.
fn by_kind(items: &[tombolo_wire::rest::TransferItem]) -> Value {
    let mut lists: Map<String, Value> = Map::new();
    for item in items {
        let one = json!({ "_id": item.id, "model": model(item.kind), "name": item.name,
            "references": item.references, "copied": item.copied });
        let list = lists.entry(Kind::collection(item.kind)).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(one);
        }
    }
    Value::Object(lists)
}
