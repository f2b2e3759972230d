//! A connection and what an export or import adds to it.

use serde_json::Value;
use tombolo_model::views::Connection;
use tombolo_model::{Id, Kind, Problem, Val};
use tombolo_template::{Target, Template};

use super::auth::Source;
use super::{flag, media, of_run, pool, settings, strictly, template, unsupported};
use crate::bundle::Bundle;
use crate::http::sends_records;
use crate::plan::auth::{Auth, From, TOKEN};
use crate::plan::{Endpoint, Media};
use crate::run::signs;
use crate::scrub::Scrub;
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
    let (id, value) = connection(bundle, wanted.connection)?;
    let source = Source::new(bundle, id, value);
    follows(value, source.client().map(|(_, client)| client))?;
    let connection = Connection(value);
    let base = connection
        .base_uri()
        .ok_or_else(|| missing("missing_required_field", "The connection has no base address: enter it."))?;
    let strict = flag(wanted.value, "/http/strictHandlebarEvaluation", false);
    let headers = headers(wanted, connection, strict)?;
    let all = settings(bundle, (wanted.scope, wanted.value), Some(value));
    let pool = pool::compile(bundle, id, value)?;
    let has_body = wanted.body.is_some() || (wanted.records && sends_records(wanted.method));
    let media_type = if has_body { media::of(wanted.value, value, wanted.body.is_some())? } else { Media::Json };
    let auth = source.compile()?;
    let (base, uri) = (
        template(base, Target::Plain, "/_connectionId")?,
        strictly(wanted.uri, Target::Uri, "/http/relativeURI", strict)?,
    );
    let mut vault = Vault::default();
    vault.add(bundle, id);
    let mut context = vec![("connection", vault.hide(id, value, &coming(&auth))), ("settings", Val::from(&all))];
    if wanted.scope == "import" {
        context.push(("import", Val::from(wanted.value)));
    }
    context.extend(of_run(bundle));
    if let Some((client, value)) = source.client() {
        vault.add(bundle, client);
        context.push(("iClient", vault.hide_client(client, value, id)));
    }
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
        refusals: source.refusals()?,
        context,
        vault,
        debug_until_ms: pool::debug_until_ms(value, wanted.value),
        concurrency: pool.target,
        pool,
    })
}

fn missing(code: &str, message: &str) -> Vec<Problem> {
    vec![Problem::new("/_connectionId", code, message)]
}

/// The connection that an export or import uses.
fn connection(bundle: &Bundle, id: Option<Id>) -> Result<(Id, &Value), Vec<Problem>> {
    let id = id.ok_or_else(|| missing("missing_required_field", "Enter the connection."))?;
    let value = bundle.get(id, Kind::Connection).ok_or_else(|| {
        let message = "The connection is not here: it was deleted, or you may not see it. Choose another one.";
        missing("missing_resource", message)
    })?;
    if Connection(value).kind().is_some_and(|kind| kind != "http") {
        return Err(missing("unsupported", "This version reaches applications over HTTP: choose an HTTP connection."));
    }
    Ok((id, value))
}

/// Whether all that the connection and its client ask for is done here.
fn follows(connection: &Value, client: Option<&Value>) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    unsupported::check_at(unsupported::CONNECTION, connection, "/_connectionId", &mut problems);
    if let Some(client) = client {
        unsupported::check_at(unsupported::ICLIENT, client, "/_connectionId/http/_iClientId", &mut problems);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The headers of every request: what the export or import says goes before what its connection says.
fn headers(
    wanted: &Wanted<'_>,
    connection: Connection<'_>,
    strict: bool,
) -> Result<Vec<(String, Template)>, Vec<Problem>> {
    let own = wanted.headers.iter().map(|(name, text)| (*name, *text, "/http/headers"));
    let shared = connection.headers().into_iter().map(|(name, text)| (name, text, "/_connectionId"));
    let mut headers: Vec<(&str, &str, &str)> = Vec::new();
    for (name, text, place) in own.chain(shared) {
        if !headers.iter().any(|(have, ..)| have.eq_ignore_ascii_case(name)) {
            headers.push((name, text, place));
        }
    }
    let compiled =
        |(name, text, place): (&str, &str, &str)| Ok((name.to_owned(), strictly(text, Target::Plain, place, strict)?));
    headers.into_iter().map(compiled).collect()
}

/// The secrets that may come into being while the flow runs.
fn coming(auth: &Auth) -> Vec<&str> {
    let Auth::Token(token) = auth else { return Vec::new() };
    let also = match &token.from {
        From::Refresh { also, .. } => also.as_slice(),
        _ => &[],
    };
    [TOKEN].into_iter().chain(also.iter().map(|(place, _)| place.as_str())).collect()
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
