//! A connection: how an application is reached.

use serde_json::Value;

use super::{pairs, text};
use crate::Kind;

/// Typed reading of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a>(pub &'a Value);

/// The addresses that the secrets of a connection or client are sent to, as they are written; what is below the base
/// address is left out.
#[must_use]
pub fn secret_addresses(kind: Kind, value: &Value) -> Vec<&str> {
    let pointers: &[&str] = match kind {
        Kind::Connection => &[
            "/http/baseURI",
            "/http/auth/oauth/tokenURI",
            "/http/auth/token/refreshRelativeURI",
            "/http/auth/cookie/uri",
        ],
        Kind::IClient => &["/oauth2/token/uri", "/oauth2/refresh/uri"],
        _ => &[],
    };
    let found = pointers.iter().filter_map(|pointer| text(value, pointer)).map(str::trim);
    let is_full = |address: &&str| {
        address.split_once("://").is_some_and(|(scheme, _)| scheme.to_ascii_lowercase().starts_with("http"))
    };
    found.filter(is_full).collect()
}

/// How a connection proves who is asking. Secrets are never here: they are in the vault under the named path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth<'a> {
    /// Not at all, or by headers of its own.
    None,
    /// User name and password (RFC 7617).
    Basic {
        /// The user name; the password is the secret `/http/auth/basic/password`.
        username: &'a str,
    },
    /// A token, the secret `/http/auth/token/token`.
    Token {
        /// `header`, `url` or `body`.
        location: &'a str,
        /// The header's name.
        header: &'a str,
        /// What stands before the token in the header.
        scheme: &'a str,
        /// The query parameter's name.
        parameter: &'a str,
    },
    /// A kind this version does not know.
    Other(&'a str),
}

impl<'a> Connection<'a> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'a str {
        text(self.0, "/name").unwrap_or_default()
    }

    /// `http`, `rdbms`, …
    #[must_use]
    pub fn kind(self) -> Option<&'a str> {
        text(self.0, "/type")
    }

    /// The address all requests begin with.
    #[must_use]
    pub fn base_uri(self) -> Option<&'a str> {
        text(self.0, "/http/baseURI")
    }

    /// The headers of every request.
    #[must_use]
    pub fn headers(self) -> Vec<(&'a str, &'a str)> {
        pairs(self.0, "/http/headers")
    }

    /// How it proves who is asking.
    #[must_use]
    pub fn auth(self) -> Auth<'a> {
        match text(self.0, "/http/auth/type") {
            None | Some("none" | "custom") => Auth::None,
            Some("basic") => Auth::Basic { username: text(self.0, "/http/auth/basic/username").unwrap_or_default() },
            Some("token") => Auth::Token {
                location: text(self.0, "/http/auth/token/location").unwrap_or("header"),
                header: text(self.0, "/http/auth/token/headerName").unwrap_or("Authorization"),
                scheme: text(self.0, "/http/auth/token/scheme").unwrap_or("Bearer"),
                parameter: text(self.0, "/http/auth/token/paramName").unwrap_or("access_token"),
            },
            Some(other) => Auth::Other(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_go_to_the_base_and_to_where_tokens_come_from() {
        let value = json!({"http": {"baseURI": " https://api.example/v1", "auth": {"oauth": {"tokenURI": "https://login.example/t"},
            "token": {"refreshRelativeURI": "/token"}, "cookie": {"uri": "HTTP://old.example/login"}}}});
        assert_eq!(
            secret_addresses(Kind::Connection, &value),
            ["https://api.example/v1", "https://login.example/t", "HTTP://old.example/login"]
        );
        let client = json!({"oauth2": {"token": {"uri": "https://login.example/t"}}});
        assert_eq!(secret_addresses(Kind::IClient, &client), ["https://login.example/t"]);
        assert!(secret_addresses(Kind::Flow, &value).is_empty());
    }
}
