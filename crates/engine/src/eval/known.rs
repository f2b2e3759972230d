//! What rules say that no evaluation reads.
//!
//! A name that is written wrong changes nothing, and nobody would see why. Resources keep what they do not know, so runs
//! pass over it; who tries rules is told. Names are those that the public resources have, also the ones that only others
//! read.

use serde_json::{Map, Value};

use super::EvalError;
use Below::{Any, Each, One};
use tombolo_model::excerpt;

/// More than these nobody reads.
const MOST: usize = 20;

/// The fields of an object, and what is in them.
struct Shape(&'static [(&'static str, Below)]);

/// What is in a field.
enum Below {
    /// Whatever its reader says.
    Any,
    One(&'static Shape),
    /// A list of them, also in other lists, or as `{type: […]}`.
    Each(&'static Shape),
}

static MAPPING: Shape = Shape(&[
    ("generate", Any),
    ("dataType", Any),
    ("extract", Any),
    ("extractDateFormat", Any),
    ("extractDateTimezone", Any),
    ("generateDateFormat", Any),
    ("generateDateTimezone", Any),
    ("default", Any),
    ("lookupName", Any),
    ("description", Any),
    ("sourceDataType", Any),
    ("mappings", Each(&MAPPING)),
    ("buildArrayHelper", Each(&HELPER)),
    ("status", Any),
    ("conditional", One(&WHEN)),
    ("discardIfEmpty", Any),
]);
static HELPER: Shape = Shape(&[
    ("extract", Any),
    ("sourceDataType", Any),
    ("default", Any),
    ("conditional", One(&WHEN)),
    ("mappings", Each(&MAPPING)),
]);
static WHEN: Shape = Shape(&[("when", Any)]);
static MAPPER: Shape = Shape(&[
    ("mappings", Each(&MAPPING)),
    ("lookups", Each(&LOOKUP)),
    ("inputContext", Any),
    ("fields", Each(&OLD_FIELD)),
    ("lists", Each(&OLD_LIST)),
]);
static OLD_FIELD: Shape = Shape(&[
    ("extract", Any),
    ("generate", Any),
    ("hardCodedValue", Any),
    ("dataType", Any),
    ("lookupName", Any),
    ("default", Any),
    ("discardIfEmpty", Any),
    ("immutable", Any),
    ("isKey", Any),
    ("internalId", Any),
    ("conditional", One(&WHEN)),
    ("extractDateFormat", Any),
    ("extractDateTimezone", Any),
    ("generateDateFormat", Any),
    ("generateDateTimezone", Any),
    ("_id", Any),
]);
static OLD_LIST: Shape = Shape(&[("generate", Any), ("jsonPath", Any), ("fields", Each(&OLD_FIELD)), ("_id", Any)]);
static LOOKUP: Shape = Shape(&[
    ("name", Any),
    ("map", Any),
    ("_lookupCacheId", Any),
    ("extract", Any),
    ("default", Any),
    ("allowFailures", Any),
    ("method", Any),
    ("relativeURI", Any),
    ("body", Any),
    ("headers", Any),
]);
static TRANSFORM: Shape = Shape(&[
    ("mode", Any),
    ("mappings", Each(&MAPPING)),
    ("lookups", Each(&LOOKUP)),
    ("inputContext", Any),
    ("type", Any),
    ("version", Any),
    ("expression", One(&EXPRESSION)),
    ("rules", Each(&PAIR)),
    ("rulesTwoDotZero", One(&TRANSFORM)),
    ("script", Any),
]);
static EXPRESSION: Shape = Shape(&[("version", Any), ("rules", Each(&PAIR)), ("rulesTwoDotZero", One(&TRANSFORM))]);
static PAIR: Shape = Shape(&[("extract", Any), ("generate", Any), ("key", Any), ("_id", Any)]);
static RESPONSE: Shape = Shape(&[("fields", Each(&PAIR)), ("lists", Each(&RESPONSE_LIST))]);
static RESPONSE_LIST: Shape = Shape(&[("generate", Any), ("fields", Each(&PAIR)), ("_id", Any)]);
static GROUPS: Shape = Shape(&[("sortByFields", Each(&SORT)), ("groupByFields", Any), ("groupEmptyValues", Any)]);
static SORT: Shape = Shape(&[("field", Any), ("descending", Any)]);
static FILTER: Shape =
    Shape(&[("type", Any), ("version", Any), ("expression", One(&OF_FILTER)), ("rules", Any), ("script", Any)]);
static OF_FILTER: Shape = Shape(&[("version", Any), ("rules", Any)]);
static ROUTER: Shape = Shape(&[
    ("id", Any),
    ("name", Any),
    ("routeRecordsTo", Any),
    ("routeRecordsUsing", Any),
    ("script", Any),
    ("branches", Each(&BRANCH)),
    ("nextRouterId", Any),
]);
static BRANCH: Shape = Shape(&[
    ("name", Any),
    ("description", Any),
    ("inputFilter", One(&FILTER)),
    ("pageProcessors", Any),
    ("nextRouterId", Any),
]);
static TEMPLATE: Shape =
    Shape(&[("template", Any), ("partials", Any), ("strict", Any), ("escape", Any), ("lookups", Each(&LOOKUP))]);
static SCHEDULE: Shape = Shape(&[("expression", Any), ("timezone", Any)]);
static PATH: Shape = Shape(&[("path", Any)]);
static DATE: Shape = Shape(&[("format", Any), ("inputFormat", Any), ("timezone", Any), ("inputTimezone", Any)]);

/// What the rules of an evaluation are.
fn shape(name: &str, rules: &Value) -> Option<Below> {
    Some(match name {
        "mapper" if rules.is_array() => Each(&MAPPING),
        "mapper" => One(&MAPPER),
        "transform" if rules.is_array() => Each(&PAIR),
        "transform" | "transformTwoDotZero" => One(&TRANSFORM),
        "responseMapping" => One(&RESPONSE),
        "sortGroup" => One(&GROUPS),
        // A rule is a list of texts and rules.
        "filter" => One(&FILTER),
        "branchFilter" => One(&ROUTER),
        "handlebars" => One(&TEMPLATE),
        "cron" => One(&SCHEDULE),
        "jsonPath" => One(&PATH),
        "dateFormat" => One(&DATE),
        _ => return None,
    })
}

/// Says which fields of the rules mean nothing, and what of a mapping is not as it has to be when it is kept.
pub(super) fn told(name: &str, rules: &Value) -> Vec<EvalError> {
    let mut told = Vec::new();
    if let Some(shape) = shape(name, rules) {
        look(rules, &shape, "", &mut told);
    }
    told
}

fn look(value: &Value, below: &Below, here: &str, told: &mut Vec<EvalError>) {
    match (below, value) {
        (One(shape), Value::Object(fields)) => fields_of(fields, shape, here, told),
        (Each(_), Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                if told.len() >= MOST {
                    return;
                }
                look(item, below, &format!("{here}/{at}"), told);
            }
        }
        (Each(shape), Value::Object(fields)) => match fields.get("type").filter(|list| list.is_array()) {
            Some(list) => look(list, below, &format!("{here}/type"), told),
            None => fields_of(fields, shape, here, told),
        },
        _ => {}
    }
}

fn fields_of(fields: &Map<String, Value>, shape: &'static Shape, here: &str, told: &mut Vec<EvalError>) {
    if std::ptr::eq(shape, &MAPPING) {
        mapping(fields, here, told);
    }
    for (name, value) in fields {
        if told.len() >= MOST {
            return;
        }
        let place = format!("{here}/{}", name.replace('~', "~0").replace('/', "~1"));
        match shape.0.iter().find(|(known, _)| known == name) {
            Some((_, below)) => look(value, below, &place, told),
            None => told.push(EvalError::at("unknown_field", unknown(name, shape), &place)),
        }
    }
}

fn unknown(name: &str, shape: &Shape) -> String {
    let near = shape.0.iter().map(|(known, _)| *known).find(|known| is_near(name, known));
    let hint = match near {
        Some(near) => format!("Write “{near}”."),
        None => {
            let known: Vec<_> = shape.0.iter().map(|(known, _)| *known).filter(|known| *known != "_id").collect();
            format!("There are: {}.", known.join(", "))
        }
    };
    format!("“{name}” means nothing here and changes nothing. {hint}", name = excerpt(&name))
}

/// Whether somebody may have meant it: one is the beginning of the other, or nearly all letters are the same.
fn is_near(name: &str, known: &str) -> bool {
    let (name, known) = (name.to_lowercase(), known.to_lowercase());
    if name.len() >= 3 && (known.starts_with(&name) || name.starts_with(&known)) {
        return true;
    }
    let (name, known): (Vec<char>, Vec<char>) = (name.chars().take(64).collect(), known.chars().collect());
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (at, letter) in name.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], at + 1);
        for (other, wanted) in known.iter().enumerate() {
            let costs = if letter == wanted { corner } else { 1 + corner.min(row[other]).min(row[other + 1]) };
            corner = std::mem::replace(&mut row[other + 1], costs);
        }
    }
    row.last().is_some_and(|distance| *distance <= 2 && *distance < known.len() / 2)
}

