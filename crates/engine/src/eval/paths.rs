//! The evaluation of JSON paths.

use serde_json::Value;
use tombolo_model::Val;

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::json_path::JsonPath;

pub(super) const ALL: &[Evaluator] = &[("jsonPath", json_path)];

/// `rules` is `{path}`, or the path alone; the output is the list of values that it names.
fn json_path(request: &EvalRequest) -> EvalOutcome {
    let path = request.rules.as_str().or_else(|| request.rules.get("path").and_then(Value::as_str));
    let Some(path) = path else {
        return EvalOutcome::failed([EvalError::at("invalid_rules", "Enter the path: a text.", "/path")]);
    };
    let input = Val::from(&request.input);
    let found = JsonPath::compile(path).and_then(|path| {
        let values = path.all(&input)?;
        Ok(values.into_iter().map(Value::from).collect::<Vec<_>>())
    });
    match found {
        Ok(values) => EvalOutcome::made(values),
        Err(error) => EvalOutcome::failed([EvalError::at("invalid_path", format!("{error}."), "/path")]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_json_path_names_a_list_of_values() {
        let run = |rules: Value| {
            json_path(&EvalRequest { rules, input: json!({"a": [{"b": 1}, {"b": null}]}), ..EvalRequest::default() })
        };
        assert_eq!(run(json!("$.a[*].b")).output, json!([1, null]));
        assert_eq!(run(json!({"path": "$..b"})).output, json!([1, null]));
        assert_eq!(run(json!("$.no")).output, json!([]));
        assert_eq!(run(json!("a.b")).errors[0].code, "invalid_path");
        assert_eq!(run(json!(5)).errors[0].code, "invalid_rules");
    }
}
