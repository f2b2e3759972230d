//! Work that an application does in its own time: submitted, asked for, and fetched when it is done.

use futures::future::FutureExt;
use tombolo_model::{Record, Val};

use super::answer::short;
use super::shared::{Place, Shared};
use super::source_lookup::{self, Answer};
use super::verdict::is_one_of;
use super::write::Failure;
use crate::plan::{AsyncHelper, Source};
use crate::units::MAX_JOB_MS;

/// Waits until the work is done; what came of it.
///
/// `answer` is what the application said when the work was submitted. `turn` tells its scripts apart from others'.
pub(super) async fn result(
    shared: &Shared<'_>,
    place: Place,
    helper: &AsyncHelper,
    answer: Val,
    turn: u64,
) -> Result<Val, Failure> {
    let Done { submitted, status } = done(shared, place, helper, answer, turn).await?;
    let Some(source) = &helper.result else { return Ok(status) };
    // Its templates may name what was answered first, and what the status says.
    let answer = asked(shared, place, source, &both(&submitted, status), turn).await?;
    Ok(match <[Val; 1]>::try_from(answer.data) {
        Ok([one]) => one,
        Err(several) => Val::List(several),
    })
}

/// Work that is done.
pub(super) struct Done {
    /// What the application answered when it was submitted.
    submitted: Val,
    /// The status that says so.
    pub(super) status: Val,
}

impl Done {
    /// What the result is asked for with.
    pub(super) fn record(self) -> Val {
        both(&self.submitted, self.status)
    }
}

/// Waits until the work is done.
pub(super) async fn done(
    shared: &Shared<'_>,
    place: Place,
    helper: &AsyncHelper,
    answer: Val,
    turn: u64,
) -> Result<Done, Failure> {
    let submitted = match &helper.submitted {
        Some(path) => path.get(&answer).cloned().ok_or_else(|| {
            Failure::new("no_job", "The endpoint took the work and did not say by what to ask for it. Check the path.")
        })?,
        None => answer.clone(),
    };
    let submitted = one_of(submitted);
    let mut status = if helper.same_as_status && is_done(helper, &answer)? { Some(answer) } else { None };
    let mut waited_ms: u64 = 0;
    let mut wait_ms = helper.first_wait_ms;
    while status.is_none() {
        waited_ms += u64::from(wait_ms);
        if waited_ms > MAX_JOB_MS {
            let hours = MAX_JOB_MS / (60 * 60 * 1000);
            let message =
                format!("The work was not done after {hours} hours. Look in the application what became of it.");
            return Err(Failure::new("job_too_long", message));
        }
        shared.host.sleep(wait_ms).await;
        wait_ms = helper.wait_ms;
        let said = asked(shared, place, &helper.status, &submitted, turn).await?;
        let said = said.data.into_iter().next().unwrap_or_default();
        if is_done(helper, &said)? {
            status = Some(said);
        }
    }
    Ok(Done { submitted, status: status.unwrap_or_default() })
}

async fn asked(shared: &Shared<'_>, place: Place, source: &Source, record: &Val, turn: u64) -> Result<Answer, Failure> {
    let mut answer = source_lookup::read(shared, source, record, place, turn).boxed_local().await;
    if answer.errors.is_empty() {
        return Ok(answer);
    }
    let (_, message) = answer.errors.swap_remove(0);
    let failure = Failure::new("job", format!("“{}”: {message}", source.named.name));
    Err(Failure { status_code: answer.status_code, ..failure })
}

fn is_done(helper: &AsyncHelper, status: &Val) -> Result<bool, Failure> {
    let found = helper.status_path.get(status).cloned().unwrap_or_default();
    if is_one_of(&found, &helper.done) {
        return Ok(true);
    }
    if helper.in_progress.is_empty() || is_one_of(&found, &helper.in_progress) {
        return Ok(false);
    }
    // It is what an application says, and may repeat what it was sent.
    let scrub = helper.status.read.endpoint().map(|endpoint| &endpoint.scrub);
    let said = scrub.map_or_else(String::new, |scrub| short(&found.display(), scrub));
    let said = if said.is_empty() { "nothing" } else { &*said };
    let message =
        format!("The work ended with the status {said}, which means neither that it is done nor in progress.");
    Err(Failure::new("job_failed", message))
}

/// A record to ask with; of a list, its first.
fn one_of(value: Val) -> Val {
    match value {
        Val::List(items) => items.into_iter().next().unwrap_or_default(),
        Val::Map(_) => value,
        other => {
            let mut record = Record::default();
            record.set("id", other);
            Val::Map(record)
        }
    }
}

fn both(first: &Val, second: Val) -> Val {
    match (first, second) {
        (Val::Map(first), Val::Map(second)) => {
            let mut merged = first.clone();
            for (name, value) in second.iter() {
                merged.set(name, value.clone());
            }
            Val::Map(merged)
        }
        (first, _) => first.clone(),
    }
}
