//! Credentials go into a request last, when everything else about it is known, and are renewed when an endpoint
//! refuses them.

use super::shared::Shared;
use crate::http::{HttpError, Request, Response, with_parameter};
use crate::plan::{Auth, Endpoint};
use crate::secret::Masked;

/// Which credentials a request was sent with; of many requests that are refused at once, one renews them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Used(u64);

/// Puts the credentials in; last, so that no template sees them.
pub(super) async fn authorize(
    _: &Shared<'_>,
    endpoint: &Endpoint,
    mut request: Request,
) -> Result<(Request, Used), HttpError> {
    match &endpoint.auth {
        Auth::None => {}
        Auth::Header { name, value } => {
            request.headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
            request.headers.push((name.clone(), value.clone()));
        }
        Auth::Parameter { name, value } => {
            let url = request.url.to_string();
            let (url, fragment) = match url.split_once('#') {
                Some((url, fragment)) => (url.to_owned(), format!("#{fragment}")),
                None => (url, String::new()),
            };
            let url = Masked::plain(with_parameter(&url, name, ""));
            request.url = url.and_secret(value.clone()).and(fragment);
        }
    }
    Ok((request, Used(0)))
}

/// Whether the endpoint refused the credentials and there are new ones, so that the request is to be sent once more.
pub(super) async fn renew(_: &Shared<'_>, _: &Endpoint, _: Used, _: &mut Response) -> Result<bool, HttpError> {
    Ok(false)
}
