//! One request to the address of a listener.

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use tombolo_model::Id;

use super::answer::{Reply, bare, context, is_challenge, made};
use super::listener::{Listener, Readers, all_of, pairs, readers};
use super::mask::masked;
use super::proof::Shown;
use crate::app::App;
use crate::auth::attempts::Network;
use crate::clock;
use crate::error::ApiError;
use crate::rest::error::RestError;
use crate::store::{Kept, NewReceived};

/// The longest name of what comes.
const LONGEST_NAME: usize = 200;
/// The headers by which applications name what they send; the same name comes with each try.
const NAMES: [&str; 7] = [
    "webhook-id",
    "svix-id",
    "x-github-delivery",
    "x-shopify-webhook-id",
    "x-gitlab-event-uuid",
    "x-event-id",
    "idempotency-key",
];
/// After this long what waits may have become less.
const LATER_S: u64 = 30;

/// What was sent, without its body.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    /// As the address names the listener.
    pub(crate) id: String,
    /// The secret part of the address.
    pub(crate) token: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Option<String>,
    pub(crate) network: Network,
}

/// Takes what was sent, or says why not. The body is read only when it may be one for a listener.
///
/// # Errors
///
/// Returns what the sender is answered; nothing is kept then.
pub(crate) async fn receive(
    app: &App,
    sent: &Sent,
    body: impl Future<Output = Result<Bytes, RestError>> + Send,
) -> Result<Response, RestError> {
    let query = pairs(sent.query.as_deref().unwrap_or_default());
    let shown = Shown { headers: &sent.headers, query: &query, token: sent.token.as_deref(), body: &[] };
    let reads = matches!(sent.method, Method::GET | Method::HEAD);
    let mut all = match sent.id.parse::<Id>() {
        Ok(id) => all_of(app, id).await?,
        Err(_) => Vec::new(),
    };
    all.retain(|listener| !listener.asks_for_no_body() || fits(listener, shown, reads));
    let body =
        if all.is_empty() || reads { Bytes::new() } else { app.webhooks.bodies.read(&sent.headers, body).await? };
    let shown = Shown { body: &body, ..shown };
    // Misses are counted behind the proof: applications share the addresses from which they send with whoever guesses.
    let Some(listener) = all.into_iter().find(|listener| fits(listener, shown, reads)) else {
        return Err(missed(app, sent.network));
    };
    let webhook = listener.webhook();
    if reads && !listener.lets_in(shown) {
        return asked(app, &listener, sent.network, &query).await;
    }
    app.webhooks.buckets.take(listener.id, clock::now_ms()).map_err(ApiError::slow_down)?;
    if reads || (Reply::Challenge.is_set(webhook) && is_challenge(&body, &query)) {
        return Ok(made(app, listener.account, Reply::Challenge, webhook, &context(&body, &query)).await);
    }
    keep(app, &listener, sent, &masked(webhook, &sent.headers, &body)).await?;
    let names_fields = Reply::Success.names_fields(webhook);
    let context = if names_fields { context(&body, &query) } else { serde_json::Value::Null };
    Ok(made(app, listener.account, Reply::Success, webhook, &context).await)
}

/// Whether a sender is one that the listener answers.
fn fits(listener: &Listener, shown: Shown<'_>, reads: bool) -> bool {
    if !reads {
        return listener.lets_in(shown);
    }
    // Whoever asks whether somebody is there has no body to sign yet; only a listener that says so answers.
    Reply::Challenge.is_set(listener.webhook())
        && (listener.lets_in(shown) || (!listener.asks_for_no_body() && shown.token.is_none()))
}

/// Counts what proves nothing, and says what it is answered.
fn missed(app: &App, network: Network) -> RestError {
    let (misses, now_ms) = (&app.webhooks.misses, clock::now_ms());
    if let Err(seconds) = misses.check(network, now_ms) {
        return ApiError::slow_down(seconds).into();
    }
    misses.count(network, now_ms);
    RestError::Unauthorized("Unauthorized")
}

/// Answers somebody who asks whether a listener is there and could not prove themselves yet. That takes nothing from what
/// its sender may send.
async fn asked(
    app: &App,
    listener: &Listener,
    network: Network,
    query: &[(String, String)],
) -> Result<Response, RestError> {
    let (asks, now_ms) = (&app.webhooks.asks, clock::now_ms());
    asks.check(network, now_ms).map_err(ApiError::slow_down)?;
    asks.count(network, now_ms);
    let webhook = listener.webhook();
    if !is_challenge(&[], query) {
        // It asks for nothing that a template could name, so none is rendered.
        return Ok(bare(Reply::Challenge, webhook));
    }
    Ok(made(app, listener.account, Reply::Challenge, webhook, &context(&[], query)).await)
}

async fn keep(app: &App, listener: &Listener, sent: &Sent, body: &[u8]) -> Result<(), RestError> {
    let flows = match readers(app, listener).await? {
        Readers::Flows(flows) if flows.is_empty() => return Err(not_listening().into()),
        Readers::Flows(flows) => flows,
        Readers::Leaving => return Err(leaving().into()),
    };
    let media_type = sent.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let new = NewReceived {
        export: listener.id,
        event: NAMES.iter().find_map(|name| named(&sent.headers, name)),
        media_type: media_type.get(..LONGEST_NAME.min(media_type.len())).unwrap_or_default(),
        body,
        received_ms: clock::now_ms(),
    };
    match app.store.receive(listener.account, &flows, &new).await? {
        Kept::New => app.webhooks.wake(),
        Kept::Known => tracing::debug!(listener = %listener.id, "something came again"),
        Kept::Full => return Err(full().into()),
        Kept::Leaving => return Err(leaving().into()),
        Kept::NoFlow => return Err(not_listening().into()),
    }
    Ok(())
}

/// A name is the whole of its header.
fn named<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty() && text.len() <= LONGEST_NAME).then_some(text)
}

fn not_listening() -> ApiError {
    let message = "No flow that is switched on reads this listener: switch its flow on.";
    ApiError::new(StatusCode::NOT_FOUND, "not_listening", message)
}

fn leaving() -> ApiError {
    let message = "The flow of this listener is being handed over to another account. Try again later.";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "leaving", message).again_in(LATER_S)
}

fn full() -> ApiError {
    let message = "Too much waits for the flow of this listener already. Try again later.";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "inbox_full", message).again_in(LATER_S)
}
