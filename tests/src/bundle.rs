//! Running a flow by `tombolo run`, without a server.

use crate::flows::Flow;
use crate::places;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Runs a flow with these files as its stored ones; gives the folder of what it made.
///
/// # Errors
///
/// When the run fails.
pub fn run(flow: &Flow, files: &[&Path]) -> Result<TempDir> {
    let (folder, mut command) = command(flow, files)?;
    let output = command.output().context("starting tombolo run")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(folder)
}

/// The command that runs a flow, and the folder into which it writes.
///
/// # Errors
///
/// When the bundle cannot be written.
pub fn command(flow: &Flow, files: &[&Path]) -> Result<(TempDir, Command)> {
    let folder = TempDir::new()?;
    let bundle = folder.path().join("bundle.json");
    std::fs::write(&bundle, serde_json::to_vec(&contents(flow))?)?;
    let mut command = Command::new(places::server());
    command.arg("run").arg(&bundle).arg("--out").arg(folder.path());
    for file in files {
        command.arg("--file").arg(file);
    }
    Ok((folder, command))
}

fn contents(flow: &Flow) -> Value {
    let mut resources = serde_json::Map::new();
    let mut this = Value::Null;
    for (kind, id, value) in &flow.resources {
        let mut value = value.clone();
        value["_id"] = json!(id.to_string());
        if *id == flow.flow {
            this = value;
        } else {
            resources.insert(id.to_string(), json!({ "kind": kind.name(), "value": value }));
        }
    }
    json!({ "flow": this, "resources": resources })
}
