//! The evaluations of filters and mappings.

use serde_json::{Value, json};
use tombolo_model::Val;

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::filter::Filter;
use crate::mapper::Mapper;

pub(super) const ALL: &[Evaluator] = &[("filter", filter), ("mapper", mapper)];

fn filter(request: &EvalRequest) -> EvalOutcome {
    let settings = request.options.get("settings").cloned().unwrap_or(Value::Null);
    match Filter::compile(&json!({ "filter": { "rules": request.rules } }), "/filter", &settings) {
        Ok(filter) => EvalOutcome::made(filter.is_none_or(|filter| filter.passes(&Val::from(&request.input)))),
        Err(problem) => EvalOutcome::failed([problem.into()]),
    }
}

fn mapper(request: &EvalRequest) -> EvalOutcome {
    let rows = request.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let record = Val::from(&request.input);
    let settings = request.options.get("settings").map_or(Val::Absent, Val::from);
    match Mapper::compile(rows, "/mappings") {
        Ok(None) => EvalOutcome::made(request.input.clone()),
        Ok(Some(mapper)) => {
            let scope = |name: &str| match name {
                "record" => Some(&record),
                "settings" => Some(&settings),
                _ => None,
            };
            match mapper.map(&record, &scope, &request.env()) {
                Ok(mapped) => EvalOutcome::made(&Val::Map(mapped)),
                Err(error) => EvalOutcome::failed([EvalError::new("mapping", error.to_string())]),
            }
        }
        Err(problems) => EvalOutcome::failed(problems.into_iter().map(EvalError::from)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::eval;

    #[test]
    fn filters_and_mappings_are_functions_of_their_rules_and_input() {
        let run = |name, rules: Value, input: Value| {
            eval(name, &EvalRequest { rules, input, ..EvalRequest::default() }).unwrap()
        };
        let rule = json!(["equals", ["extract", "a"], 1]);
        assert_eq!(run("filter", rule, json!({"a": 1})).output, json!(true));
        let rules = json!([{"generate": "b", "dataType": "string", "extract": "$.a"}]);
        assert_eq!(run("mapper", rules, json!({"a": 1})).output, json!({"b": "1"}));
    }
}
