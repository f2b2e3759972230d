//! What is asked of an `OpenID` provider: its description, a token for a code, its keys, what it knows of somebody.
//!
//! Everything goes through the guarded dialer, without redirects: an answer that sends on is refused. The client's secret
//! goes to the host that it was entered for. Keys are fetched at each sign-in and never kept, so that one that the provider
//! has taken out is worth nothing from then on.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tombolo_engine::{Body, Masked, Request, Secret};
use tombolo_model::Id;

use super::Login;
use super::jwt::{self, Expected, Identity, Keys, TokenError};
use crate::run_host::dialer::{Dialer, unreachable};
use crate::web_host;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// The largest answer.
const ANSWER_BYTES: usize = 512 * 1024;

/// Why a provider lets nobody in. Its words are for the administrator who set it up.
#[derive(Debug, Error)]
pub(crate) enum ProviderError {
    /// The issuer or one of its endpoints is no address that may be called.
    #[error("“{0}” is no address that can be used: it begins with https://, without a name, a password or a #")]
    Address(String),
    /// It does not answer.
    #[error("{0} does not answer: {1}")]
    Silent(String, String),
    /// It answers with something else than what was asked for.
    #[error("{0} answers with {1}, which was not expected")]
    Answer(String, String),
    /// Its description is of another issuer.
    #[error("the provider describes itself as another issuer: “{0}”")]
    Issuer(String),
    /// It cannot do what is needed.
    #[error("the provider does not offer {0}")]
    Lacks(&'static str),
    /// The secret was entered for another host.
    #[error("the client secret was not entered for the host {0}. An administrator has to enter it again")]
    Host(String),
    /// It did not take the code.
    #[error("the provider does not take the code: {0}")]
    Refused(String),
    /// Its token does not hold.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// What it says of the person is about another.
    #[error("the provider describes another person than it signed in")]
    OtherPerson,
}

/// A provider, as it describes itself (`OpenID` Connect Discovery).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provider {
    pub(crate) authorization: Url,
    pub(crate) token: Url,
    pub(crate) keys: Url,
    pub(crate) user_info: Option<Url>,
    /// The secret goes into a header, or else into the body.
    pub(crate) basic: bool,
    /// It says in each answer who it is (RFC 9207).
    pub(crate) says_iss: bool,
}

#[derive(Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    response_types_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    email: Option<String>,
    email_verified: Option<serde_json::Value>,
}

/// Who calls providers.
pub(crate) struct Caller<'a> {
    pub(crate) client: &'a reqwest::Client,
    pub(crate) allow_private_network: bool,
}

