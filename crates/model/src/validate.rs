//! Checks a resource and lists what is wrong, with the place of each problem.
//!
//! A problem blocks runs, never edits: two people's changes may meet in a shape that no form would allow.

mod connection;
mod export;
mod flow;
mod import;

use serde_json::Value;

use crate::{Kind, Problem, alias, catalogue, excerpt};

/// The most characters of a name that is given here. What comes from elsewhere keeps the name that it has.
pub const LONGEST_NAME: usize = 200;

/// Lists what is wrong with a resource; nothing when it is fit to run.
#[must_use]
pub fn validate(kind: Kind, value: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !value.is_object() {
        problems.push(Problem::new("", "not_an_object", format!("A {kind} is a JSON object.")));
        return problems;
    }
    if named(kind) {
        require_text(value, "/name", "a name", &mut problems);
    }
    catalogue::references(kind, value, &mut |place, target, text| {
        if text.parse::<crate::Id>().is_err() {
            let message = format!("“{}” is not the id of a {target}.", excerpt(text));
            problems.push(Problem::new(place, "invalid_reference", message));
        }
    });
    if matches!(kind, Kind::Flow | Kind::Integration) {
        alias::check(value, &mut problems);
    }
    match kind {
        Kind::Flow => flow::check(value, &mut problems),
        Kind::Export => export::check(value, &mut problems),
        Kind::Import => import::check(value, &mut problems),
        Kind::Connection => connection::check(value, &mut problems),
        _ => {}
    }
    problems
}

fn named(kind: Kind) -> bool {
    !matches!(kind, Kind::Notification | Kind::AsyncHelper)
}

pub(crate) fn require_text(value: &Value, pointer: &str, what: &str, problems: &mut Vec<Problem>) {
    match value.pointer(pointer) {
        Some(Value::String(text)) if !text.trim().is_empty() => {}
        Some(Value::String(_)) | Some(Value::Null) | None => {
            problems.push(Problem::new(pointer, "missing_required_field", format!("Enter {what}.")));
        }
        Some(_) => problems.push(Problem::new(pointer, "wrong_type", format!("This must be a text: {what}."))),
    }
}

pub(crate) fn one_of(value: &Value, pointer: &str, allowed: &[&str], problems: &mut Vec<Problem>) {
    if let Some(text) = value.pointer(pointer).and_then(Value::as_str)
        && !allowed.contains(&text)
    {
        let list = allowed.join(", ");
        let message = format!("“{}” is not one of {list}.", excerpt(text));
        problems.push(Problem::new(pointer, "invalid_value", message));
    }
}

pub(crate) fn positive_number(value: &Value, pointer: &str, most: u64, problems: &mut Vec<Problem>) {
    if let Some(number) = value.pointer(pointer).filter(|number| !number.is_null())
        && !number.as_u64().is_some_and(|number| (1..=most).contains(&number))
    {
        problems.push(Problem::new(pointer, "out_of_range", format!("Enter a whole number from 1 to {most}.")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn codes(kind: Kind, value: &Value) -> Vec<(String, String)> {
        validate(kind, value).into_iter().map(|problem| (problem.path, problem.code)).collect()
    }

    #[test]
    fn a_resource_without_a_name_says_where_the_name_belongs() {
        assert_eq!(codes(Kind::Script, &json!({"name": " "})), [("/name".into(), "missing_required_field".into())]);
        assert_eq!(codes(Kind::Script, &json!([])), [(String::new(), "not_an_object".into())]);
    }

    #[test]
    fn a_step_that_is_left_unfinished_keeps_its_flow_from_running() {
        let id = "000000000000000000000001";
        let flow = json!({"name": "f", "pageGenerators": [{"_exportId": id, "setupInProgress": true}, {"setupInProgress": true}],
            "pageProcessors": [{"type": "import", "_importId": id}, {"type": "export", "_exportId": id, "setupInProgress": true}]});
        let found = codes(Kind::Flow, &flow);
        let unfinished = |place: &str| (format!("{place}/setupInProgress"), "unfinished_step".to_owned());
        let missing = ("/pageGenerators/1/_exportId".to_owned(), "missing_required_field".to_owned());
        assert_eq!(found, [unfinished("/pageGenerators/0"), missing, unfinished("/pageProcessors/1")]);
    }

    #[test]
    fn no_problem_repeats_a_text_of_any_length() {
        let long = "x".repeat(100_000);
        let branch = json!({"name": long, "nextRouterId": "gone"});
        for (kind, value, place) in [
            (Kind::Integration, json!({"name": "x", "a": {"_scriptId": long}}), "/a/_scriptId"),
            (Kind::Connection, json!({"type": "http", "http": {"baseURI": long}}), "/http/baseURI"),
            (Kind::Flow, json!({"routers": [{"id": long}, {"id": long}]}), "/routers/1/id"),
            (Kind::Flow, json!({"routers": [{"id": "a", "branches": [branch]}]}), "/routers/0/branches/0/nextRouterId"),
            (Kind::Flow, json!({"schedule": format!("? {long} 9 ? * 1")}), "/schedule"),
            (Kind::Import, json!({"adaptorType": "HTTPImport", "http": {"method": [long]}}), "/http/method"),
        ] {
            let found = validate(kind, &value);
            assert!(found.iter().any(|problem| problem.path == place), "{place}");
            assert!(found.iter().all(|problem| problem.message.len() < 1_000), "{place}");
        }
    }

    #[test]
    fn a_reference_that_is_no_id_is_named_with_its_place() {
        let found = codes(Kind::Integration, &json!({"name": "x", "a": {"_scriptId": "7"}}));
        assert_eq!(found, [("/a/_scriptId".into(), "invalid_reference".into())]);
    }

    #[test]
    fn a_flow_may_not_have_both_steps_and_branchings() {
        let flow = json!({"name": "x", "pageGenerators": [{"_exportId": "000000000000000000000001"}],
            "pageProcessors": [{"type": "import", "_importId": "000000000000000000000002"}], "routers": [{"id": "r", "branches": []}]});
        assert_eq!(codes(Kind::Flow, &flow), [("/routers".into(), "both_shapes".into())]);
    }

    #[test]
    fn a_schedule_of_the_wrong_form_is_refused_in_place() {
        for wrong in ["5 9 * * *", "? 5,61 9 ? * 1", "? 5 24 ? * 1", "? a 9 ? * 1"] {
            let flow = json!({"name": "x", "schedule": wrong, "pageGenerators": [], "pageProcessors": []});
            assert!(codes(Kind::Flow, &flow).iter().any(|(path, _)| path == "/schedule"), "{wrong}");
        }
        for right in ["? 0,15,30,45 * ? * *", "? 5 9 ? * 1,2,3,4,5", "? 5 0,4,8 ? * *"] {
            let flow = json!({"name": "x", "schedule": right, "pageGenerators": [], "pageProcessors": []});
            assert!(!codes(Kind::Flow, &flow).iter().any(|(path, _)| path == "/schedule"), "{right}");
        }
    }
}
