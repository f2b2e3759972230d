//! What `tombolo run` reads: a bundle of one flow, or the file in which the app exports everything.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::Value;
use tombolo_model::views::Flow;
use tombolo_model::{Id, Kind};

use crate::job::{JobResource, Secrets};

/// The format that the app's "Export everything" names.
const EXPORT: &str = "tombolo-export";

/// A flow and what it refers to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BundleFile {
    pub(super) flow: Value,
    pub(super) resources: BTreeMap<Id, JobResource>,
    #[serde(default)]
    pub(super) secrets: Secrets,
}

impl BundleFile {
    /// Reads a file; of an export the flow with this id or name, which may be left out when there is only one.
    pub(super) fn read(bytes: &[u8], flow: Option<&str>) -> anyhow::Result<Self> {
        let file: Value = serde_json::from_slice(bytes).context("it is no JSON")?;
        if file.get("format").and_then(Value::as_str) == Some(EXPORT) {
            return Self::of_export(&file, flow);
        }
        let bundle: Self =
            serde_json::from_value(file).context("it is neither a bundle of a flow nor an export of the app")?;
        if let Some(wanted) = flow
            && !is_called(&bundle.flow, wanted)
        {
            bail!("its flow is “{}” and not “{wanted}”: leave --flow out", Flow(&bundle.flow).name());
        }
        Ok(bundle)
    }

    /// All resources of a file.
    pub(super) fn resources(bytes: &[u8]) -> anyhow::Result<BTreeMap<Id, JobResource>> {
        let file: Value = serde_json::from_slice(bytes).context("it is no JSON")?;
        if file.get("format").and_then(Value::as_str) == Some(EXPORT) {
            return exported(&file);
        }
        let bundle: Self =
            serde_json::from_value(file).context("it is neither a bundle of a flow nor an export of the app")?;
        Ok(bundle.resources)
    }

    fn of_export(file: &Value, flow: Option<&str>) -> anyhow::Result<Self> {
        Self::choose(exported(file)?, Secrets::default(), flow)
    }

    /// The flow of these with this id or name, which may be left out when there is only one.
    pub(super) fn choose(
        resources: BTreeMap<Id, JobResource>,
        secrets: Secrets,
        flow: Option<&str>,
    ) -> anyhow::Result<Self> {
        let flows = || resources.values().filter(|found| found.kind == Kind::Flow).map(|found| &found.value);
        let wanted: Vec<&Value> = flows().filter(|value| flow.is_none_or(|wanted| is_called(value, wanted))).collect();
        let [flow] = wanted.as_slice() else {
            let names: Vec<String> = flows().map(|flow| format!("“{}” ({})", Flow(flow).name(), id_of(flow))).collect();
            bail!("say with --flow NAME or --flow ID which flow is to run. There are: {}", names.join(", "));
        };
        Ok(Self { flow: (*flow).clone(), resources, secrets })
    }

    /// Whether the flow refers to this resource.
    pub(super) fn uses(&self, id: Id) -> bool {
        self.flow.to_string().contains(&id.to_string())
    }
}

/// The resources that the app exported.
fn exported(file: &Value) -> anyhow::Result<BTreeMap<Id, JobResource>> {
    let mut resources = BTreeMap::new();
    for (collection, list) in file.get("resources").and_then(Value::as_object).into_iter().flatten() {
        // A kind that this version does not know cannot be part of a flow that it runs.
        let Some(kind) = Kind::from_collection(collection) else {
            continue;
        };
        for value in list.as_array().into_iter().flatten() {
            let id: Id = id_of(value).parse().with_context(|| format!("one of its {collection} has no id"))?;
            resources.insert(id, JobResource { kind, value: value.clone() });
        }
    }
    Ok(resources)
}

fn id_of(value: &Value) -> &str {
    value.get("_id").and_then(Value::as_str).unwrap_or_default()
}

fn is_called(flow: &Value, wanted: &str) -> bool {
    id_of(flow) == wanted || Flow(flow).name() == wanted
}
