//! What mappings have to know from outside: values of lookup caches, and answers of the application.

use futures::future::FutureExt;
use futures::stream::{self, StreamExt};
use tombolo_model::{KeyPool, Val};

use super::answer::{beginning, refusal, whole};
use super::exchange::exchange;
use super::request::{accept_json, build, text};
use super::shared::{Place, Shared};
use crate::http::join_masked;
use crate::lookup::{Answers, Question};
use crate::plan::Endpoint;
use crate::secret::Masked;
use crate::units::MAX_RECORD_BYTES;

/// How often the lookups of a record may ask for what another one found.
pub(super) const MAX_ROUNDS: usize = 8;

/// Asks all questions, several at a time, and keeps the answers.
pub(super) async fn ask(
    shared: &Shared<'_>,
    place: Place,
    endpoint: Option<&Endpoint>,
    questions: Vec<Question>,
    answers: &mut Answers,
) {
    let at_once = endpoint.map_or(1, |endpoint| endpoint.concurrency);
    let one = |question: Question| {
        async move {
            let answer = match (&question, endpoint) {
                (Question::Cache { id, key }, _) => cached(shared, id, key),
                (Question::Request { method, uri, body }, Some(endpoint)) => {
                    requested(shared, place, endpoint, (method, uri, body.as_deref())).await
                }
                (Question::Request { .. }, None) => {
                    Err("a lookup asks an application, but the step has none: use a table or a cache".to_owned())
                }
            };
            (question, answer)
        }
        .boxed_local()
    };
    let asked: Vec<_> = questions.into_iter().map(one).collect();
    let answered: Vec<_> = stream::iter(asked).buffered(at_once).collect().await;
    for (question, answer) in answered {
        answers.put(question, answer);
    }
}

fn cached(shared: &Shared<'_>, id: &str, key: &str) -> Result<Val, String> {
    let Some(cache) = shared.plan.caches.get(id) else {
        return Err("the data of the lookup cache is not here: open the cache, and check its entries".to_owned());
    };
    Ok(cache.get(key).cloned().unwrap_or(Val::Absent))
}

async fn requested(
    shared: &Shared<'_>,
    place: Place,
    endpoint: &Endpoint,
    (method, uri, body): (&str, &str, Option<&str>),
) -> Result<Val, String> {
    let scope = |name: &str| match name {
        "timestamp" => Some(&shared.started),
        _ => endpoint.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
    };
    let template = |error: tombolo_template::TemplateError| error.to_string();
    let base = text(&endpoint.base, &scope, &shared.env).map_err(template)?;
    let url = join_masked(base, Masked::plain(uri));
    let body = body.map(|body| body.as_bytes().to_vec().into());
    let mut request = build(endpoint, &scope, &shared.env, Some(url), body).map_err(template)?;
    method.clone_into(&mut request.method);
    let said = |text: &str| endpoint.scrub.clean(text).into_owned();
    let sent = exchange(shared, place, endpoint, accept_json(request)).await;
    let mut response = sent.map_err(|error| format!("the application {}", said(&error.to_string())))?;
    if !(200..=299).contains(&response.status) {
        let body = beginning(shared.host, &mut response).await;
        return Err(format!("the application {}", refusal(response.status, &body, None, &endpoint.scrub)));
    }
    let bytes = whole(shared.host, &mut response, MAX_RECORD_BYTES)
        .await
        .map_err(|error| format!("the application {}", said(&error)))?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Val::Absent);
    }
    Val::parse(&bytes, &mut KeyPool::default()).map_err(|error| format!("the answer is no JSON: {error}"))
}
