//! What mappings have to know from outside: values of lookup caches, and answers of the application.

use std::collections::{BTreeMap, HashMap};

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
    let (of_caches, requests): (Vec<_>, Vec<_>) =
        questions.into_iter().partition(|question| matches!(question, Question::Cache { .. }));
    for (question, answer) in cached(shared, of_caches).await {
        answers.put(question, answer);
    }
    let at_once = endpoint.map_or(1, |endpoint| endpoint.concurrency);
    let one = |question: Question| {
        async move {
            let answer = match (&question, endpoint) {
                (Question::Request { method, uri, body }, Some(endpoint)) => {
                    requested(shared, place, endpoint, (method, uri, body.as_deref())).await
                }
                _ => Err("a lookup asks an application, but the step has none: use a table or a cache".to_owned()),
            };
            (question, answer)
        }
        .boxed_local()
    };
    let asked: Vec<_> = requests.into_iter().map(one).collect();
    let answered: Vec<_> = stream::iter(asked).buffered(at_once).collect().await;
    for (question, answer) in answered {
        answers.put(question, answer);
    }
}

/// What caches have, each asked once for all of its keys.
async fn cached(shared: &Shared<'_>, questions: Vec<Question>) -> Vec<(Question, Result<Val, String>)> {
    let mut by_cache: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for question in &questions {
        if let Question::Cache { id, key } = question {
            by_cache.entry(id).or_default().push(key);
        }
    }
    let mut found = HashMap::new();
    for (id, keys) in by_cache {
        match shared.cache_values(id, &keys).await {
            Ok(values) => found.extend(keys.into_iter().zip(values).map(|(key, value)| ((id, key), Ok(value)))),
            Err(said) => found.extend(keys.into_iter().map(|key| ((id, key), Err(clause(&said))))),
        }
    }
    let answer = |question: &Question| match question {
        Question::Cache { id, key } => found.get(&(&**id, &**key)).cloned().unwrap_or(Ok(Val::Absent)),
        Question::Request { .. } => Ok(Val::Absent),
    };
    let answers: Vec<_> = questions.iter().map(answer).collect();
    drop(found);
    questions.into_iter().zip(answers).collect()
}

/// A sentence as part of another one.
fn clause(sentence: &str) -> String {
    let mut characters = sentence.trim_end_matches('.').chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
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
    let base = text(&endpoint.base, &scope, shared.env(place)).map_err(template)?;
    let url = join_masked(base, Masked::plain(uri));
    let body = body.map(|body| body.as_bytes().to_vec().into());
    let mut request = build(endpoint, &scope, shared.env(place), Some(url), body).map_err(template)?;
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
