//! Makes the pictures that the README shows, of the product as it is; `cargo xtask screenshots` builds it and runs this.
//!
//! The data is invented and the same each time. The first argument is the folder that the pictures go to.

use anyhow::{Context, Result};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tombolo_tests::{Screen, Server, Sink};

/// What a picture shows: its size and its name.
const WIDE: (u32, u32) = (1280, 800);

#[tokio::main]
async fn main() -> Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).context("the folder of the pictures")?.into();
    let server = Server::start().await?;
    let sink = Sink::start(vec![json!({"id": 1})]).await?;
    let screen = Screen::open(&server.address()).await?;
    make_flow(&screen, &sink).await?;
    for theme in ["light", "dark"] {
        let name = if theme == "light" { "screenshot.png".to_owned() } else { format!("screenshot-{theme}.png") };
        picture(&screen, theme, &folder.join(name)).await?;
    }
    screen.browser.close().await
}

/// A flow as somebody has it after an hour: a file, a filter, a mapping, and a run.
async fn make_flow(screen: &Screen, sink: &Sink) -> Result<()> {
    let files = tempfile::tempdir()?;
    let file = files.path().join("orders.csv");
    let rows: String = (1..=40).map(|n| format!("{n},Customer {n},{}\n", n * 7 % 90)).collect();
    std::fs::write(&file, format!("id,customer,total\n{rows}"))?;
    screen.create_integration("Shop to books").await?;
    screen.create_flow("Orders to CRM").await?;
    screen.add_file_source("Orders", &file).await?;
    screen.add_http_destination("CRM", &sink.address(), "/take").await?;
    screen.filter("CRM", "total", "is greater than", "20").await?;
    screen.map("CRM", &[("id", "number"), ("customer", "name"), ("total", "amount")]).await?;
    screen.on_this_device().await?;
    screen.run(Duration::from_secs(60)).await.map(drop)
}

async fn picture(screen: &Screen, theme: &str, path: &Path) -> Result<()> {
    let browser = &screen.browser;
    let size = json!({"width": WIDE.0, "height": WIDE.1, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", size).await?;
    browser.js("document.documentElement.dataset.theme = arguments[0];", vec![json!(theme)]).await?;
    // Colours pass from one theme to the other, and messages go, before the picture is taken.
    browser.wait_js("the messages to go", "return !document.querySelector('.toast');", Duration::from_secs(20)).await?;
    browser.web().screenshot(path).await.with_context(|| format!("taking {}", path.display()))?;
    println!("{}", path.display());
    Ok(())
}
