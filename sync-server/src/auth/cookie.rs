//! The cookies: the session, the browser that is known from an earlier sign-in, and the browser in which somebody signs
//! in through an organization just now.
//!
//! Behind TLS the names have the prefix `__Host-`, which browsers accept only with `Secure`, `Path=/` and no
//! domain. On plain loopback they cannot: not every browser takes `Secure` there. As cookies do not
//! tell ports apart, the port is in the name, or two servers on one machine would sign each other out.

use axum::http::{HeaderMap, HeaderValue, header};

/// How long a session lasts.
pub(crate) const SESSION_MS: i64 = 30 * 24 * 3_600_000;
const BROWSER_MS: i64 = 365 * 24 * 3_600_000;
/// How long somebody may take at their organization.
const SSO_MS: i64 = 10 * 60_000;

/// The cookies' names and flags for the way this server is reached.
#[derive(Debug, Clone)]
pub(crate) struct Cookies {
    session: String,
    browser: String,
    sso: String,
    flags: &'static str,
}

impl Cookies {
    /// For TLS, here or in a proxy.
    pub(crate) fn secure() -> Self {
        Self {
            session: "__Host-tombolo".to_owned(),
            browser: "__Host-tombolo-browser".to_owned(),
            sso: "__Host-tombolo-sso".to_owned(),
            flags: "Path=/; Secure; HttpOnly; SameSite=Strict",
        }
    }

    /// For plain HTTP on loopback.
    pub(crate) fn loopback(port: u16) -> Self {
        Self {
            session: format!("tombolo-{port}"),
            browser: format!("tombolo-{port}-browser"),
            sso: format!("tombolo-{port}-sso"),
            flags: "Path=/; HttpOnly; SameSite=Strict",
        }
    }

    /// The session's token in a request.
    pub(crate) fn session<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        find(headers, &self.session)
    }

    /// The browser's token in a request.
    pub(crate) fn browser<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        find(headers, &self.browser)
    }

    /// The token of a browser in which somebody is signing in through an organization.
    pub(crate) fn sso<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        find(headers, &self.sso)
    }

    /// Sets it.
    pub(crate) fn set_sso(&self, token: &str) -> String {
        self.set(&self.sso, token, SSO_MS)
    }

    /// Sets the session.
    pub(crate) fn set_session(&self, token: &str) -> String {
        self.set(&self.session, token, SESSION_MS)
    }

    /// Sets the browser.
    pub(crate) fn set_browser(&self, token: &str) -> String {
        self.set(&self.browser, token, BROWSER_MS)
    }

    /// Takes the session back.
    pub(crate) fn clear_session(&self) -> String {
        self.set(&self.session, "", 0)
    }

    fn set(&self, name: &str, value: &str, lasts_ms: i64) -> String {
        format!("{name}={value}; Max-Age={}; {}", lasts_ms / 1_000, self.flags)
    }
}

/// A header for a cookie; tokens are hex, so it always is one.
pub(crate) fn header(cookie: &str) -> Option<(header::HeaderName, HeaderValue)> {
    HeaderValue::from_str(cookie).ok().map(|value| (header::SET_COOKIE, value))
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && is_token(value))
        .map(|(_, value)| value)
}

/// Anything else is not from here and need not be looked up.
fn is_token(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_tls_the_cookie_is_bound_to_the_host() {
        let cookie = Cookies::secure().set_session(&"a".repeat(64));
        assert!(cookie.starts_with("__Host-tombolo=aaaa"));
        for flag in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(cookie.contains(flag), "{flag}");
        }
        assert!(!cookie.contains("Domain"));
    }

    #[test]
    fn a_token_is_found_among_other_cookies_and_nothing_else_is_taken_for_one() {
        let cookies = Cookies::loopback(7070);
        let token = "0f".repeat(32);
        let mut headers = HeaderMap::new();
        let value = format!("a=b; tombolo-7070={token}; tombolo-7070-browser=short");
        headers.insert(header::COOKIE, HeaderValue::from_str(&value).unwrap());
        assert_eq!(cookies.session(&headers), Some(token.as_str()));
        assert_eq!(cookies.browser(&headers), None);
    }
}
