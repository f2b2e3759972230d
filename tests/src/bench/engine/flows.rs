//! The flows that are measured, as they are stored and as the engine is given them.

use serde_json::{Value, json};
use tombolo_engine::Bundle;
use tombolo_tests::flows::{self, Destination, Flow, Source};

/// CSV to JSON with a filter and a mapping, or without.
pub(crate) fn flow(hash: &str, filter: Option<Value>, mappings: &Value) -> Flow {
    flows::flow("Measured", &Source::Csv(hash), filter, mappings, &Destination::Json("measured.json"))
}

/// The same for the engine.
pub(crate) fn bundle(flow: &Flow) -> Bundle {
    let mut bundle = Bundle::default();
    for (kind, id, value) in &flow.resources {
        let mut value = value.clone();
        value["_id"] = json!(id.to_string());
        if *id == flow.flow {
            bundle.flow = value;
        } else {
            bundle.resources.insert(*id, (*kind, value));
        }
    }
    bundle
}
