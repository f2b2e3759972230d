//! Jobs, as the API calls runs and their steps.

use std::collections::{BTreeMap, HashMap};

use axum::Json as Answer;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tombolo_model::views::Flow;
use tombolo_model::{Action, Home, Id, Kind};
use tombolo_wire::run::{
    Attempt, ErrorMark, RunPlace, RunRow, RunStatus, RunType, StepCount, attempts, settled, standings,
};

use super::body::{Collection, MaybeJson};
use super::resources::found;
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::mirror;
use crate::rest::query::pairs;
use crate::rest::shown::{read_time, time};
use crate::routes::body::Names;
use crate::store::JobFilter;

/// The most jobs of one answer.
const MOST: u32 = 1_001;

/// `GET /v1/jobs`
pub(super) async fn list(
    State(app): State<App>,
    acting: Acting,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    answer(&app, &acting, Asked(pairs(raw.as_deref()))).await
}

/// `GET /v1/flows/{id}/jobs` and `GET /v1/integrations/{id}/jobs`
pub(super) async fn of_one(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    found(&app, &acting, kind, id).await?;
    let field = if kind == Kind::Flow { "_flowId" } else { "_integrationId" };
    let others = pairs(raw.as_deref()).into_iter().filter(|(name, _)| name != field);
    answer(&app, &acting, Asked(others.chain([(field.to_owned(), id.to_string())]).collect())).await
}

/// `POST /v1/jobs/current`: the runs that go on, of the flows or the integration that the body names.
pub(super) async fn current(
    State(app): State<App>,
    acting: Acting,
    MaybeJson(body): MaybeJson,
) -> Result<Response, RestError> {
    let mut asked = vec![("status".to_owned(), "queued,running".to_owned())];
    for name in ["_flowId", "_integrationId"] {
        asked.extend(body.get(name).and_then(Value::as_str).map(|id| (name.to_owned(), id.to_owned())));
    }
    if let Some(list) = body.get("_flowIds").and_then(Value::as_array) {
        let ids: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
        asked.push(("_flowId_in".to_owned(), ids.join(",")));
    }
    answer(&app, &acting, Asked(asked)).await
}

async fn answer(app: &App, acting: &Acting, asked: Asked) -> Result<Response, RestError> {
    let shown =
        if matches!(asked.get("type"), Some("export" | "import" | "lookup")) || asked.get("_flowJobId").is_some() {
            steps(app, acting, &asked).await?
        } else {
            let filter = within_sight(app, acting, filter(app, acting, &asked).await?).await?;
            let runs = app.store.jobs(acting.account, &filter, asked.limit()).await?;
            let homes = homes(app, acting).await?;
            let retries = app.store.retries(acting.account, None).await?;
            let ids: Vec<Id> = runs.iter().map(|run| run.id).collect();
            let marks = app.store.marks_of_runs(acting.account, &ids).await?;
            let tried = |run: &RunRow| outcomes(run, &retries, &marks);
            runs.iter().map(|run| job(run, homes.get(&run.flow).copied(), &tried(run))).collect()
        };
    if shown.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Answer(shown).into_response())
}

/// `GET /v1/jobs/{id}`
pub(super) async fn one(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    let run = run_of(&app, &acting, id, Action::Read).await?;
    let tried = tried(&app, &acting, &run).await?;
    let mut shown = job(&run, homes(&app, &acting).await?.get(&run.flow).copied(), &tried);
    shown["children"] = run.steps.iter().map(|step| child(&run, step)).collect();
    Ok(Answer(shown))
}

/// `GET /v1/jobs/{id}/errors`
pub(super) async fn errors(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    let run = run_of(&app, &acting, id, Action::Read).await?;
    let rows = app.store.run_errors(acting.account, id).await?;
    let tried = tried(&app, &acting, &run).await?;
    // A run that came to no step has no record that failed; what ended it is all there is to tell.
    let ended = run.error.as_ref().filter(|_| rows.is_empty()).map(|error| {
        json!({
            "errorId": format!("{}.0", run.id), "_jobId": run.id, "_flowId": run.flow, "code": error.code,
            "message": error.message, "source": error.source, "classification": error.class,
            "occurredAt": time(run.ended_ms.unwrap_or(error.time_ms)), "resolved": false,
        })
    });
    let errors: Vec<Value> = rows
        .iter()
        .map(|row| {
            let error = &row.error;
            let resolved = tried.get(&row.n).filter(|attempt| attempt.resolved);
            let mut shown = json!({
                "errorId": format!("{}.{}", run.id, row.n), "_jobId": run.id, "_flowId": run.flow,
                "_expOrImpId": error.step.split('~').next().unwrap_or_default(),
                "code": error.code, "message": error.message, "source": error.source,
                "classification": error.class, "traceKey": error.trace_key, "occurredAt": time(error.time_ms), "resolved": resolved.is_some(),
            });
            if let Some(attempt) = resolved {
                shown["resolvedAt"] = json!(attempt.ended_ms.map(time));
                shown["resolvedBy"] = json!(attempt.by.as_ref().map(|by| by.user));
                shown["_retryJobId"] = json!(attempt.run);
            }
            shown
        })
        .chain(ended)
        .collect();
    Ok(Answer(json!({ "errors": errors })))
}

