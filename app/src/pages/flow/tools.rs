//! The signs of the tools that are set on a step, in the order they run.

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::Id;

use super::Builder;
use super::panel::leaves;
use super::steps::{StepKind, is_filter};
use crate::components::Icon;
use crate::state::{Doc, use_document};
use crate::words;

/// A tool that is set: its icon and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sign(pub(super) &'static str, pub(super) String);

/// The tools that are set, in the order they run: `resource` is the export or import, `row` what the flow says of the
/// step.
pub(super) fn set_tools(kind: StepKind, resource: &Value, row: &Value) -> Vec<Sign> {
    let filter = |key: &str| resource.get(key).is_some_and(is_filter);
    let hook = |of: &Value, name: &str| of.pointer(&format!("/hooks/{name}/_scriptId")).is_some_and(Value::is_string);
    let hooked = |name: &str| hook(resource, name).then(|| Sign("code-xml", format!("Script: {name}")));
    let some = |of: &Value, path: &str| of.pointer(path).and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    let transform = |key: &str| {
        let found = resource.get(key)?;
        let set = found.get("type").and_then(Value::as_str) == Some("script")
            || some(found, "/expression/rules")
            || some(found, "/expression/rulesTwoDotZero/mappings");
        set.then(|| {
            Sign(
                "wand-sparkles",
                if key == "transform" { "Transformation" } else { "Transformation of the answer" }.to_owned(),
            )
        })
    };
    let fields = resource.get("mappings").map_or(0, leaves);
    let mapping = (fields > 0).then(|| Sign("arrow-right-left", format!("Mapping, {}", words::count(fields, "field"))));
    let lookups = some(resource, "/lookups").then(|| Sign("search", "Lookups".to_owned()));
    let funnel = |key: &str, what: &str| filter(key).then(|| Sign("funnel", what.to_owned()));
    let answer = some(row, "/responseMapping/fields").then(|| Sign("corner-down-left", "Response mapping".to_owned()));
    let after = hook(row, "postResponseMap").then(|| Sign("code-xml", "Script: postResponseMap".to_owned()));
    let found = match kind {
        StepKind::Source => vec![transform("transform"), funnel("filter", "Output filter"), hooked("preSavePage")],
        StepKind::Lookup => vec![
            funnel("inputFilter", "Input filter"),
            mapping,
            transform("transform"),
            funnel("filter", "Output filter"),
            answer,
            after,
        ],
        StepKind::Import => vec![
            funnel("filter", "Input filter"),
            hooked("preMap"),
            mapping,
            lookups,
            hooked("postMap"),
            transform("responseTransform"),
            hooked("postSubmit"),
            answer,
            after,
        ],
    };
    found.into_iter().flatten().collect()
}

/// How the transformation of an export is made, in words.
pub(super) fn transform_words(doc: Doc) -> String {
    let transform = doc.at("/transform").unwrap_or_default();
    let rows = transform.pointer("/expression/rulesTwoDotZero/mappings").map_or(0, leaves);
    let old = transform.pointer("/expression/rules").and_then(Value::as_array).map_or(0, Vec::len);
    match (transform.get("type").and_then(Value::as_str), rows, old) {
        (Some("script"), ..) => "Script".to_owned(),
        (_, 1.., _) => words::count(rows, "field"),
        (_, 0, 1..) => "Version 1".to_owned(),
        _ => "Not set".to_owned(),
    }
}

/// The signs at the foot of a step. `place` is its row in the flow.
#[component]
pub(super) fn SetTools(resource: Id, kind: StepKind, place: String) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let doc = use_document(resource);
    let signs = Memo::new(move |_| {
        let row = builder.doc.at(&place).unwrap_or_default();
        doc.view.with(|view| view.as_ref().map(|view| set_tools(kind, &view.value, &row)).unwrap_or_default())
    });
    move || {
        signs
            .get()
            .into_iter()
            .map(|Sign(icon, words)| view! { <span class="tool" title=words><Icon name=icon/></span> })
            .collect_view()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn icons(kind: StepKind, resource: &Value, row: &Value) -> Vec<&'static str> {
        set_tools(kind, resource, row).into_iter().map(|Sign(icon, _)| icon).collect()
    }

    #[test]
    fn a_step_shows_the_tools_that_are_set_in_the_order_they_run() {
        let hook = json!({"_scriptId": "000000000000000000000001", "function": "f"});
        let rules =
            json!({"type": "expression", "expression": {"version": "1", "rules": ["equals", ["extract", "a"], 1]}});
        let source = json!({"hooks": {"preSavePage": hook}, "filter": rules, "transform": {"type": "expression", "expression": {"version": "2", "rulesTwoDotZero": {"mode": "create", "mappings": [{"generate": "a"}]}}}});
        assert_eq!(icons(StepKind::Source, &source, &json!({})), ["wand-sparkles", "funnel", "code-xml"]);
        let row = json!({"responseMapping": {"fields": [{"extract": "id", "generate": "id"}]}});
        assert_eq!(icons(StepKind::Lookup, &json!({"inputFilter": rules}), &row), ["funnel", "corner-down-left"]);
        let import = json!({"mappings": [{"generate": "a", "dataType": "string"}], "hooks": {"preMap": hook}, "filter": {"type": "expression"}});
        assert_eq!(icons(StepKind::Import, &import, &json!({})), ["code-xml", "arrow-right-left"]);
        assert_eq!(icons(StepKind::Import, &json!({}), &json!({})), Vec::<&str>::new());
    }
}
