//! Requests by `fetch`. The browser decides which answers a page may see, and hides headers of other origins; what it does
//! not let through goes by way of the server.
//!
//! Who goes first: of a request that only reads, the browser itself, since one that it did not get through may be sent
//! again. What may change something goes by the server at once, for a browser that fails does not say whether it was sent;
//! the browser sends it when the server says that nothing was.

mod relay;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use futures::future::{FutureExt, LocalBoxFuture};
use futures::stream::{self, StreamExt};
use js_sys::{Array, Reflect, Uint8Array};
use tombolo_engine::{HttpClient, HttpError, Pieces, Request, Response, check_secret_hosts, is_credential};
use tombolo_model::Id;
use tombolo_wire::run_worker::Relay;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache, RequestCredentials,
    RequestInit, RequestMode, RequestRedirect, ResponseType, Url,
};

use crate::files::words;
use crate::port;

pub(crate) struct Fetch {
    hosts: BTreeMap<Id, Vec<String>>,
    relay: Relay,
    /// The run needs headers that the browser would hide.
    whole_heads: bool,
    /// Hosts that the browser was not let through to.
    closed: RefCell<BTreeSet<String>>,
}

impl Fetch {
    pub(crate) fn new(hosts: BTreeMap<Id, Vec<String>>, relay: Relay, whole_heads: bool) -> Self {
        Self { hosts, relay, whole_heads, closed: RefCell::default() }
    }

    async fn directly(&self, request: &Request, url: &str) -> Result<Response, HttpError> {
        let guard = Guard::new()?;
        let init = init(request, &guard)?;
        let sent = port::scope().fetch_with_str_and_init(url, &init);
        let answer = JsFuture::from(sent).await.map_err(|error| self.unreachable(&error))?;
        response(answer.unchecked_ref(), guard)
    }

    fn unreachable(&self, error: &JsValue) -> HttpError {
        let words = words(error);
        HttpError::Unreachable(match self.relay {
            Relay::None => format!(
                "the browser says “{words}”. It may be off, or it may not let web pages call it (CORS): a server or `tombolo run` calls it then, so sign in to one"
            ),
            Relay::Away => format!(
                "the browser says “{words}”. It may be off, or it may not let web pages call it (CORS): the server calls it then, and this device is not connected to the server. Run the flow again when it is"
            ),
            Relay::At(_) => format!("the browser says “{words}”"),
        })
    }

    /// By way of the server first.
    async fn relayed(&self, path: &str, request: &Request, url: &str) -> Result<Response, HttpError> {
        match relay::send(path, request).await {
            Ok(answer) => Ok(answer),
            // What the server did not send may be the browser's own: an address in its network.
            Err(relay::NotSent { error, maybe_sent: false }) => self.directly(request, url).await.map_err(|_| error),
            Err(relay::NotSent { error, .. }) => Err(error),
        }
    }
}

impl HttpClient for Fetch {
    fn send(&self, request: Request) -> LocalBoxFuture<'_, Result<Response, HttpError>> {
        async move {
            let url = request.url.reveal();
            let host = host_of(&url);
            check_secret_hosts(&request, host.as_deref(), &self.hosts)?;
            let Relay::At(path) = &self.relay else { return self.directly(&request, &url).await };
            let reads = matches!(request.method.as_str(), "GET" | "HEAD");
            let closed = host.as_ref().is_some_and(|host| self.closed.borrow().contains(host));
            if !reads || closed || self.whole_heads {
                return self.relayed(path, &request, &url).await;
            }
            match self.directly(&request, &url).await {
                Err(HttpError::Unreachable(own)) => {
                    let answer = relay::send(path, &request).await.map_err(|not_sent| not_sent.beside(&own))?;
                    self.closed.borrow_mut().extend(host);
                    Ok(answer)
                }
                answer => answer,
            }
        }
        .boxed_local()
    }
}

/// Where a request goes, in the words of the browser that sends it.
fn host_of(url: &str) -> Option<String> {
    let url = Url::new(url).ok()?;
    let open = if url.protocol() == "http:" { "http://" } else { "" };
    Some(url.host()).filter(|host| !host.is_empty()).map(|host| format!("{open}{host}"))
}

/// Stops the request when it is dropped: a canceled run leaves nothing running.
struct Guard(AbortController);

impl Guard {
    fn new() -> Result<Self, HttpError> {
        AbortController::new().map(Self).map_err(|error| unreachable(&error))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn init(request: &Request, guard: &Guard) -> Result<RequestInit, HttpError> {
    let refused = |error: &JsValue| HttpError::Refused(words(error));
    let headers = Headers::new().map_err(|error| refused(&error))?;
    let mut redirect = RequestRedirect::Follow;
    for (name, value) in &request.headers {
        headers.append(name, &value.reveal()).map_err(|error| refused(&error))?;
        // Browsers take `Authorization` out of a request that is redirected to another host, but no other header.
        if is_credential(name, value) && !name.eq_ignore_ascii_case("authorization") {
            redirect = RequestRedirect::Error;
        }
    }
    let init = RequestInit::new();
    init.set_method(&request.method);
    init.set_headers(&headers);
    init.set_mode(RequestMode::Cors);
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    init.set_signal(Some(&guard.0.signal()));
    if let Some(body) = &request.body {
        if body.owners().next().is_some() {
            redirect = RequestRedirect::Error;
        }
        init.set_body(&Uint8Array::from(body.reveal().as_slice()));
    }
    init.set_redirect(redirect);
    Ok(init)
}

fn response(answer: &web_sys::Response, guard: Guard) -> Result<Response, HttpError> {
    Ok(Response {
        status: answer.status(),
        headers: headers(&answer.headers()),
        headers_may_be_hidden: answer.type_() == ResponseType::Cors,
        body: body(answer, guard)?,
    })
}

fn headers(headers: &Headers) -> Vec<(String, String)> {
    let entries = js_sys::try_iter(headers).ok().flatten();
    entries
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let pair: Array = entry.ok()?.dyn_into().ok()?;
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        })
        .collect()
}

fn body(answer: &web_sys::Response, guard: Guard) -> Result<Pieces<HttpError>, HttpError> {
    let Some(stream) = answer.body() else {
        return Ok(stream::empty().boxed_local());
    };
    let reader: ReadableStreamDefaultReader =
        stream.get_reader().dyn_into().map_err(|error| unreachable(&error.into()))?;
    let pieces = stream::try_unfold((reader, guard), |(reader, guard)| async move {
        let read = JsFuture::from(reader.read()).await.map_err(|error| unreachable(&error))?;
        let field = |name: &str| Reflect::get(&read, &JsValue::from_str(name));
        if field("done").map_err(|error| unreachable(&error))?.is_truthy() {
            return Ok(None);
        }
        let piece = field("value").map_err(|error| unreachable(&error))?;
        Ok(Some((Uint8Array::new(&piece).to_vec(), (reader, guard))))
    });
    Ok(pieces.boxed_local())
}

fn unreachable(error: &JsValue) -> HttpError {
    HttpError::Unreachable(format!("the browser says “{}”", words(error)))
}
