//! A connection and what an export or import adds to it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tombolo_model::views::{Auth as Kinds, Connection};
use tombolo_model::{Id, Kind, Problem, Val};
use tombolo_template::{Target, uri_component};

use super::{flag, media, pool, settings, strictly, template};
use crate::bundle::Bundle;
use crate::http::sends_records;
use crate::plan::{Auth, Endpoint, Media};
use crate::run::signs;
use crate::scrub::Scrub;
use crate::secret::{Masked, Secret};
use crate::vault::Vault;

/// What an export or import says of its requests.
pub(super) struct Wanted<'a> {
    /// `export` or `import`.
    pub(super) scope: &'static str,
    pub(super) value: &'a Value,
    pub(super) connection: Option<Id>,
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) headers: Vec<(&'a str, &'a str)>,
    /// The body's template.
    pub(super) body: Option<&'a str>,
    /// Without a template, records are the body where the method has one.
    pub(super) records: bool,
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
    let strict = flag(wanted.value, "/http/strictHandlebarEvaluation", false);
    let headers = headers
        .into_iter()
        .map(|(name, text, place)| Ok((name.to_owned(), strictly(text, Target::Plain, place, strict)?)))
        .collect::<Result<Vec<_>, Vec<Problem>>>()?;
    let all = settings(bundle, (wanted.scope, wanted.value), Some(value));
    let pool = pool::compile(bundle, id, value)?;
    let has_body = wanted.body.is_some() || (wanted.records && sends_records(wanted.method));
    let media_type = if has_body { media::of(wanted.value, value, wanted.body.is_some())? } else { Media::Json };
    let auth = auth(bundle, id, connection)?;
    let (base, uri) = (
        template(base, Target::Plain, "/_connectionId")?,
        strictly(wanted.uri, Target::Uri, "/http/relativeURI", strict)?,
    );
    let mut vault = Vault::default();
    vault.add(bundle, id);
    Ok(Endpoint {
        method: wanted.method.to_owned(),
        signs: signs(&uri) || headers.iter().any(|(_, template)| signs(template)),
        base,
        uri,
        headers,
        connection: id,
        scrub: Scrub::new(vault.values().chain(auth.secrets())),
        auth,
        media_type: media_type.content_type(),
        context: vec![("connection", vault.hide(id, value, &[])), ("settings", Val::from(&all))],
        vault,
        debug_until_ms: pool::debug_until_ms(value, wanted.value),
        concurrency: pool.target,
        pool,
    })
}

/// A connection as templates read it where nothing is sent: its secrets are `******`.
pub(super) fn shown(bundle: &Bundle, id: Option<Id>) -> Val {
    let found = id.and_then(|id| Some((id, bundle.get(id, Kind::Connection)?)));
    found.map_or(Val::Absent, |(id, value)| {
        let mut vault = Vault::default();
        vault.add(bundle, id);
        vault.hide(id, value, &[])
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
            let value = password.map(|password| STANDARD.encode(format!("{username}:{password}")));
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
            value: secret("/http/auth/token/token", "token")?.map(uri_component),
        }),
        Kinds::Token { location, .. } => Err(unsupported(&format!("a token in the {location}"))),
        Kinds::Other(kind) => Err(unsupported(&format!("the authentication “{kind}”"))),
    }
}

fn unsupported(what: &str) -> Vec<Problem> {
    let message = format!("This version does not know {what}: choose basic, or a token in a header or the address.");
    vec![Problem::new("/_connectionId", "unsupported", message)]
}
