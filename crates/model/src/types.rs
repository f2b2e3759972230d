//! What type the fields hold that every client knows: for whoever takes resources from outside.
//!
//! A field that is not named here is kept as it came. What is in a document already is not looked at: there a value of
//! another type is as if it were absent, and a person mends it in the form.

use serde_json::Value;

use crate::{Kind, Problem, path};

/// The most that is said at once.
const MOST: usize = 100;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Flag,
    Text,
    List,
    Fields,
}

use Holds::{Fields, Flag, List, Text};

impl Holds {
    fn fits(self, value: &Value) -> bool {
        match self {
            Flag => value.is_boolean(),
            Text => value.is_string(),
            List => value.is_array(),
            Fields => value.is_object(),
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Flag => "true or false",
            Text => "a text",
            List => "a list",
            Fields => "an object",
        }
    }
}

/// A place, in which `*` stands for each item of a list, and what it holds.
type Line = (&'static str, Holds);

const EVERY: &[Line] = &[("/description", Text), ("/_integrationId", Text), ("/disabled", Flag), ("/sandbox", Flag)];

const FLOW: &[Line] = &[
    ("/schedule", Text),
    ("/timezone", Text),
    ("/skipRetries", Flag),
    ("/autoResolveMatchingTraceKeys", Flag),
    ("/_runNextFlowIds", List),
    ("/pageGenerators", List),
    ("/pageGenerators/*", Fields),
    ("/pageGenerators/*/_exportId", Text),
    ("/pageGenerators/*/schedule", Text),
    ("/pageGenerators/*/skipRetries", Flag),
    ("/pageProcessors", List),
    ("/pageProcessors/*", Fields),
    ("/pageProcessors/*/type", Text),
    ("/pageProcessors/*/_exportId", Text),
    ("/pageProcessors/*/_importId", Text),
    ("/pageProcessors/*/proceedOnFailure", Flag),
    ("/routers", List),
    ("/routers/*", Fields),
    ("/routers/*/branches", List),
    ("/routers/*/branches/*", Fields),
    ("/routers/*/branches/*/pageProcessors", List),
    ("/routers/*/branches/*/pageProcessors/*", Fields),
    ("/routers/*/branches/*/pageProcessors/*/type", Text),
    ("/routers/*/branches/*/pageProcessors/*/_exportId", Text),
    ("/routers/*/branches/*/pageProcessors/*/_importId", Text),
    ("/routers/*/branches/*/pageProcessors/*/proceedOnFailure", Flag),
];

const CONNECTION: &[Line] = &[
    ("/type", Text),
    ("/_borrowConcurrencyFromConnectionId", Text),
    ("/http", Fields),
    ("/http/baseURI", Text),
    ("/http/mediaType", Text),
    ("/http/auth", Fields),
    ("/http/auth/type", Text),
];

const STEP: &[Line] = &[
    ("/_connectionId", Text),
    ("/adaptorType", Text),
    ("/http", Fields),
    ("/hooks", Fields),
    ("/isLookup", Flag),
    ("/oneToMany", Flag),
    ("/pathToMany", Text),
    ("/ignoreExisting", Flag),
    ("/ignoreMissing", Flag),
];

const SCRIPT: &[Line] = &[("/content", Text)];

/// The fields of a resource that hold something of another type than they are for. One that is `null` is as good as absent; an
/// item of a list is not.
#[must_use]
pub fn wrong_types(kind: Kind, value: &Value) -> Vec<Problem> {
    let own: &[Line] = match kind {
        Kind::Flow => FLOW,
        Kind::Connection => CONNECTION,
        Kind::Export | Kind::Import => STEP,
        Kind::Script => SCRIPT,
        _ => &[],
    };
    let mut problems = Vec::new();
    for (pattern, holds) in EVERY.iter().chain(own) {
        let segments: Vec<&str> = path::segments(pattern).collect();
        check(value, &segments, "", *holds, &mut problems);
    }
    problems
}

fn check(value: &Value, rest: &[&str], place: &str, holds: Holds, problems: &mut Vec<Problem>) {
    let Some((name, rest)) = rest.split_first() else {
        if !holds.fits(value) && problems.len() < MOST {
            problems.push(Problem::new(place, "wrong_type", format!("This must be {}.", holds.what())));
        }
        return;
    };
    if *name == "*" {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            check(item, rest, &format!("{place}/{index}"), holds, problems);
        }
    } else if let Some(below) = value.get(*name).filter(|below| !below.is_null()) {
        check(below, rest, &format!("{place}/{name}"), holds, problems);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(kind: Kind, value: &Value) -> Vec<String> {
        wrong_types(kind, value).into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn a_known_field_of_another_type_is_named_by_its_place() {
        let flow = json!({ "disabled": "no", "schedule": 5, "pageGenerators": [5, null, { "_exportId": 7 }, {}],
            "pageProcessors": { "a": 1 }, "routers": [{ "branches": [{ "pageProcessors": ["x"] }, { "pageProcessors": 1 }] }] });
        let wrong = [
            "/disabled",
            "/schedule",
            "/pageGenerators/0",
            "/pageGenerators/1",
            "/pageGenerators/2/_exportId",
            "/pageProcessors",
            "/routers/0/branches/1/pageProcessors",
            "/routers/0/branches/0/pageProcessors/0",
        ];
        assert_eq!(places(Kind::Flow, &flow), wrong);
        assert_eq!(places(Kind::Connection, &json!({ "http": "x" })), ["/http"]);
        assert_eq!(places(Kind::Connection, &json!({ "http": { "baseURI": 5 } })), ["/http/baseURI"]);
        assert_eq!(places(Kind::Integration, &json!({ "disabled": "yes" })), ["/disabled"]);
    }

    #[test]
    fn what_is_absent_null_or_not_known_is_taken_as_it_came() {
        let flow = json!({ "disabled": null, "pageGenerators": [], "routers": null, "ours": { "a": [1] } });
        assert!(places(Kind::Flow, &flow).is_empty());
        assert!(places(Kind::Export, &json!({ "http": { "relativeURI": ["/a"], "method": ["GET"] } })).is_empty());
    }

    #[test]
    fn a_long_list_of_wrong_items_does_not_make_a_long_answer() {
        let flow = json!({ "pageGenerators": vec![1; 5_000] });
        assert_eq!(places(Kind::Flow, &flow).len(), MOST);
    }
}
