//! How soon the flow builder shows what a key or a click did, with very many steps and very many mapped fields.
//!
//! The browser's own Event Timing is read: from the event until the next picture, in steps of 8 ms. What took less than
//! 16 ms is told by nobody and counts as that.

use super::{Row, ms};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::Key;
use tombolo_model::{Id, Kind};
use tombolo_tests::{Member, Screen, Server, until};

const STEPS: usize = 1_000;
const FIELDS: usize = 2_000;
/// What is promised of an interaction.
const PROMISED_MS: f64 = 100.0;
const PATIENCE: Duration = Duration::from_secs(60);

/// Both.
pub(crate) async fn measure(rows: &mut Vec<Row>) -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let [integration] = device.create_all([(Kind::Integration, json!({"name": "Large"}))]).await?[..] else {
        anyhow::bail!("one integration");
    };
    let import = |n: usize| json!({"name": format!("Step {n:04}"), "adaptorType": "SimpleImport", "_integrationId": integration, "file": {"type": "json", "fileName": "a.json"}});
    let imports = device.create_all((0..STEPS).map(|n| (Kind::Import, import(n)))).await?;
    let mapping = |n: usize| json!({"generate": format!("field{n}"), "extract": format!("$.source{n}"), "dataType": "string", "status": "Active"});
    let mut mapped = import(STEPS);
    mapped["name"] = "Mapped".into();
    mapped["mappings"] = (0..FIELDS).map(mapping).collect();
    let mapped = device.create_all([(Kind::Import, mapped)]).await?;
    let flows = [flow("Long", integration, &imports), flow("Wide", integration, &mapped)];
    let flows = device.create_all(flows.map(|flow| (Kind::Flow, flow))).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    let address = |flow: Id| format!("/integrations/{integration}/flows/{flow}");
    screen.visit(&address(flows[0])).await?;
    steps(&screen, rows).await?;
    screen.visit(&address(flows[1])).await?;
    fields(&screen, rows).await?;
    screen.browser.close().await
}

fn flow(name: &str, integration: Id, imports: &[Id]) -> Value {
    let steps: Vec<Value> = imports.iter().map(|id| json!({"type": "import", "_importId": id})).collect();
    json!({"name": name, "_integrationId": integration, "pageGenerators": [], "pageProcessors": steps})
}

/// Keys on the canvas, a step opened, its name typed, closed, moved.
async fn steps(screen: &Screen, rows: &mut Vec<Row>) -> Result<()> {
    let browser = &screen.browser;
    until("the first step", PATIENCE, || async { Ok(browser.all("button", "Step 0000").await?.pop()) }).await?;
    browser.tab_to("button", "Step 0000").await?;
    begin(screen).await?;
    for _ in 0..20 {
        browser.keys(Key::Right + "").await?;
    }
    took(screen, rows, "1,000 steps, arrows from step to step").await?;
    type_in(screen, "---===").await?;
    took(screen, rows, "1,000 steps, zoom").await?;
    browser.keys(Key::Enter + "").await?;
    browser.field("Name").await?.click().await?;
    took(screen, rows, "1,000 steps, a step is opened").await?;
    type_in(screen, " renamed").await?;
    took(screen, rows, "1,000 steps, its name is typed").await?;
    browser.keys(Key::Escape + "").await?;
    browser.keys(Key::Alt + Key::Right).await?;
    took(screen, rows, "1,000 steps, a step is closed and moved").await
}

/// A source typed, a search, rows folded and moved.
async fn fields(screen: &Screen, rows: &mut Vec<Row>) -> Result<()> {
    let browser = &screen.browser;
    browser.press("button", "Mapped").await?;
    browser.press("button", "Mapping").await?;
    until("the rows", PATIENCE, || async { Ok((screen.destinations().await?.len() > 5).then_some(())) }).await?;
    begin(screen).await?;
    browser.field("Source field").await?.click().await?;
    type_in(screen, "abcdef").await?;
    took(screen, rows, "2,000 mapped fields, a source is typed").await?;
    browser.keys(Key::Alt + Key::Down).await?;
    took(screen, rows, "2,000 mapped fields, a row is moved").await?;
    browser.field("Find a mapped field").await?.click().await?;
    type_in(screen, "field19").await?;
    took(screen, rows, "2,000 mapped fields, one is searched for").await?;
    browser.press("button", "Add field").await?;
    took(screen, rows, "2,000 mapped fields, one is added").await
}

/// Types key by key: sent at once, all of them would come before the first picture, which nobody's fingers do.
async fn type_in(screen: &Screen, text: &str) -> Result<()> {
    for key in text.chars() {
        screen.browser.keys(key.to_string()).await?;
        screen.browser.js_async(PICTURE, Vec::new()).await?;
    }
    Ok(())
}

/// Waits for the next picture.
const PICTURE: &str = "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));";

/// Notes from now on how long interactions take.
async fn begin(screen: &Screen) -> Result<()> {
    let source = "globalThis.benchTook = new Map(); globalThis.benchTiming?.disconnect(); \
        globalThis.benchTiming = new PerformanceObserver((list) => { for (const one of list.getEntries()) { \
          if (one.interactionId) benchTook.set(one.interactionId, Math.max(benchTook.get(one.interactionId) ?? 0, one.duration)); } }); \
        benchTiming.observe({ type: 'event', durationThreshold: 16 });";
    screen.browser.js(source, Vec::new()).await.map(drop)
}

/// The slowest interaction since the last one that was asked for.
async fn took(screen: &Screen, rows: &mut Vec<Row>, what: &str) -> Result<()> {
    // What was pressed last is told after its picture.
    let source = "await new Promise((done) => setTimeout(done, 500)); \
        const worst = Math.max(16, ...benchTook.values()); benchTook.clear(); return worst;";
    let worst = screen.browser.js_async(source, Vec::new()).await?.as_f64().context("a number")?;
    rows.push(Row::at_most(format!("{what}, slowest to the next picture"), worst, PROMISED_MS, ms));
    Ok(())
}
