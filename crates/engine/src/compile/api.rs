//! What scripts of the flow can ask of it: the resources that came with it, and the exports that they name.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tombolo_model::Kind;

use super::export;
use crate::bundle::Bundle;
use crate::plan::Callable;

/// Collects it; nothing where there are no scripts.
///
/// Scripts name what they run by its id, in their text. An export that does not compile is an error of the call, and not
/// of the flow: the script may never make it.
pub(super) fn compile(bundle: &Bundle) -> Callable {
    let of_kind = |kind: Kind| bundle.resources.iter().filter(move |(_, (have, _))| *have == kind);
    let texts: Vec<&str> = of_kind(Kind::Script).filter_map(|(_, (_, value))| value.get("content")?.as_str()).collect();
    if texts.is_empty() {
        return Callable::default();
    }
    let mut exports = BTreeMap::new();
    for (id, (_, value)) in of_kind(Kind::Export) {
        let written = id.to_string();
        if texts.iter().any(|text| text.contains(&written)) {
            let compiled = export::compile(bundle, *id, value).map_err(|problems| {
                let said: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
                said.join(" ")
            });
            exports.insert(written, compiled);
        }
    }
    let resources =
        bundle.resources.iter().map(|(id, (kind, value))| (id.to_string(), (*kind, with_id(value, &id.to_string()))));
    Callable { exports, resources: resources.collect() }
}

fn with_id(value: &Value, id: &str) -> Value {
    let mut value = value.clone();
    // The data of a cache is asked for by its keys.
    if let Some(fields) = value.as_object_mut() {
        fields.remove("data");
        fields.insert("_id".to_owned(), json!(id));
    }
    value
}
