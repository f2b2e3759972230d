//! Requests by way of the server.

use futures::stream::{self, StreamExt};
use js_sys::{Array, Uint8Array};
use tombolo_engine::{Body, HttpError, Masked, Pieces, Request, Response};
use tombolo_wire::relay::{
    BUSY, FOREIGN_HOST, NOT_CONNECTED, Owned, PRIVATE_HOST, REFUSED, REQUEST_BYTES, RelayAnswer, RelayRequest, framed,
    head_length, parted,
};
use tombolo_wire::rest::Errors;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::RequestInit;

use super::{Guard, body, unreachable};
use crate::files::words;
use crate::port;

/// Why the server has no answer.
pub(super) struct NotSent {
    /// For the run.
    pub(super) error: HttpError,
    /// Whether something may have arrived all the same.
    pub(super) maybe_sent: bool,
}

impl NotSent {
    fn surely(error: HttpError) -> Self {
        Self { error, maybe_sent: false }
    }

    fn maybe(error: HttpError) -> Self {
        Self { error, maybe_sent: true }
    }

    /// The error, together with what the browser said when it tried itself.
    pub(super) fn beside(self, own: &str) -> HttpError {
        match self.error {
            HttpError::Refused(said) => HttpError::Refused(format!("{own}; and {said}")),
            HttpError::NotConnected(said) => HttpError::NotConnected(format!("{own}; and the server: {said}")),
            other => other,
        }
    }
}

/// Sends a request; the answer is as the application gave it.
pub(super) async fn send(path: &str, request: &Request) -> Result<Response, NotSent> {
    let bytes = request.body.as_ref().map(Body::reveal).unwrap_or_default();
    if bytes.len() > REQUEST_BYTES {
        let most_mb = REQUEST_BYTES / (1024 * 1024);
        let said = format!("the server sends on requests of up to {most_mb} MB. Send fewer records together");
        return Err(NotSent::surely(HttpError::Refused(said)));
    }
    let head = RelayRequest {
        method: request.method.clone(),
        url: owned(&request.url),
        headers: request.headers.iter().map(|(name, value)| (name.clone(), owned(value))).collect(),
        body: request.body.as_ref().map(|body| body.owners().collect()),
    };
    let message = framed(&head, &bytes).ok_or_else(|| {
        NotSent::surely(HttpError::Refused("its address and headers are too long to be sent on".to_owned()))
    })?;
    let guard = Guard::new().map_err(NotSent::surely)?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&Array::of1(&Array::of2(&"content-type".into(), &"application/octet-stream".into())));
    init.set_body(&Uint8Array::from(message.as_slice()));
    init.set_signal(Some(&guard.0.signal()));
    let sent = JsFuture::from(port::scope().fetch_with_str_and_init(path, &init)).await;
    // A connection to the server that breaks says nothing of what it had sent on by then.
    let answer: web_sys::Response = sent.map_err(|error| NotSent::maybe(away(&error)))?.unchecked_into();
    if !answer.ok() {
        return Err(refusal(&answer).await);
    }
    begun(body(&answer, guard).map_err(NotSent::maybe)?).await.map_err(NotSent::maybe)
}

fn owned(text: &Masked) -> Owned {
    Owned { text: text.reveal(), owners: text.owners().collect() }
}

fn away(error: &JsValue) -> HttpError {
    HttpError::Unreachable(format!(
        "the server, which sends the request, could not be reached: the browser says “{}”",
        words(error)
    ))
}

async fn refusal(answer: &web_sys::Response) -> NotSent {
    let text = match answer.text() {
        Ok(text) => JsFuture::from(text).await.ok().and_then(|text| text.as_string()).unwrap_or_default(),
        Err(_) => String::new(),
    };
    let first = serde_json::from_str::<Errors>(&text).ok().and_then(|errors| errors.errors.into_iter().next());
    let Some(said) = first else {
        return NotSent::maybe(HttpError::Unreachable(format!("the server answered {}", answer.status())));
    };
    match said.code.as_str() {
        FOREIGN_HOST | PRIVATE_HOST => NotSent::surely(HttpError::Refused(said.message)),
        BUSY | NOT_CONNECTED => NotSent::surely(HttpError::NotConnected(said.message)),
        "not_found" => NotSent::surely(HttpError::Refused(
            "the server, which would send it, does not have the flow yet. Run it again when its changes are there"
                .to_owned(),
        )),
        REFUSED => NotSent::maybe(HttpError::Refused(said.message)),
        _ if answer.status() < 500 => NotSent::surely(HttpError::Refused(format!("the server says: {}", said.message))),
        _ => NotSent::maybe(HttpError::Unreachable(said.message)),
    }
}

/// Reads the head of the answer, and leaves the rest to whoever wants it.
async fn begun(mut pieces: Pieces<HttpError>) -> Result<Response, HttpError> {
    let strange = || HttpError::Unreachable("the answer of the server is not understood".to_owned());
    let mut begin = Vec::new();
    let length = loop {
        match head_length(&begin).map_err(|_| strange())? {
            Some(length) if begin.len() >= length => break length,
            _ => {}
        }
        match pieces.next().await {
            Some(piece) => begin.extend_from_slice(&piece?),
            None => return Err(unreachable(&"the answer broke off".into())),
        }
    };
    let (head, _) = parted::<RelayAnswer>(&begin).ok_or_else(strange)?;
    let rest = begin.split_off(length);
    let body = stream::iter((!rest.is_empty()).then_some(Ok(rest))).chain(pieces).boxed_local();
    Ok(Response { status: head.status, headers: head.headers, headers_may_be_hidden: false, body })
}
