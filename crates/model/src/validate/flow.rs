//! What a flow needs before it can run.

use serde_json::Value;

use crate::Problem;
use crate::views::{Flow, ProcessorKind};

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
        if generator.setup_in_progress() || generator.export().is_none() {
            let place = format!("/pageGenerators/{index}/_exportId");
            problems.push(Problem::new(place, "missing_required_field", "Choose what this source reads."));
        }
    }
    for (index, processor) in flow.processors().into_iter().enumerate() {
        if processor.setup_in_progress() || processor.resource().is_none() {
            let field = if processor.kind() == Some(ProcessorKind::Lookup) { "_exportId" } else { "_importId" };
            let place = format!("/pageProcessors/{index}/{field}");
            problems.push(Problem::new(place, "missing_required_field", "Choose what this step does."));
        }
    }
    if let Some(schedule) = flow.schedule() {
        check_schedule(schedule, problems);
    }
}

/// `? minutes hours day-of-month month day-of-week`, as the integrator writes schedules.
fn check_schedule(schedule: &str, problems: &mut Vec<Problem>) {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let mut wrong = |why: String| problems.push(Problem::new("/schedule", "invalid_schedule", why));
    let [_, rest @ ..] = fields.as_slice() else {
        return wrong("Choose when the flow runs.".into());
    };
    if rest.len() != 5 {
        return wrong(format!("A schedule has six fields, “? 5 9 ? * 1,2,3,4,5”; this one has {}.", fields.len()));
    }
    let ranges = [("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("weekday", 0, 7)];
    for (field, (name, low, high)) in rest.iter().zip(ranges) {
        if !field.split(',').all(|part| part_is_in(part, low, high)) {
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
