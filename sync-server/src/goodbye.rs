//! The last word to a device that may not come in.
//!
//! A browser tells its page nothing of an upgrade that was refused: not even its status. Whoever may not come in is
//! therefore told so in a frame, and the device knows whether trying again is of any use.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use tombolo_sync::server::ENDED;
use tombolo_wire::sync::{Down, encode_down};

use crate::error::ApiError;

/// What a device that is turned away may say meanwhile: its greeting.
const MOST_HEARD_BYTES: usize = 64 * 1024;
/// How long it may take to go.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a socket only to say why there is none, to a device that could not hear it otherwise.
/// `ended`: its person was a member.
pub(crate) async fn turn_away(mut parts: Parts, no: ApiError, ended: bool) -> Response {
    let Some(bye) = goodbye(&no, ended) else { return no.into_response() };
    match (WebSocketUpgrade::from_request_parts(&mut parts, &()).await, encode_down(&bye)) {
        (Ok(upgrade), Ok(frame)) => upgrade
            .max_message_size(MOST_HEARD_BYTES)
            .max_frame_size(MOST_HEARD_BYTES)
            .on_upgrade(|socket| say_and_close(socket, frame)),
        _ => no.into_response(),
    }
}

async fn say_and_close(mut socket: WebSocket, frame: Vec<u8>) {
    let said = async {
        socket.send(Message::Binary(frame.into())).await?;
        socket.send(Message::Close(None)).await?;
        // Closing over what the device has said meanwhile would take the goodbye from it.
        while socket.recv().await.transpose()?.is_some() {}
        Ok::<_, axum::Error>(())
    };
    if !matches!(tokio::time::timeout(PATIENCE, said).await, Ok(Ok(()))) {
        tracing::debug!("a device that was turned away did not hear why");
    }
}

fn goodbye(no: &ApiError, ended: bool) -> Option<Down> {
    if let Some(code) = no.demand() {
        return Some(Down::Bye { code: code.to_owned(), message: no.message().to_owned() });
    }
    let (code, message) = match no.status() {
        StatusCode::UNAUTHORIZED => ("signedOut", "You are signed out. Sign in again to go on."),
        StatusCode::NOT_FOUND | StatusCode::FORBIDDEN if ended => ("removed", ENDED),
        StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => ("stranger", "You are not a member of this account."),
        _ => return None,
    };
    Some(Down::Bye { code: code.to_owned(), message: message.to_owned() })
}
