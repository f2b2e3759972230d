//! Requests and answers as they went, for those who look for a fault.
//!
//! Only while a connection, export or import says so, and as stages of a test run. Secrets are `******`: those that are put in are never printed, and
//! what is known of them is taken out of all that is said, in both directions.

use serde_json::{Value, json};
use tombolo_model::Val;

use super::peek::{Seen, peek};
use super::shared::{Place, Shared};
use crate::event::{Exchange, RunEvent};
use crate::http::{HttpError, Request, Response};
use crate::plan::Endpoint;
use crate::scrub::Scrub;
use crate::units::MAX_CAPTURED_BYTES;

/// The end of a text that was cut may hold the beginning of a secret, which nobody would know again.
const UNSURE_BYTES: usize = 8 * 1024;

/// What is known before there is an answer; nothing where nobody looks.
pub(super) fn request(shared: &Shared<'_>, endpoint: &Endpoint, request: &Request) -> Option<Box<Exchange>> {
    let time_ms = shared.host.now_ms();
    if time_ms >= endpoint.debug_until_ms && !shared.plan.test_mode {
        return None;
    }
    let clean = |text: &str| endpoint.scrub.clean(text).into_owned();
    let body = request.body.as_ref().map(|body| cut(clean(&body.to_string()), MAX_CAPTURED_BYTES));
    let headers = request.headers.iter().map(|(name, value)| (name.clone(), value.to_string()));
    Some(Box::new(Exchange {
        time_ms,
        method: request.method.clone(),
        url: clean(&request.url.to_string()),
        request_headers: headers.map(|header| masked(header, &endpoint.scrub)).collect(),
        request_body: body.unwrap_or_default(),
        ..Exchange::default()
    }))
}

/// Says what came of it. The beginning of the body is read for that and put back.
pub(super) async fn answer(
    shared: &Shared<'_>,
    place: Place,
    endpoint: &Endpoint,
    exchange: Option<Box<Exchange>>,
    result: &mut Result<Response, HttpError>,
) {
    let Some(mut exchange) = exchange else { return };
    let scrub = &endpoint.scrub;
    match result {
        Err(error) => exchange.error = Some(scrub.clean(&error.to_string()).into_owned()),
        Ok(response) => {
            exchange.status = Some(response.status);
            let headers = response.headers.iter().cloned();
            exchange.response_headers = headers.map(|header| masked(header, scrub)).collect();
            exchange.response_body = body(shared, scrub, response).await;
        }
    }
    exchange.duration_ms = shared.host.now_ms() - exchange.time_ms;
    if shared.plan.test_mode {
        staged(shared, place, &exchange);
    }
    if exchange.time_ms < endpoint.debug_until_ms {
        shared.say_event(RunEvent::Exchange { step: place, exchange });
    }
}

/// The exchange as two stages of a test run.
fn staged(shared: &Shared<'_>, place: Place, exchange: &Exchange) {
    let request = described(exchange);
    shared.page_stage(place, "request", &Val::Absent, Ok(Some(&request)));
    let response = json!({
        "statusCode": exchange.status,
        "headers": named(&exchange.response_headers),
        "body": exchange.response_body,
    });
    let came = match &exchange.error {
        Some(error) => Err(("http", error.as_str())),
        None => Ok(()),
    };
    let response = Val::from(&response);
    shared.page_stage(place, "response", &request, came.map(|()| Some(&response)));
}

/// A request that a test run does not send, as a stage of the record that it is about.
pub(super) fn unsent(
    shared: &Shared<'_>,
    place: Place,
    endpoint: &Endpoint,
    unsent: &Request,
    (index, sent): (u64, &Val),
) {
    if let Some(exchange) = request(shared, endpoint, unsent) {
        shared.stage(place, "request", index, sent, Ok(Some(&described(&exchange))));
    }
}

fn described(exchange: &Exchange) -> Val {
    Val::from(&json!({
        "method": exchange.method,
        "url": exchange.url,
        "headers": named(&exchange.request_headers),
        "body": exchange.request_body,
    }))
}

fn named(headers: &[(String, String)]) -> Value {
    headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

async fn body(shared: &Shared<'_>, scrub: &Scrub, response: &mut Response) -> String {
    let Seen { bytes, whole } = peek(shared.host, response, MAX_CAPTURED_BYTES).await;
    let text = scrub.clean(&String::from_utf8_lossy(&bytes)).into_owned();
    if whole { text } else { cut(text, MAX_CAPTURED_BYTES.min(bytes.len()).saturating_sub(UNSURE_BYTES)) }
}

fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

/// A header without what nobody needs to see who looks for a fault.
fn masked((name, value): (String, String), scrub: &Scrub) -> (String, String) {
    let shown = match name.to_ascii_lowercase().as_str() {
        "authorization" | "proxy-authorization" => {
            let scheme = value.split_once(' ').map_or("", |(scheme, _)| scheme);
            format!("{scheme} ******").trim_start().to_owned()
        }
        "cookie" | "set-cookie" => "******".to_owned(),
        _ => scrub.clean(&value).into_owned(),
    };
    (name, shown)
}
