//! Everything that continuous integration runs, in one order, with one line at the end.
//!
//! A failing step does not stop those that can still say something. Steps that run no tests count as one passed or one
//! failed each, so that the last line cannot read "0 failed" when something broke.

mod steps;
mod tally;

pub(crate) use steps::{Step, browser_environment, prepare};
pub(crate) use tally::Tally;

use crate::{needs, say};
use anyhow::Result;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Runs steps in order, those that may two at a time, and closes with the one line.
///
/// # Errors
///
/// When a tool cannot be started at all.
pub(crate) fn run_steps(steps: &[Step]) -> Result<bool> {
    let start = Instant::now();
    let mut total = Tally::default();
    let mut broken: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    for group in steps.chunk_by(|one, next| one.may_run_beside() && next.may_run_beside()) {
        for (step, Ended { tally, took }) in group.iter().zip(run_group(group, &broken)) {
            if tally.failed > 0 {
                broken.push(&step.title);
            }
            lines.push(format!("{:>14}  {:<42} {tally}", say::seconds(took), step.title));
            total.add(&tally);
        }
    }
    say::title(&format!("All steps, {}", say::seconds(start.elapsed())));
    for line in lines {
        say::line(&line);
    }
    if start.elapsed() > PROMISED {
        say::line(&format!("Warning: this took longer than {}", say::seconds(PROMISED)));
    }
    say::line(&total.to_string());
    Ok(total.failed == 0)
}

/// What came of a step.
struct Ended {
    tally: Tally,
    took: Duration,
}

/// Runs steps that may run beside each other, in the order in which they begin.
fn run_group(steps: &[Step], broken: &[&str]) -> Vec<Ended> {
    if let [step] = steps {
        say::title(&step.title);
        return vec![run_step(step, broken, Step::run)];
    }
    let next = AtomicUsize::new(0);
    let lane = || {
        let turns = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        turns
            .map_while(|at| steps.get(at).map(|step| (at, run_step(step, broken, Step::run_beside))))
            .collect::<Vec<_>>()
    };
    let mut ended: Vec<(usize, Ended)> = std::thread::scope(|scope| {
        let other = scope.spawn(lane);
        let mut ended = lane();
        ended.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        ended
    });
    ended.sort_unstable_by_key(|(at, _)| *at);
    ended.into_iter().map(|(_, ended)| ended).collect()
}

/// Runs one, unless something that it needs is broken.
fn run_step(step: &Step, broken: &[&str], run: fn(&Step) -> Result<Tally>) -> Ended {
    let began = Instant::now();
    let tally = match step.needs.iter().find(|need| broken.contains(need)) {
        Some(need) => {
            say::line(&format!("    not run: {}: \"{need}\" failed", step.title));
            Tally::one(false)
        }
        None => run(step).unwrap_or_else(|error| {
            say::problem(&format!("{error:#}"));
            Tally::one(false)
        }),
    };
    let took = began.elapsed();
    say::ended(&step.title, took, tally.failed == 0);
    Ended { tally, took }
}
