//! Golden flows by `tombolo run`.

use crate::golden::{Came, Golden, text};
use crate::places;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

/// Runs one; what came of it.
///
/// # Errors
///
/// When the program says something else than it has to.
pub async fn run(golden: &Golden) -> Result<Came> {
    let folder = TempDir::new()?;
    let bundle = folder.path().join("bundle.json");
    std::fs::write(&bundle, serde_json::to_vec(&golden.bundle)?)?;
    let mut command = Command::new(places::server());
    command.arg("run").arg(&bundle).arg("--out").arg(folder.path());
    command.args(["--at", &golden.now_ms.to_string(), "--seed", &golden.seed.to_string()]);
    for (export, content) in &golden.files {
        let path = folder.path().join(format!("{export}.in"));
        std::fs::write(&path, text(content))?;
        command.arg("--file").arg(format!("{export}={}", path.display()));
    }
    if golden.test {
        command.arg("--test");
    }
    let output = command.output().await.context("starting tombolo run")?;
    let mut came = Came { console: Some(Vec::new()), ..Came::default() };
    for line in String::from_utf8(output.stdout)?.lines() {
        take(&mut came, serde_json::from_str(line)?, golden.test)?;
    }
    ensure!(!came.row.is_null(), "{}: {}", golden.name, String::from_utf8_lossy(&output.stderr));
    Ok(came)
}

fn take(came: &mut Came, mut line: Value, test: bool) -> Result<()> {
    let said = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    match said(&line, "type").as_str() {
        "row" => came.row = line["row"].take(),
        "error" => came.errors.push(line["error"].take()),
        "file" => {
            let bytes = std::fs::read(said(&line, "path"))?;
            came.files.push((said(&line, "step"), said(&line, "name"), bytes));
        }
        "console" => {
            let lines = line["lines"].as_array().into_iter().flatten();
            let (step, function) = (said(&line, "step"), said(&line, "function"));
            let lines = lines.map(|at| [step.clone(), function.clone(), said(at, "level"), said(at, "text")]);
            came.console.get_or_insert_default().extend(lines);
        }
        "stage" if test => {
            let stage = &line["stage"];
            let stage = (said(&line, "step"), said(stage, "name"), stage["index"].as_u64());
            came.stages.get_or_insert_default().push(stage);
        }
        other => anyhow::bail!("tombolo run said “{other}”"),
    }
    Ok(())
}
