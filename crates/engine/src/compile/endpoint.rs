//! A connection and what an export or import adds to it.

use serde_json::Value;
use tombolo_model::views::{Auth as Kinds, Connection};
use tombolo_model::{Id, Kind, Problem, Val};
use tombolo_template::Target;

use super::{settings, template, whole_at};
use crate::bundle::Bundle;
use crate::plan::{Auth, Endpoint};
use crate::secret::{Masked, Secret};
use crate::units::USUAL_CONCURRENCY;

/// What an export or import says of its requests.
pub(super) struct Wanted<'a> {
    /// `export` or `import`.
    pub(super) scope: &'static str,
    pub(super) value: &'a Value,
    pub(super) connection: Option<Id>,
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) headers: Vec<(&'a str, &'a str)>,
}

pub(super) fn compile(bundle: &Bundle, wanted: &Wanted<'_>) -> Result<Endpoint, Vec<Problem>> {
    let missing = |code: &str, message: &str| vec![Problem::new("/_connectionId", code, message)];
    let id = wanted.connection.ok_or_else(|| missing("missing_required_field", "Enter the connection."))?;
    let value = bundle.get(id, Kind::Connection).ok_or_else(|| {
        missing(
            "missing_resource",
            "The connection is not here: it was deleted, or you may not see it. Choose another one.",
        )
    })?;
    let connection = Connection(value);
    if connection.kind().is_some_and(|kind| kind != "http") {
        return Err(missing("unsupported", "This version reaches applications over HTTP: choose an HTTP connection."));
    }
    let base = connection
        .base_uri()
        .ok_or_else(|| missing("missing_required_field", "The connection has no base address: enter it."))?;
    let mut headers: Vec<(&str, &str, &str)> = Vec::new();
    let own = wanted.headers.iter().map(|(name, text)| (*name, *text, "/http/headers"));
    let shared = connection.headers().into_iter();
    for (name, text, place) in own.chain(shared.map(|(name, text)| (name, text, "/_connectionId"))) {
        // What the export or import says goes before what its connection says.
        if !headers.iter().any(|(have, ..)| have.eq_ignore_ascii_case(name)) {
            headers.push((name, text, place));
        }
    }
    let headers = headers
        .into_iter()
        .map(|(name, text, place)| Ok((name.to_owned(), template(text, Target::Plain, place)?)))
        .collect::<Result<_, Vec<Problem>>>()?;
    let all = settings(bundle, (wanted.scope, wanted.value), Some(value));
    let concurrency = whole_at(value, "/http/concurrencyLevel")
        .and_then(|level| usize::try_from(level).ok())
        .filter(|level| (1..=25).contains(level));
    Ok(Endpoint {
        method: wanted.method.to_owned(),
        base: template(base, Target::Plain, "/_connectionId")?,
        uri: template(wanted.uri, Target::Uri, "/http/relativeURI")?,
        headers,
        auth: auth(bundle, id, connection)?,
        context: vec![("connection", Val::from(value)), ("settings", Val::from(&all))],
        concurrency: concurrency.unwrap_or(USUAL_CONCURRENCY),
    })
}

fn auth(bundle: &Bundle, id: Id, connection: Connection<'_>) -> Result<Auth, Vec<Problem>> {
    let secret = |path: &str, what: &str| {
        bundle.secret(id, path).map(|value| Secret::new(id, value)).ok_or_else(|| {
            let message = format!("The {what} of the connection “{}” is not here: enter it again.", connection.name());
            vec![Problem::new("/_connectionId", "missing_secret", message)]
        })
    };
    match connection.auth() {
        Kinds::None => Ok(Auth::None),
        Kinds::Basic { username } => {
            let password = secret("/http/auth/basic/password", "password")?;
            let value = password.map(|password| base64(format!("{username}:{password}").as_bytes()));
            Ok(Auth::Header { name: "Authorization".to_owned(), value: Masked::plain("Basic ").and_secret(value) })
        }
        Kinds::Token { location: "header", header, scheme, .. } => {
            let token = secret("/http/auth/token/token", "token")?;
            let scheme = match scheme.trim() {
                "" | "none" => String::new(),
                scheme => format!("{scheme} "),
            };
            Ok(Auth::Header { name: header.to_owned(), value: Masked::plain(scheme).and_secret(token) })
        }
        Kinds::Token { location: "url", parameter, .. } => Ok(Auth::Parameter {
            name: parameter.to_owned(),
            value: secret("/http/auth/token/token", "token")?.map(percent),
        }),
        Kinds::Token { location, .. } => Err(unsupported(&format!("a token in the {location}"))),
        Kinds::Other(kind) => Err(unsupported(&format!("the authentication “{kind}”"))),
    }
}

fn unsupported(what: &str) -> Vec<Problem> {
    let message = format!("This version does not know {what}: choose basic, or a token in a header or the address.");
    vec![Problem::new("/_connectionId", "unsupported", message)]
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// A value of a query parameter.
fn percent(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a String does not fail.
            let written = write!(out, "%{byte:02X}");
            debug_assert!(written.is_ok());
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_encoded_as_the_standards_say() {
        for (text, want) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ] {
            assert_eq!(base64(text.as_bytes()), want);
        }
        assert_eq!(percent("a b/ü+"), "a%20b%2F%C3%BC%2B");
    }
}
