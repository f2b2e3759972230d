//! One exchange with an endpoint: credentials go in, an answer comes out.

use super::request::{authorize, send};
use super::shared::Shared;
use crate::http::{HttpError, Request, Response};
use crate::plan::Endpoint;

/// Sends a request that templates made and returns what the endpoint answered, whatever its status.
pub(super) async fn exchange(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    request: Request,
) -> Result<Response, HttpError> {
    send(shared.host, authorize(endpoint, request)).await
}
