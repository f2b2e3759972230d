//! The evaluation of sorting and grouping.
//!
//! `rules` is `{sortByFields, groupByFields, groupEmptyValues}`, as a file has them; `input` is a list of records. Without
//! fields to group by the output is the records in their order, else a list of groups.

use serde_json::Value;
use tombolo_model::{Problem, Val};

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::group::{Group, Grouper, Grouping, Sorting};

pub(super) const ALL: &[Evaluator] = &[("sortGroup", sort_group)];

fn sort_group(request: &EvalRequest) -> EvalOutcome {
    match grouped(request) {
        Ok(outcome) => outcome,
        Err(problems) => EvalOutcome::failed(problems.into_iter().map(EvalError::from)),
    }
}

fn grouped(request: &EvalRequest) -> Result<EvalOutcome, Vec<Problem>> {
    let rules = if request.rules.is_object() { &request.rules } else { &request.options };
    let Val::List(input) = &request.input else {
        return Err(vec![Problem::new("/input", "invalid_input", "Enter the records: a list.")]);
    };
    let mut records = input.clone();
    let sorting = Sorting::compile(rules.get("sortByFields"), "/sortByFields")?;
    let empty = rules.get("groupEmptyValues").and_then(Value::as_bool).unwrap_or(false);
    let grouping = Grouping::compile(rules.get("groupByFields"), empty, "/groupByFields")?;
    if let Some(sorting) = sorting {
        sorting.sort(&mut records, |record| record);
    }
    let Some(grouping) = grouping else {
        return Ok(EvalOutcome::made(Val::List(records)));
    };
    let mut grouper = Grouper::new(&grouping);
    let mut outcome = EvalOutcome::default();
    let mut groups = Vec::new();
    let mut take = |group: Group| {
        let first = group.index;
        match group.into_record() {
            Ok(group) => groups.push(group),
            Err(bytes) => {
                let message = format!("The group has {bytes} bytes, which is too much for one record.");
                outcome.errors.push(EvalError::at("record_too_big", message, &format!("/{first}")));
            }
        }
    };
    for (index, record) in (0_u64..).zip(records) {
        grouper.push(record, index).into_iter().for_each(&mut take);
    }
    grouper.end().into_iter().for_each(&mut take);
    outcome.output = Val::List(groups);
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_are_sorted_and_then_grouped() {
        let run = |rules: Value, input: Value| {
            sort_group(&EvalRequest { rules, input: input.into(), ..EvalRequest::default() })
        };
        let records = json!([{"k": "b", "n": 10}, {"k": "a", "n": 9}, {"k": "b", "n": 9}, {"n": 1}, {"n": 2}]);
        let sort = json!([{"field": "k", "descending": true}, {"field": "n"}]);
        let sorted = run(json!({ "sortByFields": sort }), records.clone());
        // As texts 10 comes before 9.
        let want = json!([{"k": "b", "n": 10}, {"k": "b", "n": 9}, {"k": "a", "n": 9}, {"n": 1}, {"n": 2}]);
        assert_eq!(sorted.output, want);
        let groups = run(json!({"sortByFields": sort, "groupByFields": ["k"]}), records.clone());
        let want = json!([[{"k": "b", "n": 10}, {"k": "b", "n": 9}], [{"k": "a", "n": 9}], [{"n": 1}], [{"n": 2}]]);
        assert_eq!(groups.output, want);
        let empty = run(json!({"sortByFields": sort, "groupByFields": ["k"], "groupEmptyValues": true}), records);
        assert_eq!(*empty.output.pointer("/2").unwrap(), json!([{"n": 1}, {"n": 2}]));
        assert_eq!(run(json!({}), json!({})).errors[0].code, "invalid_input");
        let many = json!(vec![json!({"field": "k"}); 101]);
        let refused = run(json!({ "sortByFields": many }), json!([]));
        assert_eq!(refused.errors[0].path.as_deref(), Some("/sortByFields"));
        let refused = run(json!({ "groupByFields": vec!["k"; 101] }), json!([]));
        assert_eq!(refused.errors[0].path.as_deref(), Some("/groupByFields"));
        // What is no path is the name of a column.
        let odd = run(json!({"groupByFields": ["a["]}), json!([{"a[": 1}, {"a[": 1}, {"a[": 2}]));
        assert_eq!(odd.output, json!([[{"a[": 1}, {"a[": 1}], [{"a[": 2}]]));
    }
}
