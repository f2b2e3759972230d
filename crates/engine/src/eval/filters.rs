//! The evaluations of filters and of the branches of a router.

use serde_json::{Value, json};
use tombolo_model::{Problem, Val, excerpt};

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::filter::Filter;

pub(super) const ALL: &[Evaluator] = &[("filter", filter), ("branchFilter", branches)];

/// `rules` is a rule, or the filter of a resource; `options` has `settings` and `context`.
fn filter(request: &EvalRequest) -> EvalOutcome {
    let filter = match compiled(&request.rules, "/filter", request) {
        Ok(filter) => filter,
        Err(problem) => return EvalOutcome::failed([problem.into()]),
    };
    match passes(filter.as_ref(), request) {
        Ok(passes) => EvalOutcome::made(passes),
        Err(error) => EvalOutcome::failed([error]),
    }
}

/// `rules` is a router, or a list of branches or of their rules; the output has the indexes of the branches that a record
/// takes. Without a `routeRecordsTo` in the router or the options it is the first that matches.
fn branches(request: &EvalRequest) -> EvalOutcome {
    let written = request.rules.get("branches").unwrap_or(&request.rules);
    if request.rules.get("routeRecordsUsing").and_then(Value::as_str) == Some("script") {
        return EvalOutcome::failed([EvalError::at("unsupported", OF_SCRIPT, "/routeRecordsUsing")]);
    }
    let Some(written) = written.as_array() else {
        return EvalOutcome::failed([EvalError::at("invalid_rules", "Enter the branches: a list.", "/branches")]);
    };
    let kind = request.rules.get("routeRecordsTo").or_else(|| request.options.get("routeRecordsTo"));
    let all = match kind.and_then(Value::as_str) {
        None | Some("first_matching_branch") => false,
        Some("all_matching_branches") => true,
        Some(other) => {
            let message = format!(
                "There is no “{other}”: use first_matching_branch or all_matching_branches.",
                other = excerpt(&other)
            );
            return EvalOutcome::failed([EvalError::at("invalid_rules", message, "/routeRecordsTo")]);
        }
    };
    let mut taken = Vec::new();
    for (at, branch) in written.iter().enumerate() {
        // A branch without a filter takes every record.
        let rules = branch.get("inputFilter").unwrap_or(branch);
        let passed = match compiled(rules, &format!("/branches/{at}/inputFilter"), request) {
            Ok(filter) => passes(filter.as_ref(), request),
            Err(problem) => return EvalOutcome::failed([problem.into()]),
        };
        match passed {
            Ok(true) => taken.push(at),
            Ok(false) => {}
            Err(error) => return EvalOutcome::failed([error]),
        }
        if !all && !taken.is_empty() {
            break;
        }
    }
    EvalOutcome::made(json!(taken))
}

const OF_SCRIPT: &str = "This is decided by a script: call its function by the evaluation javascript.";

/// The filter of rules, or of what a resource has.
fn compiled(rules: &Value, place: &str, request: &EvalRequest) -> Result<Option<Filter>, Problem> {
    if rules.get("type").and_then(Value::as_str) == Some("script") {
        return Err(Problem::new(format!("{place}/type"), "unsupported", OF_SCRIPT));
    }
    // A branch without a filter has a name and steps.
    let known = ["type", "version", "expression", "rules", "script", "name", "pageProcessors"];
    let is_one = |rules: &serde_json::Map<String, Value>| rules.keys().any(|key| known.contains(&key.as_str()));
    if rules.as_object().is_some_and(|rules| !rules.is_empty() && !is_one(rules)) {
        let message = "These are no rules: write a list that begins with its operator, or {\"rules\": […]}.";
        return Err(Problem::new(place, "invalid_filter", message));
    }
    let settings = request.options.get("settings").cloned().unwrap_or(Value::Null);
    let filter = if rules.is_object() { rules.clone() } else { json!({ "rules": rules }) };
    let problem = |problem: Problem| Problem { path: format!("{place}{}", problem.path), ..problem };
    Filter::compile(&filter, "", &settings).map_err(problem)
}

fn passes(filter: Option<&Filter>, request: &EvalRequest) -> Result<bool, EvalError> {
    let Some(filter) = filter else { return Ok(true) };
    let context = request.options.get("context").map_or(Val::Absent, Val::from);
    let passed = filter.passes_in(&request.input, &context);
    passed.map_err(|message| EvalError::new("filter", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::eval;

    #[test]
    fn branches_are_taken_in_their_order() {
        let rule = |wanted: i64| json!(["greaterthan", ["number", ["extract", "q"]], wanted]);
        let branch =
            |rules: &Value| json!({"name": "b", "inputFilter": {"version": "1", "rules": rules}, "pageProcessors": []});
        let router = |kind: &str| json!({"routeRecordsTo": kind, "branches": [branch(&rule(5)), branch(&rule(1)), {"name": "rest"}]});
        let taken = |rules: Value, input: Value| {
            eval("branchFilter", &EvalRequest { rules, input: input.into(), ..EvalRequest::default() }).unwrap()
        };
        for (kind, q, want) in [
            ("first_matching_branch", 9, json!([0])),
            ("first_matching_branch", 2, json!([1])),
            ("first_matching_branch", 0, json!([2])),
            ("all_matching_branches", 9, json!([0, 1, 2])),
            ("all_matching_branches", 0, json!([2])),
        ] {
            assert_eq!(taken(router(kind), json!({ "q": q })).output, want, "{kind} {q}");
        }
        assert_eq!(taken(json!([rule(5), rule(1)]), json!({"q": 2})).output, json!([1]));
        assert_eq!(taken(json!([rule(5)]), json!({"q": 2})).output, json!([]));
        assert_eq!(taken(router("some"), json!({})).errors[0].path.as_deref(), Some("/routeRecordsTo"));
        let wrong = taken(json!([rule(1), ["resembles", 1, 2]]), json!({}));
        assert_eq!(wrong.errors[0].path.as_deref(), Some("/branches/1/inputFilter/rules"));
    }

    #[test]
    fn a_filter_is_a_function_of_its_rules_and_input() {
        let run = |rules: Value| {
            let options = json!({"settings": {"flow": {"n": 1}}, "context": {"success": true}});
            eval("filter", &EvalRequest { rules, input: json!({"a": 1}).into(), options, ..EvalRequest::default() })
                .unwrap()
        };
        let rule = json!([
            "and",
            ["equals", ["extract", "a"], ["settings", "flow.n"]],
            ["equals", ["context", "success"], true]
        ]);
        assert_eq!(run(rule.clone()).output, json!(true));
        let resource =
            json!({"type": "expression", "version": "1", "expression": {"version": "1", "rules": ["not", rule]}});
        assert_eq!(run(resource).output, json!(false));
        assert_eq!(run(json!({"type": "script"})).errors[0].code, "unsupported");
    }
}
