//! Requests that their own templates sign: a header or address reads `hmacOptions` or `hashOptions`, which describe the
//! rest of the request.
//!
//! What describes a part with a secret in it is hidden itself, so a signature over it is made when the secret is put in.

use tombolo_model::{Record, Val};
use tombolo_template::{Env, Template, TemplateError};

use super::request::{Scope, text, with_body};
use crate::http::{Body, Request, join_masked};
use crate::plan::Endpoint;
use crate::secret::Masked;

/// What templates call the description of the request.
const NAMES: [&str; 2] = ["hmacOptions", "hashOptions"];

/// More parameters than this are data and not an address.
const MOST_PARAMETERS: usize = 1_000;

/// Whether a template signs the request that it is part of.
pub(crate) fn signs(template: &Template) -> bool {
    template.calls("aws4") || NAMES.iter().any(|name| template.reads(&[name]))
}

/// As [`super::request::build`]. The address comes before the headers that sign it.
pub(super) fn build<'c>(
    endpoint: &Endpoint,
    scope: Scope<'c>,
    env: &Env<'_>,
    next: Option<Masked>,
    body: Option<Body>,
) -> Result<Request, TemplateError> {
    let mut options = Record::default();
    options.set("method", Val::text(&endpoint.method));
    describe_body(&mut options, body.as_ref());
    if let Some(encrypted) = scope("connection").and_then(|connection| below(connection, &["http", "encrypted"])) {
        let mut http = Record::default();
        http.set("encrypted", encrypted.clone());
        options.set("http", Val::Map(http));
    }
    let base = text(&endpoint.base, scope, env)?;
    options.set("baseURI", base.to_val());
    let url = match next {
        Some(next) => next,
        None => {
            let known = Val::Map(options.clone());
            let uri = text(&endpoint.uri, &|name| find(name, &known, scope), env)?;
            options.set("relativeURI", uri.to_val());
            join_masked(base, uri)
        }
    };
    describe_url(&mut options, &url);
    let request = Request { method: endpoint.method.clone(), url, headers: Vec::new(), body: None };
    headers(endpoint, with_body(endpoint, request, body), options, scope, env)
}

/// Headers that sign see those that do not.
fn headers(
    endpoint: &Endpoint,
    mut request: Request,
    mut options: Record,
    scope: Scope<'_>,
    env: &Env<'_>,
) -> Result<Request, TemplateError> {
    let own = std::mem::take(&mut request.headers);
    let mut seen = Record::default();
    let mut made: Vec<Option<Masked>> = Vec::with_capacity(endpoint.headers.len());
    for (name, template) in &endpoint.headers {
        let signs = signs(template);
        let value = if signs { None } else { Some(text(template, scope, env)?) };
        if let Some(value) = &value {
            seen.set(name, value.to_val());
        }
        made.push(value);
    }
    options.set("headers", Val::Map(seen));
    let options = Val::Map(options);
    for ((name, template), value) in endpoint.headers.iter().zip(made) {
        let value = match value {
            Some(value) => value,
            None => text(template, &|name| find(name, &options, scope), env)?,
        };
        request.headers.push((name.clone(), value));
    }
    let typed = |name: &str| request.headers.iter().any(|(have, _)| have.eq_ignore_ascii_case(name));
    let own: Vec<_> = own.into_iter().filter(|(name, _)| !typed(name)).collect();
    request.headers.extend(own);
    Ok(request)
}

fn find<'v, 'c: 'v>(name: &str, options: &'v Val, scope: Scope<'c>) -> Option<&'v Val> {
    if NAMES.contains(&name) { Some(options) } else { scope(name) }
}

fn below<'v>(value: &'v Val, path: &[&str]) -> Option<&'v Val> {
    path.iter().try_fold(value, |at, name| match at {
        Val::Map(record) => record.get(name),
        _ => None,
    })
}

fn describe_body(options: &mut Record, body: Option<&Body>) {
    let Some(body) = body else {
        options.set("body", Val::text(""));
        return;
    };
    options.set("body", body.masked().map_or_else(|| Val::text(&body.to_string()), Masked::to_val));
    if body.masked().is_none() {
        options.set("bodyParametersMap", parameters(&body.to_string()).1);
    }
}

fn describe_url(options: &mut Record, url: &Masked) {
    options.set("URI", url.to_val());
    let Some(url) = url.as_plain() else { return };
    let query = url.split('#').next().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query);
    let (ordered, map) = parameters(query);
    options.set("urlParameters", Val::text(query));
    options.set("urlParametersMap", map);
    options.set("orderedQueryParams", Val::text(&ordered));
}

/// Pairs as they stand, in the order of their names; and as an object.
fn parameters(query: &str) -> (String, Val) {
    let mut pairs: Vec<(&str, &str)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .take(MOST_PARAMETERS)
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let mut map = Record::default();
    for (name, value) in &pairs {
        map.set(name, Val::text(value));
    }
    pairs.sort();
    let ordered: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (ordered.join("&"), Val::Map(map))
}
