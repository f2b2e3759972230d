//! The one who dials: the only place where secrets are read (decision 23).

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{FutureExt, LocalBoxFuture};
use reqwest::header::{HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Url};
use tombolo_engine::{HttpClient, HttpError, Masked, Request, Response, check_secret_hosts, is_credential};
use tombolo_model::Id;

use super::guard::{PublicOnly, literal_is_allowed};
use crate::web_host;

/// What is said of an address in a private network.
const PRIVATE: &str = "this server does not reach private addresses";
const MOST_REDIRECTS: usize = 10;
const CONNECT: Duration = Duration::from_secs(20);

/// Dials, for the runs of a process or for the relay.
pub(crate) struct Dialer {
    client: Client,
    hosts: BTreeMap<Id, Vec<String>>,
    allow_private_network: bool,
}

impl Dialer {
    pub(super) fn new(hosts: BTreeMap<Id, Vec<String>>, allow_private_network: bool) -> reqwest::Result<Self> {
        Ok(Self { client: client(allow_private_network)?, hosts, allow_private_network })
    }

    /// One over a client that was made before, for the same network.
    pub(crate) const fn over(client: Client, hosts: BTreeMap<Id, Vec<String>>, allow_private_network: bool) -> Self {
        Self { client, hosts, allow_private_network }
    }

    /// Whether a request, as it is, may go where it is to go.
    pub(crate) fn reaches(&self, request: &Request) -> bool {
        match self.allowed(request) {
            Err(HttpError::Refused(said)) => said != PRIVATE,
            _ => true,
        }
    }

    /// Sends a request and follows redirects; the last answer, and the headers that go before its own.
    pub(crate) async fn fetch(
        &self,
        mut request: Request,
    ) -> Result<(reqwest::Response, Vec<(String, String)>), HttpError> {
        let mut cookies = Vec::new();
        for _ in 0..=MOST_REDIRECTS {
            let (url, answer) = self.once(&request).await?;
            let Some(next) = redirect(&url, &answer) else {
                return Ok((answer, cookies));
            };
            // A sign-in often gives its cookies and sends on to the first page. They are good where they come from.
            if url.origin() == next.origin() {
                let set = answer.headers().get_all(SET_COOKIE).iter();
                cookies.extend(set.map(|value| ("set-cookie".to_owned(), text(value))));
            }
            request = redirected(request, &url, &next, answer.status().as_u16());
        }
        Err(HttpError::Refused(format!("it redirects more than {MOST_REDIRECTS} times. Check the address")))
    }

    async fn follow(&self, request: Request) -> Result<Response, HttpError> {
        let (answer, mut before) = self.fetch(request).await?;
        let mut last = response(answer);
        last.headers.append(&mut before);
        Ok(last)
    }

    /// The address of a request, if it and its secrets may go there.
    fn allowed(&self, request: &Request) -> Result<Url, HttpError> {
        let url = Url::parse(&request.url.reveal())
            .map_err(|error| HttpError::Refused(format!("“{}” is not an address ({error})", request.url)))?;
        check_secret_hosts(request, web_host::of_url(&url).as_deref(), &self.hosts)?;
        if !self.allow_private_network && !url.host_str().is_some_and(literal_is_allowed) {
            return Err(HttpError::Refused(PRIVATE.to_owned()));
        }
        Ok(url)
    }

    /// Sends a request and takes the first answer, wherever it may send on to.
    pub(crate) async fn once(&self, request: &Request) -> Result<(Url, reqwest::Response), HttpError> {
        let url = self.allowed(request)?;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| HttpError::Refused(format!("“{}” is not a method", request.method)))?;
        let mut call = self.client.request(method, url.clone());
        for (name, value) in &request.headers {
            let (name, value) = header(name, value)?;
            call = call.header(name, value);
        }
        if let Some(body) = &request.body {
            call = call.body(body.reveal());
        }
        let answer = call.send().await.map_err(|error| unreachable(&error))?;
        Ok((url, answer))
    }
}

/// What dials: no proxy, no redirects of its own, and on a server no private address.
pub(crate) fn client(allow_private_network: bool) -> reqwest::Result<Client> {
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .user_agent(concat!("tombolo/", env!("CARGO_PKG_VERSION")));
    if !allow_private_network {
        builder = builder.dns_resolver(PublicOnly);
    }
    builder.build()
}

