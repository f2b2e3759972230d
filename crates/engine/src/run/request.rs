//! Requests from templates, sent under a deadline.

use std::future::Future;

use futures::future::{Either, select};
use tombolo_model::Val;
use tombolo_template::{Env, Named, Template, TemplateError};

use super::signed;
use crate::host::Host;
use crate::http::{Body, HttpError, Request, Response, join_masked};
use crate::plan::Endpoint;
use crate::secret::Masked;
use crate::units::SILENCE_MS;

/// What templates find under a name.
pub(super) type Scope<'c> = &'c dyn Fn(&str) -> Option<&'c Val>;

/// A request for the endpoint's own address, or for the one that an answer named as the next.
///
/// The body comes first, because a header may sign it.
pub(super) fn build<'c>(
    endpoint: &Endpoint,
    scope: Scope<'c>,
    env: &Env<'_>,
    next: Option<Masked>,
    body: Option<Body>,
) -> Result<Request, TemplateError> {
    if endpoint.signs {
        return signed::build(endpoint, scope, env, next, body);
    }
    let url = match next {
        Some(next) => next,
        None => join_masked(text(&endpoint.base, scope, env)?, text(&endpoint.uri, scope, env)?),
    };
    let mut headers = Vec::with_capacity(endpoint.headers.len() + 2);
    for (name, value) in &endpoint.headers {
        headers.push((name.clone(), text(value, scope, env)?));
    }
    let request = Request { method: endpoint.method.clone(), url, headers, body: None };
    Ok(with_body(endpoint, request, body))
}

/// Puts a body in and names its type, unless a header does.
pub(super) fn with_body(endpoint: &Endpoint, mut request: Request, body: Option<Body>) -> Request {
    if body.is_some() && !has_header(&request, "content-type") {
        request.headers.push(("Content-Type".to_owned(), Masked::plain(endpoint.media_type)));
    }
    request.body = body;
    request
}

pub(super) fn accept_json(request: Request) -> Request {
    accept(request, "application/json")
}

/// Asks for answers of a type, unless a header does.
pub(super) fn accept(mut request: Request, media_type: &str) -> Request {
    if !has_header(&request, "accept") {
        request.headers.push(("Accept".to_owned(), Masked::plain(media_type)));
    }
    request
}

pub(super) fn has_header(request: &Request, name: &str) -> bool {
    request.headers.iter().any(|(have, _)| have.eq_ignore_ascii_case(name))
}

/// Renders a template of an address, a header or a body: its secrets are put in with the credentials.
pub(super) fn text(template: &Template, scope: Scope<'_>, env: &Env<'_>) -> Result<Masked, TemplateError> {
    template.render_parts(&Named(scope), env).map(Masked::from)
}

/// Renders a body template.
pub(super) fn body(template: &Template, scope: Scope<'_>, env: &Env<'_>) -> Result<Body, TemplateError> {
    text(template, scope, env).map(Body::from)
}

/// Sends a request; an endpoint that is silent for too long is given up.
pub(super) async fn send(host: &dyn Host, request: Request) -> Result<Response, HttpError> {
    if climbs(&request.url.to_string()) {
        let message = "a value that is a part of the path is “.” or “..”, which leads elsewhere. Change it in the data";
        return Err(HttpError::Refused(message.to_owned()));
    }
    patiently(host, host.http().send(request)).await?
}

/// Whether a part of the path is dots that a value brought: the one who dials takes `%2E` there for a dot (WHATWG URL).
fn climbs(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    path.split('/').any(|part| part.contains("%2e") && matches!(&*part.replace("%2e", "."), "." | ".."))
}

/// Waits for something of an endpoint, but not for ever.
pub(super) async fn patiently<F>(host: &dyn Host, waiting: F) -> Result<F::Output, HttpError>
where
    F: Future + Unpin,
{
    match select(waiting, host.sleep(SILENCE_MS)).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(((), _)) => Err(HttpError::Silent { seconds: SILENCE_MS / 1000 }),
    }
}
