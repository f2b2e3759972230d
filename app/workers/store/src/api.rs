//! The server's HTTP routes, and errands: what it must be told and could not be told yet.

mod errands;

use js_sys::{Array, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tombolo_model::Id;
use tombolo_wire::rest::{Errors, Secrets};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, RequestInit, Response};

use crate::env;
use crate::fault::Fault;

pub(crate) use errands::{Errand, Errands, errands, untold_outages};

/// A request with a JSON body that answers with JSON.
pub(crate) async fn call<T: DeserializeOwned>(
    method: &str,
    path: &str,
    body: Option<&impl Serialize>,
) -> Result<T, Fault> {
    let body = match body {
        Some(body) => serde_json::to_string(body).map_err(|error| Fault::Browser(error.to_string()))?.into(),
        None => JsValue::UNDEFINED,
    };
    let response = send(method, path, &body, "application/json").await?;
    let text = response.text().map_err(offline)?;
    let text = JsFuture::from(text).await.map_err(offline)?.as_string().unwrap_or_default();
    let text = if text.is_empty() { "null" } else { &text };
    serde_json::from_str(text).map_err(|error| Fault::Offline(format!("its answer was not understood: {error}")))
}

/// A request whose answer does not matter beyond its success.
pub(crate) async fn tell(method: &str, path: &str, body: Option<&impl Serialize>) -> Result<(), Fault> {
    call::<serde_json::Value>(method, path, body).await.map(drop)
}

/// Sends a file.
pub(crate) async fn upload(path: &str, file: &Blob) -> Result<(), Fault> {
    send("PUT", path, file, "application/octet-stream").await.map(drop)
}

/// Fetches a file; `None` when the server has none there.
pub(crate) async fn download(path: &str) -> Result<Option<Blob>, Fault> {
    let response = match send("GET", path, &JsValue::UNDEFINED, "").await {
        Ok(response) => response,
        Err(Fault::Refused { code, .. }) if code == "not_found" => return Ok(None),
        Err(error) => return Err(error),
    };
    let file = JsFuture::from(response.blob().map_err(offline)?).await.map_err(offline)?;
    Ok(file.dyn_into().ok())
}

/// A request of the REST API in an account, with the session of this page.
pub(crate) async fn rest(
    account: Id,
    method: &str,
    path: &str,
    body: Option<&serde_json::Value>,
) -> Result<serde_json::Value, Fault> {
    let body = body.map_or(JsValue::UNDEFINED, |body| body.to_string().into());
    let account = account.to_string();
    let headers = [("content-type", "application/json"), ("x-tombolo-account", account.as_str())];
    let response = send_with(method, path, &body, &headers).await?;
    let text = JsFuture::from(response.text().map_err(offline)?).await.map_err(offline)?.as_string();
    let text = text.filter(|text| !text.is_empty()).unwrap_or_else(|| "null".to_owned());
    serde_json::from_str(&text).map_err(|error| Fault::Offline(format!("its answer was not understood: {error}")))
}

/// The paths of the secrets that the server keeps for a connection.
pub(crate) async fn secret_paths(account: Id, connection: Id) -> Result<Vec<String>, Fault> {
    let path = format!("/api/accounts/{account}/connections/{connection}/secrets");
    let secrets: Secrets = call("GET", &path, None::<&()>).await?;
    Ok(secrets.paths)
}

/// Whether the server says that nobody is signed in. A server that says nothing says nothing about that.
pub(crate) async fn signed_out() -> bool {
    matches!(call::<serde_json::Value>("GET", "/api/me", None::<&()>).await, Err(Fault::Refused { code, .. }) if code == "signed_out")
}

/// Sends a request; an answer that is no success is a fault with the server's words.
async fn send(method: &str, path: &str, body: &JsValue, kind: &str) -> Result<Response, Fault> {
    let kind = [("content-type", kind)];
    send_with(method, path, body, if body.is_undefined() { &[] } else { &kind }).await
}

async fn send_with(method: &str, path: &str, body: &JsValue, headers: &[(&str, &str)]) -> Result<Response, Fault> {
    let init = RequestInit::new();
    init.set_method(method);
    if !body.is_undefined() {
        init.set_body(body);
    }
    let headers: Array = headers.iter().map(|(name, value)| Array::of2(&(*name).into(), &(*value).into())).collect();
    init.set_headers(&headers);
    let fetched = env::scope().fetch_with_str_and_init(path, &init);
    let response: Response = JsFuture::from(fetched).await.map_err(offline)?.dyn_into().map_err(offline)?;
    if response.ok() {
        return Ok(response);
    }
    Err(refusal(&response).await)
}

async fn refusal(response: &Response) -> Fault {
    let status = response.status();
    let body = match response.array_buffer() {
        Ok(body) => JsFuture::from(body).await.map(|body| Uint8Array::new(&body).to_vec()),
        Err(error) => Err(error),
    };
    fault(status, serde_json::from_str(&String::from_utf8_lossy(&body.unwrap_or_default())).ok())
}

/// What an answer that is no success means: only what the server will never do is refused.
fn fault(status: u16, errors: Option<Errors>) -> Fault {
    let first = errors.and_then(|errors| errors.errors.into_iter().next());
    match (status, first) {
        (408 | 429 | 500.., Some(error)) => Fault::NotNow { code: error.code, message: error.message },
        (_, Some(error)) => Fault::Refused { code: error.code, message: error.message },
        (404, None) => {
            Fault::Refused { code: "not_found".to_owned(), message: "The server does not have this.".to_owned() }
        }
        (status, None) => Fault::Offline(format!("it answered {status}")),
    }
}

fn offline(error: impl Into<JsValue>) -> Fault {
    Fault::Offline(format!("{:?}", error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_wire::rest::ErrorBody;

    fn said() -> Option<Errors> {
        let (code, message) = ("code".to_owned(), "Words.".to_owned());
        Some(Errors { errors: vec![ErrorBody { code, message, field: None }] })
    }

    #[test]
    fn what_the_server_cannot_do_now_is_not_refused_for_good() {
        for status in [408, 429, 500, 503] {
            assert!(matches!(fault(status, said()), Fault::NotNow { .. }), "{status}");
            assert!(matches!(fault(status, None), Fault::Offline(_)), "{status}");
        }
        for status in [400, 403, 409, 422] {
            assert!(matches!(fault(status, said()), Fault::Refused { .. }), "{status}");
        }
    }
}
