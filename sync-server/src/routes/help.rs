//! Where people find help, and what they write to who runs the server.

use std::future::{Ready, ready};
use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use tombolo_wire::rest::{Diagnostics, Links, SendFeedback};

use super::body::Body;
use crate::app::App;
use crate::auth::attempts::{Network, Source};
use crate::auth::caller;
use crate::clock;
use crate::error::ApiError;

/// The most feedback that is kept; the operator reads it with `tombolo admin feedback`, and removes it with `--forget`.
const MOST: u32 = 10_000;

/// `GET /api/links`
pub(super) fn links(State(app): State<App>) -> Ready<Json<Links>> {
    ready(Json(app.config.links.clone()))
}

/// `POST /api/feedback`
///
/// Who is not signed in may write too, and so everybody is counted by their network.
pub(super) async fn feedback(
    State(app): State<App>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<SendFeedback>,
) -> Result<StatusCode, ApiError> {
    let feedback = checked(body)?;
    let now_ms = clock::now_ms();
    let network = Network::of(caller::address(&app, peer, &headers));
    // Counted also when it works: each takes room.
    drop(app.attempts.begin(vec![Source::Feedback(network)], now_ms).map_err(ApiError::slow_down)?);
    let by = caller::caller(&app, &headers).await?.map(|caller| caller.user);
    if app.store.keep_feedback(&feedback, by.as_ref(), now_ms, MOST).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "feedback_full",
            "The server takes no more feedback until its operator has read and removed what is there. Try again later.",
        ))
    }
}

fn checked(mut feedback: SendFeedback) -> Result<SendFeedback, ApiError> {
    feedback.message = feedback.message.trim().to_owned();
    let long = feedback.message.chars().count();
    if long == 0 || long > SendFeedback::LONGEST {
        let message = format!("Write 1 to {} characters.", SendFeedback::LONGEST);
        return Err(ApiError::invalid("message", message));
    }
    if let Some(Diagnostics { version, browser, language, window }) = &feedback.diagnostics
        && [version, browser, language, window].iter().any(|text| text.len() > Diagnostics::LONGEST)
    {
        let message = format!("Each of them has at most {} bytes.", Diagnostics::LONGEST);
        return Err(ApiError::invalid("diagnostics", message));
    }
    Ok(feedback)
}
