//! What a reconnect costs when nothing changed, and what the server holds in memory.

use crate::{Row, bytes};
use anyhow::{Context, Result};
use serde_json::json;
use tombolo_model::Kind;
use tombolo_tests::device::Device;
use tombolo_tests::{Member, Server, process};

const DOCUMENTS: usize = 1000;

/// Both, on an account of 1,000 documents.
pub(crate) async fn measure(rows: &mut Vec<Row>) -> Result<()> {
    let server = Server::start().await?;
    let pid = server.pid().context("it runs")?;
    let empty = process::memory_kib(pid, "VmRSS").context("its memory")?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let account = owner.account();
    let mut device = owner.device(account).await?;
    let resources = (0..DOCUMENTS).map(|n| (Kind::Integration, json!({ "name": format!("Integration {n}") })));
    device.create_all(resources).await?;
    let mut second = owner.device(account).await?;
    let cursor = second.catch_up().await?;
    let full = process::memory_kib(pid, "VmRSS").context("its memory")?;
    drop(second);

    let mut again: Device = owner.resume(account, cursor).await?;
    again.ping().await?;
    let traffic = again.traffic();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred bytes")]
    let sent = traffic.bytes as f64;
    rows.extend([
        Row::at_most("equal reconnect, bytes of all frames", sent, 1024.0, bytes),
        Row::new("equal reconnect, frames (with a ping and its pong)", traffic.messages.to_string()),
        Row::new("server memory, empty", format!("{} MiB", empty / 1024)),
        Row::new("server memory, 1,000 documents, 2 devices", format!("{} MiB", full / 1024)),
    ]);
    Ok(())
}
