//! Requests and answers, and who may see the secrets in them.

mod address;
mod body;
mod link;

use std::collections::BTreeMap;

use futures::future::LocalBoxFuture;
use tombolo_model::Id;

use crate::host::Pieces;
use crate::secret::Masked;

pub use body::Body;

pub(crate) use address::{join_masked, resolve, with_parameter, without_parameter};
pub(crate) use link::next_link;

/// Sends requests. Redirects are followed with the host check of each new address; answers are decompressed.
pub trait HttpClient {
    /// Sends one and returns when the answer's head is there.
    fn send(&self, request: Request) -> LocalBoxFuture<'_, Result<Response, HttpError>>;
}

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The full address.
    pub url: Masked,
    /// The headers, names as they were written.
    pub headers: Vec<(String, Masked)>,
    /// The body.
    pub body: Option<Body>,
}

/// An answer.
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whether there may be headers that this host cannot see (another origin, in a browser).
    pub headers_may_be_hidden: bool,
    /// Its body.
    pub body: Pieces<HttpError>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection came about, so that nothing was sent.
    #[error("could not be reached: {0}. Check the address and the network")]
    NotConnected(String),
    /// No connection came about, or it broke; nobody knows what arrived.
    #[error("could not be reached: {0}. Check the address and the network")]
    Unreachable(String),
    /// Silence for too long.
    #[error("did not answer within {seconds} seconds. Try again later, or ask for less at a time")]
    Silent {
        /// How long it was waited for.
        seconds: u32,
    },
    /// It does not take the credentials, and there are no new ones.
    #[error("did not take the connection's credentials: {0}")]
    Credentials(String),
    /// The credentials were refused before, and nothing is sent any more.
    #[error(
        "was not called, because its connection is offline: {0}. Enter the credentials again and test the connection"
    )]
    Offline(String),
    /// This host does not send such a request.
    #[error("may not be called: {0}")]
    Refused(String),
}

impl Request {
    /// The connections whose secrets are in it.
    pub fn owners(&self) -> impl Iterator<Item = Id> {
        let texts = self.headers.iter().map(|(_, value)| value).chain([&self.url]);
        texts.flat_map(Masked::owners).chain(self.body.iter().flat_map(Body::owners))
    }
}

impl Response {
    /// A header's value; the name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// Whether requests of this method carry records.
pub(crate) fn sends_records(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "DELETE")
}

/// Whether a header stays behind when a request is sent on to another host: it has a secret in it, or is called as if it had.
/// Many people write a key into a header as it is.
#[must_use]
pub fn is_credential(name: &str, value: &Masked) -> bool {
    const CALLED: [&str; 10] =
        ["auth", "cookie", "token", "secret", "passw", "api-key", "apikey", "api_key", "signature", "session"];
    let name = name.to_ascii_lowercase();
    value.owners().next().is_some() || CALLED.iter().any(|part| name.contains(part))
}

/// Checks that every secret in a request goes to a host it was entered for (decision 24).
///
/// `host` is where the request goes, as the one who dials reads its address: in lower case, a name outside ASCII as
/// `xn--…` (RFC 5891), with the port where it is not the usual one, and with `http://` before it where what is sent can
/// be read on the way: a secret that was entered for an encrypted address goes to no other. It is not read here: an
/// address that two readers understand differently would be checked as one host's and sent to another.
///
/// A connection that `hosts` does not name may send its secrets nowhere: its base address may have been changed since
/// they were entered, by somebody who never saw them.
///
/// # Errors
///
/// Returns [`HttpError::Refused`] naming the host; nothing must be sent then.
pub fn check_secret_hosts(
    request: &Request,
    host: Option<&str>,
    hosts: &BTreeMap<Id, Vec<String>>,
) -> Result<(), HttpError> {
    for owner in request.owners() {
        let Some(hosts) = hosts.get(&owner) else {
            let message = "nothing says to which hosts the connection's secrets may go. Enter them again";
            return Err(HttpError::Refused(message.to_owned()));
        };
        let Some(host) = host else {
            return Err(HttpError::Refused(format!(
                "“{}” is no full web address, so no secret is sent there. Enter a base address that begins with https://",
                request.url
            )));
        };
        if !hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host)) {
            return Err(HttpError::Refused(format!(
                "the connection's secrets were not entered for the host {}. Enter them again for this host",
                shown(request, host)
            )));
        }
    }
    Ok(())
}

/// The host for a message; an address that has a secret in it may have it in the host.
fn shown(request: &Request, host: &str) -> String {
    if request.url.owners().next().is_some() { format!("of “{}”", request.url) } else { format!("“{host}”") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn request(url: &str) -> Request {
        let secret = Secret::new(Id::from_parts(1, [0; 8]), "hush");
        Request {
            method: "GET".into(),
            url: Masked::plain(url),
            headers: vec![("authorization".into(), Masked::default().and_secret(secret))],
            body: None,
        }
    }

    fn check(url: &str, host: Option<&str>, hosts: &BTreeMap<Id, Vec<String>>) -> Result<(), HttpError> {
        check_secret_hosts(&request(url), host, hosts)
    }

    #[test]
    fn a_secret_goes_only_to_the_hosts_it_was_entered_for() {
        let named = |host: &str| BTreeMap::from([(Id::from_parts(1, [0; 8]), vec![host.to_owned()])]);
        let base = named("api.example:8443");
        assert!(check("https://api.example:8443/x", Some("api.example:8443"), &base).is_ok());
        for other in ["api.example", "evil.example", "api.example:8443.evil.example", "api.example:844"] {
            let error = check("https://api.example:8443/x", Some(other), &base).unwrap_err();
            assert!(error.to_string().contains(other), "{error}");
        }
        assert!(check("/x", None, &base).is_err(), "an address without a host");
        assert!(check("https://other.example/x", Some("other.example"), &named("OTHER.example")).is_ok());
        assert!(check("https://api.example/x", Some("api.example"), &named("other.example")).is_err());
    }

    #[test]
    fn a_host_that_a_secret_is_part_of_is_not_named() {
        let mut request = request("");
        let secret = Secret::new(Id::from_parts(1, [0; 8]), "hush");
        request.url = Masked::plain("https://").and_secret(secret);
        let hosts = BTreeMap::from([(Id::from_parts(1, [0; 8]), vec!["api.example".to_owned()])]);
        let error = check_secret_hosts(&request, Some("hush"), &hosts).unwrap_err().to_string();
        assert!(error.contains("“https://******”") && !error.contains("hush"), "{error}");
    }

    #[test]
    fn a_secret_without_hosts_goes_nowhere() {
        let elsewhere = BTreeMap::from([(Id::from_parts(2, [0; 8]), vec!["api.example:8443".to_owned()])]);
        let (url, host) = ("https://api.example:8443/x", Some("api.example:8443"));
        for hosts in [BTreeMap::new(), elsewhere] {
            let error = check(url, host, &hosts).unwrap_err();
            assert!(error.to_string().ends_with("Enter them again"), "{error}");
        }
        let mut public = request(url);
        public.headers.clear();
        assert!(
            check_secret_hosts(&public, host, &BTreeMap::new()).is_ok(),
            "without secrets there is nothing to guard"
        );
    }
}
