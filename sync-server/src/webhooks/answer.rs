//! What a sender is answered: what the listener's owner wrote, made inert.
//!
//! Such an answer comes from the address of the app itself, so it must never be more than data there: its type is one of three,
//! no browser guesses another, nothing in it runs, and of the headers that people write only those pass that carry data.

use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tombolo_model::Id;

use crate::app::App;
use crate::fresh;

/// An answer that is shown runs nothing and loads nothing.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");
/// No template takes longer. What is promised holds for what is shipped; a build for tests is slower.
const SECONDS: u64 = if cfg!(debug_assertions) { 30 } else { 3 };
const LONGEST_HEADER: usize = 1024;

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// What came was taken.
    Success,
    /// An application asks whether somebody is there.
    Challenge,
}

impl Reply {
    /// Whether the listener has such an answer.
    pub(super) fn is_set(self, webhook: &Value) -> bool {
        webhook.get(self.names().1).and_then(Value::as_str).is_some_and(|body| !body.is_empty())
    }

    /// Whether a template of it may name something.
    pub(super) fn names_fields(self, webhook: &Value) -> bool {
        self.is_set(webhook) || pairs(webhook.get(self.names().3)).iter().any(|(_, value)| value.contains("{{"))
    }

    /// The fields of status, body, type and headers.
    const fn names(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Success => ("successStatusCode", "successBody", "successMediaType", "successResponseHeaders"),
            Self::Challenge => (
                "challengeSuccessStatusCode",
                "challengeSuccessBody",
                "challengeSuccessMediaType",
                "challengeResponseHeaders",
            ),
        }
    }

    const fn usual(self) -> StatusCode {
        match self {
            Self::Success => StatusCode::NO_CONTENT,
            Self::Challenge => StatusCode::OK,
        }
    }
}

/// Makes an answer. `context` is what its templates name.
pub(super) async fn made(app: &App, account: Id, reply: Reply, webhook: &Value, context: &Value) -> Response {
    let (_, body, media, headers) = reply.names();
    let status = status(reply, webhook);
    let body = webhook.get(body).and_then(Value::as_str).unwrap_or_default();
    let body = if status == StatusCode::NO_CONTENT { "" } else { body };
    let headers = pairs(webhook.get(headers));
    let texts: Vec<&str> = std::iter::once(body).chain(headers.iter().map(|(_, value)| *value)).collect();
    // What came is kept by now, so a template that cannot be made costs the answer its body, not its status.
    let texts = match rendered(app, account, &texts, context).await {
        Ok(texts) => texts,
        Err(why) => {
            tracing::warn!(%account, why, "the answer of a listener cannot be made");
            return inert(status.into_response());
        }
    };
    let mut texts = texts.into_iter();
    let body = texts.next().unwrap_or_default();
    let mut response =
        if body.is_empty() { status.into_response() } else { (status, Body::from(body.clone())).into_response() };
    if !body.is_empty() {
        response.headers_mut().insert(CONTENT_TYPE, content_type(webhook.get(media).and_then(Value::as_str)));
    }
    for ((name, _), value) in headers.iter().zip(texts) {
        if let Some((name, value)) = passes(name, &value) {
            response.headers_mut().insert(name, value);
        }
    }
    inert(response)
}

/// An answer without a body and headers.
pub(super) fn bare(reply: Reply, webhook: &Value) -> Response {
    inert(status(reply, webhook).into_response())
}

fn status(reply: Reply, webhook: &Value) -> StatusCode {
    let status = webhook.get(reply.names().0).and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok()).filter(StatusCode::is_success);
    status.unwrap_or(reply.usual())
}

fn inert(mut response: Response) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}

fn content_type(media: Option<&str>) -> HeaderValue {
    HeaderValue::from_static(match media {
        Some("xml") => "application/xml; charset=utf-8",
        Some("plaintext") => "text/plain; charset=utf-8",
        _ => "application/json",
    })
}

fn pairs(headers: Option<&Value>) -> Vec<(&str, &str)> {
    let rows = headers.and_then(Value::as_array).into_iter().flatten();
    rows.filter_map(|row| Some((row.get("name")?.as_str()?, row.get("value")?.as_str()?))).take(50).collect()
}

/// A header that people wrote, if it carries data and does nothing else.
fn passes(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    const ALSO: [&str; 8] = [
        "access-control-allow-origin",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-expose-headers",
        "access-control-max-age",
        "cache-control",
        "content-language",
        "retry-after",
    ];
    // Known to browsers, or to a server that may stand before this one.
    const NOT: [&str; 9] = [
        "x-accel-",
        "x-sendfile",
        "x-lighttpd-",
        "x-reproxy-",
        "x-frame-options",
        "x-content-",
        "x-xss-",
        "x-dns-",
        "x-permitted-",
    ];
    const TYPES: [&str; 4] = ["application/json", "application/xml", "text/xml", "text/plain"];
    let name = name.trim().to_ascii_lowercase();
    let is_data = (name.starts_with("x-") && !NOT.iter().any(|not| name.starts_with(not)))
        || name.starts_with("webhook-")
        || ALSO.contains(&name.as_str())
        || (name == "content-type" && TYPES.contains(&value.split(';').next().unwrap_or_default().trim()));
    if !is_data || value.len() > LONGEST_HEADER {
        return None;
    }
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
}

