//! Credentials go into a request last, when everything else about it is known, and are renewed when an endpoint
//! refuses them.

use tombolo_template::{Deferred, DeferredError};

use super::shared::Shared;
use crate::http::{Body, HttpError, Request, Response, with_parameter};
use crate::plan::{Auth, Endpoint};
use crate::secret::{self, Masked};

/// Which credentials a request was sent with; of many requests that are refused at once, one renews them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Used(u64);

/// Puts the credentials in; last, so that no template sees them.
pub(super) async fn authorize(
    _: &Shared<'_>,
    endpoint: &Endpoint,
    mut request: Request,
) -> Result<(Request, Used), HttpError> {
    resolve(endpoint, &mut request)?;
    match &endpoint.auth {
        Auth::None => {}
        Auth::Header { name, value } => {
            request.headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
            request.headers.push((name.clone(), value.clone()));
        }
        Auth::Parameter { name, value } => {
            let value = Masked::default().and_secret(value.clone());
            request.url = with_parameter(request.url, name, &value);
        }
    }
    Ok((request, Used(0)))
}

/// Puts the secrets in that templates named.
fn resolve(endpoint: &Endpoint, request: &mut Request) -> Result<(), HttpError> {
    let find = |name: &str| endpoint.vault.get(name).map(ToOwned::to_owned);
    let mut made = |deferred: &Deferred, value: &str| {
        if !deferred.is_signature() {
            endpoint.scrub.learn(value);
        }
    };
    let texts = request.headers.iter_mut().map(|(_, value)| value).chain([&mut request.url]);
    let done = texts.filter(|text| text.is_deferred()).try_for_each(|text| text.resolve(&find, &mut made));
    done.map_err(|error| unmade(&error))?;
    if let Some(text) = request.body.as_ref().and_then(Body::masked).filter(|text| text.is_deferred()) {
        let mut text = text.clone();
        text.resolve(&find, &mut made).map_err(|error| unmade(&error))?;
        request.body = Some(text.into());
    }
    Ok(())
}

fn unmade(error: &DeferredError) -> HttpError {
    HttpError::Refused(match error {
        DeferredError::Missing(name) => {
            format!("the secret “{}” of its connection is not here. Enter it again", secret::path(name))
        }
        DeferredError::Helper { .. } => error.to_string(),
    })
}

/// Whether the endpoint refused the credentials and there are new ones, so that the request is to be sent once more.
pub(super) async fn renew(_: &Shared<'_>, _: &Endpoint, _: Used, _: &mut Response) -> Result<bool, HttpError> {
    Ok(false)
}
