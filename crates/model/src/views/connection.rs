//! A connection: how an application is reached.

use serde_json::Value;

use super::{pairs, text};

/// Typed reading of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a>(pub &'a Value);

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
