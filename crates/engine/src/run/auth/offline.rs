//! Connections whose credentials were refused: nothing more is sent through them.

use super::is_refused;
use crate::http::{HttpError, Response};
use crate::plan::Endpoint;
use crate::plan::auth::Auth;
use crate::run::shared::Shared;

/// Refuses a request whose connection is offline, in this run or since an earlier one.
pub(in crate::run) fn check(shared: &Shared<'_>, endpoint: &Endpoint) -> Result<(), HttpError> {
    let known = || shared.host.ledger()?.offline(endpoint.connection);
    match shared.credentials.of(endpoint.connection).offline().or_else(known) {
        Some(why) => Err(HttpError::Offline(why)),
        None => Ok(()),
    }
}

/// Looks at what a request came to when nothing more is done for its credentials, and remembers that they are refused.
pub(in crate::run) async fn learn(shared: &Shared<'_>, endpoint: &Endpoint, result: &mut Result<Response, HttpError>) {
    let why = match result {
        Err(HttpError::Credentials(why)) => endpoint.scrub.clean(why.trim_end_matches('.')).into_owned(),
        Ok(response) if says_who_asks(endpoint) => {
            // 403 is also said of one thing that somebody may not see, unless the connection says that it is not.
            let status = response.status;
            let is_meant = status == 401 || endpoint.refusals.named || (200..=299).contains(&status);
            if !is_meant || !is_refused(shared, endpoint, response).await {
                return;
            }
            format!("it answered {status} to them")
        }
        _ => return,
    };
    if shared.credentials.of(endpoint.connection).go_offline(why.clone())
        && let Some(ledger) = shared.host.ledger().filter(|_| !shared.plan.test_mode)
    {
        ledger.went_offline(endpoint.connection, &why);
    }
}

/// Whether there are credentials that could have been refused.
fn says_who_asks(endpoint: &Endpoint) -> bool {
    !matches!(endpoint.auth, Auth::None) || endpoint.vault.values().next().is_some()
}
