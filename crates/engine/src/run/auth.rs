//! Credentials go into a request last, when everything else about it is known, and are renewed when an endpoint
//! refuses them.
//!
//! All requests of a connection share what was renewed: of many that are refused at once, one asks for new credentials
//! and the others wait for it. Nothing here is printed, and what came into being is taken out of what endpoints say.

mod digest;
pub(super) mod fetch;
mod held;
mod jwt;
mod oauth1;
pub(super) mod offline;
mod place;

use tombolo_template::{Deferred, DeferredError};

use super::peek::peek;
use super::shared::Shared;
use crate::http::{Body, HttpError, Request, Response};
use crate::plan::Endpoint;
use crate::plan::auth::{Auth, From, TOKEN};
use crate::secret::{self, Secret};
use crate::units::MAX_REFUSAL_BYTES;
use held::Held;
use tombolo_model::excerpt;

pub(super) use held::Credentials;

/// Which credentials a request was sent with; of many requests that are refused at once, one renews them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Used(u64);

/// New credentials that are refused within this time are not renewed again: it would be the same the next time.
const FRESH_MS: i64 = 60_000;

/// Puts the credentials in; last, so that no template sees them.
pub(super) async fn authorize(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    mut request: Request,
) -> Result<(Request, Used), HttpError> {
    let held = shared.credentials.of(endpoint.connection);
    if fetch::wanted(shared, endpoint, &held) {
        let turn = held.turn().await;
        // Somebody else may have had the turn before.
        if fetch::wanted(shared, endpoint, &held) {
            fetch::obtain(shared, endpoint, &held).await?;
        }
        drop(turn);
    }
    let used = Used(held.generation());
    let named = names_token(endpoint, &request);
    resolve(endpoint, &held, &mut request)?;
    match &endpoint.auth {
        Auth::None => {}
        Auth::Header { name, value } => place::header(&mut request, name, value.clone()),
        Auth::Parameter { name, value } => place::parameter(&mut request, name, value.clone()),
        Auth::Token(token) => {
            let value = current(endpoint, &held, TOKEN).ok_or_else(|| missing(TOKEN))?;
            endpoint.scrub.learn(value.value());
            place::token(&mut request, &token.place, &value, named)?;
        }
        Auth::Cookie(_) => place::cookies(&mut request, held.cookies(endpoint.connection)),
        Auth::Wsse { header, username, password } => {
            let (nonce, now_ms) = (shared.credentials.nonce(shared.seed), shared.host.now_ms());
            place::header(&mut request, header, place::wsse(username, password, &nonce, now_ms));
        }
        Auth::Digest { username, password } => {
            let cnonce = shared.credentials.nonce(shared.seed);
            if let Some(value) =
                held.answer(|challenge, count| challenge.answer(&request, username, password, &cnonce, count))
            {
                place::header(&mut request, "Authorization", value);
            }
        }
        Auth::OAuth1(oauth) => {
            let nonce = shared.credentials.nonce(shared.seed);
            let realm =
                oauth.realm.as_ref().map(|realm| fetch::rendered(shared, endpoint, &held, realm)).transpose()?;
            let value = oauth1::header(oauth, &request, &nonce, shared.host.now_ms(), realm.as_deref());
            place::header(&mut request, "Authorization", value.map_err(|error| HttpError::Refused(error.to_string()))?);
        }
    }
    Ok((request, used))
}

/// Whether the endpoint refused the credentials and there are new ones, so that the request is to be sent once more.
pub(super) async fn renew(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    used: Used,
    response: &mut Response,
) -> Result<bool, HttpError> {
    let renewable = match &endpoint.auth {
        Auth::Token(token) => !matches!(token.from, From::Kept),
        Auth::Cookie(_) | Auth::Digest { .. } => true,
        _ => false,
    };
    if !renewable {
        return Ok(false);
    }
    let held = shared.credentials.of(endpoint.connection);
    if !is_refused(shared, endpoint, response).await {
        held.prove(used.0);
        return Ok(false);
    }
    let turn = held.turn().await;
    if held.generation() != used.0 {
        return Ok(true);
    }
    if let Auth::Digest { .. } = endpoint.auth {
        return digest::challenged(&held, response);
    }
    let now_ms = shared.host.now_ms();
    if held.is_fresh(now_ms, FRESH_MS) && !(response.status == 401 && held.is_proved()) {
        return Ok(false);
    }
    fetch::obtain(shared, endpoint, &held).await?;
    drop(turn);
    Ok(true)
}

/// Whether an answer says that the credentials are not good.
async fn is_refused(shared: &Shared<'_>, endpoint: &Endpoint, response: &mut Response) -> bool {
    if endpoint.refusals.statuses.contains(&response.status) {
        return true;
    }
    let Some((path, values)) = &endpoint.refusals.path else { return false };
    let said = peek(shared.host, response, MAX_REFUSAL_BYTES).await.json();
    let found = said.as_ref().and_then(|said| path.get(said)).filter(|found| !found.is_empty());
    found.is_some_and(|found| values.is_empty() || values.iter().any(|value| *value == found.display()))
}

/// A secret of the endpoint's connection as it is now.
fn current(endpoint: &Endpoint, held: &Held, path: &str) -> Option<Secret> {
    let name = secret::name(endpoint.connection, path);
    let value = held.value(&name).or_else(|| endpoint.vault.get(&name).map(ToOwned::to_owned))?;
    Some(Secret::new(endpoint.connection, value))
}

/// Whether the body says itself where the token goes.
fn names_token(endpoint: &Endpoint, request: &Request) -> bool {
    let name = secret::name(endpoint.connection, TOKEN);
    request.body.as_ref().and_then(Body::masked).is_some_and(|body| body.names(&name))
}

/// Puts the secrets in that templates named.
fn resolve(endpoint: &Endpoint, held: &Held, request: &mut Request) -> Result<(), HttpError> {
    let find = |name: &str| held.value(name).or_else(|| endpoint.vault.get(name).map(ToOwned::to_owned));
    let mut made = |deferred: &Deferred, value: &str| {
        if !deferred.is_signature() {
            endpoint.scrub.learn_made(value);
        }
    };
    let mut texts = request.headers.iter_mut().map(|(_, value)| value).chain([&mut request.url]);
    let done = texts.try_for_each(|text| text.resolve(&find, &mut made));
    done.map_err(|error| unmade(&error))?;
    if let Some(text) = request.body.as_ref().and_then(Body::masked).filter(|text| text.is_deferred()) {
        let mut text = text.clone();
        text.resolve(&find, &mut made).map_err(|error| unmade(&error))?;
        request.body = Some(text.into());
    }
    Ok(())
}

fn unmade(error: &DeferredError) -> HttpError {
    match error {
        DeferredError::Missing(name) => missing(secret::path(name)),
        DeferredError::Helper { .. } => HttpError::Refused(error.to_string()),
    }
}

fn missing(path: &str) -> HttpError {
    HttpError::Refused(format!(
        "the secret “{path}” of its connection is not here. Enter it again",
        path = excerpt(&path)
    ))
}
