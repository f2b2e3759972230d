//! Whether the server works.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::ApiError;

/// `GET /healthz`: 200 when the database can be written.
pub(super) async fn check(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    app.store.check().await?;
    Ok(Json(json!({ "status": "ok" })))
}
