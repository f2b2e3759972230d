//! The evaluation of JSON paths.

use serde_json::Value;
use tombolo_model::Val;

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator, sentence};
use crate::json_path::{JsonPath, JsonPathError};
use crate::room::Room;

pub(super) const ALL: &[Evaluator] = &[("jsonPath", json_path)];

/// `rules` is `{path}`, or the path alone; the output is the list of values that it names.
fn json_path(request: &EvalRequest) -> EvalOutcome {
    let path = request.rules.as_str().or_else(|| request.rules.get("path").and_then(Value::as_str));
    let Some(path) = path else {
        return EvalOutcome::failed([EvalError::at("invalid_rules", "Enter the path: a text.", "/path")]);
    };
    let found = JsonPath::compile(path).and_then(|path| {
        let values = path.all(&request.input)?;
        let room = Room::default();
        values.iter().try_for_each(|value| room.take(value, 1)).map_err(|_| JsonPathError::TooMuch)?;
        Ok(values.into_iter().cloned().collect::<Vec<_>>())
    });
    match found {
        Ok(values) => EvalOutcome::made(Val::List(values)),
        Err(error) => EvalOutcome::failed([wrong(path, &error)]),
    }
}

fn wrong(path: &str, error: &JsonPathError) -> EvalError {
    let (message, at) = match error {
        JsonPathError::Syntax { at, reason } => (format!("The path is not understood here: {reason}."), at + 1),
        other => (sentence(&other.to_string()), 1),
    };
    let at = at.min(path.chars().count() + 1);
    EvalError { at: Some(at), ..EvalError::at("invalid_path", message, "/path") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_json_path_names_a_list_of_values() {
        let run = |rules: Value| {
            json_path(&EvalRequest {
                rules,
                input: json!({"a": [{"b": 1}, {"b": null}]}).into(),
                ..EvalRequest::default()
            })
        };
        assert_eq!(run(json!("$.a[*].b")).output, json!([1, null]));
        assert_eq!(run(json!({"path": "$..b"})).output, json!([1, null]));
        assert_eq!(run(json!("$.no")).output, json!([]));
        let wrong = run(json!("$.a[")).errors.remove(0);
        assert_eq!((wrong.code.as_str(), wrong.at), ("invalid_path", Some(5)));
        assert!(wrong.message.starts_with("The path is not understood here"), "{}", wrong.message);
        assert_eq!(run(json!("a.b")).errors[0].at, Some(1));
        assert_eq!(run(json!(5)).errors[0].code, "invalid_rules");
    }

    #[test]
    fn values_that_a_path_finds_inside_each_other_are_not_copied_without_end() {
        let mut input = json!({"text": "x".repeat(100_000)});
        for _ in 0..60 {
            input = json!({"in": [input]});
        }
        let found = |path: &str| {
            json_path(&EvalRequest { rules: path.into(), input: Val::from(&input), ..EvalRequest::default() })
        };
        assert_eq!(found("$..text").errors, []);
        let refused = found("$..*..*");
        assert_eq!((refused.errors[0].code.as_str(), refused.output), ("invalid_path", Val::Absent));
    }
}
