//! A run from its bundle to its last row: what the run worker, the server's child and the command line share.

mod kept;

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::pin;

use futures::channel::mpsc;
use futures::future::{Either, select};
use futures::stream::StreamExt;
use serde_json::Value;
use tombolo_model::run::{RunError, RunRow, RunStatus};
use tombolo_model::{Id, Problem};

use crate::bundle::Bundle;
use crate::cancel::Cancel;
use crate::compile::compile;
use crate::event::{Exchange, RunEvent, Stage};
use crate::host::Host;
use crate::run::run;
use crate::script::ConsoleLine;
use crate::secret::Secret;
use crate::units::MAX_KEPT_RECORDS;
use kept::Kept;

/// What is reported of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// The run moved on; the last one has a status that is an end.
    Row(Box<RunRow>),
    /// A record or a step failed.
    Error {
        /// Counts up within the run, from 1.
        n: u64,
        /// What happened.
        error: RunError,
    },
    /// A token was renewed and is to be kept.
    Renewed {
        /// The connection.
        owner: Id,
        /// Where the secret is kept there.
        path: String,
        /// What it is now.
        secret: Secret,
    },
    /// A stage of a test run.
    Stage {
        /// The step.
        step: String,
        /// What happened there.
        stage: Stage,
    },
    /// A request was answered, or not, where somebody looks at them.
    Exchange {
        /// The step that sent it.
        step: String,
        /// What went, without secrets.
        exchange: Box<Exchange>,
    },
    /// A script wrote to its console.
    Console {
        /// The step that called it.
        step: String,
        /// The script's id.
        script: String,
        /// The function that was called.
        function: String,
        /// What it wrote.
        lines: Vec<ConsoleLine>,
    },
}

/// Rows between the first and the last are this far apart at least.
const ROW_EVERY_MS: i64 = 100;

/// Compiles and runs a flow and reports how it goes; returns the last row.
///
/// `row` is the run as it was started; its `n` is counted up from there.
pub async fn run_job(
    bundle: &Bundle,
    mut row: RunRow,
    host: &dyn Host,
    cancel: &Cancel,
    report: &mut dyn FnMut(Report),
) -> RunRow {
    row.status = RunStatus::Running;
    let plan = match compile(bundle) {
        Ok(plan) => plan,
        Err(problems) => {
            let error = not_compiled(bundle, &problems, host.now_ms());
            report(Report::Error { n: 1, error: error.clone() });
            return end(row, RunStatus::Failed, Some(error), host, report);
        }
    };
    row.steps = plan.steps();
    next(&mut row, report);
    let said_ms = host.now_ms();
    let (late, later) = mpsc::unbounded();
    let kept = Kept::new(MAX_KEPT_RECORDS);
    let teller = RefCell::new(Teller { row, report, errors: 0, kept, said_ms, late, waits: false });
    let outcome = {
        let mut sink = |event| teller.borrow_mut().take(event, host.now_ms());
        let work = pin!(run(&plan, host, cancel, &mut sink));
        match select(work, pin!(tell_late(&teller, host, later))).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right((never, _)) => match never {},
        }
    };
    let Teller { mut row, report, .. } = teller.into_inner();
    row.steps = outcome.steps;
    end(row, outcome.status, outcome.error, host, report)
}

/// Says how a run goes: not too often, and nothing too late.
struct Teller<'r> {
    row: RunRow,
    report: &'r mut dyn FnMut(Report),
    errors: u64,
    kept: Kept,
    said_ms: i64,
    /// Wakes the one who tells what was held back.
    late: mpsc::UnboundedSender<()>,
    /// Something is held back.
    waits: bool,
}

