//! Connections that are offline, for devices: they show them, send nothing through them, and find out as runs here do.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::{OutageList, PutOutage};

use super::body::{Body, Names};
use crate::app::App;
use crate::auth::caller::Entered;
use crate::error::ApiError;
use crate::rest::error::RestError;
use crate::runner::outages;

/// `GET /api/accounts/{account}/outages`
pub(super) async fn list(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
) -> Result<Json<OutageList>, ApiError> {
    let mut list = OutageList::default();
    for outage in app.store.outages(entered.account).await? {
        let home = app.store.home(entered.account, outage.connection).await?;
        if home.is_some_and(|home| entered.rights.may(Action::Read, Kind::Connection, home.home())) {
            list.outages.push(outage);
        }
    }
    Ok(Json(list))
}

/// `PUT /api/accounts/{account}/connections/{connection}/outage`
pub(super) async fn put(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, connection)): Names<(Id, Id)>,
    Body(body): Body<PutOutage>,
) -> Result<StatusCode, RestError> {
    let home = app.store.home(entered.account, connection).await?;
    if home.is_none_or(|home| home.kind != Kind::Connection) {
        return Err(ApiError::not_found().into());
    }
    match body.why {
        Some(why) => outages::heard(&app, entered.account, (connection, &why), body.found_ms).await?,
        None => {
            app.store.end_outage(entered.account, connection).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