impl HttpClient for Dialer {
    fn send(&self, request: Request) -> LocalBoxFuture<'_, Result<Response, HttpError>> {
        self.follow(request).boxed_local()
    }
}

fn header(name: &str, value: &Masked) -> Result<(HeaderName, HeaderValue), HttpError> {
    let parsed =
        HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_bytes(value.reveal().as_bytes()).ok());
    let (name, mut value) = parsed
        .ok_or_else(|| HttpError::Refused(format!("the header “{name}” has a name or value that cannot be sent")))?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn redirect(from: &Url, answer: &reqwest::Response) -> Option<Url> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let target = answer.headers().get(LOCATION)?.to_str().ok()?;
    from.join(target).ok().filter(|next| matches!(next.scheme(), "http" | "https"))
}

/// The request to the new address; on another host, port or scheme without credentials, as browsers do.
fn redirected(mut request: Request, from: &Url, next: &Url, status: u16) -> Request {
    if from.origin() != next.origin() {
        request.headers.retain(|(name, value)| !is_credential(name, value));
    }
    let becomes_get = status == 303 || (matches!(status, 301 | 302) && request.method == "POST");
    if becomes_get && request.method != "HEAD" {
        "GET".clone_into(&mut request.method);
        request.body = None;
        request.headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
    }
    request.url = Masked::plain(next.as_str());
    request
}

pub(crate) fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn response(answer: reqwest::Response) -> Response {
    let headers = answer.headers().iter();
    Response {
        status: answer.status().as_u16(),
        headers: headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        headers_may_be_hidden: false,
        body: answer
            .bytes_stream()
            .map(|piece| piece.map(Vec::from).map_err(|error| unreachable(&error)))
            .boxed_local(),
    }
}

/// The innermost cause, which says more than “error sending request”; addresses may hold secrets and stay out.
pub(crate) fn unreachable(error: &reqwest::Error) -> HttpError {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let is_top = cause.source().is_none() && error.source().is_none();
    let said = if is_top { "the connection failed".to_owned() } else { cause.to_string() };
    if error.is_connect() { HttpError::NotConnected(said) } else { HttpError::Unreachable(said) }
}

#[cfg(test)]
mod tests {
    use tombolo_engine::Secret;

    use super::*;

    fn dialer(host: &str) -> Dialer {
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            // Another test was first.
        }
        Dialer::new(BTreeMap::from([(connection(), vec![host.to_owned()])]), false).unwrap()
    }

    fn connection() -> Id {
        Id::from_parts(1, [0; 8])
    }

    fn with_secret(url: &str) -> Request {
        let secret = Secret::new(connection(), "hush");
        Request {
            method: "GET".into(),
            url: Masked::plain(url),
            headers: vec![("authorization".into(), Masked::default().and_secret(secret))],
            body: None,
        }
    }

    #[test]
    fn a_secret_goes_to_the_host_it_was_entered_for_however_its_name_is_written() {
        let dialer = dialer("xn--mnchen-3ya.example");
        for url in ["https://münchen.example/x", "https://xn--mnchen-3ya.example/x", "https://MÜNCHEN.example:443/"] {
            let went = dialer.allowed(&with_secret(url)).unwrap();
            assert_eq!(went.host_str(), Some("xn--mnchen-3ya.example"), "{url}");
        }
        for url in ["https://munchen.example/", "https://xn--mnchen-3ya.example:8443/", "https://münchen.example.evil/"]
        {
            assert!(dialer.allowed(&with_secret(url)).is_err(), "{url}");
        }
    }

    #[test]
    fn a_secret_does_not_go_where_an_address_only_seems_to_lead() {
        let dialer = dialer("api.example:8443");
        assert!(dialer.allowed(&with_secret("https://api.example:8443/x")).is_ok());
        for url in
            ["https:/evil.example/://api.example:8443/", "https://api.example:8443@evil.example/", "api.example:8443"]
        {
            assert!(dialer.allowed(&with_secret(url)).is_err(), "{url}");
        }
    }
}
