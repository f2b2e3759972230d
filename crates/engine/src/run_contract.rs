//! What the hooks of runs have to return; those that no run calls are in `contract.rs`.
//!
//! A run holds them to it, and the editor of scripts says the same before there is a run: both ask here, so neither
//! is told anything else.

use tombolo_model::{Record, Val};

/// The hooks that have to return something.
const HOOKS: [&str; 9] = [
    "preSavePage",
    "preMap",
    "postMap",
    "postSubmit",
    "postResponseMap",
    "filter",
    "inputFilter",
    "transform",
    "branching",
];

/// What is wrong with what a hook returned for these options; nothing for a function that is no hook. `value` is
/// none when it returned nothing.
#[must_use]
pub fn broken_contract(hook: &str, options: &Val, value: Option<&Val>) -> Option<String> {
    if !HOOKS.contains(&hook) {
        return None;
    }
    // An input that is not what the hook is called with says nothing of how many are wanted.
    let many = |name: &str| match options.get(name) {
        Some(Val::List(items)) => Some(items.len()),
        _ => None,
    };
    let checked = match hook {
        "preSavePage" => page(value).map(|_| ()),
        "preMap" => each(value, many("data"), |at, one| changed(at, one).map(|_| ())),
        "postMap" => each(value, many("postMapData"), |at, one| changed(at, one).map(|_| ())),
        "postSubmit" => each(value, many("responseData"), response),
        "postResponseMap" => each(value, many("postResponseMapData"), record_of),
        "filter" | "inputFilter" => decision(value).map(|_| ()),
        "transform" => record(value),
        _ => branches(value),
    };
    checked.err()
}

/// A list of values, one for each of `count` records.
pub(crate) fn list(returned: Option<&Val>, count: Option<usize>) -> Result<&[Val], String> {
    match returned {
        Some(Val::List(values)) if count.is_none_or(|count| values.len() == count) => Ok(values),
        Some(Val::List(values)) => Err(format!(
            "It returned {} where {} are needed: one for each record, in the same order.",
            many(values.len()),
            count.unwrap_or_default()
        )),
        other => Err(format!("It returned {}; return a list, one value for each record.", kind(other))),
    }
}

/// What is left of the record at this place: `{data, errors}`.
pub(crate) fn changed(at: usize, value: &Val) -> Result<&Record, String> {
    match value {
        // The record itself, where an object around it was meant: it would be left out, and nobody would know.
        Val::Map(fields)
            if fields.iter().next().is_some() && fields.get("data").is_none() && fields.get("errors").is_none() =>
        {
            Err(format!(
                "For record {} it returned an object with neither data nor errors; return {{data: record}}, or {{}} to leave the record out.",
                at + 1
            ))
        }
        Val::Map(fields) => Ok(fields),
        other => Err(format!(
            "For record {} it returned {}; return an object {{data, errors}}, or {{}} to leave the record out.",
            at + 1,
            other.kind()
        )),
    }
}

/// The record at this place.
pub(crate) fn record_of(at: usize, value: &Val) -> Result<(), String> {
    match value {
        // A function that forgets to return one would lose it.
        Val::Map(_) | Val::List(_) => Ok(()),
        other => Err(format!("For record {} it returned {}; return the record.", at + 1, other.kind())),
    }
}

/// The page of an export: its records, and the object that they came in.
pub(crate) fn page(returned: Option<&Val>) -> Result<(&Record, &[Val]), String> {
    let wrong = |what: &str| format!("{what}; return an object {{data: [records], errors: [errors], abort: false}}.");
    let Some(Val::Map(fields)) = returned else {
        return Err(wrong(&format!("It returned {}", kind(returned))));
    };
    let data = match fields.get("data") {
        Some(Val::List(data)) => data,
        other => return Err(wrong(&format!("Its data is {} and no list", kind(other)))),
    };
    if let Some(at) = data.iter().position(|record| !matches!(record, Val::Map(_) | Val::List(_))) {
        return Err(wrong(&format!("Record {} of its data is {}", at + 1, data[at].kind())));
    }
    for (name, is) in [("errors", "are"), ("newErrorsAndRetryData", "is")] {
        match fields.get(name) {
            None | Some(Val::Null | Val::List(_)) => {}
            Some(other) => return Err(wrong(&format!("Its {name} {is} {} and no list", other.kind()))),
        }
    }
    Ok((fields, data))
}

