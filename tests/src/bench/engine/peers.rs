//! The same work in `handlebars` and `papaparse` from npm: in Node, or in the browser that the product is measured in.

use super::data;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use tombolo_tests::places;

/// What is done with what; reads JSON and answers with JSON, in Node and in a page.
pub(crate) const WORK: &str = include_str!("peers.js");

/// What the peers made, and how quickly.
#[derive(Deserialize)]
pub(crate) struct Peers {
    /// By the names of the templates.
    pub(crate) templates: BTreeMap<String, Rendered>,
    /// Records.
    pub(crate) csv_per_second: f64,
}

/// A template.
#[derive(Deserialize)]
pub(crate) struct Rendered {
    pub(crate) made: String,
    pub(crate) per_second: f64,
}

/// The folder of the installed packages.
pub(crate) fn packages() -> Result<std::path::PathBuf> {
    let data = places::data();
    Ok(data.ancestors().nth(2).context("the data lies in a package")?.to_path_buf())
}

/// What is asked of them.
pub(crate) fn question(records: usize) -> Value {
    let templates: BTreeMap<_, _> = data::templates().into_iter().collect();
    json!({"templates": templates, "context": data::context(), "csv": data::csv(records)})
}

/// Asks Node.
pub(crate) fn in_node() -> Result<Peers> {
    let folder = packages()?;
    let script = format!(
        "const Handlebars = require({}); const Papa = require({});\n{WORK}\n\
         let text = ''; process.stdin.setEncoding('utf8').on('data', (part) => text += part)\
         .on('end', () => console.log(JSON.stringify(work(JSON.parse(text), Handlebars, Papa))));",
        json!(folder.join("handlebars")),
        json!(folder.join("papaparse")),
    );
    let mut node = Command::new("node")
        .args(["-e", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting node")?;
    let mut input = node.stdin.take().context("its input")?;
    input.write_all(question(100_000).to_string().as_bytes())?;
    drop(input);
    let output = node.wait_with_output()?;
    ensure!(output.status.success(), "node ended with {}", output.status);
    serde_json::from_slice(&output.stdout).context("what node answered")
}
