//! Whether a request was made by our own page: the check on every unsafe method and on the socket.
//!
//! A browser names the page's origin on every unsafe request and every WebSocket, and no page can forge that.
//! A request without `Origin` and `Sec-Fetch-Site` is from no browser, so nobody's cookies were
//! borrowed for it. On loopback the `Host` is checked too: a foreign name that was pointed at 127.0.0.1 must
//! not reach us.

use axum::http::{HeaderMap, Method, header};

use crate::config::Exposure;

/// The origins that are ours.
#[derive(Debug, Clone)]
pub(crate) enum Origins {
    /// `http://` and one of this machine's names, with this port.
    Loopback { port: u16 },
    /// `https://` and the host of the request: TLS has proved that the host is ours.
    OwnTls,
    /// Exactly this one.
    Proxy(String),
}

impl Origins {
    /// For the way this server is reached.
    pub(crate) fn new(exposure: &Exposure, port: u16) -> Self {
        match exposure {
            Exposure::Loopback => Self::Loopback { port },
            Exposure::Tls { .. } => Self::OwnTls,
            Exposure::Proxy { origin } => Self::Proxy(origin.clone()),
        }
    }

    /// Whether the request is addressed to us.
    pub(crate) fn knows_host(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Loopback { port } => host(headers).is_some_and(|host| is_loopback(host, *port)),
            Self::OwnTls | Self::Proxy(_) => true,
        }
    }

    /// Whether a request may change something, as far as its origin goes.
    pub(crate) fn lets_through(&self, method: &Method, socket: bool, headers: &HeaderMap) -> bool {
        if !socket && matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return true;
        }
        let origin = headers.get(header::ORIGIN);
        let site = headers.get("sec-fetch-site");
        match (origin, site) {
            (Some(origin), _) => origin.to_str().is_ok_and(|origin| self.is_ours(origin, headers)),
            (None, Some(site)) => site == "same-origin",
            (None, None) => true,
        }
    }

    /// The origin under which a request has come.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Option<String> {
        match self {
            Self::Loopback { .. } => host(headers).map(|host| format!("http://{host}")),
            Self::OwnTls => host(headers).map(|host| format!("https://{host}")),
            Self::Proxy(ours) => Some(ours.clone()),
        }
    }

    fn is_ours(&self, origin: &str, headers: &HeaderMap) -> bool {
        match self {
            Self::Loopback { .. } => origin.strip_prefix("http://").is_some_and(|name| host(headers) == Some(name)),
            Self::OwnTls => origin.strip_prefix("https://").is_some_and(|name| host(headers) == Some(name)),
            Self::Proxy(ours) => origin == ours,
        }
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST).and_then(|host| host.to_str().ok())
}

fn is_loopback(host: &str, port: u16) -> bool {
    let (name, given) = match host.rsplit_once(':') {
        Some((name, given)) if !given.ends_with(']') => (name, given.parse().ok()),
        _ => (host, Some(80)),
    };
    let ours = name == "localhost"
        || name.ends_with(".localhost")
        || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    ours && given == Some(port)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_our_own_page_changes_something() {
        let ours = Origins::Loopback { port: 7070 };
        let post = |pairs: &[(&'static str, &'static str)]| ours.lets_through(&Method::POST, false, &headers(pairs));
        assert!(post(&[("host", "127.0.0.1:7070"), ("origin", "http://127.0.0.1:7070")]));
        assert!(post(&[("host", "127.0.0.1:7070"), ("sec-fetch-site", "same-origin")]));
        assert!(post(&[("host", "127.0.0.1:7070")]));
        for origin in ["http://evil.example", "http://127.0.0.1:7071", "null", "https://127.0.0.1:7070"] {
            assert!(!post(&[("host", "127.0.0.1:7070"), ("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site", "none"] {
            assert!(!post(&[("host", "127.0.0.1:7070"), ("sec-fetch-site", site)]), "{site}");
        }
    }

    #[test]
    fn a_socket_is_checked_although_it_begins_with_get() {
        let ours = Origins::Proxy("https://tombolo.example".to_owned());
        let foreign = headers(&[("origin", "https://evil.example")]);
        assert!(!ours.lets_through(&Method::GET, true, &foreign));
        assert!(ours.lets_through(&Method::GET, false, &foreign));
    }

    #[test]
    fn a_foreign_name_that_points_here_is_not_ours() {
        let ours = Origins::Loopback { port: 7070 };
        for host in ["127.0.0.1:7070", "localhost:7070", "[::1]:7070", "app.localhost:7070"] {
            assert!(ours.knows_host(&headers(&[("host", host)])), "{host}");
        }
        for host in ["evil.example:7070", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.evil.example:7070"] {
            assert!(!ours.knows_host(&headers(&[("host", host)])), "{host}");
        }
    }
}
