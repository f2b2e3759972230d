//! Requests that a run in a browser has the server send.

use axum::body::Bytes;
use axum::extract::{Extension, FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use tombolo_model::Id;

use super::body::Names;
use crate::app::App;
use crate::auth::caller::Entered;
use crate::error::ApiError;
use crate::relay::{self, Taken};

/// `POST /api/accounts/{account}/flows/{flow}/relay`, and the same of a connection that is tested.
pub(super) async fn send(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, of)): Names<(Id, Id)>,
    Place(place): Place,
    message: Bytes,
) -> Result<Response, ApiError> {
    relay::send(&app, (entered.account, of), place, &message).await
}

/// A place among the requests that are on their way. It is taken before a body is read: bodies that nobody may send yet
/// are not held in memory.
pub(super) struct Place(Taken);

impl FromRequestParts<App> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Entered { account, .. } = parts.extensions.get().ok_or_else(ApiError::not_found)?;
        Ok(Self(relay::place(app, *account)?))
    }
}