impl Caller<'_> {
    /// Asks an issuer to describe itself.
    ///
    /// # Errors
    ///
    /// Returns why nobody can sign in there.
    pub(crate) async fn discover(&self, issuer: &str) -> Result<Provider, ProviderError> {
        let base = self.address(issuer)?;
        if base.query().is_some() {
            return Err(ProviderError::Address(issuer.to_owned()));
        }
        let at = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let told: Description = self.get(&self.address(&at)?, None).await?;
        if told.issuer != issuer {
            return Err(ProviderError::Issuer(told.issuer.chars().take(200).collect()));
        }
        let has = |list: &Option<Vec<String>>, wanted: &[&str]| {
            list.as_ref().is_none_or(|list| list.iter().any(|one| wanted.contains(&&**one)))
        };
        if !has(&told.response_types_supported, &["code"]) {
            return Err(ProviderError::Lacks("the authorization code flow"));
        }
        if !has(&told.code_challenge_methods_supported, &["S256"]) {
            return Err(ProviderError::Lacks("PKCE with S256"));
        }
        if !has(&told.id_token_signing_alg_values_supported, &["RS256", "ES256"]) {
            return Err(ProviderError::Lacks("ID tokens signed with RS256 or ES256"));
        }
        let ways = &told.token_endpoint_auth_methods_supported;
        // Absent means the header (OpenID Connect Discovery, section 3).
        let basic = has(ways, &["client_secret_basic"]);
        if !basic && !has(ways, &["client_secret_post"]) {
            return Err(ProviderError::Lacks("a way to give the client secret"));
        }
        Ok(Provider {
            authorization: self.address(&told.authorization_endpoint)?,
            token: self.address(&told.token_endpoint)?,
            keys: self.address(&told.jwks_uri)?,
            user_info: told.userinfo_endpoint.as_deref().map(|text| self.address(text)).transpose()?,
            basic,
            says_iss: told.authorization_response_iss_parameter_supported,
        })
    }

    /// Who has signed in: the code becomes a token, and the token is looked at.
    ///
    /// # Errors
    ///
    /// Returns why nobody has.
    pub(crate) async fn identify(
        &self,
        login: &Login,
        secret: &str,
        code: &str,
        now_ms: i64,
    ) -> Result<Identity, ProviderError> {
        let tokens = self.tokens(login, secret, code).await?;
        let expected =
            Expected { issuer: &login.client.issuer, client: &login.client.client_id, nonce: &login.nonce, now_ms };
        let keys: Keys = self.get(&login.provider.keys, None).await?;
        let identity = match jwt::checked(&tokens.id_token, &keys, expected) {
            // A key may be younger than the answer, where a provider has several servers.
            Err(TokenError::Key) => {
                let keys: Keys = self.get(&login.provider.keys, None).await?;
                jwt::checked(&tokens.id_token, &keys, expected)?
            }
            other => other?,
        };
        match (&identity.email, &login.provider.user_info, &tokens.access_token) {
            (None, Some(at), Some(access)) => self.described(at, access, identity).await,
            _ => Ok(identity),
        }
    }

    async fn tokens(&self, login: &Login, secret: &str, code: &str) -> Result<Tokens, ProviderError> {
        let (client, at) = (&login.client, &login.provider.token);
        let host = web_host::of_url(at).unwrap_or_default();
        if !client.hosts.contains(&host) {
            return Err(ProviderError::Host(host));
        }
        let form = |more: &[(&str, &str)]| {
            let mut form = Url::parse("form:").map_err(|_| ProviderError::Address(String::new()))?;
            form.query_pairs_mut()
                .append_pair("grant_type", "authorization_code")
                .append_pair("code", code)
                .append_pair("redirect_uri", &login.redirect_uri)
                .append_pair("code_verifier", &login.verifier)
                .extend_pairs(more);
            Ok::<_, ProviderError>(form.query().unwrap_or_default().to_owned())
        };
        let owned = |text: String| Masked::default().and_secret(Secret::new(login.account, text));
        let mut headers = vec![
            ("content-type".to_owned(), Masked::plain("application/x-www-form-urlencoded")),
            ("accept".to_owned(), Masked::plain("application/json")),
        ];
        let body = if login.provider.basic {
            // Both are encoded as in a form before they are joined (RFC 6749, section 2.3.1).
            let pair = format!("{}:{}", encoded(&client.client_id)?, encoded(secret)?);
            headers.push(("authorization".to_owned(), owned(format!("Basic {}", STANDARD.encode(pair)))));
            owned(form(&[])?)
        } else {
            owned(form(&[("client_id", &client.client_id), ("client_secret", secret)])?)
        };
        let request = Request {
            method: "POST".to_owned(),
            url: Masked::plain(at.as_str()),
            headers,
            body: Some(Body::from(body)),
        };
        let hosts = BTreeMap::from([(login.account, client.hosts.clone())]);
        let (status, bytes) = self.send(at, request, hosts).await?;
        if status != 200 {
            let said = serde_json::from_slice::<Refusal>(&bytes).map(|refusal| refusal.error);
            let said = said.unwrap_or_else(|_| status.to_string());
            return Err(ProviderError::Refused(said.chars().take(100).collect()));
        }
        parsed(at, &bytes)
    }

    /// The address of somebody whose token says none: most providers keep it out of tokens (Core, section 5.4).
    async fn described(&self, at: &Url, access: &str, identity: Identity) -> Result<Identity, ProviderError> {
        let told: UserInfo = self.get(at, Some(access)).await?;
        if told.sub != identity.subject {
            return Err(ProviderError::OtherPerson);
        }
        let verified = jwt::is_verified(told.email_verified.as_ref());
        Ok(Identity { email: told.email, verified, ..identity })
    }

    async fn get<T: DeserializeOwned>(&self, at: &Url, bearer: Option<&str>) -> Result<T, ProviderError> {
        let mut headers = vec![("accept".to_owned(), Masked::plain("application/json"))];
        if let Some(token) = bearer {
            headers.push(("authorization".to_owned(), Masked::plain(format!("Bearer {token}"))));
        }
        let request = Request { method: "GET".to_owned(), url: Masked::plain(at.as_str()), headers, body: None };
        let (status, bytes) = self.send(at, request, BTreeMap::new()).await?;
        if status != 200 {
            return Err(ProviderError::Answer(shown(at), format!("the status {status}")));
        }
        parsed(at, &bytes)
    }

    async fn send(
        &self,
        at: &Url,
        request: Request,
        hosts: BTreeMap<Id, Vec<String>>,
    ) -> Result<(u16, Vec<u8>), ProviderError> {
        let dialer = Dialer::over(self.client.clone(), hosts, self.allow_private_network);
        let silent = |why: String| ProviderError::Silent(shown(at), why);
        let work = async {
            let (_, answer) = dialer.once(&request).await.map_err(|error| silent(error.to_string()))?;
            let status = answer.status().as_u16();
            let (mut bytes, mut pieces) = (Vec::new(), answer.bytes_stream());
            while let Some(piece) = pieces.next().await {
                bytes.extend_from_slice(&piece.map_err(|error| silent(unreachable(&error).to_string()))?);
                if bytes.len() > ANSWER_BYTES {
                    return Err(ProviderError::Answer(shown(at), "more than 512 KB".to_owned()));
                }
            }
            Ok((status, bytes))
        };
        tokio::time::timeout(PATIENCE, work)
            .await
            .unwrap_or_else(|_| Err(silent(format!("{} seconds have passed", PATIENCE.as_secs()))))
    }

    /// An address that may be called. Without encryption only this machine's own, where the operator allows it.
    fn address(&self, text: &str) -> Result<Url, ProviderError> {
        let no = || ProviderError::Address(text.chars().take(200).collect());
        let url = Url::parse(text).map_err(|_| no())?;
        let here = url.host_str().is_some_and(|host| {
            let host = host.trim_matches(['[', ']']);
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        });
        let open = url.scheme() == "http" && here && self.allow_private_network;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if (url.scheme() == "https" || open) && plain { Ok(url) } else { Err(no()) }
    }
}

