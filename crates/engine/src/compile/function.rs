//! Filters, transformations and hooks: by rules or by a function of a script.

use std::sync::Arc;

use serde_json::Value;
use tombolo_model::{Id, Kind, Problem};

use super::text_at;
use crate::bundle::Bundle;
use crate::filter::Filter;
use crate::plan::{FilterBy, Function, TransformBy};
use crate::script::Script;
use crate::transform::Transform;

/// The function that a hook names; nothing where no script is chosen.
pub(super) fn function(bundle: &Bundle, value: &Value, pointer: &str) -> Result<Option<Function>, Vec<Problem>> {
    let problem =
        |field: &str, code: &str, message: &str| Err(vec![Problem::new(format!("{pointer}{field}"), code, message)]);
    let Some(hook) = value.pointer(pointer) else { return Ok(None) };
    if text_at(hook, "/_stackId").is_some() {
        return problem("/_stackId", "unsupported", "This version calls scripts, not stacks: choose a script.");
    }
    let Some(written) = text_at(hook, "/_scriptId") else { return Ok(None) };
    let found = written.parse::<Id>().ok().and_then(|id| bundle.get(id, Kind::Script));
    let Some(script) = found else {
        let message = "This script is not here: it was deleted, or you may not see it. Choose another one.";
        return problem("/_scriptId", "missing_resource", message);
    };
    let Some(name) = text_at(hook, "/function") else {
        return problem("/function", "missing_required_field", "Enter the function that is called.");
    };
    let script = Script {
        id: written.to_owned(),
        name: text_at(script, "/name").unwrap_or_default().to_owned(),
        content: text_at(script, "/content").unwrap_or_default().to_owned(),
    };
    Ok(Some(Function { script: Arc::new(script), name: name.into() }))
}

/// The function that stands where rules could: `type` says that it does, so it has to be there.
fn chosen(bundle: &Bundle, value: &Value, pointer: &str) -> Result<Function, Vec<Problem>> {
    let pointer = format!("{pointer}/script");
    function(bundle, value, &pointer)?.ok_or_else(|| {
        let message = "Choose the script, or switch to rules.";
        vec![Problem::new(format!("{pointer}/_scriptId"), "missing_required_field", message)]
    })
}

/// Of rules and a script only what `type` names counts.
fn is_script(value: &Value, pointer: &str) -> bool {
    text_at(value, &format!("{pointer}/type")) == Some("script")
}

/// The filter at a pointer; nothing when it has no rules.
pub(super) fn filter(
    bundle: &Bundle,
    value: &Value,
    pointer: &str,
    settings: &Value,
) -> Result<Option<FilterBy>, Vec<Problem>> {
    if is_script(value, pointer) {
        return chosen(bundle, value, pointer).map(FilterBy::Script).map(Some);
    }
    let rules = Filter::compile(value, pointer, settings).map_err(|problem| vec![problem])?;
    Ok(rules.map(FilterBy::Rules))
}

/// The transformation at a pointer; of rules the version that is named.
pub(super) fn transform(bundle: &Bundle, value: &Value, pointer: &str) -> Result<Option<TransformBy>, Vec<Problem>> {
    if is_script(value, pointer) {
        return chosen(bundle, value, pointer).map(TransformBy::Script).map(Some);
    }
    // Written inside an expression, or beside the type.
    let places = |field: &str| ["/expression", ""].map(|part| format!("{pointer}{part}/{field}"));
    let has_rules = |rules: &Value| {
        rules.as_array().is_some_and(|rules| rules.iter().any(|group| *group != Value::Array(Vec::new())))
    };
    let is_second = places("version").iter().find_map(|place| text_at(value, place)) == Some("2");
    let written = |place: String| Some((value.pointer(&place)?, place));
    let old = places("rules").into_iter().filter_map(written).find(|(rules, _)| has_rules(rules));
    if let Some((rules, place)) = old.filter(|_| !is_second) {
        return Ok(Transform::compile_old(rules, &place)?.map(TransformBy::Rules));
    }
    let new = places("rulesTwoDotZero").into_iter().find_map(written);
    let rules = new.map_or(Ok(None), |(rules, place)| Transform::compile(rules, &place))?;
    Ok(rules.map(TransformBy::Rules))
}
