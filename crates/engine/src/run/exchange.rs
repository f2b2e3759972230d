//! One exchange with an endpoint: credentials go in, an answer comes out.

use super::auth::{authorize, renew};
use super::request::send;
use super::shared::Shared;
use crate::http::{HttpError, Request, Response};
use crate::plan::Endpoint;

/// Sends a request that templates made and returns what the endpoint answered, whatever its status.
///
/// Where the endpoint refuses the credentials and they can be renewed, the request is sent once more.
pub(super) async fn exchange(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    request: Request,
) -> Result<Response, HttpError> {
    let (ready, used) = authorize(shared, endpoint, request.clone()).await?;
    let mut response = send(shared.host, ready).await?;
    if renew(shared, endpoint, used, &mut response).await? {
        let (ready, _) = authorize(shared, endpoint, request).await?;
        response = send(shared.host, ready).await?;
    }
    Ok(response)
}