/// `PUT /v1/jobs/{id}/cancel`
pub(super) async fn cancel(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<StatusCode, RestError> {
    run_of(&app, &acting, id, Action::Run).await?;
    match app.runner.cancel(acting.account, id).await {
        Some(RunStatus::Canceled) => Ok(StatusCode::NO_CONTENT),
        _ => {
            let message = "This job has ended, or runs elsewhere.";
            Err(RestError::new(StatusCode::CONFLICT, "not_running", message))
        }
    }
}

/// `GET /v1/flows/{id}/jobs/latest` and `GET /v1/integrations/{id}/jobs/latest`: the newest run of the flow, or of each flow
/// of the integration.
pub(super) async fn latest(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
) -> Result<Response, RestError> {
    found(&app, &acting, kind, id).await?;
    let homes = homes(&app, &acting).await?;
    let flows = match kind {
        Kind::Flow => vec![id],
        _ => homes.iter().filter(|(_, home)| **home == id).map(|(flow, _)| *flow).collect(),
    };
    let seen = within_sight(&app, &acting, JobFilter { flows: Some(flows), ..JobFilter::default() }).await?;
    let mut shown = Vec::new();
    for flow in seen.flows.unwrap_or_default() {
        let filter = JobFilter { flows: Some(vec![flow]), ..JobFilter::default() };
        if let Some(run) = app.store.jobs(acting.account, &filter, 1).await?.first() {
            let tried = tried(&app, &acting, run).await?;
            shown.push(job(run, homes.get(&flow).copied(), &tried));
        }
    }
    if shown.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Answer(shown).into_response())
}

/// A run, when the caller may do this to its flow.
async fn run_of(app: &App, acting: &Acting, id: Id, action: Action) -> Result<RunRow, RestError> {
    let run = app.store.run(acting.account, id).await?.ok_or_else(RestError::not_found)?;
    let home = app.store.home(acting.account, run.flow).await?;
    acting.must_at(action, Kind::Flow, home.as_ref().map_or_else(Home::default, |home| home.home()))?;
    Ok(run)
}

/// Runs of what the caller does not see are in no list.
async fn within_sight(app: &App, acting: &Acting, filter: JobFilter) -> Result<JobFilter, RestError> {
    if acting.rights.sight().is_none() {
        return Ok(filter);
    }
    let all = app.store.list(acting.account, Some(Kind::Flow)).await?;
    let seen: Vec<Id> = all.iter().filter(|row| acting.may(Action::Read, row)).map(|row| row.id).collect();
    let flows = match filter.flows {
        Some(flows) => flows.into_iter().filter(|flow| seen.contains(flow)).collect(),
        None => seen,
    };
    Ok(JobFilter { flows: Some(flows), ..filter })
}

/// The pairs of a query.
struct Asked(Vec<(String, String)>);

impl Asked {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    fn id(&self, name: &str) -> Result<Option<Id>, RestError> {
        let wrong = || invalid(&format!("{name} is an id of 24 hex digits."));
        self.get(name).map(|text| text.parse().map_err(|_| wrong())).transpose()
    }

    fn time(&self, name: &str) -> Result<Option<i64>, RestError> {
        let wrong = || invalid(&format!("{name} is a time such as 2026-11-29T09:00:00.000Z."));
        self.get(name).map(|text| read_time(text).ok_or_else(wrong)).transpose()
    }

    fn limit(&self) -> u32 {
        self.get("limit").and_then(|text| text.parse().ok()).unwrap_or(MOST).clamp(1, MOST)
    }
}

fn invalid(message: &str) -> RestError {
    RestError::new(StatusCode::BAD_REQUEST, "invalid_query", message)
}

async fn filter(app: &App, acting: &Acting, asked: &Asked) -> Result<JobFilter, RestError> {
    let mut flows: Option<Vec<Id>> = asked.id("_flowId")?.map(|id| vec![id]);
    if let Some(list) = asked.get("_flowId_in") {
        flows = Some(list.split(',').filter_map(|id| id.trim().parse().ok()).collect());
    }
    if let Some(integration) = asked.id("_integrationId")? {
        let all = mirror::all(app, acting.account, Some(Kind::Flow)).await?;
        let of = all.iter().filter(|flow| Flow(&flow.seen.value).integration() == Some(integration));
        let of: Vec<Id> = of.map(|flow| flow.row.id).collect();
        flows = Some(match flows {
            Some(flows) => flows.into_iter().filter(|flow| of.contains(flow)).collect(),
            None => of,
        });
    }
    let states = asked.get("status").into_iter().flat_map(|list| list.split(',')).map(str::to_owned).collect();
    let (from_ms, to_ms) = (asked.time("createdAt_gte")?, asked.time("createdAt_lte")?);
    Ok(JobFilter { flows, states, from_ms, to_ms })
}

