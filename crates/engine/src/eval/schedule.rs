//! The evaluation of schedules: when they are due next.
//!
//! `rules` is `{expression, timezone?}`, or the expression alone; `options` is `{from?, count?}`. The output is a list of
//! times in UTC; the wall clock of the zone decides, and no slot comes twice.

use serde_json::Value;
use tombolo_model::{Val, excerpt};
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
            let mut outcome = EvalOutcome::made(Val::List(times));
            outcome.errors.extend(shortest.filter(|gap| *gap < LEAST_MS).map(|_| {
                let message = "The schedule is due more often than every 15 minutes: choose fewer minutes.";
                EvalError { at: Some(1), ..EvalError::at("too_often", message, "/expression") }
            }));
            outcome
        }
        Err(error) => EvalOutcome::failed([error]),
    }
}

/// The times, and the shortest between two of them.
fn times(request: &EvalRequest) -> Result<(Vec<Val>, Option<i64>), EvalError> {
    let rules = &request.rules;
    let expression = rules.as_str().or_else(|| rules.get("expression").and_then(Value::as_str));
    let Some(expression) = expression else {
        return Err(EvalError::at("invalid_rules", "Enter the schedule: a text of six fields.", "/expression"));
    };
    let zone = rules.get("timezone").and_then(Value::as_str);
    let schedule = Schedule::parse(expression, zone).map_err(|error| wrong(expression, &error))?;
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
        times.push(Val::text(&iso(next)));
        at = next;
    }
    Ok((times, shortest))
}

/// The fields of a schedule, and what may stand in them.
const FIELDS: [(&str, &str); 6] = [
    ("the seconds", "a number from 0 to 59, or ?"),
    ("the minutes", "numbers from 0 to 59, such as 5 or 0,15,30,45 or */15"),
    ("the hours", "numbers from 0 to 23, such as 9 or 0,12 or 8-18"),
    ("the day of the month", "numbers from 1 to 31, or ?"),
    ("the month", "numbers from 1 to 12, or *"),
    ("the weekday", "numbers from 0 for Sunday to 6, such as 1-5, or ?"),
];

/// What is wrong with a schedule, at the field that is.
fn wrong(expression: &str, error: &ScheduleError) -> EvalError {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let place = |field: &str| {
        // Fields are parts of the expression.
        let byte = field.as_ptr() as usize - expression.as_ptr() as usize;
        expression.get(..byte).map_or(1, |before| before.chars().count() + 1)
    };
    let (message, at) = match error {
        ScheduleError::Zone(zone) => {
            let message =
                format!("There is no time zone “{zone}”: write its name, such as Europe/Paris.", zone = excerpt(&zone));
            return EvalError::at("invalid_schedule", message, "/timezone");
        }
        ScheduleError::Fields(count) => {
            let are = if *count == 1 { "field is" } else { "fields are" };
            let message = format!(
                "A schedule has six fields: seconds, minutes, hours, day of the month, month and weekday. Here {count} {are}."
            );
            (message, fields.get(6).map_or(expression.chars().count() + 1, |field| place(field)))
        }
        ScheduleError::Pattern(_) => {
            let fails = |(at, field): &(usize, &&str)| {
                let mut alone = ["0", "0", "0", "?", "*", "?"];
                alone[(*at).min(5)] = field;
                Schedule::parse(&alone.join(" "), None).is_err()
            };
            match fields.iter().enumerate().find(fails) {
                Some((at, field)) => {
                    let (name, wanted) = FIELDS.get(at).copied().unwrap_or(FIELDS[0]);
                    (format!("“{field}” cannot be {name}: write {wanted}.", field = excerpt(&field)), place(field))
                }
                None => ("These fields do not go together: one of them can never be due.".to_owned(), 1),
            }
        }
    };
    EvalError { at: Some(at), ..EvalError::at("invalid_schedule", message, "/expression") }
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
    fn a_schedule_that_cannot_be_read_points_at_its_field() {
        let wrong = |text: &str| {
            let error = cron(&EvalRequest { rules: json!(text), ..EvalRequest::default() }).errors.remove(0);
            (error.at, error.message)
        };
        for (text, at, said) in [
            ("hello", 6, "six fields"),
            ("? 0 9 ? * 1 2026", 13, "Here 7 fields are"),
            ("? 99 9 ? * *", 3, "“99” cannot be the minutes"),
            ("? 0 9 ? * 9", 11, "the weekday"),
            ("?  0 25 ? * *", 6, "the hours"),
        ] {
            let (place, message) = wrong(text);
            assert!(place == Some(at) && message.contains(said), "{text}: {place:?} {message}");
        }
    }

    #[test]
    fn a_schedule_says_when_it_is_due() {
        let paris = json!({"expression": "? 30 2 ? * *", "timezone": "Europe/Paris"});
        let options = json!({"from": "2026-03-28T00:00:00Z", "count": 3});
        // On the 29th there is no half past two.
        let want = json!(["2026-03-28T01:30:00.000Z", "2026-03-30T00:30:00.000Z", "2026-03-31T00:30:00.000Z"]);
        assert_eq!(due(paris, options).output, want);
        let usual = due(json!("? 0 0 ? * *"), json!({}));
        assert_eq!(usual.output.pointer("/0"), Some(&Val::text("1970-01-02T00:00:00.000Z")));
        assert!(matches!(usual.output, Val::List(times) if times.len() == 5));
        assert_eq!(due(json!("? 0 0 30 2 ?"), json!({})).output, json!([]));
        assert_eq!(due(json!("? 0 0"), json!({})).errors[0].path.as_deref(), Some("/expression"));
        let mars = json!({"expression": "? 0 0 ? * *", "timezone": "Mars/Base"});
        assert_eq!(due(mars, json!({})).errors[0].path.as_deref(), Some("/timezone"));
        assert_eq!(due(json!("? 0 0 ? * *"), json!({"from": "soon"})).errors[0].code, "invalid_date");
    }
}