impl Teller<'_> {
    fn take(&mut self, event: RunEvent, now_ms: i64) {
        let name = |step: usize, row: &RunRow| row.steps[step].step.clone();
        let report = match event {
            RunEvent::Count { step, count } => {
                self.row.steps[step] = count;
                return self.moved(now_ms);
            }
            RunEvent::Error(mut error) => {
                self.errors += 1;
                self.kept.take(self.errors, &mut error);
                Report::Error { n: self.errors, error }
            }
            RunEvent::Renewed { owner, path, secret } => Report::Renewed { owner, path, secret },
            RunEvent::Stage { step, stage } => Report::Stage { step: name(step, &self.row), stage },
            RunEvent::Exchange { step, exchange } => Report::Exchange { step: name(step, &self.row), exchange },
            RunEvent::Console { step, script, function, lines } => {
                Report::Console { step: name(step, &self.row), script, function, lines }
            }
        };
        (self.report)(report);
    }

    fn moved(&mut self, now_ms: i64) {
        // A clock that was set back must not silence the run.
        if now_ms < self.said_ms || now_ms - self.said_ms >= ROW_EVERY_MS {
            self.said_ms = now_ms;
            self.waits = false;
            next(&mut self.row, self.report);
        } else if !std::mem::replace(&mut self.waits, true) {
            // With the run goes the one who is woken.
            drop(self.late.unbounded_send(()));
        }
    }
}

/// Tells what was held back, also when nothing else happens for long: whoever looks at a run that was cut off then sees what
/// it had done.
async fn tell_late(
    teller: &RefCell<Teller<'_>>,
    host: &dyn Host,
    mut later: mpsc::UnboundedReceiver<()>,
) -> Infallible {
    while later.next().await.is_some() {
        host.sleep(ROW_EVERY_MS.unsigned_abs().try_into().unwrap_or(u32::MAX)).await;
        let mut teller = teller.borrow_mut();
        if std::mem::take(&mut teller.waits) {
            teller.said_ms = host.now_ms();
            let Teller { row, report, .. } = &mut *teller;
            next(row, *report);
        }
    }
    std::future::pending().await
}

fn end(
    mut row: RunRow,
    status: RunStatus,
    error: Option<RunError>,
    host: &dyn Host,
    report: &mut dyn FnMut(Report),
) -> RunRow {
    row.status = status;
    row.error = error;
    row.ended_ms = Some(host.now_ms());
    next(&mut row, report);
    row
}

fn next(row: &mut RunRow, report: &mut dyn FnMut(Report)) {
    row.n += 1;
    report(Report::Row(Box::new(row.clone())));
}

fn not_compiled(bundle: &Bundle, problems: &[Problem], time_ms: i64) -> RunError {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| match &*place(bundle, problem) {
            "" => problem.message.clone(),
            place => format!("{place}: {}", problem.message),
        })
        .collect();
    RunError {
        step: String::new(),
        code: "not_runnable".to_owned(),
        message: format!("The flow is not ready to run. {}", lines.join(" ")),
        record: None,
        index: None,
        time_ms,
        ..RunError::default()
    }
}

/// Where a problem is: the name of its resource, unless it is the flow itself, and the field; with the id that stands there,
/// where it is one that leads nowhere.
fn place(bundle: &Bundle, problem: &Problem) -> String {
    let path = problem.path.strip_prefix('/').unwrap_or(&problem.path);
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let found = first.parse::<Id>().ok().and_then(|id| bundle.resources.get(&id));
    let (name, field, value) = match found {
        Some((_, value)) => (value.get("name").and_then(Value::as_str), rest, value),
        None => (None, path, &bundle.flow),
    };
    let id = value.pointer(&format!("/{field}")).and_then(Value::as_str).filter(|id| id.parse::<Id>().is_ok());
    let field = match id {
        Some(id) => format!("{field} {id}"),
        None => field.to_owned(),
    };
    match (name, field.as_str()) {
        (Some(name), "") => format!("“{name}”"),
        (Some(name), field) => format!("“{name}” ({field})"),
        (None, field) => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tombolo_model::Kind;

    use super::*;

    #[test]
    fn what_keeps_a_flow_from_running_is_told_with_its_resource_field_and_id() {
        let (id, gone) = ("000000010000000000000000", "000000020000000000000000");
        let mut bundle = Bundle { flow: json!({"pageProcessors": [{"_importId": gone}]}), ..Bundle::default() };
        bundle.resources.insert(id.parse().unwrap(), (Kind::Export, json!({"name": "src", "pageSize": 0})));
        let told = |path: &str| place(&bundle, &Problem::new(path, "", ""));
        assert_eq!(told(&format!("/{id}/pageSize")), "“src” (pageSize)");
        assert_eq!(told(&format!("/{id}")), "“src”");
        assert_eq!(told("/pageProcessors/0/_importId"), format!("pageProcessors/0/_importId {gone}"));
        assert_eq!(told(""), "");
    }
}
