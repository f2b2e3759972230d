//! What people decide about errors of a step: that they are settled, whose they are, which tags they have.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::AuditAction;
use tombolo_wire::run::{Decision, RunBy};

use super::body::{Json, MaybeJson};
use super::errors::{COUNTED, error_id, invalid, of, open, read_id};
use super::resources::found;
use super::tags;
use crate::app::App;
use crate::audit;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::failures::{Outcomes, decide};
use crate::rest::mirror::Found;
use crate::routes::body::Names;
use crate::store::{AuditEvent, FailureFilter};

/// The most errors that one request names.
const MOST_NAMED: usize = 10_000;

/// `PUT /v1/flows/{id}/{step}/resolved`: settles the errors that the body names, or all of the step when it says nothing.
pub(super) async fn resolve(
    State(app): State<App>,
    acting: Acting,
    Names((id, step)): Names<(Id, String)>,
    MaybeJson(body): MaybeJson,
) -> Result<StatusCode, RestError> {
    let flow = found(&app, &acting, Kind::Flow, id).await?;
    let named = match body.get("errors").or_else(|| body.get("errorIds")) {
        Some(_) => named(&app, &acting, (id, &step), &body).await?,
        None if !body.is_null() && body.as_object().is_none_or(|fields| !fields.is_empty()) => {
            let message = "Send a list of ids of errors, or no body for all errors of the step.";
            return Err(invalid("missing_required_field", message, "errors"));
        }
        None => {
            let filter = FailureFilter { flow: Some(id), step: Some(step), ..FailureFilter::default() };
            by_run(open(&app, &acting, &filter).await?.iter().map(|one| (one.run, one.n)))
        }
    };
    let count: usize = named.values().map(Vec::len).sum();
    decide(&app, &acting, named.into_iter().map(|(run, errors)| (run, errors, Decision::Resolve)).collect()).await?;
    note(&app, &acting, &flow, "/errors/resolved", json!(count)).await;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /v1/flows/{id}/{step}/errors/assign`: to the member with the address of the body; to nobody when it is empty.
pub(super) async fn assign(
    State(app): State<App>,
    acting: Acting,
    Names((id, step)): Names<(Id, String)>,
    Json(body): Json,
) -> Result<StatusCode, RestError> {
    let flow = found(&app, &acting, Kind::Flow, id).await?;
    let email = body.get("email").and_then(Value::as_str).map(|email| email.trim().to_lowercase());
    let to = match email.as_deref() {
        Some("") => None,
        Some(email) => {
            let members = app.store.members(acting.account).await?;
            let member = members.into_iter().find(|row| row.email == email && row.enabled);
            let person = member.and_then(|row| Some(Box::new(RunBy { user: row.user?, name: row.name })));
            Some(person.ok_or_else(|| invalid("invalid_ref", "No member of the account has this address.", "email"))?)
        }
        None => return Err(invalid("missing_required_field", "Send the address of a member.", "email")),
    };
    let named = named(&app, &acting, (id, &step), &body).await?;
    let assign = |(run, errors)| (run, errors, Decision::Assign { to: to.clone() });
    decide(&app, &acting, named.into_iter().map(assign).collect()).await?;
    note(&app, &acting, &flow, "/errors/assignedTo", json!(email)).await;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /v1/flows/{id}/{step}/tags`: the errors have these tags then, and no others.
pub(super) async fn tag(
    State(app): State<App>,
    acting: Acting,
    Names((id, step)): Names<(Id, String)>,
    Json(body): Json,
) -> Result<StatusCode, RestError> {
    let flow = found(&app, &acting, Kind::Flow, id).await?;
    let texts = body.get("tagIds").and_then(Value::as_array);
    let texts: Option<Vec<&str>> = texts.and_then(|list| list.iter().map(Value::as_str).collect());
    let texts = texts.ok_or_else(|| invalid("invalid_value", "Send a list of ids of tags.", "tagIds"))?;
    let wanted = tags::named(&app, &acting, &texts).await?;
    let named = named(&app, &acting, (id, &step), &body).await?;
    let outcomes = Outcomes::of(&app, acting.account, Some(id)).await?;
    let mut decisions = Vec::new();
    for (run, errors) in named {
        let mut changes: BTreeMap<(bool, String), Vec<u64>> = BTreeMap::new();
        for n in errors {
            let has = outcomes.standing(run, n).map(|standing| standing.tags.clone()).unwrap_or_default();
            let gone = has.difference(&wanted).map(|tag| (false, tag.clone()));
            let new = wanted.difference(&has).map(|tag| (true, tag.clone()));
            gone.chain(new).for_each(|change| changes.entry(change).or_default().push(n));
        }
        decisions.extend(changes.into_iter().map(|((on, tag), errors)| {
            (run, errors, if on { Decision::Tag { tag } } else { Decision::Untag { tag } })
        }));
    }
    decide(&app, &acting, decisions).await?;
    note(&app, &acting, &flow, "/errors/tags", json!(wanted)).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The errors that a body names, by their runs; all of them are errors of the step.
async fn named(
    app: &App,
    acting: &Acting,
    (flow, step): (Id, &str),
    body: &Value,
) -> Result<BTreeMap<Id, Vec<u64>>, RestError> {
    let field = if body.get("errors").is_some() { "errors" } else { "errorIds" };
    // Some clients send the errors as they got them.
    let id = |one: &Value| read_id(one.as_str().or_else(|| one.get("errorId")?.as_str())?);
    let ids: Option<Vec<(Id, u64)>> =
        body.get(field).and_then(Value::as_array).and_then(|list| list.iter().map(id).collect());
    let ids = ids.filter(|ids| ids.len() <= MOST_NAMED);
    let ids = ids.ok_or_else(|| invalid("invalid_value", "Send a list of ids of errors, at most 10,000.", field))?;
    check(app, acting, (flow, step), &ids, field).await?;
    Ok(by_run(ids))
}

/// Refuses what is no error of the step.
pub(super) async fn check(
    app: &App,
    acting: &Acting,
    (flow, step): (Id, &str),
    ids: &[(Id, u64)],
    field: &str,
) -> Result<(), RestError> {
    let mut of_runs: BTreeMap<Id, BTreeSet<u64>> = BTreeMap::new();
    for (run, n) in ids {
        if !of_runs.contains_key(run) {
            let filter = FailureFilter { flow: Some(flow), run: Some(*run), brief: true, ..FailureFilter::default() };
            let rows = app.store.failures(acting.account, &filter, COUNTED).await?;
            of_runs.insert(*run, rows.iter().filter(|row| of(&row.error.step) == step).map(|row| row.n).collect());
        }
        if !of_runs.get(run).is_some_and(|here| here.contains(n)) {
            let message = format!("{} is no error of this step.", error_id(*run, *n));
            return Err(invalid("invalid_ref", &message, field));
        }
    }
    Ok(())
}

fn by_run(ids: impl IntoIterator<Item = (Id, u64)>) -> BTreeMap<Id, Vec<u64>> {
    let mut found: BTreeMap<Id, BTreeSet<u64>> = BTreeMap::new();
    for (run, n) in ids {
        found.entry(run).or_default().insert(n);
    }
    found.into_iter().map(|(run, errors)| (run, errors.into_iter().collect())).collect()
}

async fn note(app: &App, acting: &Acting, flow: &Found, path: &str, now: Value) {
    let name = flow.seen.value.get("name").and_then(Value::as_str).unwrap_or_default();
    let event = audit::acted(acting, Kind::Flow.name(), Some(flow.row.id), name, AuditAction::Update);
    let fields = vec![audit::field(path, None, Some(now))];
    audit::note(app, acting.account, AuditEvent { fields, ..event }).await;
}
