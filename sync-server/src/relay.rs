//! Sends requests of runs in browsers, which may not call every address themselves (decision 28).
//!
//! It is no open proxy: a request goes to a host of a connection, in whose name it is sent and which the caller may change.
//! Addresses are looked at by the one dialer, each redirect too, and secrets go where their connection leads. Cookies of an
//! application are data of the answer and never the browser's.
//!
//! Invariant: what is refused here by [`relay::FOREIGN_HOST`], [`relay::PRIVATE_HOST`] or [`relay::BUSY`] was not sent.

mod places;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream;
use tombolo_engine::{HttpError, Masked, Request, Secret};
use tombolo_model::views::{Flow, secret_addresses};
use tombolo_model::{Id, Kind, alias, catalogue};
use tombolo_wire::relay::{self, Owned, RelayAnswer, RelayRequest, framed, parted};

use crate::app::App;
use crate::error::ApiError;
use crate::rest::error::RestError;
use crate::rest::mirror;
use crate::run_host::dialer::{Dialer, text, unreachable};
use crate::web_host;
pub(crate) use places::{Places, Taken};

/// How long an application may take to begin its answer.
const HEAD: Duration = Duration::from_secs(300);
/// How long an answer may take as a whole.
const WHOLE: Duration = Duration::from_secs(3_600);
/// How long an answer that has begun may be silent: one that never goes on would hold its place for nothing.
const SILENT: Duration = Duration::from_secs(60);
/// The largest answer.
const ANSWER_BYTES: usize = 1024 * 1024 * 1024;
/// A flow refers to no more than this, directly and through others.
const MOST: usize = 2_000;

/// What dials, and how many requests are on their way.
#[derive(Debug)]
pub(crate) struct Relay {
    /// What dials: no proxy, no redirects of its own, and on a server no private address.
    pub(crate) client: reqwest::Client,
    places: Places,
}

impl Relay {
    /// Nothing is on its way.
    ///
    /// # Errors
    ///
    /// Returns reqwest's error when TLS cannot be set up.
    pub(crate) fn new(allow_private_network: bool) -> reqwest::Result<Self> {
        Ok(Self { client: crate::run_host::dialer::client(allow_private_network)?, places: Places::default() })
    }
}

/// A place for a request.
///
/// # Errors
///
/// Returns that there is none.
pub(crate) fn place(app: &App, account: Id) -> Result<Taken, ApiError> {
    app.relay.places.take(account).ok_or_else(|| {
        no(relay::BUSY, StatusCode::SERVICE_UNAVAILABLE, "the server sends as many requests as it can already")
    })
}

/// Sends a request in the name of a flow or of a connection, and answers with what came of it.
///
/// # Errors
///
/// Returns why there is no answer, with the codes of [`relay`].
pub(crate) async fn send(
    app: &App,
    (account, of): (Id, Id),
    place: Taken,
    message: &[u8],
) -> Result<Response, ApiError> {
    let (head, body) = parted::<RelayRequest>(message)
        .ok_or_else(|| ApiError::new(StatusCode::BAD_REQUEST, "invalid", "This is no request to send on."))?;
    let hosts = hosts(app, account, of).await?;
    let host = web_host::of(&head.url.text);
    if !hosts.values().flatten().any(|known| Some(known) == host.as_ref()) {
        let message = "this address is of no connection of the flow, and the server sends requests to those only";
        return Err(no(relay::FOREIGN_HOST, StatusCode::FORBIDDEN, message));
    }
    let dialer = Dialer::over(app.relay.client.clone(), hosts, app.config.allow_private_network);
    let request = request(head, body);
    if !dialer.reaches(&request) {
        let message = "the server does not reach private addresses";
        return Err(no(relay::PRIVATE_HOST, StatusCode::FORBIDDEN, message));
    }
    let sent = tokio::time::timeout(HEAD, dialer.fetch(request)).await;
    let (answer, before) = sent.unwrap_or(Err(HttpError::Silent { seconds: 300 })).map_err(|error| failed(&error))?;
    answered(answer, before, place)
}

