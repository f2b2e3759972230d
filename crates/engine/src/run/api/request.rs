//! A request that a script sends over one of the flow's connections.
//!
//! There is no other way out: it goes through the connection's queue with its credentials, which the script never sees,
//! and these go only to the hosts that they were entered for.

use serde_json::{Map, Value, json};
use tombolo_model::{Val, excerpt};

use super::RunApi;
use super::arguments::field;
use crate::http::join_masked;
use crate::run::answer::whole;
use crate::run::exchange::{Ask, ask};
use crate::run::request::{accept_json, build, has_header, text};
use crate::secret::Masked;
use crate::units::MAX_REPLY_BYTES;

const USAGE: &str = "request needs a connection of the flow and an address: request({_connectionId: \"…\", method: \"GET\", relativeURI: \"/…\"}).";
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

impl RunApi<'_, '_> {
    /// Sends `{_connectionId, method, relativeURI, headers, body}`; returns `{statusCode, headers, body}`, whatever the
    /// status. The body is read as JSON where it is some.
    pub(super) async fn request(&self, asked: &Value) -> Result<Value, String> {
        let connection = field(asked, "_connectionId").ok_or(USAGE)?;
        let endpoint = match self.shared.plan.callable.endpoints.get(connection) {
            Some(Ok(endpoint)) => endpoint,
            Some(Err(problems)) => return Err(format!("The connection {connection} is not ready. {problems}")),
            None => {
                return Err(format!("The connection {connection} is not used by this flow, so scripts cannot use it."));
            }
        };
        let uri = field(asked, "relativeURI").or_else(|| field(asked, "uri")).ok_or(USAGE)?;
        let method = field(asked, "method").unwrap_or("GET").to_ascii_uppercase();
        if !METHODS.contains(&method.as_str()) {
            return Err(format!(
                "request does not know the method “{method}”: use one of {}.",
                METHODS.join(", "),
                method = excerpt(&method)
            ));
        }
        let reads = matches!(method.as_str(), "GET" | "HEAD");
        if self.shared.plan.test_mode && !reads {
            return Err(format!("A test run changes nothing: request sends no {method} in one."));
        }
        let scope = |name: &str| match name {
            "timestamp" => Some(&self.shared.started),
            _ => endpoint.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
        };
        let template = |error: tombolo_template::TemplateError| error.to_string();
        let base = text(&endpoint.base, &scope, self.shared.env(self.place)).map_err(template)?;
        let url = join_masked(base, Masked::plain(uri));
        let (body, is_json) = body(asked.get("body"));
        let has_body = body.is_some();
        let mut request =
            build(endpoint, &scope, self.shared.env(self.place), Some(url), body.map(Into::into)).map_err(template)?;
        request.method = method;
        for (name, value) in headers(asked.get("headers"))? {
            request.headers.retain(|(have, _)| !have.eq_ignore_ascii_case(&name));
            request.headers.push((name, Masked::plain(value)));
        }
        if has_body && !is_json && !has_header(&request, "content-type") {
            request.headers.push(("Content-Type".to_owned(), Masked::plain("text/plain;charset=utf-8")));
        }
        let asking = Ask { place: self.place, endpoint, records: 0, reads };
        let said = |text: &str| endpoint.scrub.clean(text).into_owned();
        let sent = ask(self.shared, &asking, accept_json(request)).await.result;
        let mut response = sent.map_err(|error| format!("The application {}.", said(&error.to_string())))?;
        let bytes = whole(self.shared.host, &mut response, MAX_REPLY_BYTES)
            .await
            .map_err(|error| format!("The application {}.", said(&error)))?;
        // What the application repeats of the credentials stays here.
        let text = said(&String::from_utf8_lossy(&bytes));
        let body = match serde_json::from_str::<Value>(&text) {
            Ok(value) => value,
            Err(_) if text.is_empty() => Value::Null,
            Err(_) => Value::String(text),
        };
        let headers: Map<String, Value> =
            response.headers.iter().map(|(name, value)| (name.clone(), Value::String(said(value)))).collect();
        Ok(json!({"statusCode": response.status, "headers": headers, "body": body}))
    }
}

/// The bytes of a body, and whether they are JSON: a text goes out as it is.
fn body(asked: Option<&Value>) -> (Option<Vec<u8>>, bool) {
    match asked {
        None | Some(Value::Null) => (None, false),
        Some(Value::String(text)) => (Some(text.clone().into_bytes()), false),
        Some(value) => (Some(value.to_string().into_bytes()), true),
    }
}

/// Headers as an object, or as `[{name, value}]`.
fn headers(asked: Option<&Value>) -> Result<Vec<(String, String)>, String> {
    let text = |value: &Value| Val::from(value).display().into_owned();
    let pairs: Vec<(String, String)> = match asked {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(fields)) => fields.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        Some(Value::Array(all)) => {
            let one = |header: &Value| Some((field(header, "name")?.to_owned(), text(header.get("value")?)));
            all.iter().map(one).collect::<Option<_>>().ok_or("The headers of request are [{name, value}].")?
        }
        Some(_) => return Err("The headers of request are an object of name and value.".to_owned()),
    };
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    match pairs.iter().find(|(name, value)| !is_name(name) || value.contains(['\r', '\n', '\0'])) {
        Some((name, _)) => Err(format!(
            "The header “{name}” of request cannot be sent: check its name and value.",
            name = excerpt(&name)
        )),
        None => Ok(pairs),
    }
}
