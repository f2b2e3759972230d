//! The server's own routes, for what is authority and therefore not in a document.

use gloo::net::http::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tombolo_model::Id;
use tombolo_wire::rest::Errors;
use tombolo_wire::store::CallError;

/// Asks a route; the message of an error is a sentence for the person.
///
/// # Errors
///
/// Returns what the server says with its code, or that it does not answer.
pub(crate) async fn ask<R: DeserializeOwned>(
    method: Method,
    path: &str,
    body: Option<&impl Serialize>,
) -> Result<R, CallError> {
    send(RequestBuilder::new(path).method(method), body).await
}

/// Asks a route of the REST API as the person whose session this is, in one of their accounts.
///
/// # Errors
///
/// As [`ask`].
pub(crate) async fn ask_rest<R: DeserializeOwned>(
    account: Id,
    method: Method,
    path: &str,
    body: Option<&impl Serialize>,
) -> Result<R, CallError> {
    send(RequestBuilder::new(path).method(method).header("x-tombolo-account", &account.to_string()), body).await
}

/// Asks a route, of the REST API where an account is named, for what it says, as it came.
///
/// # Errors
///
/// As [`ask`].
pub(crate) async fn get(path: &str, account: Option<Id>) -> Result<String, CallError> {
    let request = RequestBuilder::new(path).method(Method::GET);
    let request = match account {
        Some(account) => request.header("x-tombolo-account", &account.to_string()),
        None => request,
    };
    text_of(request, None::<&()>).await
}

/// Reads what [`get`] gave.
///
/// # Errors
///
/// Returns that it is something else than was asked for.
pub(crate) fn read<R: DeserializeOwned>(text: &str) -> Result<R, CallError> {
    serde_json::from_str(text).map_err(|error| unexpected(&error))
}

async fn send<R: DeserializeOwned>(request: RequestBuilder, body: Option<&impl Serialize>) -> Result<R, CallError> {
    read(&text_of(request, body).await?)
}

async fn text_of(request: RequestBuilder, body: Option<&impl Serialize>) -> Result<String, CallError> {
    let request = match body {
        Some(body) => request.json(body),
        None => request.build(),
    };
    let response = request.map_err(|error| unexpected(&error))?.send().await.map_err(|_| silent())?;
    // The network may also end in the middle of an answer.
    let text = response.text().await.map_err(|_| silent())?;
    if response.ok() {
        // Routes that answer nothing are read as null.
        return Ok(if text.is_empty() { "null".to_owned() } else { text });
    }
    Err(refusal(response.status(), &text))
}

/// The server's own words, when it has any.
fn refusal(status: u16, body: &str) -> CallError {
    let said = serde_json::from_str::<Errors>(body).ok().and_then(|errors| errors.errors.into_iter().next());
    said.map_or_else(
        || error("refused", format!("The server refused ({status}). Try again in a while.")),
        |said| error(&said.code, said.message),
    )
}

fn silent() -> CallError {
    error("offline", "The server does not answer. Try again when the network is back.".into())
}

fn unexpected(why: &dyn std::fmt::Display) -> CallError {
    error("internal", format!("The server answered something unexpected ({why}). Reload the page."))
}

fn error(code: &str, message: String) -> CallError {
    CallError { code: code.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_speaks_the_servers_words() {
        let refused = refusal(403, r#"{"errors":[{"code":"rights","message":"Only administrators invite."}]}"#);
        assert_eq!((&*refused.code, &*refused.message), ("rights", "Only administrators invite."));
        assert!(refusal(502, "<html>").message.starts_with("The server refused (502)."));
    }
}