/// Renders templates in a process of their own, as hostile as those of runs; all of them in one.
async fn rendered(app: &App, account: Id, texts: &[&str], context: &Value) -> Result<Vec<String>, String> {
    if !texts.iter().any(|text| text.contains("{{")) {
        return Ok(texts.iter().map(|text| (*text).to_owned()).collect());
    }
    // Nobody who sends knows it, so nobody moves a text into another's place.
    let between = format!("\u{1e}{}\u{1e}", fresh::id().map_err(|error| error.to_string())?);
    let question = json!({ "rules": { "template": texts.join(&between) }, "input": context });
    let said =
        app.rest.evaluations.ask(account, &["eval-worker", "handlebars"], question.to_string().into_bytes(), SECONDS);
    let said = said.await.map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_slice(&said).map_err(|error| error.to_string())?;
    match (answer.pointer("/errors/0/message").and_then(Value::as_str), answer.get("output").and_then(Value::as_str)) {
        (Some(why), _) => Err(why.to_owned()),
        (None, Some(output)) => Ok(output.split(&between).map(str::to_owned).collect()),
        (None, None) => Err("there is no output".to_owned()),
    }
}

/// What templates of answers name: the fields of a body, and what stands behind the question mark; `hub.challenge` there is
/// `{{hub.challenge}}`.
pub(super) fn context(body: &[u8], query: &[(String, String)]) -> Value {
    let mut fields = match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    for (name, value) in query {
        put(&mut fields, name, value);
    }
    Value::Object(fields)
}

fn put(fields: &mut Map<String, Value>, name: &str, value: &str) {
    match name.split_once('.') {
        Some((first, rest)) if !first.is_empty() && !rest.contains('.') => {
            let inner = fields.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                inner.insert(rest.to_owned(), value.into());
            }
        }
        _ => drop(fields.insert(name.to_owned(), value.into())),
    }
}

/// Whether what came only asks whether somebody is there, as several applications do before they send.
pub(super) fn is_challenge(body: &[u8], query: &[(String, String)]) -> bool {
    const ASKS: [&str; 3] = ["challenge", "hub.challenge", "validationToken"];
    if body.trim_ascii().is_empty() {
        return query.iter().any(|(name, _)| ASKS.contains(&name.as_str()));
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) else { return false };
    let asks = fields.get("challenge").is_some_and(Value::is_string);
    let named = fields.get("type").and_then(Value::as_str) == Some("url_verification");
    asks && (named || fields.keys().all(|name| matches!(name.as_str(), "challenge" | "token" | "type")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_carry_data_and_do_nothing() {
        for good in ["X-Webhook-Received", "Access-Control-Allow-Origin", "Webhook-Id", "cache-control"] {
            assert!(passes(good, "1").is_some(), "{good}");
        }
        for bad in [
            "Set-Cookie",
            "Access-Control-Allow-Credentials",
            "Content-Security-Policy",
            "X-Content-Type-Options",
            "X-Frame-Options",
            "X-Accel-Redirect",
            "Location",
            "Refresh",
            "Content-Length",
            "Transfer-Encoding",
            "Clear-Site-Data",
            "Service-Worker-Allowed",
            "Link",
            "",
            "x-a b",
        ] {
            assert!(passes(bad, "1").is_none(), "{bad}");
        }
        assert!(passes("content-type", "text/xml; charset=utf-8").is_some());
        assert!(passes("content-type", "text/html").is_none() && passes("content-type", "image/svg+xml").is_none());
        assert!(passes("x-a", "1\r\nset-cookie: a=b").is_none() && passes("x-a", &"a".repeat(2_000)).is_none());
    }

    #[test]
    fn a_challenge_is_told_from_an_event() {
        let query = |name: &str| vec![(name.to_owned(), "1".to_owned())];
        assert!(is_challenge(br#"{"type":"url_verification","token":"t","challenge":"c","more":1}"#, &[]));
        assert!(is_challenge(br#"{"challenge":"c"}"#, &[]));
        assert!(is_challenge(b"", &query("validationToken")) && is_challenge(b"", &query("hub.challenge")));
        assert!(!is_challenge(br#"{"challenge":"c","order":1}"#, &[]) && !is_challenge(br#"{"challenge":1}"#, &[]));
        assert!(!is_challenge(b"{}", &query("challenge")) && !is_challenge(b"", &[]) && !is_challenge(b"[]", &[]));
    }

    #[test]
    fn templates_name_the_fields_of_a_body_and_of_the_query() {
        let query =
            [("hub.challenge", "9"), ("a", "query"), ("x.y.z", "1")].map(|(name, value)| (name.into(), value.into()));
        let context = context(br#"{"a":"body","b":[1]}"#, &query);
        assert_eq!(context, json!({ "a": "query", "b": [1], "hub": { "challenge": "9" }, "x.y.z": "1" }));
    }
}
