//! Single sign-on: an account's client at an `OpenID` provider, and signing in through it.

use serde::{Deserialize, Serialize};

/// `POST /api/sso/begin` → [`SsoBegun`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BeginSso {
    /// The organization id, in any case.
    pub organization: String,
}

/// Where the browser goes to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SsoBegun {
    /// The provider's page.
    pub url: String,
}

/// `POST /api/sso/finish` → [`Me`](super::Me): what the provider has sent back with the browser.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FinishSso {
    /// The state of the sign-in; good once.
    pub state: String,
    /// The code; absent when the provider refused, and when the second factor's code is given afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Who sends it, where the provider says so (RFC 9207).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Why the provider refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The code of the second factor, once the server has asked for it (`code_needed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<String>,
    /// This browser is not asked for that again, for as long as the person's accounts allow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trust: bool,
}

/// `PUT /api/accounts/{account}/sso`. The provider is asked at once whether it does what is needed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutSsoClient {
    /// What people enter to sign in: 3 to 20 letters and digits, of no other account.
    pub organization: String,
    /// The provider's issuer, such as `https://login.example.com`.
    pub issuer: String,
    /// As what this server is known there.
    pub client_id: String,
    /// Its secret there. Absent or `******` keeps the one that is there, for the same host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Addresses of which the provider says nothing are taken as their owners': only for a provider at which nobody can
    /// give themselves another's address.
    #[serde(default)]
    pub trust_addresses: bool,
}

/// The answer to `GET /api/accounts/{account}/sso`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SsoSettings {
    /// The client; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<SsoClient>,
}

/// An account's client, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SsoClient {
    /// What people enter to sign in.
    pub organization: String,
    /// The provider's issuer.
    pub issuer: String,
    /// As what this server is known there.
    pub client_id: String,
    /// Whether addresses of which the provider says nothing are taken as their owners'.
    #[serde(default)]
    pub trust_addresses: bool,
    /// Members whose identity at the provider is known.
    pub linked: u32,
    /// Members who enter with single sign-on only.
    pub required: u32,
}
