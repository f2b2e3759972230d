//! The evaluation of schedules: when they are due next.
//!
//! `rules` is `{expression, timezone?}`, or the expression alone; `options` is `{from?, count?}`. The output is a list of
//! times in UTC; the wall clock of the zone decides, and no slot comes twice.

use serde_json::Value;
use tombolo_template::moment::{Zone, parse};

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::mapper::date::iso;
use crate::schedule::{Schedule, ScheduleError};

pub(super) const ALL: &[Evaluator] = &[("cron", cron)];

/// Without a wish there are so many times, and never more than the second.
const USUAL: u64 = 5;
const MOST: u64 = 1_000;
/// The shortest time between two starts, and how many of them are looked at: a day has 96 such times.
const LEAST_MS: i64 = 15 * 60 * 1_000;
const LOOKED_AT: usize = 100;

fn cron(request: &EvalRequest) -> EvalOutcome {
    match times(request) {
        Ok((times, shortest)) => {
            let mut outcome = EvalOutcome::made(times);
            outcome.errors.extend(shortest.filter(|gap| *gap < LEAST_MS).map(|_| {
                let message = "The schedule is due more often than every 15 minutes: choose fewer minutes.";
                EvalError::at("too_often", message, "/expression")
            }));
            outcome
        }
        Err(error) => EvalOutcome::failed([error]),
    }
}

/// The times, and the shortest between two of them.
fn times(request: &EvalRequest) -> Result<(Vec<Value>, Option<i64>), EvalError> {
    let rules = &request.rules;
    let expression = rules.as_str().or_else(|| rules.get("expression").and_then(Value::as_str));
    let Some(expression) = expression else {
        return Err(EvalError::at("invalid_rules", "Enter the schedule: a text of six fields.", "/expression"));
    };
    let zone = rules.get("timezone").and_then(Value::as_str);
    let schedule = Schedule::parse(expression, zone).map_err(|error| {
        let path = if matches!(error, ScheduleError::Zone(_)) { "/timezone" } else { "/expression" };
        EvalError::at("invalid_schedule", format!("The schedule cannot be read: {error}."), path)
    })?;
    let mut at = match request.options.get("from") {
        None | Some(Value::Null) => request.now_ms,
        Some(from) => {
            let read = from.as_i64().or_else(|| parse(from.as_str()?, None, Zone::UTC, request.now_ms));
            read.ok_or_else(|| EvalError::at("invalid_date", format!("{from} is not a date."), "/options/from"))?
        }
    };
    let count = match request.options.get("count") {
        None | Some(Value::Null) => USUAL,
        Some(count) => count.as_u64().ok_or_else(|| {
            EvalError::at("invalid_options", format!("{count} is no number of times."), "/options/count")
        })?,
    };
    let shortest = shortest(&schedule, at);
    let count = count.min(MOST);
    let mut times = Vec::new();
    for _ in 0..count {
        // Some schedules, such as that of 30 February, are never due.
        let Some(next) = schedule.next_after(at) else { break };
        times.push(Value::from(iso(next)));
        at = next;
    }
    Ok((times, shortest))
}

/// The shortest time between two starts, as far as one looks.
fn shortest(schedule: &Schedule, from: i64) -> Option<i64> {
    let due: Vec<i64> =
        std::iter::successors(schedule.next_after(from), |at| schedule.next_after(*at)).take(LOOKED_AT).collect();
    due.windows(2).map(|pair| pair[1] - pair[0]).min()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn due(rules: Value, options: Value) -> EvalOutcome {
        cron(&EvalRequest { rules, options, ..EvalRequest::default() })
    }

    #[test]
    fn a_schedule_says_when_it_is_due() {
        let paris = json!({"expression": "? 30 2 ? * *", "timezone": "Europe/Paris"});
        let options = json!({"from": "2026-03-28T00:00:00Z", "count": 3});
        // On the 29th there is no half past two.
        let want = json!(["2026-03-28T01:30:00.000Z", "2026-03-30T00:30:00.000Z", "2026-03-31T00:30:00.000Z"]);
        assert_eq!(due(paris, options).output, want);
        let usual = due(json!("? 0 0 ? * *"), json!({}));
        assert_eq!(usual.output[0], json!("1970-01-02T00:00:00.000Z"));
        assert_eq!(usual.output.as_array().unwrap().len(), 5);
        assert_eq!(due(json!("? 0 0 30 2 ?"), json!({})).output, json!([]));
        assert_eq!(due(json!("? 0 0"), json!({})).errors[0].path.as_deref(), Some("/expression"));
        let mars = json!({"expression": "? 0 0 ? * *", "timezone": "Mars/Base"});
        assert_eq!(due(mars, json!({})).errors[0].path.as_deref(), Some("/timezone"));
        assert_eq!(due(json!("? 0 0 ? * *"), json!({"from": "soon"})).errors[0].code, "invalid_date");
    }
}
