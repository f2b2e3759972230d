//! A connection's ping to a request.

use serde_json::{Value, json};
use tombolo_model::{Id, Kind, Problem};
use tombolo_template::{Target, Template};

use super::endpoint::{self, Wanted};
use super::{template, text_at, verdict};
use crate::bundle::Bundle;
use crate::plan::{Endpoint, Verdict};

/// A ping, ready to be sent.
pub(crate) struct Ping {
    pub(crate) endpoint: Endpoint,
    pub(crate) body: Option<Template>,
    /// What of the answer says that all is well; nothing where the connection has no ping.
    pub(crate) verdict: Option<Verdict>,
}

pub(crate) fn compile(bundle: &Bundle, connection: Id) -> Result<Ping, Vec<Problem>> {
    let ping = bundle.get(connection, Kind::Connection).and_then(|value| value.pointer("/http/ping"));
    let ping = ping.filter(|ping| text_at(ping, "/relativeURI").is_some());
    let field = |pointer: &str| ping.and_then(|ping| text_at(ping, pointer));
    let method = field("/method").unwrap_or("GET").to_ascii_uppercase();
    let body = field("/body").filter(|_| !matches!(method.as_str(), "GET" | "HEAD"));
    // Its paths have the names that those of an export or import have in their `response`.
    let value = json!({"http": {"response": ping.cloned().unwrap_or(Value::Null)}});
    let endpoint = endpoint::compile(
        bundle,
        &Wanted {
            scope: "connection",
            value: &value,
            connection: Some(connection),
            method: &method,
            uri: field("/relativeURI").unwrap_or_default(),
            headers: Vec::new(),
            body,
            records: false,
        },
    )?;
    Ok(Ping {
        endpoint,
        body: body.map(|body| template(body, Target::Plain, "/http/ping/body")).transpose()?,
        verdict: ping.map(|_| verdict::compile(&value, 0)).transpose()?,
    })
}
