//! The server's own routes, for what is authority and therefore not in a document.

use gloo::net::http::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tombolo_wire::rest::Errors;

/// Asks a route; the error is a sentence for the person.
///
/// # Errors
///
/// Returns what the server says, or that it does not answer.
pub(crate) async fn ask<R: DeserializeOwned>(
    method: Method,
    path: &str,
    body: Option<&impl Serialize>,
) -> Result<R, String> {
    let request = RequestBuilder::new(path).method(method);
    let request = match body {
        Some(body) => request.json(body),
        None => request.build(),
    };
    let response = request.map_err(|error| error.to_string())?.send().await;
    let response =
        response.map_err(|_| "The server does not answer. Try again when the network is back.".to_owned())?;
    let text = response.text().await.map_err(|error| error.to_string())?;
    if response.ok() {
        // Routes that answer nothing are read as null.
        let text = if text.is_empty() { "null" } else { &text };
        return serde_json::from_str(text)
            .map_err(|error| format!("The server answered something unexpected ({error}). Reload the page."));
    }
    Err(refusal(response.status(), &text))
}

/// The server's own words, when it has any.
fn refusal(status: u16, body: &str) -> String {
    let said = serde_json::from_str::<Errors>(body).ok().and_then(|errors| errors.errors.into_iter().next());
    said.map_or_else(|| format!("The server refused ({status})."), |error| error.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_speaks_the_servers_words() {
        assert_eq!(
            refusal(403, r#"{"errors":[{"code":"rights","message":"Only administrators invite."}]}"#),
            "Only administrators invite."
        );
        assert_eq!(refusal(502, "<html>"), "The server refused (502).");
    }
}
