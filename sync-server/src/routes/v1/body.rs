//! What handlers of the API take: the kind that the path names, bodies, and the address they are reached at.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tombolo_model::Kind;

use crate::app::App;
use crate::config::Exposure;
use crate::rest::error::RestError;

/// The kind whose collection the path begins with.
pub(super) struct Collection(pub(super) Kind);

impl<S: Sync> FromRequestParts<S> for Collection {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RestError> {
        let name = parts.uri.path().trim_start_matches("/v1/").split('/').next().unwrap_or_default();
        Kind::from_collection(name).map(Self).ok_or_else(RestError::not_found)
    }
}

/// A JSON body that has to be there.
pub(super) struct Json(pub(super) Value);

/// A JSON body that is an object, as it came: what is only passed on takes no more memory than its text.
pub(super) struct JsonObject(pub(super) Bytes);

/// A JSON body, or null when there is none.
pub(super) struct MaybeJson(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = RestError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RestError> {
        parse(&given(request, state).await?).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = RestError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RestError> {
        let bytes = given(request, state).await?;
        parse::<IgnoredAny>(&bytes)?;
        let is_text = std::str::from_utf8(&bytes).is_ok();
        if !is_text || !bytes.trim_ascii_start().starts_with(b"{") {
            let message = if is_text { "Send an object: {…}." } else { "The body is not JSON: it is no UTF-8." };
            return Err(RestError::new(StatusCode::BAD_REQUEST, "invalid_body", message));
        }
        Ok(Self(bytes))
    }
}

/// The bytes of a JSON body that has to be there.
async fn given<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, RestError> {
    let is_json = is_json(request.headers());
    let bytes = bytes(request, state).await?;
    if bytes.is_empty() {
        return Err(RestError::new(StatusCode::BAD_REQUEST, "invalid_body", "A body of JSON is missing."));
    }
    if is_json { Ok(bytes) } else { Err(unsupported()) }
}

impl<S: Send + Sync> FromRequest<S> for MaybeJson {
    type Rejection = RestError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RestError> {
        let is_json = is_json(request.headers());
        let bytes = bytes(request, state).await?;
        match bytes.is_empty() {
            true => Ok(Self(Value::Null)),
            false if !is_json => Err(unsupported()),
            false => parse(&bytes).map(Self),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn unsupported() -> RestError {
    let message = "Send JSON, with the header Content-Type: application/json.";
    RestError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, RestError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        let message = format!("The body was not taken: {}.", rejection.body_text());
        RestError::new(rejection.status(), "invalid_body", message)
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RestError> {
    serde_json::from_slice(bytes).map_err(|error| {
        RestError::new(StatusCode::BAD_REQUEST, "invalid_body", format!("The body is not JSON: {error}."))
    })
}

/// The address at which the caller reaches a path of this server.
pub(super) fn address(app: &App, headers: &HeaderMap, path: &str) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    match &app.config.exposure {
        Exposure::Loopback => format!("http://{host}{path}"),
        Exposure::Tls { .. } => format!("https://{host}{path}"),
        Exposure::Proxy { origin } => format!("{origin}{path}"),
    }
}
