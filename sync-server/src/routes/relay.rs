//! Requests that a run in a browser has the server send.

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::response::Response;
use tombolo_model::Id;

use super::body::Names;
use crate::app::App;
use crate::auth::caller::Entered;
use crate::error::ApiError;
use crate::relay;

/// `POST /api/accounts/{account}/flows/{flow}/relay`, and the same of a connection that is tested.
pub(super) async fn send(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, of)): Names<(Id, Id)>,
    message: Bytes,
) -> Result<Response, ApiError> {
    relay::send(&app, entered.account, of, &message).await
}
