//! The evaluations of filters and mappings.

use serde_json::{Value, json};
use tombolo_model::{Problem, Record, Val};
use tombolo_template::Env;

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::filter::Filter;
use crate::lookup::StaticLookup;
use crate::mapper::{Find, MapError, Mapper};
use crate::response_mapping::ResponseMapping;
use crate::transform::Transform;

pub(super) const ALL: &[Evaluator] = &[
    ("filter", filter),
    ("mapper", mapper),
    ("transformTwoDotZero", transform),
    ("responseMapping", response_mapping),
];

fn filter(request: &EvalRequest) -> EvalOutcome {
    let settings = request.options.get("settings").cloned().unwrap_or(Value::Null);
    match Filter::compile(&json!({ "filter": { "rules": request.rules } }), "/filter", &settings) {
        Ok(filter) => match filter.map_or(Ok(true), |filter| filter.passes(&Val::from(&request.input))) {
            Ok(passes) => EvalOutcome::made(passes),
            Err(message) => EvalOutcome::failed([EvalError::new("filter", message)]),
        },
        Err(problem) => EvalOutcome::failed([problem.into()]),
    }
}

fn mapper(request: &EvalRequest) -> EvalOutcome {
    let rows = request.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let lookups = StaticLookup::all(request.options.get("lookups"));
    made(request, Mapper::compile(rows, "/mappings", &lookups))
}

/// `rules` is `{mode, mappings, lookups}`.
fn transform(request: &EvalRequest) -> EvalOutcome {
    made(request, Transform::compile(&request.rules, ""))
}

/// `input` is `{record, response}`: the record that goes on, and the answer. Without them it is the answer, for an empty
/// record.
fn response_mapping(request: &EvalRequest) -> EvalOutcome {
    let (record, response) = match (request.input.get("record"), request.input.get("response")) {
        (None, None) => (Val::Map(Record::default()), Val::from(&request.input)),
        (record, response) => (record.map_or(Val::Absent, Val::from), response.map_or(Val::Absent, Val::from)),
    };
    let mapping = match ResponseMapping::compile(&request.rules, "") {
        Ok(mapping) => mapping,
        Err(problems) => return EvalOutcome::failed(problems.into_iter().map(EvalError::from)),
    };
    let mut made = record;
    match mapping.map_or(Ok(()), |mapping| mapping.apply(&mut made, &response)) {
        Ok(()) => EvalOutcome::made(&made),
        Err(error) => EvalOutcome::failed([EvalError::new("response_mapping", error.to_string())]),
    }
}

/// What makes a value of a record.
trait Make {
    fn make<'l, 'c: 'l>(&self, record: &Val, find: Find<'l, 'c>, env: &Env<'_>) -> Result<Val, MapError>;
}

impl Make for Mapper {
    fn make<'l, 'c: 'l>(&self, record: &Val, find: Find<'l, 'c>, env: &Env<'_>) -> Result<Val, MapError> {
        self.map(record, find, env).map(Val::Map)
    }
}

impl Make for Transform {
    fn make<'l, 'c: 'l>(&self, record: &Val, find: Find<'l, 'c>, env: &Env<'_>) -> Result<Val, MapError> {
        self.apply(record, find, env)
    }
}

/// What compiled rules make of the input; the input itself when there are none.
fn made(request: &EvalRequest, rules: Result<Option<impl Make>, Vec<Problem>>) -> EvalOutcome {
    let rules = match rules {
        Ok(None) => return EvalOutcome::made(request.input.clone()),
        Ok(Some(rules)) => rules,
        Err(problems) => return EvalOutcome::failed(problems.into_iter().map(EvalError::from)),
    };
    let record = Val::from(&request.input);
    let settings = request.options.get("settings").map_or(Val::Absent, Val::from);
    let find = |name: &str| match name {
        "record" => Some(&record),
        "settings" => Some(&settings),
        _ => None,
    };
    match rules.make(&record, &find, &request.env()) {
        Ok(made) => EvalOutcome::made(&made),
        Err(error) => EvalOutcome::failed([EvalError::new("mapping", error.to_string())]),
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

    #[test]
    fn a_transformation_makes_a_record_anew_or_changes_it() {
        let run = |rules: Value| {
            let input = json!({"a": 1, "deep": {"x": 1, "y": [2]}, "b": "z"});
            eval("transformTwoDotZero", &EvalRequest { rules, input, ..EvalRequest::default() }).unwrap()
        };
        let mappings = json!([{"generate": "deep", "dataType": "object", "mappings": [
                {"generate": "x", "dataType": "string", "extract": "$.b", "lookupName": "l"}]},
            {"generate": "b", "dataType": "stringarray", "buildArrayHelper": [{"extract": "{{record.a}}"}]}]);
        let lookups = json!([{"name": "l", "map": {"z": "Z"}}]);
        let rules = |mode: &str| json!({"mode": mode, "mappings": mappings, "lookups": lookups});
        assert_eq!(run(rules("create")).output, json!({"deep": {"x": "Z"}, "b": ["1"]}));
        assert_eq!(run(rules("modify")).output, json!({"a": 1, "deep": {"x": "Z", "y": [2]}, "b": ["1"]}));
        assert_eq!(run(json!({"mode": "modify"})).output["a"], json!(1));
        assert_eq!(run(rules("mix")).errors[0].path.as_deref(), Some("/mode"));
    }
}
