//! An asynchronous helper: how work that an application does in its own time is followed.

use serde_json::Value;
use tombolo_model::{Id, Kind, Problem};

use super::{export, flag, path_in, placed, text_at, unsupported, verdict, whole_at};
use crate::bundle::Bundle;
use crate::plan::{AsyncHelper, Source};
use crate::units::USUAL_POLL_MS;

/// Where an export or import names it.
const NAMED: &str = "/http/_asyncHelperId";

/// The helper that an export or import uses.
pub(super) fn compile(bundle: &Bundle, user: &Value) -> Result<Option<AsyncHelper>, Vec<Problem>> {
    let Some(id) = text_at(user, NAMED) else { return Ok(None) };
    let id = id.parse::<Id>().ok();
    let found = id.and_then(|id| Some((id, bundle.get(id, Kind::AsyncHelper)?)));
    let Some((id, value)) = found else {
        let message = "The asynchronous helper is not here: it was deleted, or you may not see it. Choose another one.";
        return Err(vec![Problem::new(NAMED, "missing_resource", message)]);
    };
    helper(bundle, value).map(Some).map_err(|problems| {
        // Its own places are not those of the resource that uses it.
        problems.into_iter().map(|problem| named(&problem, id)).collect()
    })
}

fn named(problem: &Problem, id: Id) -> Problem {
    let message = format!("The asynchronous helper {id} cannot be used ({}): {}", problem.path, problem.message);
    Problem::new(NAMED, problem.code.clone(), message)
}

fn helper(bundle: &Bundle, value: &Value) -> Result<AsyncHelper, Vec<Problem>> {
    let mut problems = Vec::new();
    unsupported::check(unsupported::ASYNC_HELPER, value, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let missing = |place: &str, message: &str| vec![Problem::new(place, "missing_required_field", message)];
    let texts = |pointer: &str| -> Vec<String> {
        value.pointer(pointer).and_then(Value::as_array).into_iter().flatten().map(verdict::text).collect()
    };
    let status = source(bundle, value, "/http/status/_exportId")?
        .ok_or_else(|| missing("/http/status/_exportId", "Enter the export that asks for the status."))?;
    let path = text_at(value, "/http/status/statusPath")
        .ok_or_else(|| missing("/http/status/statusPath", "Enter where the status stands."))?;
    let done = texts("/http/status/doneValues");
    if done.is_empty() {
        return Err(missing("/http/status/doneValues", "Enter the statuses that say that the work is done."));
    }
    let wait = |names: [&str; 2], usual: u32| {
        let found = names.iter().find_map(|name| {
            whole_at(value, &format!("/http/status/{name}")).or_else(|| whole_at(value, &format!("/http/{name}")))
        });
        found.map_or(usual, |ms| u32::try_from(ms.max(0)).unwrap_or(u32::MAX))
    };
    let wait_ms = wait(["pollWaitTime", "pollWait"], USUAL_POLL_MS).max(MIN_POLL_MS);
    let submitted = "/http/submit/resourcePath";
    Ok(AsyncHelper {
        submitted: text_at(value, submitted).map(|text| path_in(text, submitted)).transpose()?,
        same_as_status: flag(value, "/http/submit/sameAsStatus", false),
        status,
        status_path: path_in(path, "/http/status/statusPath")?,
        in_progress: texts("/http/status/inProgressValues"),
        done,
        first_wait_ms: wait(["initialWaitTime", "initialPollWaitTime"], wait_ms),
        wait_ms,
        result: source(bundle, value, "/http/result/_exportId")?,
    })
}

/// An application is not asked more often.
const MIN_POLL_MS: u32 = 100;

fn source(bundle: &Bundle, value: &Value, place: &str) -> Result<Option<Source>, Vec<Problem>> {
    let Some(id) = text_at(value, place) else { return Ok(None) };
    let id = id.parse::<Id>().ok();
    let found = id.and_then(|id| Some((id, bundle.get(id, Kind::Export)?)));
    let Some((id, export)) = found else {
        let message = "The export is not here: it was deleted, or you may not see it. Choose another one.";
        return Err(vec![Problem::new(place, "missing_resource", message)]);
    };
    if text_at(export, NAMED).is_some() {
        let message = "The export has an asynchronous helper itself: choose one without.";
        return Err(vec![Problem::new(place, "unsupported", message)]);
    }
    export::compile(bundle, id, export).map(Some).map_err(|problems| placed(problems, id))
}
