//! A run from its bundle to its last row: what the run worker, the server's child and the command line share.

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
    let mut errors = 0;
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
    let mut said_ms = host.now_ms();
    let outcome = {
        let mut sink = |event| match event {
            RunEvent::Error(error) => {
                errors += 1;
                report(Report::Error { n: errors, error });
            }
            RunEvent::Renewed { owner, path, secret } => report(Report::Renewed { owner, path, secret }),
            RunEvent::Stage { step, stage } => report(Report::Stage { step: row.steps[step].step.clone(), stage }),
            RunEvent::Exchange { step, exchange } => {
                report(Report::Exchange { step: row.steps[step].step.clone(), exchange });
            }
            RunEvent::Console { step, script, function, lines } => {
                report(Report::Console { step: row.steps[step].step.clone(), script, function, lines });
            }
            RunEvent::Count { step, count } => {
                row.steps[step] = count;
                let now_ms = host.now_ms();
                // A clock that was set back must not silence the run.
                if now_ms < said_ms || now_ms - said_ms >= ROW_EVERY_MS {
                    said_ms = now_ms;
                    next(&mut row, report);
                }
            }
        };
        run(&plan, host, cancel, &mut sink).await
    };
    row.steps = outcome.steps;
    end(row, outcome.status, outcome.error, host, report)
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
        .map(|problem| {
            let name = owner(bundle, problem);
            let name = name.map(|name| format!("“{name}”: ")).unwrap_or_default();
            format!("{name}{}", problem.message)
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

/// The name of the resource that a problem is in, unless it is the flow itself.
fn owner<'b>(bundle: &'b Bundle, problem: &Problem) -> Option<&'b str> {
    let id = problem.path.strip_prefix('/')?.split('/').next()?;
    let (_, value) = bundle.resources.get(&id.parse().ok()?)?;
    value.get("name")?.as_str()
}
