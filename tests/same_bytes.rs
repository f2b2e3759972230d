//! One flow in three places: the browser, the server and the command line make the same bytes.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tombolo_tests::flows::{self, Destination, Flow, Source, row};
use tombolo_tests::{Member, Screen, Server, bundle, datasets, until};

const FILE: &str = "texas.csv";

async fn build(owner: &Member) -> Result<Flow> {
    let hash = owner.store(&std::fs::read(datasets::airports())?).await?;
    let filter = json!(["equals", ["string", ["extract", "state"]], "TX"]);
    let mappings = json!([
        row("$.iata", "code", "string"),
        row("$.name", "name", "string"),
        row("$.latitude", "latitude", "number"),
        row("$.city", "city", "string"),
    ]);
    let flow = flows::flow("Texas", &Source::Csv(&hash), Some(filter), &mappings, &Destination::Csv(FILE));
    let mut device = owner.device(owner.account()).await?;
    device.create_flow(&flow).await?;
    Ok(flow)
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_server_and_command_line_make_the_same_bytes() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let flow = build(&owner).await?;

    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.open_flow("Texas integration", "Texas").await?;
    screen.completes(Duration::from_secs(60)).await?;
    let in_browser = screen.download(FILE).await?;
    screen.browser.close().await?;

    let on_server = run_on_server(&owner, &flow).await?;
    let on_command_line = run_here(&flow)?;
    assert!(in_browser.len() > 5_000, "{}", String::from_utf8_lossy(&in_browser));
    assert_eq!(String::from_utf8(in_browser)?, String::from_utf8(on_server)?);
    assert_eq!(on_command_line, run_on_server(&owner, &flow).await?);
    Ok(())
}

async fn run_on_server(owner: &Member, flow: &Flow) -> Result<Vec<u8>> {
    let started = owner.call(Method::POST, &format!("/flows/{}/run", flow.flow), &Value::Null).await?;
    let run = started["run"].as_str().context("the answer names the run")?.to_owned();
    let (_, import, _) = &flow.resources[flow.resources.len() - 2];
    until("the server's file", Duration::from_secs(60), || async {
        owner.bytes(&format!("/runs/{run}/files/{import}")).await.map(Some)
    })
    .await
}

fn run_here(flow: &Flow) -> Result<Vec<u8>> {
    let made = bundle::run(flow, &[&datasets::airports()])?;
    Ok(std::fs::read(made.path().join(FILE))?)
}