/// What runs take, and what is not as the published rules of version 2.0 have it.
fn mapping(fields: &Map<String, Value>, here: &str, told: &mut Vec<EvalError>) {
    if !fields.contains_key("status") {
        let message = "The rule has no status. Write \"status\": \"Active\": it is required, although runs here take the rule without it.";
        told.push(EvalError::at("missing_status", message, here));
    }
    let name = fields.get("generate").and_then(Value::as_str).unwrap_or_default();
    if name.contains('.') {
        let message = format!(
            "The dot is a part of the name “{name}”, and makes no object. For a field in an object write a rule of the type object with mappings.",
            name = excerpt(&name)
        );
        told.push(EvalError::at("dot_in_name", message, &format!("{here}/generate")));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(name: &str, rules: &Value) -> Vec<(String, String)> {
        told(name, rules).into_iter().map(|error| (error.path.unwrap_or_default(), error.message)).collect()
    }

    #[test]
    fn a_field_that_rules_do_not_have_is_told_with_the_one_that_was_meant() {
        for (name, rules, place, hint) in [
            ("sortGroup", json!({"order": 1}), "/order", "There are: sortByFields, groupByFields"),
            ("sortGroup", json!({"sortByField": []}), "/sortByField", "Write “sortByFields”"),
            (
                "sortGroup",
                json!({"sortByFields": [{"field": "a", "desc": true}]}),
                "/sortByFields/0/desc",
                "“descending”",
            ),
            ("cron", json!({"expresion": "x"}), "/expresion", "Write “expression”"),
            ("transform", json!([[{"extract": "a", "generat": "b"}]]), "/0/0/generat", "“generate”"),
            (
                "responseMapping",
                json!({"fields": {"type": [{"from": "a"}]}}),
                "/fields/type/0/from",
                "There are: extract",
            ),
            ("branchFilter", json!({"branches": [{"name": "a", "filter": 1}]}), "/branches/0/filter", "There are"),
        ] {
            let said = said(name, &rules);
            assert!(said.len() == 1 && said[0].0 == place && said[0].1.contains(hint), "{rules}: {said:?}");
        }
        let many: Map<String, Value> = (0..500).map(|n| (format!("x{n}"), json!(1))).collect();
        assert_eq!(told("cron", &Value::Object(many)).len(), MOST);
    }

    #[test]
    fn a_mapping_without_a_status_and_a_dot_in_a_name_are_told() {
        let rules = json!([{"generate": "a", "dataType": "object", "status": "Active",
            "mappings": [{"generate": "b.c", "dataType": "string", "extract": "$.x"}]}]);
        let said = said("mapper", &rules);
        assert_eq!(
            said.iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(),
            ["/0/mappings/0", "/0/mappings/0/generate"]
        );
        assert!(told("mapper", &json!([{"generate": "a", "dataType": "string", "status": "Active"}])).is_empty());
    }
}
