//! The same of a server of automerge-repo from npm, which keeps its document in memory where ours keeps it on the disk.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tombolo_tests::places;

/// What its clients saw.
#[derive(Deserialize)]
pub(super) struct Seen {
    /// Of the server's memory, in KiB: without sockets, and with all of them.
    pub(super) before: u64,
    pub(super) after: u64,
    /// From each edit to the last socket that heard of it, in milliseconds.
    pub(super) times: Vec<f64>,
}

/// Starts the server, opens sockets to it and edits its document.
pub(super) async fn measure(sockets: usize, edits: usize) -> Result<Seen> {
    let folder = places::automerge_repo();
    let node = |script: &str| {
        let mut command = Command::new("node");
        command.arg(folder.join(script)).stdout(Stdio::piped()).kill_on_drop(true);
        command
    };
    let mut server = node("server.mjs").spawn().context("starting node")?;
    let output = server.stdout.take().context("its output")?;
    let said = BufReader::new(output).lines().next_line().await?.context("the server said nothing")?;
    let mut question: Value = serde_json::from_str(&said).context("what the server said")?;
    question["pid"] = json!(server.id().context("it runs")?);
    question["count"] = json!(sockets);
    question["edits"] = json!(edits);
    let answer = node("client.mjs").arg(question.to_string()).output().await.context("starting node")?;
    ensure!(answer.status.success(), "the clients ended with {}", answer.status);
    serde_json::from_slice(&answer.stdout).context("what the clients said")
}
