//! What the server does for many at once: sign-ins, requests of programs, one edit to many sockets, sockets that wait.

mod automerge_repo;

use std::time::{Duration, Instant};

use crate::{Row, ms, percentile};
use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use reqwest::Client;
use serde_json::{Value, json};
use tombolo_docs::Document;
use tombolo_model::{Intent, Kind};
use tombolo_tests::device::Device;
use tombolo_tests::{Member, Server, process};
use tombolo_wire::sync::Down;

/// Callers at a time, each with an account of its own: an account may call 300 times a second after its first 1,000.
const CALLERS: usize = 8;
/// Requests of each caller, within its burst.
const REQUESTS: usize = 400;
const SIGN_INS: usize = 5;
const SOCKETS: usize = 200;
const EDITS: usize = 30;
const IDLE: usize = 1_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// Sign-ins, reads and writes by programs, a second.
pub(crate) async fn rest(rows: &mut Vec<Row>) -> Result<()> {
    let server = Server::start().await?;
    let address = server.address();
    let mut tokens = Vec::new();
    for n in 0..CALLERS {
        let member = Member::sign_up(&address, "Ines", &email(n)).await?;
        tokens.push(member.token().await?);
    }
    let begun = Instant::now();
    try_join_all((0..CALLERS).map(|n| sign_in(&address, n))).await?;
    rows.push(a_second("sign-ins", CALLERS * SIGN_INS, begun));
    let http = Client::new();
    let begun = Instant::now();
    let made = try_join_all(tokens.iter().map(|token| write(&http, &address, token))).await?;
    rows.push(a_second("REST: resources made", CALLERS * REQUESTS, begun));
    let begun = Instant::now();
    try_join_all(tokens.iter().zip(&made).map(|(token, id)| read(&http, &address, token, id))).await?;
    rows.push(a_second("REST: resources read", CALLERS * REQUESTS, begun));
    Ok(())
}

fn email(n: usize) -> String {
    format!("caller-{n}@example.com")
}

async fn sign_in(address: &str, n: usize) -> Result<()> {
    for _ in 0..SIGN_INS {
        Member::sign_in(address, &email(n)).await?;
    }
    Ok(())
}

async fn write(http: &Client, address: &str, token: &str) -> Result<String> {
    let mut last = Value::Null;
    for n in 0..REQUESTS {
        let request = http.post(format!("{address}/v1/scripts")).bearer_auth(token);
        let answer =
            request.json(&json!({ "name": format!("Script {n}"), "content": "function f() {}" })).send().await?;
        last = answer.error_for_status()?.json().await?;
    }
    Ok(last["_id"].as_str().context("a resource without an id")?.to_owned())
}

async fn read(http: &Client, address: &str, token: &str, id: &str) -> Result<()> {
    for _ in 0..REQUESTS {
        let answer = http.get(format!("{address}/v1/scripts/{id}")).bearer_auth(token).send().await?;
        answer.error_for_status()?.bytes().await?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn a_second(what: &str, count: usize, begun: Instant) -> Row {
    Row::new(format!("{what}, {CALLERS} callers"), format!("{:.0}/s", count as f64 / begun.elapsed().as_secs_f64()))
}

/// From an edit that is sent to the last of 200 sockets that has it.
pub(crate) async fn fan_out(rows: &mut Vec<Row>) -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut writer = owner.device(owner.account()).await?;
    let mut document = writer.create(Kind::Integration, &json!({ "name": "0" })).await?;
    let mut others = Vec::with_capacity(SOCKETS);
    for _ in 0..SOCKETS {
        let mut device = owner.device(owner.account()).await?;
        device.catch_up().await?;
        others.push(device);
    }
    let mut times = Vec::with_capacity(EDITS);
    for n in 1..=EDITS {
        let bytes = rename(&mut document, &writer, n)?;
        let begun = Instant::now();
        writer.push(document.id(), vec![bytes]).await?;
        let all = try_join_all(others.iter_mut().map(hears));
        tokio::time::timeout(PATIENCE, all).await.context("not all have heard of an edit")??;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    let mut theirs = automerge_repo::measure(SOCKETS, EDITS).await?.times;
    for (whose, times) in [("", &mut times), ("automerge-repo: ", &mut theirs)] {
        for (share, name) in [(0.5, "p50"), (0.95, "p95")] {
            let name = format!("{whose}an edit to the last of {SOCKETS} sockets, {name}");
            rows.push(Row::new(name, ms(percentile(times, share))));
        }
    }
    Ok(())
}

fn rename(document: &mut Document, writer: &Device, n: usize) -> Result<Vec<u8>> {
    let intent = Intent::Set { path: "/name".to_owned(), value: n.to_string().into() };
    let chunk = document.edit(&writer.author, &[intent], &mut || "r".to_owned())?;
    Ok(chunk.context("an edit that changes nothing")?.bytes)
}

async fn hears(device: &mut Device) -> Result<()> {
    loop {
        if let Down::Changes { entries, .. } = device.next().await?
            && !entries.is_empty()
        {
            return Ok(());
        }
    }
}

/// What 1,000 sockets that wait take of the server's memory.
pub(crate) async fn idle(rows: &mut Vec<Row>) -> Result<()> {
    let server = Server::start().await?;
    let pid = server.pid().context("it runs")?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let before = process::memory_kib(pid, "VmRSS").context("its memory")?;
    let mut waiting = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        let mut device = owner.device(owner.account()).await?;
        device.catch_up().await?;
        waiting.push(device);
    }
    let after = process::memory_kib(pid, "VmRSS").context("its memory")?;
    ensure!(waiting.len() == IDLE, "not all sockets are open");
    #[expect(clippy::cast_precision_loss, reason = "a few hundred thousand")]
    let after_kib = after as f64;
    rows.push(Row::at_most(format!("server memory with {IDLE} idle sockets"), after_kib, 300.0 * 1024.0, |kib| {
        format!("{:.0} MiB", kib / 1024.0)
    }));
    let theirs = automerge_repo::measure(IDLE, 0).await?;
    rows.push(Row::new(format!("automerge-repo: server memory with {IDLE} idle sockets"), mib(theirs.after)));
    for (whose, before, after) in [("", before, after), ("automerge-repo: ", theirs.before, theirs.after)] {
        rows.push(Row::new(format!("{whose}server memory before them"), mib(before)));
        let each = after.saturating_sub(before) / u64::try_from(IDLE)?;
        rows.push(Row::new(format!("{whose}server memory of one of them"), format!("{each} KiB")));
    }
    Ok(())
}

fn mib(kib: u64) -> String {
    format!("{} MiB", kib / 1024)
}
