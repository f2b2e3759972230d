//! The last that came to a listener, for people who set up what becomes of it.

use axum::Json;
use axum::extract::{Extension, State};
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::LastPayload;

use super::body::Names;
use crate::app::App;
use crate::auth::caller::Entered;
use crate::error::ApiError;

/// `GET /api/accounts/{account}/exports/{export}/received`
pub(super) async fn last(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, export)): Names<(Id, Id)>,
) -> Result<Json<Option<LastPayload>>, ApiError> {
    let row = app.store.listed(entered.account, export).await?;
    row.filter(|row| row.kind == Kind::Export).ok_or_else(ApiError::not_found)?;
    let last = app.store.last_received(entered.account, export).await?;
    Ok(Json(last.map(|last| LastPayload {
        cut: last.size_bytes > last.body.len() as u64,
        // A character that was cut in two at the end says nothing of the rest.
        text: String::from_utf8_lossy(&last.body).into_owned(),
        media_type: last.media_type,
        size_bytes: last.size_bytes,
        received_ms: last.received_ms,
    })))
}
