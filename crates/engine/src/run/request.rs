//! Requests from templates, sent under a deadline.

use std::future::Future;

use futures::future::{Either, select};
use tombolo_model::Val;
use tombolo_template::{Env, Named, Template, TemplateError};

use crate::host::Host;
use crate::http::{Body, HttpError, Request, Response, join};
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
    let scope = Named(scope);
    let url = match next {
        Some(next) => next,
        None => {
            let base = endpoint.base.render_in(&scope, env)?;
            Masked::plain(join(&base, &endpoint.uri.render_in(&scope, env)?))
        }
    };
    let mut headers = Vec::with_capacity(endpoint.headers.len() + 2);
    for (name, value) in &endpoint.headers {
        headers.push((name.clone(), Masked::plain(value.render_in(&scope, env)?)));
    }
    let request = Request { method: endpoint.method.clone(), url, headers, body: None };
    Ok(with_body(endpoint, request, body))
}

/// Puts a body in and names its type, unless a header does.
fn with_body(endpoint: &Endpoint, mut request: Request, body: Option<Body>) -> Request {
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

fn has_header(request: &Request, name: &str) -> bool {
    request.headers.iter().any(|(have, _)| have.eq_ignore_ascii_case(name))
}

/// Renders a body template.
pub(super) fn body(template: &Template, scope: Scope<'_>, env: &Env<'_>) -> Result<Body, TemplateError> {
    template.render_in(&Named(scope), env).map(|text| text.into_bytes().into())
}

/// Sends a request; an endpoint that is silent for too long is given up.
pub(super) async fn send(host: &dyn Host, request: Request) -> Result<Response, HttpError> {
    patiently(host, host.http().send(request)).await?
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
