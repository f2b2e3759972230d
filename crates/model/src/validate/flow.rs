//! What a flow needs before it can run.

use serde_json::Value;

use crate::views::{Flow, PageProcessor, ProcessorKind, Router};
use crate::{Problem, excerpt};

pub(super) fn check(value: &Value, problems: &mut Vec<Problem>) {
    let flow = Flow(value);
    let filled = |key: &str| value.get(key).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if filled("pageProcessors") && filled("routers") {
        problems.push(Problem::new(
            "/routers",
            "both_shapes",
            "A flow has either steps in a row or branchings. Move the steps into a branch.",
        ));
    }
    for (index, generator) in flow.generators().into_iter().enumerate() {
        let place = format!("/pageGenerators/{index}");
        if generator.export().is_none() {
            let place = format!("{place}/_exportId");
            problems.push(Problem::new(place, "missing_required_field", "Choose what this source reads."));
        } else if generator.setup_in_progress() {
            problems.push(unfinished(&place));
        }
        if let Some(schedule) = generator.schedule() {
            check_schedule(&schedule, &format!("{place}/schedule"), problems);
        }
    }
    check_steps(flow.processors(), "", problems);
    check_routers(&flow.routers(), problems);
    if let Some(schedule) = flow.schedule() {
        check_schedule(schedule, "/schedule", problems);
    }
}

fn check_steps(steps: Vec<PageProcessor<'_>>, place: &str, problems: &mut Vec<Problem>) {
    for (index, processor) in steps.into_iter().enumerate() {
        let place = format!("{place}/pageProcessors/{index}");
        if processor.resource().is_none() {
            let field = if processor.kind() == Some(ProcessorKind::Lookup) { "_exportId" } else { "_importId" };
            let place = format!("{place}/{field}");
            problems.push(Problem::new(place, "missing_required_field", "Choose what this step does."));
        } else if processor.setup_in_progress() {
            problems.push(unfinished(&place));
        }
    }
}

/// Somebody, or the program that made it, has left a step for later.
fn unfinished(place: &str) -> Problem {
    let message = "A step is marked as unfinished: open it, finish it, and mark it as finished.";
    Problem::new(format!("{place}/setupInProgress"), "unfinished_step", message)
}

/// Every branching has an id of its own, and every way that leads on leads to one.
fn check_routers(routers: &[Router<'_>], problems: &mut Vec<Problem>) {
    for (index, router) in routers.iter().enumerate() {
        let place = format!("/routers/{index}");
        match router.id() {
            None => {
                let message = "This branching has no id: delete it and add it again.";
                problems.push(Problem::new(format!("{place}/id"), "missing_required_field", message));
            }
            Some(id) if routers[..index].iter().any(|before| before.id() == Some(id)) => {
                let message = format!("Two branchings have the id “{}”: delete one of them.", excerpt(id));
                problems.push(Problem::new(format!("{place}/id"), "duplicate_id", message));
            }
            Some(_) => {}
        }
        for (at, branch) in router.branches().into_iter().enumerate() {
            let place = format!("{place}/branches/{at}");
            check_steps(branch.processors(), &place, problems);
            let Some(next) = branch.next_router() else { continue };
            if !routers.iter().any(|router| router.id() == Some(next)) {
                let name = excerpt(branch.name());
                let message = format!("“{name}” leads to a branching that is not here: choose another one.");
                problems.push(Problem::new(format!("{place}/nextRouterId"), "missing_router", message));
            }
        }
    }
}

/// `? minutes hours day-of-month month day-of-week`, as the integrator writes schedules.
fn check_schedule(schedule: &str, place: &str, problems: &mut Vec<Problem>) {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let mut wrong = |why: String| problems.push(Problem::new(place, "invalid_schedule", why));
    let [_, rest @ ..] = fields.as_slice() else {
        return wrong("Choose when the flow runs.".into());
    };
    if rest.len() != 5 {
        return wrong(format!("A schedule has six fields, “? 5 9 ? * 1,2,3,4,5”; this one has {}.", fields.len()));
    }
    let ranges = [("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("weekday", 0, 7)];
    for (field, (name, low, high)) in rest.iter().zip(ranges) {
        if !field.split(',').all(|part| part_is_in(part, low, high)) {
            let field = excerpt(field);
            wrong(format!("“{field}” is not a {name}: numbers from {low} to {high}, parted by commas, or *."));
        }
    }
}

fn part_is_in(part: &str, low: u8, high: u8) -> bool {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let number = |text: &str| text.parse::<u8>().is_ok_and(|number| (low..=high).contains(&number));
    let range_fits = match range.split_once('-') {
        Some((from, to)) => number(from) && number(to),
        None => matches!(range, "*" | "?") || number(range),
    };
    range_fits && step.is_none_or(|step| step.parse::<u8>().is_ok_and(|step| step > 0))
}