/// Whether a record goes on.
pub(crate) fn decision(returned: Option<&Val>) -> Result<bool, String> {
    match returned {
        Some(Val::Bool(passes)) => Ok(*passes),
        other => Err(format!("It returned {}; return true or false.", kind(other))),
    }
}

/// A record made anew.
pub(crate) fn record(returned: Option<&Val>) -> Result<(), String> {
    match returned {
        Some(Val::Map(_) | Val::List(_)) => Ok(()),
        other => Err(format!("It returned {}; return the record.", kind(other))),
    }
}

fn each(
    returned: Option<&Val>,
    count: Option<usize>,
    one: impl Fn(usize, &Val) -> Result<(), String>,
) -> Result<(), String> {
    list(returned, count)?.iter().enumerate().try_for_each(|(at, value)| one(at, value))
}

fn response(at: usize, value: &Val) -> Result<(), String> {
    match value {
        Val::Map(_) => Ok(()),
        other => {
            let kind = other.kind();
            Err(format!("For record {} it returned {kind}; return what it was given, changed as you like.", at + 1))
        }
    }
}

/// Which branches there are, only the flow knows.
fn branches(returned: Option<&Val>) -> Result<(), String> {
    let named = match returned {
        Some(Val::List(branches)) => branches.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    match named.iter().find(|name| !matches!(name, Val::Int(0..) | Val::Uint(_) | Val::Str(_))) {
        None => Ok(()),
        Some(name) => {
            let kind = if matches!(name, Val::Int(_) | Val::Float(_)) { "no number of a branch" } else { name.kind() };
            Err(format!("It returned {kind}; return the number of a branch from 0, or its name, or a list of those."))
        }
    }
}

fn kind(value: Option<&Val>) -> &'static str {
    value.map_or("nothing", Val::kind)
}

fn many(count: usize) -> String {
    if count == 1 { "one value".to_owned() } else { format!("{count} values") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_hook_is_held_to_what_it_has_to_return() {
        let two = &Val::from(
            json!({"data": [{}, {}], "postMapData": [{}, {}], "responseData": [{}, {}], "postResponseMapData": [{}, {}]}),
        );
        let maps = json!([{}, {}]);
        for (hook, good, bad, said) in [
            ("preSavePage", json!({"data": []}), json!([]), "It returned a list; return an object {data"),
            ("preSavePage", json!({"data": [{}], "errors": null}), json!({"data": 1}), "Its data is a number"),
            ("preSavePage", json!({"data": [[]]}), json!({"data": [5]}), "Record 1 of its data is a number"),
            ("preSavePage", json!({"data": [], "errors": []}), json!({"data": [], "errors": {}}), "Its errors are"),
            ("preMap", maps.clone(), json!(5), "It returned a number; return a list"),
            ("preMap", maps.clone(), json!([]), "It returned 0 values where 2 are needed"),
            ("preMap", maps.clone(), json!([{}, 5]), "For record 2 it returned a number"),
            ("postMap", maps.clone(), json!([{}]), "It returned one value where 2 are needed"),
            ("postSubmit", maps.clone(), json!([1, {}]), "For record 1 it returned a number"),
            ("postResponseMap", maps, json!([null, {}]), "For record 1 it returned null"),
            ("filter", json!(false), json!(0), "return true or false"),
            ("transform", json!([]), json!("x"), "return the record"),
            ("branching", json!([0, "Gold"]), json!([-1]), "no number of a branch"),
            ("branching", json!("Gold"), json!({}), "It returned an object"),
        ] {
            assert_eq!(broken_contract(hook, two, Some(&(&good).into())), None, "{hook} {good}");
            let broken = broken_contract(hook, two, Some(&(&bad).into())).unwrap_or_default();
            assert!(broken.contains(said), "{hook} {bad}: {broken}");
        }
        assert!(broken_contract("filter", two, None).unwrap().contains("It returned nothing"));
        assert_eq!(broken_contract("branching", two, None), None);
    }

    #[test]
    fn a_function_that_is_no_hook_returns_what_it_likes() {
        assert_eq!(broken_contract("helper", &Val::Null, Some(&Val::Int(5))), None);
        // Without records nobody knows how many values are wanted.
        assert_eq!(broken_contract("preMap", &Val::Null, Some(&json!([{}, {}, {}]).into())), None);
    }
}
