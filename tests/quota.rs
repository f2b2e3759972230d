//! The disk is full.

use anyhow::Result;
use serde_json::Value;
use std::time::Duration;
use tombolo_tests::{Screen, Server, downloads};

#[tokio::test(flavor = "multi_thread")]
async fn one_megabyte_is_said_to_be_full_and_loses_nothing() -> Result<()> {
    fill(1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_megabytes_are_said_to_be_full_and_lose_nothing() -> Result<()> {
    fill(2).await
}

#[tokio::test(flavor = "multi_thread")]
async fn five_megabytes_are_said_to_be_full_and_lose_nothing() -> Result<()> {
    fill(5).await
}

async fn fill(megabytes: u64) -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.wait_until_offline_ready().await?;
    screen.create_integration("Before").await?;
    screen.on_this_device().await?;
    // What is stored already counts; the page and its modules are most of it.
    let usage = screen.browser.js_async("return (await navigator.storage.estimate()).usage;", Vec::new()).await?;
    let usage = usage.as_u64().unwrap_or(0);
    screen.browser.quota(&screen.address, Some(usage + megabytes * 1024 * 1024)).await?;

    // A file bigger than what is left cannot be kept, and that is said at once.
    let file = tempfile::NamedTempFile::with_suffix(".csv")?;
    let rows: String = (0..megabytes * 200_000).map(|n| format!("{n},{}\n", n * 7)).collect();
    std::fs::write(file.path(), format!("a,b\n{rows}"))?;
    screen.create_flow("Too big").await?;
    screen.browser.press("button", "Add source").await?;
    screen.browser.press("button", "File from this computer").await?;
    screen.browser.choose_file("File", file.path()).await?;
    screen.browser.see_within("storage", Duration::from_secs(2)).await?;
    screen.home().await?;
    screen.browser.see("Before").await?;

    // What is saved can be taken out.
    screen.export_all().await?;
    let (_, export) = downloads::finished(&screen.browser.downloads(), ".json", Duration::from_secs(10)).await?;
    let export: Value = serde_json::from_slice(&export)?;
    assert!(export.to_string().contains("Before"));

    // Room again: work goes on without a reload.
    screen.browser.quota(&screen.address, None).await?;
    screen.create_integration("After").await?;
    screen.on_this_device().await?;
    screen.browser.reload().await?;
    screen.browser.see("After").await?;
    screen.browser.close().await
}
