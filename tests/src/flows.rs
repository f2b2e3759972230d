//! Flows as JSON, for tests that are not about building them: one of each kind of source and destination.

use serde_json::{Value, json};
use tombolo_model::{Id, Kind};

use crate::device::fresh_id;

/// A flow with everything it refers to, the flow itself last.
pub struct Flow {
    /// The resources, each after those it refers to.
    pub resources: Vec<(Kind, Id, Value)>,
    /// The integration.
    pub integration: Id,
    /// The flow.
    pub flow: Id,
}

/// Where records come from.
pub enum Source<'a> {
    /// A CSV file that was stored under this hash.
    Csv(&'a str),
    /// A JSON file that was stored under this hash.
    Json(&'a str),
    /// An HTTP endpoint: base address, and the path with `paging` as the export has it.
    Http(&'a str, &'a str, Option<Value>),
}

/// Where records go.
pub enum Destination<'a> {
    /// An HTTP endpoint: base address and path.
    Http(&'a str, &'a str),
    /// A CSV file to download.
    Csv(&'a str),
    /// A JSON file to download.
    Json(&'a str),
}

/// Page-number paging: the address says where the number goes.
pub fn numbered(size: usize) -> (String, Option<Value>) {
    let path = format!("/numbered?size={size}&page={{{{export.http.paging.page}}}}");
    (path, Some(json!({ "method": "page", "page": 1 })))
}

/// Paging by `Link` header.
pub fn linked(size: usize) -> (String, Option<Value>) {
    (format!("/linked?size={size}"), Some(json!({ "method": "linkheader" })))
}

/// One row of a Mapper 2.0 mapping.
pub fn row(from: &str, to: &str, data_type: &str) -> Value {
    json!({ "extract": from, "generate": to, "dataType": data_type })
}

/// A flow of one source and one destination.
pub fn flow(name: &str, source: &Source, filter: Option<Value>, mappings: &Value, to: &Destination) -> Flow {
    let integration = fresh_id();
    let mut resources = vec![(Kind::Integration, integration, json!({ "name": format!("{name} integration") }))];
    let export = export(&mut resources, name, source);
    let import = import(&mut resources, name, filter, mappings, to);
    let flow = fresh_id();
    let value = json!({
        "name": name,
        "_integrationId": integration.to_string(),
        "pageGenerators": [{ "_exportId": export.to_string() }],
        "pageProcessors": [{ "type": "import", "_importId": import.to_string() }],
    });
    resources.push((Kind::Flow, flow, value));
    Flow { resources, integration, flow }
}

fn export(resources: &mut Vec<(Kind, Id, Value)>, name: &str, source: &Source) -> Id {
    let mut value = match source {
        Source::Csv(hash) => json!({
            "adaptorType": "SimpleExport", "rawData": hash, "rawDataName": "records.csv",
            "file": { "type": "csv", "csv": { "columnDelimiter": ",", "hasHeaderRow": true } },
        }),
        Source::Json(hash) => json!({
            "adaptorType": "SimpleExport", "rawData": hash, "rawDataName": "records.json", "file": { "type": "json" },
        }),
        Source::Http(base, path, paging) => {
            let mut http = json!({ "method": "GET", "relativeURI": path });
            if let Some(paging) = paging {
                http["paging"] = paging.clone();
            }
            let connection = connection(resources, name, base);
            json!({ "adaptorType": "HTTPExport", "_connectionId": connection.to_string(), "http": http })
        }
    };
    value["name"] = json!(format!("{name} source"));
    let id = fresh_id();
    resources.push((Kind::Export, id, value));
    id
}

fn import(
    resources: &mut Vec<(Kind, Id, Value)>,
    name: &str,
    filter: Option<Value>,
    mappings: &Value,
    to: &Destination,
) -> Id {
    let mut value = match to {
        Destination::Http(base, path) => {
            let connection = connection(resources, name, base);
            json!({
                "adaptorType": "HTTPImport", "_connectionId": connection.to_string(),
                "http": { "method": ["POST"], "relativeURI": [path], "batchSize": 1 },
            })
        }
        Destination::Csv(file) => json!({
            "adaptorType": "SimpleImport",
            "file": { "type": "csv", "fileName": file, "csv": { "columnDelimiter": ",", "includeHeader": true } },
        }),
        Destination::Json(file) => {
            json!({ "adaptorType": "SimpleImport", "file": { "type": "json", "fileName": file } })
        }
    };
    value["name"] = json!(format!("{name} destination"));
    value["mappings"] = mappings.clone();
    if let Some(rules) = filter {
        value["filter"] = json!({ "type": "expression", "expression": { "version": "1", "rules": rules } });
    }
    let id = fresh_id();
    resources.push((Kind::Import, id, value));
    id
}

fn connection(resources: &mut Vec<(Kind, Id, Value)>, name: &str, base: &str) -> Id {
    let id = fresh_id();
    let value = json!({ "name": format!("{name} connection"), "type": "http", "http": { "baseURI": base } });
    resources.push((Kind::Connection, id, value));
    id
}
