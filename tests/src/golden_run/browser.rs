//! Golden flows by the run worker, in a page of the product, as its owner starts it.

use crate::Browser;
use crate::device::fresh_id;
use crate::golden::{Came, Golden, text};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tombolo_model::{Id, Kind};
use tombolo_wire::run::{RunBegin, RunPlace, RunRow, RunStatus};
use tombolo_wire::run_worker::{Relay, RunJob, RunOptions, RunResource, ToRun};

use super::Served;

/// So many workers at once.
const AT_ONCE: usize = 4;

/// Runs all of them in the page that the browser shows, several at a time; what came of each.
///
/// # Errors
///
/// When a worker does not end its run.
pub async fn run_all(browser: &Browser, all: &[(Golden, Served)]) -> Result<Vec<Came>> {
    let mut came = Vec::new();
    for some in all.chunks(AT_ONCE * 2) {
        let jobs: Vec<Value> = some.iter().map(|(golden, served)| job(golden, served)).collect::<Result<_>>()?;
        let names: Vec<_> = some.iter().map(|(golden, _)| golden.name.as_str()).collect();
        let said = browser.js_async(include_str!("workers.js"), vec![json!(jobs), json!(AT_ONCE)]).await;
        let said = said.with_context(|| format!("while these ran: {names:?}"))?;
        for one in said.as_array().into_iter().flatten() {
            came.push(result(one)?);
        }
    }
    Ok(came)
}

/// The frame that starts a run, and the texts of its files.
fn job(golden: &Golden, served: &Served) -> Result<Value> {
    let mut resources = BTreeMap::new();
    let mut hosts = BTreeMap::new();
    for (id, found) in golden.bundle["resources"].as_object().into_iter().flatten() {
        let id: Id = id.parse()?;
        let kind: Kind = serde_json::from_value(found["kind"].clone())?;
        let mut value = found["value"].clone();
        if golden.files.contains_key(&id.to_string()) {
            value["rawData"] = json!(id.to_string());
        }
        if kind == Kind::Connection {
            hosts.insert(id, vec![served.address()]);
        }
        resources.insert(id, RunResource { kind, value });
    }
    let job = RunJob {
        row: row(),
        flow: golden.bundle["flow"].clone(),
        resources,
        secrets: serde_json::from_value(golden.bundle.get("secrets").cloned().unwrap_or_else(|| json!({})))?,
        hosts,
        files: golden.files.keys().cloned().collect(),
        received: BTreeMap::new(),
        checkpoints: BTreeMap::new(),
        begin: RunBegin { now_ms: Some(golden.now_ms), seed: Some(golden.seed) },
        test: false,
        options: RunOptions::default(),
        answers: false,
        relay: Relay::None,
        offline: BTreeMap::new(),
        open: BTreeMap::new(),
    };
    let files: Vec<String> = golden.files.values().map(text).collect();
    Ok(json!({ "frame": serde_json::to_string(&ToRun::Start { job: Box::new(job) })?, "files": files }))
}

fn row() -> RunRow {
    RunRow {
        id: fresh_id(),
        flow: fresh_id(),
        flow_name: String::new(),
        status: RunStatus::Running,
        place: RunPlace::Browser,
        offline: false,
        started_ms: 0,
        ended_ms: None,
        steps: Vec::new(),
        error: None,
        heads: BTreeMap::new(),
        origin: tombolo_wire::run::RunOrigin::default(),
        n: 0,
    }
}

fn result(said: &Value) -> Result<Came> {
    let list = |name: &str| said[name].as_array().cloned().unwrap_or_default();
    let file = |file: &Value| {
        let part = |at: usize| file[at].as_str().unwrap_or_default().to_owned();
        Ok((part(0), part(1), hex::decode(part(2))?))
    };
    let files = list("files").iter().map(file).collect::<Result<_>>()?;
    Ok(Came { row: said["row"].clone(), errors: list("errors"), files, console: None, stages: None })
}