/// Steps of one run, as jobs of their own.
async fn steps(app: &App, acting: &Acting, asked: &Asked) -> Result<Vec<Value>, RestError> {
    let run = asked
        .id("_flowJobId")?
        .ok_or_else(|| invalid("For child jobs, query parameters must contain \"_flowJobId\"."))?;
    let run = match run_of(app, acting, run, Action::Read).await {
        Ok(run) => run,
        Err(no) if no.is_absent() => return Ok(Vec::new()),
        Err(no) => return Err(no),
    };
    let children = run.steps.iter().map(|step| child(&run, step));
    let wanted = asked.get("type").unwrap_or("any");
    Ok(children.filter(|child| wanted == "any" || child["type"] == wanted).collect())
}

const fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Queued => "queued",
        RunStatus::Running => "running",
        RunStatus::Completed => "completed",
        RunStatus::Failed => "failed",
        RunStatus::Canceled => "canceled",
    }
}

/// What became of the errors of a run: tried again, or settled by hand.
fn outcomes(run: &RunRow, retries: &[RunRow], marks: &[ErrorMark]) -> BTreeMap<u64, Attempt> {
    settled(attempts(run, retries), &standings(marks.iter().filter(|mark| mark.run == run.id)))
}

async fn tried(app: &App, acting: &Acting, run: &RunRow) -> Result<BTreeMap<u64, Attempt>, RestError> {
    let retries = app.store.retries(acting.account, Some(run.flow)).await?;
    Ok(outcomes(run, &retries, &app.store.marks_of_runs(acting.account, &[run.id]).await?))
}

/// The integrations of flows.
async fn homes(app: &App, acting: &Acting) -> Result<HashMap<Id, Id>, RestError> {
    let flows = mirror::all(app, acting.account, Some(Kind::Flow)).await?;
    let home = |flow: &mirror::Found| Some((flow.row.id, Flow(&flow.seen.value).integration()?));
    Ok(flows.iter().filter_map(home).collect())
}

/// A run as a job.
fn job(run: &RunRow, integration: Option<Id>, tried: &BTreeMap<u64, Attempt>) -> Value {
    let resolved = tried.values().filter(|attempt| attempt.resolved).count() as u64;
    let sum = |count: fn(&StepCount) -> u64| run.steps.iter().map(count).sum::<u64>();
    let imports =
        |count: fn(&StepCount) -> u64| run.steps.iter().filter(|step| step.kind != "export").map(count).sum::<u64>();
    let sources = run.steps.iter().filter(|step| step.kind == "export").map(|step| step.pages).sum::<u64>();
    let mut shown = json!({
        "_id": run.id, "type": if run.origin.retry.is_some() { "retry" } else { "flow" }, "_flowId": run.flow, "name": run.flow_name, "status": status(run.status),
        "createdAt": time(run.started_ms), "startedAt": time(run.started_ms),
        "lastModified": time(run.ended_ms.unwrap_or(run.started_ms)),
        "numSuccess": imports(|step| step.success), "numIgnore": sum(|step| step.ignored),
        "numError": sum(|step| step.errors), "numOpenError": sum(|step| step.errors).saturating_sub(resolved), "numResolved": resolved,
        "numAutoResolved": sum(|step| step.auto_resolved),
        "numPagesGenerated": sources, "numPagesProcessed": imports(|step| step.pages),
        "triggeredBy": match run.place {
            RunPlace::Schedule => "scheduler",
            _ if run.origin.kind == RunType::Webhook => "webhook",
            RunPlace::Browser | RunPlace::Server | RunPlace::CommandLine => "user",
        },
    });
    if let Some(ms) = run.ended_ms {
        shown["endedAt"] = json!(time(ms));
    }
    if let Some(integration) = integration {
        shown["_integrationId"] = json!(integration);
    }
    if let Some(error) = &run.error {
        shown["errors"] = json!([{ "code": error.code, "message": error.message, "source": error.source }]);
    }
    shown
}

/// A step of a run as a job; its id is made of both, so it is the same each time.
fn child(run: &RunRow, step: &StepCount) -> Value {
    let digest = Sha256::new().chain_update(run.id.to_string()).chain_update(&step.step).finalize();
    let mut rest = [0; 8];
    rest.copy_from_slice(&digest[..8]);
    let resource = step.step.split('~').next().unwrap_or_default();
    let is_import = step.kind == "import";
    let mut shown = json!({
        "_id": Id::from_parts(run.id.unix_seconds(), rest), "type": if is_import { "import" } else { "export" },
        "_flowJobId": run.id, "_flowId": run.flow, "name": step.name, "status": status(run.status),
        "startedAt": time(step.began_ms.unwrap_or(run.started_ms)), "numSuccess": step.success, "numIgnore": step.ignored,
        "numError": step.errors, "numAutoResolved": step.auto_resolved, "numResolved": 0,
        "numPagesProcessed": step.pages,
    });
    shown[if is_import { "_importId" } else { "_exportId" }] = json!(resource);
    // Where it ended is known once the run has: a page may still come.
    if let Some(ms) = run.ended_ms {
        shown["endedAt"] = json!(time(step.moved_ms.unwrap_or(ms)));
    }
    shown
}
