//! The evaluation of date formats.
//!
//! `rules` is `{format?, inputFormat?, timezone?, inputTimezone?}`, or the format alone; `input` is the date: a text, or
//! milliseconds since 1970; none is now. Formats are moment's tokens, zones are IANA names or offsets; both zones are UTC
//! unless they are named. Without a format the date is written in ISO 8601.

use serde_json::Value;
use tombolo_model::{Val, excerpt};
use tombolo_template::moment::{Zone, format, iso, parse};

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator, sentence};

pub(super) const ALL: &[Evaluator] = &[("dateFormat", date_format)];

fn date_format(request: &EvalRequest) -> EvalOutcome {
    match formatted(request) {
        Ok(text) => EvalOutcome::made(text),
        Err(error) => EvalOutcome::failed([error]),
    }
}

fn formatted(request: &EvalRequest) -> Result<String, EvalError> {
    if !(request.rules.is_string() || request.rules.is_object() || request.rules.is_null()) {
        return Err(EvalError::at("invalid_rules", "Enter the format: a text, or {\"format\": …}.", "/rules"));
    }
    let rule = |name: &str| {
        let found = request.rules.get(name).or_else(|| request.options.get(name));
        found.and_then(Value::as_str).filter(|text| !text.is_empty())
    };
    let zone = |name: &str| {
        let zone = rule(name).map_or(Ok(Zone::UTC), Zone::named);
        zone.map_err(|error| EvalError::at("invalid_zone", sentence(&error.to_string()), &format!("/{name}")))
    };
    let (zone, input_zone) = (zone("timezone")?, zone("inputTimezone")?);
    let ms = match &request.input {
        Val::Absent | Val::Null => Some(request.now_ms),
        Val::Int(ms) if rule("inputFormat").is_none() => Some(*ms),
        Val::Uint(_) | Val::Float(_) if rule("inputFormat").is_none() => None,
        Val::Str(text) => parse(text, rule("inputFormat"), input_zone, request.now_ms),
        other => parse(&other.to_json(), rule("inputFormat"), input_zone, request.now_ms),
    };
    let Some(ms) = ms else {
        let said = request.input.to_json();
        let message = format!("{} is not a date. Enter one in ISO 8601, or its format.", excerpt(&said));
        return Err(EvalError::at("invalid_date", message, "/input"));
    };
    Ok(match request.rules.as_str().or(rule("format")) {
        Some(pattern) => format(ms, pattern, zone),
        None => iso(ms, zone),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eval::eval;

    fn run(rules: Value, input: Value) -> Result<Value, String> {
        let request = EvalRequest { rules, input: input.into(), now_ms: 1_795_492_800_000, ..EvalRequest::default() };
        let mut outcome = eval("dateFormat", &request).unwrap();
        outcome.errors.pop().map_or(Ok(Value::from(&outcome.output)), |error| Err(error.code))
    }

    #[test]
    fn dates_go_from_one_format_and_zone_to_another() {
        for (rules, input, want) in [
            (json!("YYYY"), json!("2025-03-26T12:34:56Z"), "2025"),
            (
                json!({"format": "D.M.YY HH:mm", "timezone": "Europe/Paris"}),
                json!("2025-03-26T12:34:56Z"),
                "26.3.25 13:34",
            ),
            (
                json!({"inputFormat": "MM/DD/YYYY", "inputTimezone": "US/Eastern"}),
                json!("03/26/2025"),
                "2025-03-26T04:00:00.000Z",
            ),
            (json!({"format": "x"}), json!(1_743_000_000_123_i64), "1743000000123"),
            (json!({"inputFormat": "YYYYMMDD", "format": "L"}), json!(20_250_326), "03/26/2025"),
            (json!({"format": "YYYY-MM-DD"}), json!(null), "2026-11-24"),
        ] {
            assert_eq!(run(rules.clone(), input), Ok(json!(want)), "{rules}");
        }
    }

    #[test]
    fn no_date_and_no_zone_are_errors() {
        assert_eq!(run(json!("YYYY"), json!("soon")), Err("invalid_date".to_owned()));
        assert_eq!(run(json!({"timezone": "Mars"}), json!("2025")), Err("invalid_zone".to_owned()));
    }
}
