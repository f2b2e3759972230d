//! Signing in by hand, once, for OAuth 2.0 (RFC 6749, 4.1) with a proof key (RFC 7636): where a browser is sent, and what
//! the code that it brings back is good for. What comes of it is renewed by runs.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tombolo_model::Id;
use tombolo_template::{hash, uri_component};

use super::auth::fetch;
use super::ping::PingError;
use super::shared::Shared;
use crate::bundle::Bundle;
use crate::compile::ping as compile;
use crate::event::RunEvent;
use crate::host::Host;
use crate::plan::auth::{Auth, From, OAuth2};
use crate::plan::{Endpoint, Plan};
use crate::secret::Secret;

/// One sign-in. The caller makes state and verifier for it, binds them to the person's session, and uses them once.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// Where the browser comes back to, exactly as the application knows it.
    pub redirect_uri: &'a str,
    /// Comes back with the code.
    pub state: &'a str,
    /// The proof key: 43 to 128 letters, digits and `-._~`.
    pub verifier: &'a str,
}

/// The address that a browser is sent to.
///
/// # Errors
///
/// Returns [`PingError::NotReady`] when the connection does not sign in so, or is not complete.
pub fn sign_in_address(bundle: &Bundle, connection: Id, sign_in: &SignIn<'_>) -> Result<String, PingError> {
    let endpoint = endpoint(bundle, connection)?;
    let oauth = oauth(&endpoint)?;
    let address = oauth.auth_uri.as_deref().ok_or_else(|| {
        PingError::NotReady(
            "The connection signs in by OAuth 2.0, but says not where: enter the authorization URL.".to_owned(),
        )
    })?;
    let (challenge, method) = if oauth.plain_proof {
        (sign_in.verifier.to_owned(), "plain")
    } else {
        (URL_SAFE_NO_PAD.encode(hash("sha256", sign_in.verifier.as_bytes()).unwrap_or_default()), "S256")
    };
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", &oauth.client_id),
        ("redirect_uri", sign_in.redirect_uri),
        ("state", sign_in.state),
        ("code_challenge", &challenge),
        ("code_challenge_method", method),
    ];
    if !oauth.scope.is_empty() {
        fields.push(("scope", &oauth.scope));
    }
    let query: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", uri_component(value))).collect();
    let mark = if address.contains('?') { "&" } else { "?" };
    Ok(format!("{}{mark}{}", address.trim(), query.join("&")))
}

/// Turns the code that the browser brought back into tokens; `renewed` is told of each, as of those that a run renews.
///
/// # Errors
///
/// Returns [`PingError`] when the connection is not complete or the application gives no tokens.
pub async fn signed_in(
    bundle: &Bundle,
    connection: Id,
    code: &str,
    sign_in: &SignIn<'_>,
    host: &dyn Host,
    renewed: &mut dyn FnMut(Id, String, Secret),
) -> Result<(), PingError> {
    let endpoint = endpoint(bundle, connection)?;
    let oauth = oauth(&endpoint)?;
    let plan = Plan::empty();
    let mut sink = |event| {
        if let RunEvent::Renewed { owner, path, secret } = event {
            renewed(owner, path, secret);
        }
    };
    let shared = Shared::new(&plan, host, &mut sink);
    let got = fetch::by_code(&shared, &endpoint, oauth, code, sign_in).await;
    got.map_err(|error| PingError::NoAnswer(endpoint.scrub.clean(&error.to_string()).into_owned()))
}

fn endpoint(bundle: &Bundle, connection: Id) -> Result<Endpoint, PingError> {
    compile::compile(bundle, connection).map(|ping| ping.endpoint).map_err(PingError::not_ready)
}

fn oauth(endpoint: &Endpoint) -> Result<&OAuth2, PingError> {
    match &endpoint.auth {
        Auth::Token(token) => match &token.from {
            From::OAuth2(oauth) => Ok(oauth),
            _ => Err(other()),
        },
        _ => Err(other()),
    }
}

fn other() -> PingError {
    PingError::NotReady("Nobody signs in for this connection: its authentication is not OAuth 2.0.".to_owned())
}
