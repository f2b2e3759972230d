//! Jobs, as the API calls runs and their steps. What a query asks for is read by [`asked`]; their errors are [`errors`]'s.

mod asked;
pub(super) mod errors;

use std::collections::{BTreeMap, HashMap};

use asked::{Asked, filter};
use axum::Json as Answer;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tombolo_model::views::Flow;
use tombolo_model::{Action, Home, Id, Kind};
use tombolo_wire::run::{
    Attempt, ErrorMark, RunPlace, RunRow, RunStatus, RunType, StepCount, attempts, settled, standings,
};

use super::body::{Collection, MaybeJson, address};
use super::resources::found;
use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::mirror;
use crate::rest::query::{Query, pairs};
use crate::rest::shown::time;
use crate::routes::body::Names;
use crate::store::JobFilter;

/// So many runs are looked through at a time.
const BATCH: u32 = 1_000;

/// `GET /v1/jobs`
pub(super) async fn list(
    State(app): State<App>,
    acting: Acting,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    let asked = Asked::read(pairs(raw.as_deref()))?;
    page(&app, &acting, &asked, (&address(&app, &headers, uri.path()), raw.as_deref())).await
}

/// `GET /v1/flows/{id}/jobs` and `GET /v1/integrations/{id}/jobs`
pub(super) async fn of_one(
    State(app): State<App>,
    acting: Acting,
    Collection(kind): Collection,
    Names(id): Names<Id>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    found(&app, &acting, kind, id).await?;
    let field = if kind == Kind::Flow { "_flowId" } else { "_integrationId" };
    let others = pairs(raw.as_deref()).into_iter().filter(|(name, _)| name != field);
    let asked = Asked::read(others.chain([(field.to_owned(), id.to_string())]).collect())?;
    page(&app, &acting, &asked, (&address(&app, &headers, uri.path()), raw.as_deref())).await
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
    page(&app, &acting, &Asked::read(asked)?, ("", None)).await
}

