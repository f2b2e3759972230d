//! One exchange with an endpoint: its turn in the connection's queue, credentials, an answer; again where that helps.
//!
//! A turn ends with the head of the answer. A source reads its body while later steps work, and these may send through
//! the same queue: a turn kept for so long would stop both of them for ever where a connection lets one request through.

use std::rc::Rc;

use super::auth::{authorize, offline, renew};
use super::capture;
use super::peek::peek;
use super::queue::Queue;
use super::request::send;
use super::retry::{Patience, asked_ms, did_nothing, is_passing, is_repeatable, may_try_again, mixed};
use super::shared::{Place, Shared};
use crate::http::{HttpError, Request, Response};
use crate::plan::{Endpoint, RateLimit};
use crate::units::MAX_REFUSAL_BYTES;

/// Who asks, and for what.
pub(super) struct Ask<'a> {
    pub(super) place: Place,
    pub(super) endpoint: &'a Endpoint,
    /// How many records the request is about.
    pub(super) records: u64,
    /// Whether it only reads, whatever its method is.
    pub(super) reads: bool,
}

/// What came of it.
pub(super) struct Exchanged {
    pub(super) result: Result<Response, HttpError>,
    /// How often it was sent.
    pub(super) tries: u32,
}

/// Sends a request that reads; returns what the endpoint answered in the end, whatever its status.
pub(super) async fn exchange(
    shared: &Shared<'_>,
    place: Place,
    endpoint: &Endpoint,
    request: Request,
) -> Result<Response, HttpError> {
    ask(shared, &Ask { place, endpoint, records: 1, reads: true }, request).await.result
}

/// Sends a request, as often as its troubles are [passing](super::retry) ones.
pub(super) async fn ask(shared: &Shared<'_>, ask: &Ask<'_>, request: Request) -> Exchanged {
    let queue = shared.queues.of(&ask.endpoint.pool);
    let repeatable = ask.reads || is_repeatable(&request);
    let mut patience = Patience::new(mixed(shared.seed ^ mixed(shared.next_request())));
    loop {
        // Not in line: nothing is sent, so there is nothing to wait for.
        if let Err(error) = offline::check(shared, ask.endpoint) {
            return Exchanged { result: Err(error), tries: patience.tries };
        }
        let turn = queue.turn(shared.host, patience.tries > 0).await;
        patience.tries += 1;
        let mut result = match offline::check(shared, ask.endpoint) {
            Ok(()) => once(shared, ask.place, ask.endpoint, request.clone()).await,
            Err(error) => Err(error),
        };
        offline::learn(shared, ask.endpoint, &mut result).await;
        let trouble = trouble(shared, ask.endpoint, &queue, &mut result, repeatable, &mut patience).await;
        let Some(trouble) = trouble else {
            drop(turn);
            if patience.tries > 1 && result.as_ref().is_ok_and(|response| (200..=299).contains(&response.status)) {
                shared.count(ask.place, |count| count.auto_resolved += ask.records);
            }
            return Exchanged { result, tries: patience.tries };
        };
        let wait_ms = if queue.is_tired() { None } else { patience.next(trouble.asked_ms) };
        if trouble.limited && ask.endpoint.pool.recovers {
            // What is asked for beyond all patience is not waited for by the other requests either.
            let pause_ms = wait_ms.unwrap_or(0);
            queue.slow_down(shared.host.now_ms().saturating_add(i64::from(pause_ms)));
        }
        drop(turn);
        let Some(wait_ms) = wait_ms else {
            queue.gave_up();
            return Exchanged { result, tries: patience.tries };
        };
        drop(result);
        shared.host.sleep(wait_ms).await;
    }
}

/// How often a request is sent with other credentials than those that were refused: while it was on its way a second time, a
/// token that lasts for a few calls may have been used up by others.
const RENEWED: u32 = 3;

/// Sends a request once, or again where its credentials had to be renewed.
pub(super) async fn once(
    shared: &Shared<'_>,
    place: Place,
    endpoint: &Endpoint,
    request: Request,
) -> Result<Response, HttpError> {
    let mut left = RENEWED;
    loop {
        let (ready, used) = authorize(shared, endpoint, request.clone()).await?;
        let mut response = seen(shared, place, endpoint, ready).await?;
        // Told of the last answer too: it shows whether the new credentials are good.
        if !renew(shared, endpoint, used, &mut response).await? || left == 0 {
            return Ok(response);
        }
        left -= 1;
    }
}

/// Sends a request, and says so to those who look.
async fn seen(shared: &Shared<'_>, place: Place, endpoint: &Endpoint, ready: Request) -> Result<Response, HttpError> {
    let exchange = capture::request(shared, endpoint, &ready);
    let mut result = send(shared.host, ready).await;
    capture::answer(shared, place, endpoint, exchange, &mut result).await;
    result
}

/// What may be over if it is tried again.
struct Trouble {
    asked_ms: Option<u32>,
    /// The application says that it has too many requests.
    limited: bool,
}

async fn trouble(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    queue: &Rc<Queue>,
    result: &mut Result<Response, HttpError>,
    repeatable: bool,
    patience: &mut Patience,
) -> Option<Trouble> {
    let response = match result {
        Ok(response) => response,
        Err(error) => {
            if matches!(error, HttpError::Silent { .. }) {
                patience.was_silent();
            }
            let again = may_try_again(error, repeatable, queue, patience.tries);
            return again.then_some(Trouble { asked_ms: None, limited: false });
        }
    };
    queue.answered();
    let limited = is_limited(shared, &endpoint.pool.limit, response).await;
    let status = response.status;
    if !limited && !is_passing(status) {
        queue.went_well();
        return None;
    }
    if !limited && !repeatable && !did_nothing(status) {
        return None;
    }
    let header = response.header(&endpoint.pool.retry_header).or_else(|| response.header("retry-after"));
    Some(Trouble { asked_ms: header.and_then(|text| asked_ms(text, shared.host.now_ms())), limited })
}

/// Whether an answer says that there are too many requests.
async fn is_limited(shared: &Shared<'_>, limit: &RateLimit, response: &mut Response) -> bool {
    if response.status == 429 {
        return true;
    }
    let status = limit.status.map(|status| status == response.status);
    let Some((path, values)) = &limit.body else { return status == Some(true) };
    if status == Some(false) {
        return false;
    }
    // An answer that says so is small; a big one has records, and is left to come.
    let said = peek(shared.host, response, MAX_REFUSAL_BYTES).await.json();
    let found = said.as_ref().and_then(|said| path.get(said)).filter(|found| !found.is_empty());
    found.is_some_and(|found| values.is_empty() || values.iter().any(|value| *value == found.display()))
}