/// The connections and clients that something reaches, with the hosts of their addresses: the same as a run of it has.
async fn hosts(app: &App, account: Id, of: Id) -> Result<BTreeMap<Id, Vec<String>>, ApiError> {
    let (mut open, mut seen, mut hosts) = (vec![of], BTreeSet::new(), BTreeMap::new());
    let (mut own, mut integration, mut scripts) = (None, None, Vec::new());
    loop {
        while let Some(id) = open.pop() {
            if !seen.insert(id) || seen.len() > MOST {
                continue;
            }
            let Some(found) = mirror::one(app, account, id).await.map_err(internal)? else { continue };
            let kind = found.row.kind;
            if found.seen.binned {
                continue;
            }
            match kind {
                Kind::Flow if id == of => own = Flow(&found.seen.value).integration(),
                // Another flow is another run, and an integration has no address.
                Kind::Flow => continue,
                Kind::Integration => {
                    if own == Some(id) {
                        integration = Some(found);
                    }
                    continue;
                }
                Kind::Connection | Kind::IClient => {
                    let addresses = secret_addresses(kind, &found.seen.value);
                    hosts.insert(id, addresses.into_iter().filter_map(web_host::of).collect());
                }
                _ => {}
            }
            open.extend(&found.seen.references);
            open.extend(catalogue::named(kind, &found.seen.value));
            if kind == Kind::Script {
                scripts.push(found);
            }
        }
        // What the scripts call by an alias of the flow's integration.
        if let Some(integration) = &integration {
            let called = alias::called(&integration.seen.value, scripts.iter().map(|script| &script.seen.value));
            open.extend(called.into_iter().filter(|id| !seen.contains(id)));
        }
        if open.is_empty() || seen.len() > MOST {
            return Ok(hosts);
        }
    }
}

/// Why it failed is in the log already.
fn internal(_: RestError) -> ApiError {
    ApiError::internal(&std::io::Error::other("the connections of a relayed request cannot be read"))
}

fn request(head: RelayRequest, body: &[u8]) -> Request {
    let headers = head.headers.into_iter().map(|(name, value)| (name, masked(value))).collect();
    let body = head.body.map(|owners| {
        if owners.is_empty() {
            return body.to_vec().into();
        }
        // Bodies with secrets are texts.
        masked(Owned { text: String::from_utf8_lossy(body).into_owned(), owners }).into()
    });
    Request { method: head.method, url: masked(head.url), headers, body }
}

/// A text that goes where all of its owners' secrets may go.
fn masked(owned: Owned) -> Masked {
    let mut owners = owned.owners.into_iter();
    let Some(first) = owners.next() else { return Masked::plain(owned.text) };
    let text = Masked::default().and_secret(Secret::new(first, owned.text));
    owners.fold(text, |text, owner| text.and_secret(Secret::new(owner, "")))
}

fn answered(answer: reqwest::Response, mut before: Vec<(String, String)>, place: Taken) -> Result<Response, ApiError> {
    let own = answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    let mut headers: Vec<(String, String)> = own.collect();
    headers.append(&mut before);
    let head = RelayAnswer { status: answer.status().as_u16(), headers };
    let Some(head) = framed(&head, &[]) else {
        return Err(no(relay::UNREACHABLE, StatusCode::BAD_GATEWAY, "its answer begins with too many headers"));
    };
    let ends = tokio::time::Instant::now() + WHOLE;
    let pieces = stream::unfold((answer, 0_usize, place), move |(mut answer, bytes, place)| async move {
        let silent = tokio::time::Instant::now() + SILENT;
        let piece = match tokio::time::timeout_at(ends.min(silent), answer.chunk()).await {
            Ok(Ok(None)) => return None,
            Ok(Ok(Some(piece))) if bytes + piece.len() <= ANSWER_BYTES => Ok(piece),
            Ok(Ok(Some(_))) => Err(std::io::Error::other("the answer is too large")),
            Ok(Err(error)) => Err(std::io::Error::other(unreachable(&error))),
            Err(_) if silent < ends => Err(std::io::Error::other("the answer stopped in the middle")),
            Err(_) => Err(std::io::Error::other("the answer took too long")),
        };
        let bytes = bytes + piece.as_ref().map_or(0, Bytes::len);
        Some((piece, (answer, bytes, place)))
    });
    let body = Body::from_stream(stream::iter([Ok(Bytes::from(head))]).chain(pieces));
    // Whatever an application says is never taken for a page of ours.
    Ok(([(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, "no-store")], body).into_response())
}

fn failed(error: &HttpError) -> ApiError {
    let bad = StatusCode::BAD_GATEWAY;
    match error {
        HttpError::NotConnected(said) => no(relay::NOT_CONNECTED, bad, said),
        HttpError::Unreachable(said) | HttpError::Credentials(said) => no(relay::UNREACHABLE, bad, said),
        HttpError::Silent { seconds } => {
            no(relay::UNREACHABLE, bad, &format!("there was no answer within {seconds} seconds"))
        }
        HttpError::Offline(said) | HttpError::Refused(said) => no(relay::REFUSED, StatusCode::FORBIDDEN, said),
    }
}

/// What goes into a sentence of the run: neither a capital letter nor a full stop.
fn no(code: &'static str, status: StatusCode, message: &str) -> ApiError {
    ApiError::new(status, code, message)
}
