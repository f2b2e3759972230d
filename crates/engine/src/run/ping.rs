//! Whether a connection works: the request that its `ping` describes, sent as a flow would send it.

use tombolo_model::{Id, KeyPool, Problem, Val};

use super::answer::{beginning, refusal};
use super::exchange::once;
use super::request::{accept_json, body, build};
use super::shared::Shared;
use crate::bundle::Bundle;
use crate::compile::ping as compile;
use crate::event::RunEvent;
use crate::host::Host;
use crate::http::HttpError;
use crate::plan::{Plan, Verdict};
use crate::secret::Secret;

/// A connection that does not work, in a sentence that says what to do. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PingError {
    /// It is not complete.
    #[error("{0}")]
    NotReady(String),
    /// There was no answer.
    #[error("The endpoint {0}.")]
    NoAnswer(String),
    /// Its credentials are refused, and there are no new ones.
    #[error("The endpoint {0}.")]
    Credentials(String),
    /// The answer says no.
    #[error("The endpoint {message}")]
    Refused {
        /// Its status.
        status: u16,
        /// What it said.
        message: String,
    },
}

impl PingError {
    pub(super) fn not_ready(problems: Vec<Problem>) -> Self {
        let sentences: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
        Self::NotReady(sentences.join(" "))
    }
}

/// Sends a connection's ping once; returns the status of the answer.
///
/// `renewed` is told of tokens that had to be renewed for it, as a run tells of them: the connection, the path, and the
/// new secret, which the caller keeps. A connection without a ping works when its base address answers anything but
/// that the credentials are refused or that the fault is on its side.
///
/// # Errors
///
/// Returns [`PingError`].
pub async fn ping(
    bundle: &Bundle,
    connection: Id,
    host: &dyn Host,
    renewed: &mut dyn FnMut(Id, String, Secret),
) -> Result<u16, PingError> {
    let ping = compile::compile(bundle, connection).map_err(PingError::not_ready)?;
    let plan = Plan::empty();
    let mut sink = |event| {
        if let RunEvent::Renewed { owner, path, secret } = event {
            renewed(owner, path, secret);
        }
    };
    let shared = Shared::new(&plan, host, &mut sink);
    let (endpoint, scrub) = (&ping.endpoint, &ping.endpoint.scrub);
    let scope = |name: &str| endpoint.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value);
    let said = |error: &dyn ToString| PingError::NotReady(scrub.clean(&error.to_string()).into_owned());
    let body = ping.body.as_ref().map(|template| body(template, &scope, &shared.env)).transpose();
    let body = body.map_err(|error| said(&error))?;
    let request = build(endpoint, &scope, &shared.env, None, body).map_err(|error| said(&error))?;
    let no_answer = |error: HttpError| {
        let said = scrub.clean(&error.to_string()).into_owned();
        if matches!(error, HttpError::Credentials(_)) {
            PingError::Credentials(said)
        } else {
            PingError::NoAnswer(said)
        }
    };
    let mut response = once(&shared, 0, endpoint, accept_json(request)).await.map_err(no_answer)?;
    let status = response.status;
    let body = beginning(host, &mut response).await;
    let fine = match &ping.verdict {
        Some(_) => (200..=299).contains(&status),
        None => status < 500 && !endpoint.refusals.statuses.contains(&status),
    };
    let refused = |message: String| Err(PingError::Refused { status, message });
    if !fine {
        let path = ping.verdict.as_ref().and_then(|verdict| verdict.error_path.as_ref());
        return refused(refusal(status, &body, path, scrub));
    }
    if let Some(verdict) = ping.verdict.as_ref().filter(|verdict| verdict.reads_answer()) {
        let answer = Val::parse(body.trim_ascii(), &mut KeyPool::default()).unwrap_or_default();
        if let Some(failure) = Verdict::failure(verdict, &answer, scrub) {
            return refused(failure);
        }
    }
    Ok(status)
}