fn parsed<T: DeserializeOwned>(at: &Url, bytes: &[u8]) -> Result<T, ProviderError> {
    serde_json::from_slice(bytes).map_err(|_| ProviderError::Answer(shown(at), "something else".to_owned()))
}

/// An address for a message.
fn shown(at: &Url) -> String {
    format!("{}{}", at.host_str().unwrap_or_default(), at.path())
}

/// As a form writes it.
fn encoded(text: &str) -> Result<String, ProviderError> {
    let mut form = Url::parse("form:").map_err(|_| ProviderError::Address(String::new()))?;
    form.query_pairs_mut().append_key_only(text);
    Ok(form.query().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(allow_private_network: bool) -> impl Fn(&str) -> bool {
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            // Another test was first.
        }
        let client = reqwest::Client::new();
        move |text| Caller { client: &client, allow_private_network }.address(text).is_ok()
    }

    #[test]
    fn a_provider_is_called_with_encryption_or_on_this_machine_where_that_is_allowed() {
        let (public, private) = (addresses(false), addresses(true));
        assert!(public("https://login.example/tenant") && private("http://127.0.0.1:9000"));
        assert!(private("http://[::1]:9000/x") && private("http://localhost:9000"));
        for wrong in [
            "http://127.0.0.1:9000",
            "http://login.example",
            "ftp://login.example",
            "https://a:b@login.example",
            "https://login.example/#x",
            "login.example",
            "",
        ] {
            assert!(!public(wrong), "{wrong}");
        }
        assert!(!private("http://login.example"));
    }

    #[test]
    fn a_client_and_its_secret_are_encoded_before_they_are_joined() {
        assert_eq!(encoded("a:b c&d=é").unwrap(), "a%3Ab+c%26d%3D%C3%A9");
    }
}
