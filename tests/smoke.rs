//! The first minute of a person who has just opened the page.

use anyhow::Result;
use serde_json::json;
use tombolo_tests::{Screen, Server};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_without_an_account_is_there_after_a_reload() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Airports to CRM").await?;
    screen.browser.reload().await?;
    screen.browser.see("Airports to CRM").await?;
    screen.home().await?;
    screen.browser.see("Airports to CRM").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_part_does_not_come_says_so_and_comes_when_it_is_asked_for_again() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    let there = &screen.browser;
    // What the service worker keeps would come in its place.
    there.devtools("Network.enable", json!({})).await?;
    there.devtools("Network.setBypassServiceWorker", json!({"bypass": true})).await?;
    there.devtools("Network.setBlockedURLs", json!({"urls": ["*/parts-*.wasm"]})).await?;
    there.press("link", "Runs").await?;
    there.see("This page did not load").await?;
    there.devtools("Network.setBlockedURLs", json!({"urls": []})).await?;
    there.press("button", "Try again").await?;
    there.see("Nothing has run yet").await?;
    screen.browser.close().await
}
