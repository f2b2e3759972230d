//! Single sign-on through an account's own `OpenID` provider (`OpenID` Connect Core, the authorization code flow with PKCE).
//!
//! Who administers an account says who its provider is, and so may say who somebody is: such a sign-in opens that account
//! and no other, and never the person's own settings. An identity is an issuer with its subject; it is linked to a member
//! whose address the provider vouches for, and to the owner only in a browser that has given the owner's password.
//!
//! Invariant: a sign-in ends in the browser that began it, with the provider that it began with, once and within ten
//! minutes (RFC 9700, sections 2.1 and 4.4).

pub(crate) mod asking;
pub(crate) mod jwt;
pub(crate) mod provider;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use sha2::{Digest, Sha256};
use tombolo_model::Id;

use crate::fresh::{self, NoRandom, token_hash};
use crate::store::SsoClientRow;
use provider::Provider;

/// How long a person may take at the provider.
pub(crate) const GOOD_MS: i64 = 10 * 60_000;
/// Beyond this many, sign-ins that were begun are thrown out, the oldest first.
const MOST: usize = 10_000;
/// Where the client's secret lies in the vault's terms.
pub(crate) const PATH: &str = "single sign-on";
/// Where the provider sends the browser back to, below the origin.
pub(crate) const CALLBACK: &str = "/sign-in/callback";

/// A sign-in that was begun.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// The hash of the cookie of the browser that began it.
    pub(crate) browser: [u8; 32],
    /// Where to.
    pub(crate) account: Id,
    /// The client as it was then.
    pub(crate) client: SsoClientRow,
    /// The provider as it described itself then.
    pub(crate) provider: Provider,
    pub(crate) redirect_uri: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) began_ms: i64,
    /// Who it is and the subject that says so, once the provider has said it and only the second factor is missing.
    pub(crate) verified: Option<(Id, String)>,
}

impl Login {
    /// Begins one; gives its state as well.
    ///
    /// # Errors
    ///
    /// Returns when the machine gives no random bytes.
    pub(crate) fn begin(
        browser: [u8; 32],
        account: Id,
        client: SsoClientRow,
        provider: Provider,
        redirect_uri: String,
        now_ms: i64,
    ) -> Result<(Self, String), NoRandom> {
        let (state, nonce, verifier) = (fresh::token()?.text, fresh::token()?.text, fresh::token()?.text);
        let login = Self {
            browser,
            account,
            client,
            provider,
            redirect_uri,
            nonce,
            verifier,
            began_ms: now_ms,
            verified: None,
        };
        Ok((login, state))
    }

    /// The provider's page with everything it has to know.
    pub(crate) fn address(&self, state: &str) -> Url {
        let mut url = self.provider.authorization.clone();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", "openid email")
            .append_pair("state", state)
            .append_pair("nonce", &self.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        url
    }
}

/// The sign-ins that are under way, by the hash of their state. They are in memory: who is at the provider while the
/// server starts anew begins again.
#[derive(Debug, Default)]
pub(crate) struct Logins(Mutex<HashMap<[u8; 32], Login>>);

impl Logins {
    /// Keeps one.
    pub(crate) fn keep(&self, state: &str, login: Login, now_ms: i64) {
        let mut logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if logins.len() >= MOST {
            logins.retain(|_, login| login.began_ms + GOOD_MS > now_ms);
        }
        if logins.len() >= MOST
            && let Some(oldest) = logins.iter().min_by_key(|(_, login)| login.began_ms).map(|(state, _)| *state)
        {
            logins.remove(&oldest);
        }
        logins.insert(token_hash(state), login);
    }

    /// Takes the one of a state out, when this browser began it and it is not too old.
    pub(crate) fn take(&self, state: &str, browser: &[u8; 32], now_ms: i64) -> Option<Login> {
        let mut logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = token_hash(state);
        // Another browser does not use it up either.
        logins.get(&state).filter(|login| login.browser == *browser)?;
        logins.remove(&state).filter(|login| login.began_ms + GOOD_MS > now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(browser: u8, now_ms: i64) -> (Login, String) {
        let url = |path: &str| Url::parse(&format!("https://login.example/{path}")).unwrap();
        let client = SsoClientRow {
            organization: "acme".to_owned(),
            issuer: "https://login.example".to_owned(),
            client_id: "tombolo & co".to_owned(),
            sealed: vec![],
            hosts: vec![],
            trusts_addresses: false,
        };
        let provider = Provider {
            authorization: url("auth?tenant=1"),
            token: url("token"),
            keys: url("keys"),
            user_info: None,
            basic: true,
            says_iss: false,
        };
        let account = Id::from_parts(1, [1; 8]);
        Login::begin([browser; 32], account, client, provider, "https://t.example/cb".to_owned(), now_ms).unwrap()
    }

    #[test]
    fn a_sign_in_ends_once_in_the_browser_that_began_it_and_within_ten_minutes() {
        let logins = Logins::default();
        let (one, state) = login(1, 0);
        logins.keep(&state, one, 0);
        assert!(logins.take(&state, &[2; 32], 1).is_none(), "another browser");
        assert!(logins.take("another", &[1; 32], 1).is_none());
        assert!(logins.take(&state, &[1; 32], 1).is_some());
        assert!(logins.take(&state, &[1; 32], 2).is_none(), "used");
        let (late, state) = login(1, 0);
        logins.keep(&state, late, 0);
        assert!(logins.take(&state, &[1; 32], GOOD_MS).is_none(), "too late");
    }

    #[test]
    fn a_flood_of_sign_ins_takes_no_more_room_and_costs_the_oldest() {
        let logins = Logins::default();
        let (template, first) = login(1, 0);
        logins.keep(&first, template.clone(), 0);
        for n in 0..MOST {
            let began_ms = 1 + i64::try_from(n).unwrap();
            logins.keep(&format!("{n}"), Login { began_ms, ..template.clone() }, began_ms);
        }
        assert_eq!(logins.0.lock().unwrap().len(), MOST);
        assert!(logins.take(&first, &[1; 32], 2).is_none());
        assert!(logins.take("5", &[1; 32], 20).is_some());
    }

    #[test]
    fn the_provider_is_told_the_challenge_and_never_the_verifier() {
        let (login, state) = login(1, 0);
        let url = login.address(&state);
        let pairs: HashMap<_, _> = url.query_pairs().collect();
        assert_eq!((&*pairs["tenant"], &*pairs["client_id"]), ("1", "tombolo & co"));
        assert_eq!((&*pairs["code_challenge_method"], &*pairs["response_type"]), ("S256", "code"));
        assert!(!url.as_str().contains(&login.verifier));
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        let standard = Login { verifier, ..login }.address(&state);
        assert!(standard.as_str().contains("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    }
}
