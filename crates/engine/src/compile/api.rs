//! What scripts of the flow can ask of it: the resources that came with it, and what they name of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tombolo_model::views::Flow;
use tombolo_model::{Id, Kind, Problem, alias};

use super::endpoint::{self, Wanted};
use super::{export, import};
use crate::bundle::Bundle;
use crate::plan::{Callable, Endpoint};

/// Collects it; nothing where there are no scripts.
///
/// Scripts name what they run by its id or by an alias, in their text. What does not compile is an error of the call, and not of the
/// flow: the script may never make it.
pub(super) fn compile(bundle: &Bundle) -> Callable {
    let of_kind = |kind: Kind| bundle.resources.iter().filter(move |(_, (have, _))| *have == kind);
    let texts: Vec<&str> = of_kind(Kind::Script).filter_map(|(_, (_, value))| value.get("content")?.as_str()).collect();
    if texts.is_empty() {
        return Callable::default();
    }
    let aliases = aliases(bundle);
    let says = |written: &str| texts.iter().any(|text| text.contains(written));
    let is_named = |written: &str| says(written) || aliases.iter().any(|(name, id)| id == written && says(name));
    let mut callable = Callable::default();
    for (id, (kind, value)) in &bundle.resources {
        let written = id.to_string();
        match kind {
            Kind::Export if is_named(&written) => {
                callable.exports.insert(written, export::compile(bundle, *id, value).map_err(said));
            }
            Kind::Import if is_named(&written) => {
                callable.imports.insert(written, import::compile(bundle, *id, value, true).map_err(said));
            }
            // A script has the id of its step's connection without naming it.
            Kind::Connection if is_named("request") => {
                callable.endpoints.insert(written, endpoint(bundle, *id).map_err(said));
            }
            _ => {}
        }
    }
    let with_ids = bundle.resources.iter().map(|(id, (kind, value))| (id.to_string(), (*kind, with_id(value, *id))));
    let flow = bundle.about.flow.map(|id| (id.to_string(), (Kind::Flow, with_id(&bundle.flow, id))));
    Callable { resources: with_ids.chain(flow).collect::<BTreeMap<_, _>>(), aliases, ..callable }
}

/// The id behind each alias of the flow and of its integration.
fn aliases(bundle: &Bundle) -> BTreeMap<String, String> {
    let integration = Flow(&bundle.flow).integration().and_then(|id| bundle.get(id, Kind::Integration));
    let found = alias::resolved(&bundle.flow, integration);
    found.into_iter().map(|(name, alias)| (name, alias.id.to_string())).collect()
}

/// Requests that have nothing of their own yet.
fn endpoint(bundle: &Bundle, id: Id) -> Result<Endpoint, Vec<Problem>> {
    endpoint::compile(
        bundle,
        &Wanted {
            scope: "export",
            value: &Value::Null,
            connection: Some(id),
            method: "GET",
            uri: "",
            headers: Vec::new(),
            body: None,
            records: false,
        },
    )
}

fn said(problems: Vec<Problem>) -> String {
    let said: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
    said.join(" ")
}

fn with_id(value: &Value, id: Id) -> Value {
    let mut value = value.clone();
    // The data of a cache is asked for by its keys.
    if let Some(fields) = value.as_object_mut() {
        fields.remove("data");
        fields.insert("_id".to_owned(), json!(id));
    }
    value
}
