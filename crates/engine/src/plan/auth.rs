//! How a connection proves who is asking.

use tombolo_template::Template;

use crate::path::Path;
use crate::secret::{Masked, Secret};
use crate::sign::Signing;

#[derive(Debug, Clone)]
pub(crate) enum Auth {
    /// Not at all, or by what templates name.
    None,
    /// The same header in every request.
    Header { name: String, value: Masked },
    /// The same query parameter in every request.
    Parameter { name: String, value: Secret },
    /// A token that is renewed, or goes into the body.
    Token(Box<TokenAuth>),
    /// RFC 7616.
    Digest { username: String, password: Secret },
    /// A `UsernameToken` that is good for one request.
    Wsse { header: String, username: String, password: Secret },
    /// RFC 5849.
    OAuth1(Box<OAuth1>),
    /// Cookies that a sign-in gives, for as long as the run goes on.
    Cookie(Box<Login>),
}

/// A token and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct TokenAuth {
    pub(crate) place: Place,
    pub(crate) from: From,
}

/// Where a token goes.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Header { name: String, scheme: String },
    Parameter { name: String },
    Body { name: String },
}

/// Where a token comes from when there is none, or it is refused.
#[derive(Debug, Clone)]
pub(crate) enum From {
    /// It was entered, and there is no other.
    Kept,
    /// A request of the connection's own.
    Refresh { ask: Box<Ask>, token_path: Path, also: Vec<(String, Path)> },
    /// RFC 6749.
    OAuth2(Box<OAuth2>),
    /// Made here (RFC 7519).
    Jwt(Box<Jwt>),
}

/// A request for a token or a sign-in.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: String,
    pub(crate) base: Template,
    pub(crate) uri: Template,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) body: Option<Content>,
    pub(crate) media_type: &'static str,
    /// The answer is XML.
    pub(crate) xml: bool,
}

/// A body that its author wrote.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Template(Template),
    /// Kept as a secret from its first letter to its last.
    Secret(Secret),
}

/// Tokens by OAuth 2.0.
#[derive(Debug, Clone)]
pub(crate) struct OAuth2 {
    pub(crate) grant: Grant,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    /// Whether the client is named in the body and not in a header.
    pub(crate) client_in_body: bool,
    pub(crate) scope: String,
    /// Where somebody signs in.
    pub(crate) auth_uri: Option<String>,
    /// Whether the application knows no better proof key than a plain one.
    pub(crate) plain_proof: bool,
    /// The token endpoint; its body, when the author wrote one, is sent in the place of the standard's.
    pub(crate) token: Ask,
    /// The same for renewing.
    pub(crate) refresh: Ask,
    /// Sent beside the standard's parameters, as the author wrote it.
    pub(crate) also: Option<Template>,
    pub(crate) token_path: Path,
    pub(crate) refresh_path: Path,
}

#[derive(Debug, Clone)]
pub(crate) enum Grant {
    /// Somebody signs in once, in a browser; runs renew what came of it.
    Code,
    Client,
    Password {
        username: String,
        password: Secret,
    },
}

/// A token that is signed here.
#[derive(Debug, Clone)]
pub(crate) struct Jwt {
    /// `alg`.
    pub(crate) algorithm: &'static str,
    pub(crate) signing: Signing,
    pub(crate) headers: Claims,
    pub(crate) payload: Claims,
}

/// An object whose texts are templates.
#[derive(Debug, Clone)]
pub(crate) enum Claims {
    Text(Template),
    Plain(serde_json::Value),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

/// Signatures by OAuth 1.0a.
#[derive(Debug, Clone)]
pub(crate) struct OAuth1 {
    pub(crate) consumer: String,
    pub(crate) token: Secret,
    /// `HMAC-SHA1`, …
    pub(crate) method: &'static str,
    pub(crate) by: OAuth1Key,
    pub(crate) realm: Option<Template>,
}

#[derive(Debug, Clone)]
pub(crate) enum OAuth1Key {
    /// The hash's name, and both secrets, encoded and joined.
    Hmac(&'static str, Secret),
    Plain(Secret),
    Rsa(Signing),
}

/// A sign-in that answers with cookies.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) ask: Ask,
    /// The status that says it went well; any of 200 to 399 where nothing is said.
    pub(crate) status: Option<u16>,
}

/// Which answers say that the credentials were refused.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals {
    pub(crate) statuses: Vec<u16>,
    /// A place in the answer, and what stands there then; without values, anything.
    pub(crate) path: Option<(Path, Vec<String>)>,
    /// The connection says which; else the usual ones.
    pub(crate) named: bool,
}

/// Where tokens are kept, beside the connection's other secrets.
pub(crate) const TOKEN: &str = "/http/auth/token/token";
/// What they are renewed with.
pub(crate) const REFRESH_TOKEN: &str = "/http/auth/token/refreshToken";

impl Auth {
    /// The secrets as they are sent.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Header { value, .. } => value.secrets().map(Secret::value).collect(),
            Self::Parameter { value, .. } => vec![value.value()],
            _ => Vec::new(),
        }
    }

    /// The query parameter that the credentials are, which endpoints repeat in their links.
    pub(crate) fn parameter(&self) -> Option<&str> {
        match self {
            Self::Parameter { name, .. } => Some(name),
            Self::Token(token) => match &token.place {
                Place::Parameter { name } => Some(name),
                _ => None,
            },
            _ => None,
        }
    }
}
