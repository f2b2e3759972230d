//! Whether a connection works: its ping, sent as a run would send it, from a caged child process.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::AuditAction;

use super::body::Json;
use super::resources::found;
use crate::app::App;
use crate::error::ApiError;
use crate::job::{PingAnswer, PingJob};
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::references;
use crate::rest::secrets::{Taken, hosts};
use crate::rest::worker::WorkerError;
use crate::routes::body::Names;
use crate::runner::outages;
use crate::runner::pings::{self, NotGathered};
use crate::store::CLIENT_HOSTS;
use crate::{audit, fresh};

/// `POST /v1/connections/{id}/ping`, and `GET`
pub(super) async fn saved(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    let connection = found(&app, &acting, Kind::Connection, id).await?;
    // Before the request goes out: with which address it went is in the log, whatever stands there afterwards.
    let name = connection.seen.value.get("name").and_then(Value::as_str).unwrap_or_default();
    let event = audit::acted(&acting, Kind::Connection.name(), Some(id), name, AuditAction::Ping);
    audit::note(&app, acting.account, event).await;
    let job = pings::gather(&app, acting.account, id, &connection.seen.value).await.map_err(not_gathered)?;
    let answer = ask(&app, acting.account, &job).await?;
    // Before renewed tokens are kept: what is said is about those that it began with.
    outages::tested(&app, acting.account, &job, &answer).await.map_err(|error| ApiError::internal(&error))?;
    pings::keep_renewed(&app, acting.account, &job, &answer).await.map_err(|error| ApiError::internal(&error))?;
    said(answer)
}

/// `POST /v1/connections/ping`
pub(super) async fn unsaved(
    State(app): State<App>,
    acting: Acting,
    Json(mut body): Json,
) -> Result<Answer<Value>, RestError> {
    let secrets = Taken::from(Kind::Connection, &mut body).map_err(RestError::invalid)?;
    references::check(&app, &acting, Kind::Connection, (None, &body)).await?;
    let id = fresh::id()?;
    let mut job = pings::gather(&app, acting.account, id, &body).await.map_err(not_gathered)?;
    for (place, secret) in secrets.entered() {
        job.secrets.0.entry(id).or_default().insert(place.to_owned(), secret.to_owned());
    }
    job.hosts.insert(id, hosts(Kind::Connection, &body));
    said(ask(&app, acting.account, &job).await?)
}

async fn ask(app: &App, account: Id, job: &PingJob) -> Result<PingAnswer, RestError> {
    match pings::ask(app, account, job).await {
        Ok(answer) => Ok(answer),
        Err(WorkerError::Busy) => {
            let busy = "Too many tests of connections are waiting. Try again in a while.";
            Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", busy).again_in(2).into())
        }
        Err(error) => Err(ApiError::internal(&error).into()),
    }
}

fn said(answer: PingAnswer) -> Result<Answer<Value>, RestError> {
    match (answer.status, answer.error) {
        (Some(status), None) => Ok(Answer(json!({ "code": status }))),
        (_, error) => {
            let message = error.unwrap_or_else(|| "The endpoint gave no answer.".to_owned());
            Err(RestError::new(StatusCode::UNPROCESSABLE_ENTITY, "connection_failed", message))
        }
    }
}

fn not_gathered(error: NotGathered) -> RestError {
    match error {
        NotGathered::OtherHost { path } => {
            let message = match path.as_str() {
                CLIENT_HOSTS => {
                    "The iClient was put into this connection for another host. Take it out and put it in again for the present address."
                }
                _ => "This secret was entered for another host. Enter it again for the present address.",
            };
            RestError::about(StatusCode::UNPROCESSABLE_ENTITY, "other_host", message, &path)
        }
        NotGathered::Resource(error) => error.into(),
        NotGathered::Store(error) => error.into(),
        error @ NotGathered::Vault(_) => ApiError::internal(&error).into(),
    }
}
