//! `GET /sync?account={id}&user={id}`: the socket between a device and the server.

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, State};
use axum::response::Response;
use tombolo_wire::sync::{MAX_DOWN_BYTES, MAX_UP_BYTES};

use crate::app::App;
use crate::auth::caller::{Caller, Entered};
use crate::error::ApiError;
use crate::socket;

/// Opens a socket. Origin, session and membership have been checked at the door.
pub(super) async fn open(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let opened = upgrade?
        .max_message_size(MAX_UP_BYTES)
        .max_frame_size(MAX_UP_BYTES)
        .max_write_buffer_size(2 * MAX_DOWN_BYTES)
        .on_upgrade(move |socket| socket::serve(app, caller, entered.account, entered.rights, socket));
    Ok(opened)
}
