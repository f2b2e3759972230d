//! Everything that continuous integration runs, in one order, with one line at the end.
//!
//! A failing step does not stop those that can still say something. Steps that run no tests count as one passed or one
//! failed each, so that the last line cannot read "0 failed" when something broke.

mod steps;
mod tally;

pub(crate) use steps::{Step, browser_environment, prepare};
pub(crate) use tally::{Failures, Tally};

use crate::{needs, say};
use anyhow::Result;
use std::time::{Duration, Instant};

/// Continuous integration promises an answer within this time on two cores.
const PROMISED: Duration = Duration::from_secs(25 * 60);

/// Runs all steps, or those whose title contains `only`.
///
/// # Errors
///
/// When a tool cannot be started at all.
pub(crate) fn test(only: Option<&str>) -> Result<bool> {
    for line in needs::versions() {
        say::line(&line);
    }
    let wanted = |step: &Step| only.is_none_or(|text| step.title.to_lowercase().contains(&text.to_lowercase()));
    let steps: Vec<Step> = Step::all()?.into_iter().filter(wanted).collect();
    run_steps(&steps)
}

/// Runs steps in order and closes with the one line.
///
/// # Errors
///
/// When a tool cannot be started at all.
pub(crate) fn run_steps(steps: &[Step]) -> Result<bool> {
    let start = Instant::now();
    let mut total = Tally::default();
    let mut broken: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    let mut reasons = Vec::new();
    for step in steps {
        say::title(&step.title);
        let began = Instant::now();
        let tally = match step.needs.iter().find(|need| broken.contains(need)) {
            Some(need) => {
                say::line(&format!("    not run: \"{need}\" failed"));
                Tally::one(false)
            }
            None => {
                let mut failures = Failures::default();
                let tally = step.run(&mut failures).unwrap_or_else(|error| {
                    say::problem(&format!("{error:#}"));
                    Tally::one(false)
                });
                reasons.extend(failures.lines());
                tally
            }
        };
        if tally.failed > 0 {
            broken.push(&step.title);
        }
        say::ended(&step.title, began.elapsed(), tally.failed == 0);
        lines.push(format!("{:>14}  {:<42} {tally}", say::seconds(began.elapsed()), step.title));
        total.add(&tally);
    }
    say::title(&format!("All steps, {}", say::seconds(start.elapsed())));
    for line in lines {
        say::line(&line);
    }
    // Once more: between the failure and the end of the log lie the lines of every later step.
    for reason in reasons {
        say::line(&reason);
    }
    if start.elapsed() > PROMISED {
        say::line(&format!("Warning: this took longer than {}", say::seconds(PROMISED)));
    }
    say::line(&total.to_string());
    Ok(total.failed == 0)
}