/// A page of jobs; the `Link` header says where the next one is.
async fn page(
    app: &App,
    acting: &Acting,
    asked: &Asked,
    (address, raw): (&str, Option<&str>),
) -> Result<Response, RestError> {
    let query = Query::read(raw)?;
    let (shown, more) = collected(app, acting, asked, &query).await?;
    if shown.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let known = query.skip.saturating_add(shown.len()).saturating_add(usize::from(more));
    let shown: Vec<Value> = shown.into_iter().map(|shown| query.fields_of(shown)).collect();
    let mut response = Answer(shown).into_response();
    // What is asked for by a body has no address of a next page.
    let link = query.link(address, raw, known).filter(|_| !address.is_empty());
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// The jobs of a page, and whether there are more behind it. Each run comes before its steps.
async fn collected(app: &App, acting: &Acting, asked: &Asked, query: &Query) -> Result<(Vec<Value>, bool), RestError> {
    let wanted = asked.wanted()?;
    let filter = within_sight(app, acting, filter(app, acting, asked).await?).await?;
    let homes = homes(app, acting).await?;
    let retries = app.store.retries(acting.account, None).await?;
    let end = query.skip.saturating_add(query.limit);
    // One more than the page has, to know whether there are more.
    let batch = u32::try_from(end.saturating_add(1)).unwrap_or(BATCH).min(BATCH);
    let (mut shown, mut count, mut skip) = (Vec::new(), 0_usize, 0_u32);
    loop {
        let runs = match wanted.run {
            Some(id) => one_of(app, acting, &filter, id).await?,
            None => app.store.jobs(acting.account, &filter, skip, batch).await?,
        };
        let ids: Vec<Id> = runs.iter().map(|run| run.id).collect();
        let marks = app.store.marks_of_runs(acting.account, &ids).await?;
        for run in &runs {
            let whole =
                wanted.runs().then(|| job(run, homes.get(&run.flow).copied(), &outcomes(run, &retries, &marks)));
            let steps = run.steps.iter().filter(|_| wanted.steps()).map(|step| child(run, step));
            for job in whole.into_iter().chain(steps).filter(|job| wanted.takes(job)) {
                if count >= end {
                    return Ok((shown, true));
                }
                if count >= query.skip {
                    shown.push(job);
                }
                count += 1;
            }
        }
        if wanted.run.is_some() || u32::try_from(runs.len()).is_ok_and(|many| many < batch) {
            return Ok((shown, false));
        }
        skip = skip.saturating_add(batch);
    }
}

/// The run whose steps are asked for, where the rest of the query takes it in.
async fn one_of(app: &App, acting: &Acting, filter: &JobFilter, id: Id) -> Result<Vec<RunRow>, RestError> {
    match run_of(app, acting, id, Action::Read).await {
        Ok(run) if takes(filter, &run) => Ok(vec![run]),
        Ok(_) => Ok(Vec::new()),
        Err(no) if no.is_absent() => Ok(Vec::new()),
        Err(no) => Err(no),
    }
}

/// Whether the store would find a run by a filter.
fn takes(filter: &JobFilter, run: &RunRow) -> bool {
    filter.flows.as_ref().is_none_or(|flows| flows.contains(&run.flow))
        && (filter.states.is_empty() || filter.states.iter().any(|state| state == status(run.status)))
        && filter.from_ms.is_none_or(|from_ms| run.started_ms >= from_ms)
        && filter.to_ms.is_none_or(|to_ms| run.started_ms <= to_ms)
}

/// `GET /v1/jobs/{id}`: a run with its steps, or one step.
pub(super) async fn one(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    let (run, step) = run_or_step(&app, &acting, id).await?;
    if let Some(step) = step.and_then(|step| run.steps.get(step)) {
        return Ok(Answer(child(&run, step)));
    }
    let tried = tried(&app, &acting, &run).await?;
    let mut shown = job(&run, homes(&app, &acting).await?.get(&run.flow).copied(), &tried);
    shown["children"] = run.steps.iter().map(|step| child(&run, step)).collect();
    Ok(Answer(shown))
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
        if let Some(run) = app.store.jobs(acting.account, &filter, 0, 1).await?.first() {
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

/// The run of a job, and which of its steps the job is when it is one. A step's id has the time of its run's in it.
async fn run_or_step(app: &App, acting: &Acting, id: Id) -> Result<(RunRow, Option<usize>), RestError> {
    match run_of(app, acting, id, Action::Read).await {
        Ok(run) => return Ok((run, None)),
        Err(no) if no.is_absent() => {}
        Err(no) => return Err(no),
    }
    let at = |rest: u8| Id::from_parts(id.unix_seconds(), [rest; 8]);
    let filter = JobFilter { ids: Some((at(0), at(u8::MAX))), ..JobFilter::default() };
    let mut skip = 0;
    loop {
        let runs = app.store.jobs(acting.account, &filter, skip, BATCH).await?;
        for run in &runs {
            if let Some(step) = run.steps.iter().position(|step| child_id(run, step) == id) {
                return Ok((run_of(app, acting, run.id, Action::Read).await?, Some(step)));
            }
        }
        if u32::try_from(runs.len()).is_ok_and(|many| many < BATCH) {
            return Err(RestError::not_found());
        }
        skip += BATCH;
    }
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
    let sources =
        |count: fn(&StepCount) -> u64| run.steps.iter().filter(|step| step.kind == "export").map(count).sum::<u64>();
    let mut shown = json!({
        "_id": run.id, "type": if run.origin.retry.is_some() { "retry" } else { "flow" }, "_flowId": run.flow, "name": run.flow_name, "status": status(run.status),
        "createdAt": time(run.started_ms), "startedAt": time(run.started_ms),
        "lastModified": time(run.ended_ms.unwrap_or(run.started_ms)),
        "numSuccess": imports(|step| step.success), "numExport": sources(|step| step.success), "numIgnore": sum(|step| step.ignored),
        "numError": sum(|step| step.errors), "numOpenError": sum(|step| step.errors).saturating_sub(resolved), "numResolved": resolved,
        "numAutoResolved": sum(|step| step.auto_resolved),
        "numPagesGenerated": sources(|step| step.pages), "numPagesProcessed": imports(|step| step.pages),
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

/// The id of a step as a job is made of the run's and the step's, so it is the same each time.
fn child_id(run: &RunRow, step: &StepCount) -> Id {
    let digest = Sha256::new().chain_update(run.id.to_string()).chain_update(&step.step).finalize();
    let mut rest = [0; 8];
    rest.copy_from_slice(&digest[..8]);
    Id::from_parts(run.id.unix_seconds(), rest)
}

/// A step of a run as a job.
fn child(run: &RunRow, step: &StepCount) -> Value {
    let resource = step.step.split('~').next().unwrap_or_default();
    let is_import = step.kind == "import";
    let mut shown = json!({
        "_id": child_id(run, step), "type": if is_import { "import" } else { "export" },
        "_flowJobId": run.id, "_flowId": run.flow, "name": step.name, "status": status(run.status),
        "startedAt": time(step.began_ms.unwrap_or(run.started_ms)), "numSuccess": step.success, "numIgnore": step.ignored,
        "numError": step.errors, "numAutoResolved": step.auto_resolved, "numResolved": 0,
        "numPagesProcessed": step.pages,
    });
    shown[if is_import { "_importId" } else { "_exportId" }] = json!(resource);
    if step.kind == "export" {
        shown["numExport"] = json!(step.success);
    }
    // Where it ended is known once the run has: a page may still come.
    if let Some(ms) = run.ended_ms {
        shown["endedAt"] = json!(time(step.moved_ms.unwrap_or(ms)));
    }
    shown
}
